"""AMI messages into facts: what the recordings do not show, or show only among much else."""

import pytest

from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import keep
from callfloor.floor import facts
from callfloor.floor.facts import Born, EndCause, Service, Side
from support.scenarios import Player, parse

AT = 1_800_000_000.0


def tell(player: Player, text: str) -> list[facts.Fact]:
    """The facts of lines ``event; Header: value; …``, all at one instant. A semicolon without a space is a value's."""
    lines = [parse("\t".join(["0", *(part.strip() for part in row.split("; "))])) for row in text.strip().splitlines()]
    return [fact for some in player.play(AT, lines) for fact in some]


def channel(uid: str, name: str, state: int = 0, linked: str = "", more: str = "") -> str:
    return (
        f"Newchannel; Channel: {name}; ChannelState: {state}; Context: from-internal; Uniqueid: {uid}; "
        f"Linkedid: {linked or uid}{more}"
    )


def entering(name: str, uid: str, bridge: str) -> str:
    return f"BridgeEnter; Channel: {name}; Uniqueid: {uid}; Linkedid: 1.1; BridgeUniqueid: {bridge}"


def leaving(name: str, uid: str, bridge: str) -> str:
    return entering(name, uid, bridge).replace("BridgeEnter", "BridgeLeave")


CALLER = (
    "Newchannel; Channel: PJSIP/trunk-a-01; ChannelState: 4; CallerIDNum: 79161234567; Context: from-trunk; "
    "Exten: 74951000003; Uniqueid: 1.1; Linkedid: 1.1"
)


def test_an_arriving_call() -> None:
    (started,) = tell(Player(country="RU"), CALLER)
    assert started == facts.LegStarted(
        at=AT,
        leg="pbx-1.1",
        call="pbx-1.1",
        side=Side.OUTSIDE,
        born=Born.CALLING,
        number="79161234567",
        e164="+79161234567",
        dialled="74951000003",
        trunk="trunk-a",
    )


def test_a_channel_whose_beginning_was_lost_is_begun_by_whatever_speaks_of_it() -> None:
    player = Player()
    told = tell(
        player, "Newstate; Channel: PJSIP/101-02; ChannelState: 5; Context: from-internal; Uniqueid: 1.2; Linkedid: 1.1"
    )
    assert [type(fact) for fact in told] == [facts.LegStarted, facts.LegRang]
    assert isinstance(told[0], facts.LegStarted)
    assert told[0].partial


def test_what_comes_after_a_hangup_brings_nobody_back() -> None:
    player = Player()
    tell(player, CALLER)
    ended = tell(player, "Hangup; Channel: PJSIP/trunk-a-01; Uniqueid: 1.1; Linkedid: 1.1; Cause: 16")
    assert [type(fact) for fact in ended] == [facts.LegEnded, facts.CallEnded]
    for event in ("NewCallerid", "Newstate", "BridgeEnter", "Newchannel", "Hangup", "HangupRequest"):
        late = "Channel: PJSIP/trunk-a-01; ChannelState: 6; Uniqueid: 1.1; Linkedid: 1.1; BridgeUniqueid: b"
        assert tell(player, f"{event}; {late}") == []


@pytest.mark.parametrize(
    "text",
    [
        "VarSet; Channel: none; Uniqueid: none; Variable: MIXMONITOR_FILENAME; Value: x.wav",
        "Newchannel; Channel: PJSIP/101-01; Uniqueid: ",
        "Newchannel; Channel: ; Uniqueid: 1.1",
        "Newstate; ChannelState: 5",
        "Hangup; Uniqueid: 9.9",
        "Rename; Uniqueid: 9.9; Newname: PJSIP/101-01",
        "BridgeEnter; Channel: PJSIP/101-01; BridgeUniqueid: b",
        "NewCallerid; Channel: PJSIP/101-01; Uniqueid: 1.1; CallerIDNum: 101",
        "DialEnd; DestUniqueid: 1.1; Forward: Local/104@x",
        "ChanSpyStart; SpyerUniqueid: 1.1; SpyeeUniqueid: 1.2",
        "AttendedTransfer; Result: Success",
        "Pickup; Uniqueid: ; TargetUniqueid: ",
        "ParkedCall; ParkeeUniqueid: ",
        "UnParkedCall; ParkingSpace: 701",
        "Unheard; Channel: PJSIP/101-01; Uniqueid: 1.1",
    ],
)
def test_messages_without_what_they_should_have_tell_nothing(text: str) -> None:
    assert tell(Player(), text) == []


def test_a_masquerade_renames_a_channel_and_the_leg_stays() -> None:
    player = Player()
    tell(player, CALLER)
    assert tell(player, "Rename; Channel: PJSIP/trunk-a-01; Newname: PJSIP/trunk-a-01<ZOMBIE>; Uniqueid: 1.1") == []
    assert tell(player, "Rename; Channel: PJSIP/trunk-a-01<ZOMBIE>; Newname: PJSIP/trunk-a-07; Uniqueid: 1.1") == []
    (answered,) = tell(player, "Newstate; Channel: PJSIP/trunk-a-07; ChannelState: 6; Uniqueid: 1.1; Linkedid: 1.1")
    assert answered == facts.LegAnswered(AT, "pbx-1.1")


