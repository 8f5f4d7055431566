"""AMI messages into facts: Asterisk's words end here.

One ``Translator`` per PBX link. Facts about events: https://docs.asterisk.org (AMI events), and what a real
Asterisk 16 and 22 sent. An event about a channel we have not seen begins it (messages may be lost); an event
about one that has hung up does not, for NewCallerid and NewConnectedLine may follow a Hangup.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from callfloor.asterisk.channels import PLUMBING, Channel, Plumbing
from callfloor.asterisk.happenings import Happenings
from callfloor.asterisk.interventions import Interventions
from callfloor.asterisk.message import Message
from callfloor.asterisk.numbers import known_number, looks_outside, to_e164
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.people import PeopleTranslator, contact_of
from callfloor.asterisk.spying import SpyWatch
from callfloor.asterisk.waiting_for_listing import WaitingForListing
from callfloor.floor import facts
from callfloor.floor.facts import Born, EndCause, Fact, Side

STATE_DOWN: Final = "0"
STATE_RING: Final = "4"
STATE_RINGING: Final = "5"
STATE_UP: Final = "6"
STATE_BUSY: Final = "7"

# Q.850 causes, as Hangup carries them: https://docs.asterisk.org (Hangup Cause Mappings)
CAUSES: Final = {
    "17": EndCause.BUSY,
    "21": EndCause.REFUSED,
    "18": EndCause.NO_ANSWER,
    "19": EndCause.NO_ANSWER,
    "26": EndCause.ELSEWHERE,
    **dict.fromkeys(
        ("1", "2", "3", "20", "22", "27", "28", "34", "38", "41", "42", "44", "50", "57", "58", "88"),
        EndCause.UNREACHABLE,
    ),
}

MEDIA_REFUSED: Final = "58"

SIP_CANCELLED: Final = "487"

# Their incoming channels have what was dialled as their DNID (chan_pjsip.c, chan_sip.c), others may not.
TELLS_DIALLED: Final = frozenset({"PJSIP", "SIP"})

# Cause 21 is a person's 603 and a provider's 401, 403, 407 alike; Asterisk 20 and later tell which in TechCause.
PROVIDER_REFUSALS: Final = frozenset({"401", "403", "407"})


class Translator:
    """Turns one PBX's messages into facts, in order."""

    def __init__(self, link: str, parties: Parties, *, country: str | None = None) -> None:
        self.link = link
        self.parties = parties
        self.country = country
        self.plumbing = Plumbing(link)
        self.people = PeopleTranslator(link, parties)
        self.spies = SpyWatch(self._has_been)
        """Supervisors' legs of our own making: they are no calls, and no part of any."""
        self.interventions = Interventions()
        """What we had the PBX do to its calls."""
        self.happenings = Happenings(self)
        self.waiting = WaitingForListing(self)
        """What waits for the channels to be listed."""
        self._handlers: dict[str, Callable[[float, Message], None]] = {
            "Newchannel": self._newchannel,
            "Newstate": self._newstate,
            "Rename": self._rename,
            "Hangup": self._hangup,
            "HangupRequest": self._hangup_request,
            "BridgeEnter": self._bridge_enter,
            "BridgeLeave": self._bridge_leave,
            "DialBegin": self._dial_begin,
            "DialState": self._dial_state,
            "DialEnd": self._dial_end,
            "NewCallerid": self._new_callerid,
            **self.happenings.handlers,
            **self.spies.handlers,
        }

    @property
    def event_names(self) -> frozenset[str]:
        """The events worth receiving; every other can be dropped before it is parsed."""
        return frozenset(self._handlers) | self.people.event_names

    def translate(self, at: float, message: Message) -> list[Fact]:
        """The facts that a message tells, none for most."""
        handler = self._handlers.get(message.event or "")
        if handler is None:
            return self.people.translate(at, message)
        if self.waiting.held is not None and self.waiting.holds(at, message):
            return []
        out = self.plumbing.out = []
        self.interventions.look(at, message, out)
        handler(at, message)
        return out

    def clock_set(self, by_s: float) -> None:
        """The clock that messages get their instants by was put on by so much."""
        for channel in self.plumbing.channels.values():
            channel.seen_at += by_s
        self.waiting.clock_set(by_s)
        self.people.clock_set(by_s)

    def forget(self) -> None:
        """What is translated next is of other channels: for records, which tell one call after the other."""
        self.plumbing = Plumbing(self.link)

    def _has_been(self, uid: str) -> bool:
        return self.plumbing.has_been(uid)

    # --- shared -----------------------------------------------------------------------------------------------

    def tell(self, fact: Fact) -> None:
        self.plumbing.out.append(fact)

    def leg_id(self, uid: str) -> str:
        return f"{self.link}-{uid}"

    def channel(self, at: float, message: Message, prefix: str = "") -> Channel | None:
        """The channel that an event speaks of, begun here where its Newchannel was lost; None once it is gone."""
        uid = message.get(prefix + "Uniqueid")
        channel = self.plumbing.channels.get(uid)
        if channel is None:
            name = message.get(prefix + "Channel")
            if not uid or "/" not in name or self.plumbing.is_gone(uid):  # a global VarSet speaks of channel "none"
                return None
            channel = self.begin(at, message, prefix=prefix, partial=True)
        else:
            self.plumbing.follow(at, channel, message.get(prefix + "Linkedid"))
        return channel

    def begin(
        self,
        at: float,
        message: Message,
        *,
        prefix: str = "",
        partial: bool = False,
        called: Born | None = None,
        dnid: str | None = None,
        seen_at: float | None = None,
        call_began_at: float | None = None,
    ) -> Channel:
        """A channel appears. A listing also tells how an application ``called`` it, and the number it dialled."""
        uid, name = message.get(prefix + "Uniqueid"), message.get(prefix + "Channel")
        linked = self.interventions.linked_of(uid) or message.get(prefix + "Linkedid") or uid
        channel = self.plumbing.add(at, uid, name, linked)
        channel.state = message.get(prefix + "ChannelState")
        if channel.technology not in PLUMBING and not self.spies.is_ours(uid):
            found = _Found(partial=partial, called=called, dnid=dnid, seen_at=seen_at, call_began_at=call_began_at)
            self._begin_leg(at, channel, message, prefix, found)
        return channel

    def _begin_leg(self, at: float, channel: Channel, message: Message, prefix: str, found: "_Found") -> None:
        group = channel.group
        context, exten = message.get(prefix + "Context"), message.get(prefix + "Exten")
        # Of a channel that was up when it was found, its linked id tells; who is down or rings has dialled nothing.
        old = found.partial and found.called is None and channel.uid in group.linked
        dials_in = channel.state == STATE_RING or (old and channel.state not in (STATE_DOWN, STATE_RINGING))
        # Where a channel is found in the dialplan need not be where it came in: a transfer sends callers on.
        employee = self.parties.is_account(channel.endpoint, "" if found.partial else context)
        if dials_in and employee and found.dnid == "" and channel.technology in TELLS_DIALLED:
            dials_in = False  # it was rung by a command, and runs the dialplan since it was answered: a callback
        if dials_in:
            born = Born.CALLING
        elif group.legs or group.calling or (found.called is Born.CALLED and not self._rung_by_command(channel)):
            born = Born.CALLED
        elif found.partial and found.called is None and channel.uid not in group.linked:
            born = Born.CALLED  # by the channel that the call is named after: that one has sent it on, and is gone
        else:
            born = Born.ORIGINATED
        if dials_in and not found.partial:
            self.parties.learn_caller(channel.endpoint, context)
        channel.is_leg = True
        channel.account = channel.endpoint if employee else None
        number = None if employee or born is Born.ORIGINATED else known_number(message.get(prefix + "CallerIDNum"))
        dialled = (known_number(found.dnid or "") or known_number(exten)) if dials_in else None
        self._start(at, channel, born, number, dialled, found)

    def _rung_by_command(self, channel: Channel) -> bool:
        """Of a channel that was found being called, and nobody who calls: does a Local pair do it, for a callback?"""
        return any(self.plumbing.channels[uid].technology == "Local" for uid in channel.group.channels)

    def _start(
        self,
        at: float,
        channel: Channel,
        born: Born,
        number: str | None,
        dialled: str | None,
        found: "_Found",
    ) -> None:
        group = channel.group
        feature = channel.account is not None and dialled is not None and dialled[0] in "*#"
        group.legs.append(channel.uid)
        group.calling |= born is Born.CALLING
        self.tell(
            facts.LegStarted(
                at=at,
                leg=self.leg_id(channel.uid),
                call=group.key,
                side=Side.EMPLOYEE if channel.account else Side.OUTSIDE,
                born=born,
                account=channel.account,
                number=number,
                e164=to_e164(number, self.country),
                dialled=dialled,
                partial=found.partial,
                call_began_at=found.call_began_at,
                seen_at=found.seen_at,
                feature=feature,
                trunk=channel.trunk if channel.account is None else None,
            )
        )
        for file in group.pending:
            self.tell(facts.Recorded(at, self.leg_id(channel.uid), file))
        group.pending.clear()

    def promote(self, at: float, channel: Channel, message: Message, *, seen_at: float | None = None) -> None:
        """A Local half behind which nobody stands is a party itself: it receives a fax, or waits in a queue.

        ``seen_at``: it was found so in a listing at that instant.
        """
        if channel.is_leg or channel.technology != "Local" or channel.group.legs:
            return
        channel.is_leg = True
        dialled = known_number(channel.name.partition("/")[2].partition("@")[0])
        found = _Found(partial=seen_at is not None, seen_at=seen_at)
        self._start(at, channel, Born.CALLING, known_number(message.get("CallerIDNum")), dialled, found)
        if channel.state == STATE_UP:
            self.tell(facts.LegAnswered(at, self.leg_id(channel.uid)))

    # --- channels ---------------------------------------------------------------------------------------------

    def _newchannel(self, at: float, message: Message) -> None:
        uid = message.get("Uniqueid")
        if (
            uid
            and uid not in self.plumbing.channels
            and not self.plumbing.is_gone(uid)
            and "/" in message.get("Channel")
        ):
            self.begin(at, message)

    def _newstate(self, at: float, message: Message) -> None:
        channel = self.channel(at, message)
        if channel is None:
            return
        channel.state = message.get("ChannelState")
        if self.spies.is_ours(channel.uid):
            self.spies.state(channel.uid, ringing=channel.state == STATE_RINGING, up=channel.state == STATE_UP)
        if not channel.is_leg:
            return
        if channel.state == STATE_RINGING:
            self.identify(at, channel, message, "")
            self.tell(facts.LegRang(at, self.leg_id(channel.uid)))
        elif channel.state == STATE_UP:
            self.tell(facts.LegAnswered(at, self.leg_id(channel.uid)))

    def _rename(self, at: float, message: Message) -> None:
        channel = self.plumbing.channels.get(message.get("Uniqueid"))
        if channel is not None:
            self.plumbing.rename(channel, message.get("Newname"))

    def _hangup(self, at: float, message: Message) -> None:
        channel = self.plumbing.channels.get(message.get("Uniqueid"))
        if channel is None:
            return
        self.plumbing.follow(at, channel, message.get("Linkedid"))
        cause = CAUSES.get(message.get("Cause"))
        if cause is None or (channel.cancelled and cause in (EndCause.BUSY, EndCause.REFUSED)):
            cause = EndCause.NORMAL  # of one that was cancelled the cause is what another device said
        elif cause is EndCause.REFUSED and message.get("TechCause") in PROVIDER_REFUSALS:
            cause = EndCause.UNREACHABLE
        self.end(at, channel, cause, message.get("Cause-txt") or None)

    def end(self, at: float, channel: Channel, cause: EndCause, words: str | None = None) -> None:
        """The channel is gone; ``words`` are the PBX's own for why."""
        self.plumbing.leave(at, channel)
        if channel.is_leg:
            self.tell(facts.LegEnded(at, self.leg_id(channel.uid), cause))
        self.plumbing.remove(at, channel)
        if self.spies.is_ours(channel.uid):
            self.spies.gone(at, channel.uid, cause, words)

    def _hangup_request(self, at: float, message: Message) -> None:
        channel = self.channel(at, message)
        if channel is not None and channel.is_leg and not _refused(message):
            self.tell(facts.HangupAsked(at, self.leg_id(channel.uid)))

    # --- bridges ----------------------------------------------------------------------------------------------

    def _bridge_enter(self, at: float, message: Message) -> None:
        channel = self.channel(at, message)
        bridge = message.get("BridgeUniqueid")
        if channel is not None and bridge:
            self.plumbing.enter(at, channel, bridge, holding=message.get("BridgeTechnology") == "holding_bridge")

    def _bridge_leave(self, at: float, message: Message) -> None:
        channel = self.channel(at, message)
        if channel is not None and channel.bridge == message.get("BridgeUniqueid"):
            self.plumbing.leave(at, channel)

    # --- dialling ---------------------------------------------------------------------------------------------

    def _dial_begin(self, at: float, message: Message) -> None:
        source = self.channel(at, message) if message.get("Channel") else None
        target = self.channel(at, message, "Dest")
        if target is None:
            return
        self.identify(at, target, message, "Dest")
        if source is not None and target.technology == "Local" and source.queue is None:
            self._forwarding(at, source, target, message)

    def identify(self, at: float, channel: Channel, message: Message, prefix: str, *, listed: bool = False) -> None:
        """The number of an outside leg and the number shown to it; or, on a callback's first leg, the client's.

        ``listed``: it was found in a listing. Whom it is shown may be another by now, to whom the call was passed on.
        """
        if not channel.is_leg or channel.state == STATE_RING:
            return
        channel.identified = True
        shown = known_number(message.get(prefix + "ConnectedLineNum"))
        if channel.account is None:
            number = _dialled_number(message.get("DialString"))
            if number is None and channel.group.legs[0] != channel.uid:  # Originate overwrites its own leg's caller id
                number = known_number(message.get(prefix + "CallerIDNum"))
            self.tell(
                facts.LegIdentified(
                    at=at,
                    leg=self.leg_id(channel.uid),
                    number=number,
                    e164=to_e164(number, self.country),
                    presented=shown if not listed or looks_outside(shown) else None,
                    account=self.parties.mobile_account(number),
                )
            )
            return
        device = contact_of(message.get("DialString"))
        if device is not None:
            self.tell(facts.LegIdentified(at=at, leg=self.leg_id(channel.uid), device=device))
        if not channel.group.calling and channel.group.legs[0] == channel.uid and looks_outside(shown):
            e164 = to_e164(shown, self.country)
            self.tell(facts.LegIdentified(at=at, leg=self.leg_id(channel.uid), number=shown, e164=e164))

    def _forwarding(self, at: float, source: Channel, target: Channel, message: Message) -> None:
        """The dialplan of an account's extension dials somewhere else through a Local channel."""
        account = message.get("Exten")
        to = target.name.partition("/")[2].partition("@")[0]
        if to != account and self.parties.is_account(account) and message.get("DestCallerIDNum") == account:
            self._forward(at, source, account, to)

    def _forward(self, at: float, source: Channel, account: str, to: str) -> None:
        if source.group.legs:
            self.tell(facts.Forwarded(at, self.leg_id(source.group.legs[0]), account, to))

    def _dial_state(self, at: float, message: Message) -> None:
        if message.get("DialStatus") == "RINGING":
            target = self.channel(at, message, "Dest")
            if target is not None and target.is_leg:
                self.tell(facts.LegRang(at, self.leg_id(target.uid)))

    def _dial_end(self, at: float, message: Message) -> None:
        to = message.get("Forward")
        target = self.plumbing.channels.get(message.get("DestUniqueid"))
        if target is not None and message.get("DialStatus") == "CANCEL":
            target.cancelled = True
        if to and target is not None and target.account is not None:
            self._forward(at, target, target.account, to.partition("/")[2] or to)

    def _new_callerid(self, at: float, message: Message) -> None:
        uid = message.get("Uniqueid")
        channel = self.plumbing.channels.get(uid)  # never begun from this: it may follow a Hangup
        if channel is None or not channel.is_leg or channel.account is not None:
            return
        # Who is up was identified before: sent on, they run the dialplan themselves, and it gives them another name.
        if channel.state not in (STATE_RING, STATE_UP):
            number = known_number(message.get("CallerIDNum"))
            if number is not None and channel.group.legs[0] != uid:
                e164 = to_e164(number, self.country)
                self.tell(facts.LegIdentified(at=at, leg=self.leg_id(uid), number=number, e164=e164))


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a channel that was there before its first message: see ``facts.LegStarted``."""

    partial: bool = False
    called: Born | None = None  # how an application called it
    dnid: str | None = None  # what it dialled, "" for nothing; None: nobody listed that
    seen_at: float | None = None
    call_began_at: float | None = None


def _refused(request: Message) -> bool:
    """Is this the far end's answer to the PBX's own refusal, rather than a party's hang-up?

    In state Busy the PBX has refused already; the request may come a moment before that state, then with the cause of
    the refusal (a caller who gives up has 127). 58 is media that could not be agreed on, a re-INVITE answered by 488.
    """
    state, cause = request.get("ChannelState"), request.get("Cause")
    if request.get("TechCause") == SIP_CANCELLED:
        return False  # the caller gave up; the cause is what a device had said before
    return state == STATE_BUSY or cause == MEDIA_REFUSED or (state == STATE_RING and cause in CAUSES)


def _dialled_number(dial_string: str) -> str | None:
    """``79161234567@trunk-a``, ``trunk-a/79161234567`` or ``101/sip:…``: the number, where one is dialled."""
    for part in dial_string.partition(",")[0].split("@")[0].split("/"):
        digits = part.lstrip("+")
        if digits.isdigit() and looks_outside(digits):
            return part
    return None


def keep(names: Iterable[str]) -> Callable[[bytes], bool]:
    """A filter for the codec: events of these names, and the end of the world."""
    wanted = frozenset(name.encode() for name in (*names, "FullyBooted", "Shutdown", "Reload"))
    return wanted.__contains__
