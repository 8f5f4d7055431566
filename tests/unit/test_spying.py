"""Legs of supervisors: what the PBX's messages tell of them, what it is asked, and that they are no calls."""

from collections.abc import Mapping, Sequence

import pytest

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.message import Message
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.resync import Resync
from callfloor.asterisk.spying import LONGEST_S, Spying
from callfloor.asterisk.translate import Translator, keep
from callfloor.errors import AmiActionFailedError, NotFoundError
from callfloor.floor.floor import Floor
from callfloor.floor.supervisions import Ending, Mode

LEG = "callfloor-spy-0a1b2c3d-0123456789ab"


def messages(*events: Mapping[str, str], translator: Translator | None = None) -> list[Message]:
    """As they come off the wire; with a translator only those whose names it wants."""
    codec = Codec(keep=None if translator is None else keep(translator.event_names))
    text = "".join("".join(f"{name}: {value}\r\n" for name, value in event.items()) + "\r\n" for event in events)
    return codec.feed(b"Asterisk Call Manager/9.0.0\r\n" + text.encode())


class Told:
    """Notes what a listener is told."""

    def __init__(self) -> None:
        self.all: list[tuple[object, ...]] = []

    def leg_rings(self, uid: str) -> None:
        self.all.append(("rings", uid))

    def leg_up(self, uid: str) -> None:
        self.all.append(("up", uid))

    def leg_hears(self, at: float, uid: str, target: str) -> None:
        self.all.append(("hears", at, uid, target))

    def leg_hears_no_more(self, uid: str, target: str) -> None:
        self.all.append(("hears no more", uid, target))

    def leg_pressed(self, at: float, uid: str, mode: Mode) -> None:
        self.all.append(("pressed", at, uid, mode))

    def leg_gone(self, at: float, uid: str, ending: Ending, detail: str | None) -> None:
        self.all.append(("gone", at, uid, ending, detail))


def channel(event: str, state: str = "0", **more: str) -> dict[str, str]:
    words = {"Channel": "PJSIP/110-00000007", "ChannelState": state, "Uniqueid": LEG, "Linkedid": LEG}
    return {"Event": event, **words, "Context": "from-internal", "Exten": "s", **more}


def spy(event: str, target: str) -> dict[str, str]:
    return {
        "Event": event, "SpyerChannel": "PJSIP/110-00000007", "SpyerUniqueid": LEG, "SpyerLinkedid": LEG,
        "SpyeeChannel": "PJSIP/101-00000001", "SpyeeUniqueid": target,
    }  # fmt: skip


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def translator(told: Told) -> Translator:
    made = Translator("pbx1", Parties(["101", "110"], ["trunk-a"]))
    made.spies.listener = told
    return made


def facts(translator: Translator, *events: Mapping[str, str]) -> list[object]:
    return [fact for one in messages(*events, translator=translator) for fact in translator.translate(50.0, one)]