def test_a_local_pair_joins_two_bridges_to_one_room_and_is_no_leg() -> None:
    player = Player()
    told = tell(
        player,
        "\n".join(
            [
                CALLER,
                channel("1.2", "Local/104@x-00;1", linked="1.1"),
                channel("1.3", "Local/104@x-00;2", state=4, linked="1.1"),
                channel("1.4", "PJSIP/104-02", linked="1.1"),
                entering("PJSIP/trunk-a-01", "1.1", "b1"),
                entering("Local/104@x-00;1", "1.2", "b1"),
                entering("PJSIP/104-02", "1.4", "b2"),
                entering("Local/104@x-00;2", "1.3", "b2"),
            ]
        ),
    )
    assert [fact.leg for fact in told if isinstance(fact, facts.LegStarted)] == ["pbx-1.1", "pbx-1.4"]
    rooms: dict[str, str | None] = {}
    for fact in told:
        if isinstance(fact, facts.LegsPlaced):
            rooms.update(fact.places)
    assert rooms.keys() == {"pbx-1.1", "pbx-1.4"}
    assert len(set(rooms.values())) == 1
    parted = tell(player, leaving("Local/104@x-00;1", "1.2", "b1"))
    for fact in parted:
        if isinstance(fact, facts.LegsPlaced):
            rooms.update(fact.places)
    assert len(set(rooms.values())) == 2


def test_callers_on_one_parking_lot_do_not_hear_each_other() -> None:
    player = Player()
    tell(player, CALLER)
    tell(player, CALLER.replace("1.1", "2.1").replace("trunk-a-01", "trunk-a-02"))
    told = tell(
        player,
        "\n".join(
            f"BridgeEnter; Channel: PJSIP/trunk-a-0{number}; Uniqueid: {number}.1; Linkedid: {number}.1; "
            "BridgeUniqueid: lot; BridgeTechnology: holding_bridge"
            for number in (1, 2)
        ),
    )
    assert told == []


def test_linked_ids_that_change_without_a_word_join_calls_and_the_older_one_names_them() -> None:
    player = Player()
    tell(player, CALLER)
    tell(player, channel("2.1", "PJSIP/101-05", state=4, more="; Exten: 104"))
    told = tell(player, "Newstate; Channel: PJSIP/101-05; ChannelState: 6; Uniqueid: 2.1; Linkedid: 1.1")
    assert facts.CallsJoined(AT, "pbx-1.1", "pbx-2.1") in told
    told = tell(player, channel("3.1", "PJSIP/104-06", linked="2.1"))
    assert isinstance(told[0], facts.LegStarted)
    assert told[0].call == "pbx-1.1"


def test_the_call_is_over_with_its_last_channel_plumbing_included() -> None:
    player = Player()
    tell(player, CALLER)
    tell(player, channel("1.2", "Message/ast_msg_queue", linked="1.1"))
    told = tell(player, "Hangup; Channel: PJSIP/trunk-a-01; Uniqueid: 1.1; Linkedid: 1.1; Cause: 16")
    assert [type(fact) for fact in told] == [facts.LegEnded]
    told = tell(player, "Hangup; Channel: Message/ast_msg_queue; Uniqueid: 1.2; Linkedid: 1.1; Cause: 16")
    assert told == [facts.CallEnded(AT, "pbx-1.1")]


@pytest.mark.parametrize(
    ("cause", "more", "ended"),
    [
        ("16", "", EndCause.NORMAL),
        ("17", "", EndCause.BUSY),
        ("19", "", EndCause.NO_ANSWER),
        ("21", "; TechCause: 603", EndCause.REFUSED),
        ("21", "; TechCause: 403", EndCause.UNREACHABLE),
        ("26", "", EndCause.ELSEWHERE),
        ("34", "", EndCause.UNREACHABLE),
        ("0", "", EndCause.NORMAL),
        ("", "", EndCause.NORMAL),
    ],
)
def test_why_a_leg_ended(cause: str, more: str, ended: EndCause) -> None:
    player = Player()
    tell(player, CALLER)
    told = tell(player, f"Hangup; Channel: PJSIP/trunk-a-01; Uniqueid: 1.1; Linkedid: 1.1; Cause: {cause}{more}")
    assert told[0] == facts.LegEnded(AT, "pbx-1.1", ended)


@pytest.mark.parametrize(
    ("state", "cause", "asked"),
    [(6, "16", True), (6, "", True), (4, "127", True), (7, "17", False), (4, "17", False), (6, "58", False)],
)
def test_the_far_ends_answer_to_a_refusal_is_nobodys_hangup(state: int, cause: str, asked: bool) -> None:
    player = Player()
    tell(player, CALLER)
    text = (
        f"HangupRequest; Channel: PJSIP/trunk-a-01; ChannelState: {state}; Uniqueid: 1.1; Linkedid: 1.1; Cause: {cause}"
    )
    assert (tell(player, text) == [facts.HangupAsked(AT, "pbx-1.1")]) is asked


def test_a_caller_who_gives_up_after_a_device_refused_has_given_up() -> None:
    """The cause is still the refusal's; 487 answers the caller's own CANCEL (Asterisk 20 and later)."""
    player = Player()
    tell(player, CALLER)
    own = "Channel: PJSIP/trunk-a-01; ChannelState: 4; Uniqueid: 1.1; Linkedid: 1.1; Cause: 17; TechCause: 487"
    assert tell(player, f"HangupRequest; {own}") == [facts.HangupAsked(AT, "pbx-1.1")]


def test_a_feature_code_is_told_as_one() -> None:
    (started,) = tell(Player(), channel("1.1", "PJSIP/101-01", state=4, more="; Exten: *78"))
    assert isinstance(started, facts.LegStarted)
    assert (started.feature, started.dialled, started.account) == (True, "*78", "101")


def test_an_outgoing_call_knows_the_number_it_dials_and_the_one_it_shows() -> None:
    player = Player(country="RU")
    tell(player, channel("1.1", "PJSIP/101-01", state=4, more="; Exten: 89161234567"))
    tell(
        player,
        channel("1.2", "PJSIP/trunk-a-02", linked="1.1", more="; CallerIDNum: <unknown>").replace(
            "from-internal", "from-trunk"
        ),
    )
    told = tell(
        player,
        "DialBegin; Channel: PJSIP/101-01; ChannelState: 4; Uniqueid: 1.1; Linkedid: 1.1; "
        "DestChannel: PJSIP/trunk-a-02; "
        "DestConnectedLineNum: 74951000000; DestUniqueid: 1.2; DestLinkedid: 1.1; DialString: 79161234567@trunk-a",
    )
    (identified,) = (fact for fact in told if isinstance(fact, facts.LegIdentified) and fact.number)
    assert (identified.number, identified.e164, identified.presented) == ("79161234567", "+79161234567", "74951000000")


def test_recordings_before_the_first_leg_wait_for_it() -> None:
    player = Player()
    tell(player, channel("1.1", "Local/101@x-00;1"))
    assert (
        tell(
            player,
            "VarSet; Channel: Local/101@x-00;1; Uniqueid: 1.1; Variable: MIXMONITOR_FILENAME; Value: a.wav",
        )
        == []
    )
    told = tell(player, channel("1.2", "PJSIP/101-01", linked="1.1"))
    assert facts.Recorded(AT, "pbx-1.2", "a.wav") in told


def test_other_variables_and_applications_tell_nothing() -> None:
    player = Player()
    tell(player, CALLER)
    own = "Channel: PJSIP/trunk-a-01; Uniqueid: 1.1; Linkedid: 1.1"
    assert tell(player, f"VarSet; {own}; Variable: DIALSTATUS; Value: MIXMONITOR_FILENAME") == []
    assert tell(player, f"Newexten; {own}; Application: NoOp; AppData: VoiceMail") == []
    told = tell(player, f"Newexten; {own}; Application: VoiceMail; AppData: 101@default,u")
    assert [fact.service for fact in told if isinstance(fact, facts.ServiceEntered)] == [Service.VOICEMAIL]


def test_equal_ids_on_two_links_are_two_legs() -> None:
    one, two = (tell(Player(link), CALLER)[0] for link in ("one", "two"))
    assert isinstance(one, facts.LegStarted)
    assert isinstance(two, facts.LegStarted)
    assert (one.leg, two.leg) == ("one-1.1", "two-1.1")
    assert one.call != two.call


def test_accounts_are_known_by_channel_and_never_by_caller_id() -> None:
    player = Player(parties=Parties(accounts=["101"], trunks=["200"]))
    (started,) = tell(
        player,
        "Newchannel; Channel: PJSIP/200-01; ChannelState: 4; CallerIDNum: 101; Context: from-internal; Exten: 102; "
        "Uniqueid: 1.1; Linkedid: 1.1",
    )
    assert isinstance(started, facts.LegStarted)
    assert (started.side, started.account) == (Side.OUTSIDE, None)


def test_the_codecs_filter_keeps_what_is_handled_and_the_end_of_the_world() -> None:
    kept = keep(Player().translator.event_names)
    assert all(kept(name) for name in (b"Newchannel", b"Hangup", b"FullyBooted", b"Shutdown"))
    assert not any(kept(name) for name in (b"RTCPSent", b"MusicOnHoldStart", b"NewConnectedLine"))