def test_a_leg_of_ours_is_no_call_and_its_listener_hears_of_all(translator: Translator, told: Told) -> None:
    found = facts(
        translator,
        channel("Newchannel"),
        channel("Newstate", "5"),
        channel("Newstate", "6"),
        spy("ChanSpyStart", "17.1"),
        channel("DTMFEnd", "6", Digit="6", Direction="Received"),
        channel("DTMFEnd", "6", Digit="6", Direction="Sent"),
        channel("DTMFEnd", "6", Digit="1", Direction="Received"),
        spy("ChanSpyStop", "17.1"),
        channel("Hangup", "6", Cause="16", **{"Cause-txt": "Normal Clearing"}),
    )
    assert found == []
    assert told.all == [
        ("rings", LEG), ("up", LEG), ("hears", 50.0, LEG, "17.1"), ("pressed", 50.0, LEG, Mode.JOIN),
        ("hears no more", LEG, "17.1"), ("gone", 50.0, LEG, Ending.FAILED, "Normal Clearing"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cause", "ending"),
    [("17", Ending.BUSY), ("21", Ending.BUSY), ("19", Ending.NO_ANSWER), ("20", Ending.OFFLINE), ("16", Ending.FAILED)],
)
def test_why_a_phone_was_not_answered(cause: str, ending: Ending, translator: Translator, told: Told) -> None:
    facts(
        translator,
        channel("Newchannel"),
        {"Event": "OriginateResponse", "Response": "Failure", "Uniqueid": LEG, "Channel": "PJSIP/110", "Reason": "5"},
        channel("Hangup", Cause=cause),
    )
    assert told.all == [("gone", 50.0, LEG, ending, None)], "the hang-up tells more than the answer to Originate"


@pytest.mark.parametrize(
    ("dialled", "reason", "ending"),
    [
        ("PJSIP/110", "0", Ending.OFFLINE),
        ("PJSIP/110", "5", Ending.BUSY),
        ("PJSIP/110", "3", Ending.NO_ANSWER),
        ("AudioSocket/192.0.2.1:9092/x/c(slin)", "8", Ending.REFUSED),
    ],
)
def test_where_no_channel_came_to_be(
    dialled: str, reason: str, ending: Ending, translator: Translator, told: Told
) -> None:
    answer = {"Event": "OriginateResponse", "Response": "Failure", "Uniqueid": LEG, "Channel": dialled}
    facts(translator, {**answer, "Reason": reason}, {**answer, "Uniqueid": "17.5", "Reason": reason})
    assert [one[3] for one in told.all] == [ending]


def test_a_listing_finds_legs_that_were_left_and_misses_those_that_are_gone(translator: Translator, told: Told) -> None:
    resync, floor = Resync(translator), Floor()
    listed = channel("CoreShowChannel", "6", Application="ChanSpy", Duration="00:01:00", BridgeId="")
    for at, events in ((60.0, [listed]), (70.0, [])):
        found = messages(*events, {"Event": "CoreShowChannelsComplete"})
        for fact in resync.listing(at, found):
            floor.apply(fact)
        assert floor.snapshot().calls == ()
        assert (LEG in translator.plumbing.channels) is bool(events)
    assert told.all == [("gone", 70.0, LEG, Ending.FAILED, None)]


class Pbx:
    """Answers actions: what was asked, and variables of channels that are there."""

    def __init__(self, channels: Sequence[str], group: str = "") -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.groups = dict.fromkeys(channels, group)
        self.refuses = ""

    async def action(self, name: str, headers: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> Message:
        words = dict(headers)
        self.asked.append((name, words))
        if self.refuses:
            raise AmiActionFailedError(self.refuses)
        if name in {"Getvar", "Setvar", "Hangup"} and words["Channel"] not in self.groups:
            raise AmiActionFailedError(f"the PBX refused {name}: No such channel")
        if name == "Setvar":
            self.groups[words["Channel"]] = words["Value"]
        text = f"Response: Success\r\nValue: {self.groups.get(words.get('Channel', ''), '')}\r\n\r\n"
        (answer,) = Codec().feed(b"Asterisk Call Manager/9.0.0\r\n" + text.encode())
        return answer


async def test_sessions_share_a_channel_with_one_another_and_with_others() -> None:
    pbx = Pbx(["17.1"], "supervisors")
    spying = Spying(pbx)
    await spying.aim("cf-a", "17.1")
    await spying.aim("cf-b", "17.1")
    await spying.aim("cf-b", "17.1")
    assert pbx.groups == {"17.1": "supervisors:cf-a:cf-b"}
    await spying.unaim(LEG, "cf-a", "17.1", leave=True)
    assert pbx.groups == {"17.1": "supervisors:cf-b"}
    assert pbx.asked[-1] == ("PlayDTMF", {"Channel": LEG, "Digit": "*", "Receive": "true", "Duration": "80"})
    await spying.unaim(LEG, "cf-b", "17.1", leave=False)
    assert pbx.groups == {"17.1": "supervisors"}, "as it was found"


async def test_a_channel_that_is_gone() -> None:
    spying = Spying(Pbx([]))
    with pytest.raises(NotFoundError):
        await spying.aim("cf-a", "17.1")
    await spying.unaim(LEG, "cf-a", "17.1", leave=True)
    await spying.hang_up(LEG)


async def test_a_user_without_the_right_begins_nothing() -> None:
    pbx = Pbx(["17.1"])
    await Spying(pbx).require_right()
    pbx.refuses = "the PBX refused Hangup: Permission denied"
    with pytest.raises(AmiActionFailedError, match="`call`"):
        await Spying(pbx).require_right()
    with pytest.raises(AmiActionFailedError, match="Permission"):
        await Spying(pbx).aim("cf-a", "17.1")
    assert await Spying(pbx).can("chan_audiosocket.so"), "who may not ask is not told no"
    pbx.refuses = "the PBX refused ModuleCheck: Module not loaded"
    assert not await Spying(pbx).can("chan_audiosocket.so")


async def test_what_the_pbx_is_asked_to_make() -> None:
    pbx = Pbx([])
    await Spying(pbx).dial(
        LEG, "PJSIP/110", "cf-a", Mode.WHISPER, shown=('An"na\r\n<x>', "101"), timeout_s=30, apart=False
    )
    ((name, words),) = pbx.asked
    assert name == "Originate"
    assert (words["Application"], words["Data"]) == ("ChanSpy", ",bqdwg(cf-a)")
    assert (words["ChannelId"], words["Timeout"]) == (LEG, "30000")
    assert words["CallerID"] == '"Annax" <101>'
    assert words["Variable"] == f"TIMEOUT(absolute)={LONGEST_S}"
