"""Call events (CEL) as the manager messages that a watcher would have heard, so that one translation decides.

Asterisk writes both from the same happenings. What CEL does not have is made from what it has, and only where that is
certain enough to stand in a record: a phone that is called rings from the moment it is called (unless it was busy or
not there), whoever ``hangupsource`` names hung up, music heard in a conversation is the other party's hold.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
from typing_extensions import override

from callfloor.asterisk.channels import PLUMBING
from callfloor.asterisk.happenings import SERVICES, SPYING
from callfloor.asterisk.history.rows import CelRow
from callfloor.asterisk.message import Message
from callfloor.asterisk.numbers import looks_outside
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import CAUSES, SIP_CANCELLED, STATE_RING, STATE_UP
from callfloor.floor.facts import EndCause

DOWN: Final = "0"
SERVED: Final = frozenset({"VoiceMail", "ReceiveFAX", "SendFAX", "RxFAX"})
"""Applications that answer a call in place of a person."""
DIALLED_BY: Final = frozenset({"AppDial", "AppDial2", "AppQueue"})
AT_ONCE_S: Final = 1.0  # a phone that refuses sooner than this did not ring
TRAILING: Final = frozenset({"HANGUP", "CHAN_END", "APP_END", "BRIDGE_EXIT", "STREAM_END"})
HANGING_UP_S: Final = 1.0
AT_A_TIME_S: Final = 0.25
"""What a hang-up clears away follows at once: music that ended longer before was a hold that did. Rows that tell whole
seconds alone (FreePBX's table) do not tell it."""
NEVER_RANG: Final = frozenset({EndCause.UNREACHABLE})
REFUSALS: Final = frozenset({EndCause.BUSY, EndCause.REFUSED})

RINGING: Final = {"DialStatus": "RINGING"}
_AS_BYTES: Final = frozenset({"VarSet", "Newexten"})

Told = tuple[float, Message]


class QueueFacts(msgspec.Struct, kw_only=True):
    """What the queue log adds to a stay: the place at the joining, and that the queue itself let the caller go."""

    position: str = ""
    gave_up: bool = False


class ToldMessage(Message, gc=False, eq=False, weakref=False):
    """A message that never was text: its headers are asked for as they are spelled here."""

    headers: dict[str, str] = msgspec.field(default_factory=dict)

    @override
    def get(self, header: str, default: str = "") -> str:
        return self.headers.get(header) or default

    @override
    def items(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.headers.items() if value]

    @override
    def __contains__(self, header: str) -> bool:
        return bool(self.headers.get(header))


def message(event: str, headers: dict[str, str]) -> Message:
    """A message as the codec would give it. What is looked for in its bytes is written in bytes."""
    if event in _AS_BYTES:
        raw = "".join(f"{name}: {value}\n" for name, value in headers.items() if value)
        return Message(raw=f"Event: {event}\n{raw}".encode("utf-8", "replace"), event=event)
    return ToldMessage(b"", event, None, None, headers)


class _Life:
    """All that is known of one channel, its end included."""

    __slots__ = ("answered_at", "called", "cause", "ended_at", "hung_up", "name", "numbers", "rows", "source", "start")

    def __init__(self, start: CelRow) -> None:
        self.start = start
        self.name = start.channel
        self.rows: list[CelRow] = []
        self.numbers: list[str] = []
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.cause = "0"
        self.source = ""
        self.called = False
        self.hung_up = False


class EventMaker:
    """The messages of one call's events, in order."""

    def __init__(
        self, rows: Sequence[CelRow], parties: Parties, stays: dict[tuple[str, str], list[QueueFacts]] | None = None
    ) -> None:
        self._rows = rows
        self._parties = parties
        self._stays = stays or {}
        self._lives: dict[str, _Life] = {}
        self._by_name: dict[str, _Life] = {}
        self._joined: dict[str, str] = {}  # channel -> the queue it waits in
        self._bridges: dict[str, list[str]] = {}
        self._bridge_of: dict[str, str] = {}
        self._holds: dict[str, str] = {}  # who hears music -> who pressed hold
        self._told: set[str] = set()
        self._gone: set[str] = set()
        self._dialling = ""
        for row in rows:
            self._learn(row)
        for life in self._lives.values():
            life.called = self._was_called(life)
        self._asks = self._hangups_asked()

    def messages(self) -> Iterator[Told]:
        """Everything in order; instants never run backwards."""
        at = 0.0
        for place, row in enumerate(self._rows):
            at = max(at, row.at)
            if place in self._asks:
                for asked in self._asks[place]:
                    yield at, self._asked(asked)
            uniqueid, event = row.uniqueid, row.event
            if uniqueid in self._gone:
                continue
            life = self._lives[uniqueid]
            if uniqueid not in self._told and event != "CHAN_START":
                for told in self._begin(life, row):
                    yield at, told
            straight = _STRAIGHT.get(event)
            for told in self._of(life, row, place) if straight is None else straight(self, life, row):
                yield at, told

    # --- what is known beforehand -----------------------------------------------------------------------------

    def _learn(self, row: CelRow) -> None:
        life = self._lives.get(row.uniqueid)
        if life is None:
            life = self._lives[row.uniqueid] = _Life(row)
        self._by_name.setdefault(row.channel, life)
        life.rows.append(row)
        if row.number and row.number not in life.numbers:
            life.numbers.append(row.number)
        if row.event == "ANSWER" and life.answered_at is None:
            life.answered_at = row.at
        if row.event == "HANGUP":
            life.cause, life.source = row.extra.get("hangupcause", "0"), row.extra.get("hangupsource", "")
        if row.event in ("HANGUP", "CHAN_END") and life.ended_at is None:
            life.ended_at = row.at

    def _was_called(self, life: _Life) -> bool:
        """Did the PBX call this channel, rather than its party dial in?"""
        start = life.start
        if start.state:
            return start.state != STATE_RING
        if any(row.app in DIALLED_BY for row in life.rows[:3]) or life.rows[-1].app in DIALLED_BY:
            return start.exten in ("", "s") or start.event != "CHAN_START"
        if start.exten not in ("", "s"):
            return False
        endpoint = start.channel.partition("/")[2].rpartition("-")[0]
        return start.uniqueid != start.linkedid or self._parties.is_account(endpoint, start.context)

    def _hangups_asked(self) -> dict[int, list[_Life]]:
        """Who asked to hang up, by the row before which they did: the first of those that clear the call away."""
        asks: dict[int, list[_Life]] = {}
        at_a_time_s = AT_A_TIME_S if any(row.at % 1.0 for row in self._rows) else HANGING_UP_S
        last = {row.uniqueid: place for place, row in enumerate(self._rows) if row.event == "HANGUP"}
        for uniqueid, place in last.items():
            life = self._lives[uniqueid]
            if life.source != life.name or life.start.channel.partition("/")[0] in PLUMBING:
                continue
            began = place
            hung_up_at = self._rows[place].at
            while began and self._clears(
                self._rows[began - 1], max(self._rows[began].at - at_a_time_s, hung_up_at - HANGING_UP_S)
            ):
                began -= 1
            asks.setdefault(began, []).append(life)
        return asks

    @staticmethod
    def _clears(row: CelRow, earliest_at: float) -> bool:
        return row.event in TRAILING and row.at >= earliest_at

    # --- rows -------------------------------------------------------------------------------------------------

    @staticmethod
    def _channel(
        life: _Life, row: CelRow, prefix: str = "", *, state: str = "", exten: str | None = None, **more: str
    ) -> dict[str, str]:
        start = life.start
        linked = row.linkedid if row.uniqueid == start.uniqueid else ""
        if exten is None:
            exten = start.exten
        channel, channel_state, context, extension, uniqueid, linkedid = _channel_headers(prefix)
        told = {
            channel: life.name,
            channel_state: state,
            context: start.context,
            extension: exten,
            uniqueid: start.uniqueid,
            linkedid: linked,
        }
        for name, value in more.items():
            told[prefix + name] = value
        return told

    def _of(self, life: _Life, row: CelRow, place: int) -> Iterator[Message]:
        match row.event:
            case "HANGUP" | "CHAN_END":
                yield from self._end(life, row, place)
            case "APP_END" if row.app == "Queue":
                yield from self._leave_queue(life, row, place, by_bridge=False)
            case "STREAM_BEGIN" | "STREAM_END" if row.event == "STREAM_END" or "class" in row.extra:
                yield from self._music(life, row)
            case "BLINDTRANSFER":
                more = {"Result": "Success", "Extension": row.extra.get("extension", "")}
                yield message("BlindTransfer", self._channel(life, row, "Transferer") | more)
            case "ATTENDEDTRANSFER":
                yield from self._attended(life, row)
            case "PICKUP":
                taker = self._named(row.extra, "pickup_channel") or self._by_name.get(row.data)
                if taker is not None:
                    yield message("Pickup", self._channel(taker, row) | self._channel(life, row, "Target"))
            case "FORWARD":
                forward = row.extra.get("forward") or row.data
                told = self._channel(life, row, "Dest")
                yield message("DialEnd", told | {"DialStatus": "CANCEL", "Forward": forward})
            case "PARK_START":
                yield message("ParkedCall", self._channel(life, row, "Parkee"))
            case "PARK_END":
                yield from self._unparked(life, row)
            case _:
                return

    def _answer(self, life: _Life, row: CelRow) -> Iterator[Message]:
        yield message("Newstate", self._channel(life, row, state=STATE_UP))

    def _named(self, extra: dict[str, str], key: str) -> _Life | None:
        return self._lives.get(extra.get(f"{key}_uniqueid", "")) or self._by_name.get(extra.get(key, ""))

    def _begin(self, life: _Life, row: CelRow) -> Iterator[Message]:
        """A channel appears; one that the PBX called is identified, and rings."""
        start = life.start
        self._told.add(start.uniqueid)
        number = start.number if not life.called or life.name.startswith("Local/") else ""
        state = DOWN if life.called else STATE_RING
        yield message("Newchannel", self._channel(life, row, state=state, CallerIDNum=number))
        technology = life.name.partition("/")[0]
        source = self._lives.get(self._dialling)
        if technology in PLUMBING:
            dials = source is not None and source is not life and self._dialling not in self._bridge_of
            if source is not None and dials and life.name.endswith(";1") and self._dialling not in self._joined:
                exten = self._exten_of(source, row)
                told = self._channel(source, row, exten=exten)
                yield message("DialBegin", told | self._channel(life, row, "Dest", CallerIDNum=exten))
            return
        if not life.called:
            return
        yield message("DialBegin", self._dialled(life, row, source))
        if self._rang(life):
            yield message("DialState", self._channel(life, row, "Dest") | RINGING)

    @staticmethod
    def _exten_of(source: _Life, row: CelRow) -> str:
        """Where in the dialplan the source was when it began to dial."""
        return next((own.exten for own in reversed(source.rows) if own.place <= row.place and own.exten), "")

    def _dialled(self, life: _Life, row: CelRow, source: _Life | None) -> dict[str, str]:
        """Who is called, and what they are shown, as a DialBegin has it."""
        presented, dial_string = "", ""
        source = source or self._first_other(life)
        if source is None:  # by command: its caller id is overwritten by whom it is to be connected with
            presented = next((number for number in life.numbers if looks_outside(number)), "")
        elif source is not life:
            dials = [told for told in source.rows if told.app == "Dial"]
            later = [told for told in source.rows if told.place > row.place]
            presented = next((told.number for told in dials or later or source.rows if told.number), "")
            dialled = next((told.data for told in dials if told.place <= row.place), "")
            dial_string = _of_channel(dialled, life.name)
        number = life.numbers[0] if life.numbers else ""
        return self._channel(life, row, "Dest", CallerIDNum=number, ConnectedLineNum=presented) | {
            "DialString": dial_string
        }

    def _first_other(self, life: _Life) -> _Life | None:
        """Whoever was there first, where no row tells who dials: the applications that are logged are few."""
        told = (other for other in self._lives.values() if other.start.uniqueid in self._told and other is not life)
        return next((other for other in told if other.name.partition("/")[0] not in PLUMBING), None)

    def _rang(self, life: _Life) -> bool:
        if life.answered_at is not None:
            return True
        cause = CAUSES.get(life.cause)
        lasted_s = (life.ended_at or life.start.at + AT_ONCE_S) - life.start.at
        if cause in NEVER_RANG:
            return False
        return cause not in REFUSALS or lasted_s >= AT_ONCE_S or self._taken_back(life)

    def _taken_back(self, life: _Life) -> bool:
        """Was it called no longer, and its cause is what another device of the call had said before?"""
        if CAUSES.get(life.cause) not in REFUSALS or not life.called or life.answered_at is not None:
            return False
        ended_at = life.ended_at
        if ended_at is None or life.source == life.name or life.name.partition("/")[0] in PLUMBING:
            return False
        return any(
            other.cause == life.cause and other.called and other.source == other.name and other.ended_at < ended_at
            for other in self._lives.values()
            if other.ended_at is not None
        )

    def _end(self, life: _Life, row: CelRow, place: int) -> Iterator[Message]:
        if life.start.uniqueid in self._joined:
            yield from self._leave_queue(life, row, place, by_bridge=False)
        self._gone.add(life.start.uniqueid)
        self._out_of(life)
        if self._taken_back(life):
            yield message("DialEnd", self._channel(life, row, "Dest") | {"DialStatus": "CANCEL"})
        yield message("Hangup", self._channel(life, row, Cause=life.cause))

    def _asked(self, life: _Life) -> Message:
        last = life.rows[-1]
        state = STATE_UP if life.answered_at is not None else DOWN if life.called else STATE_RING
        told = self._channel(life, last, state=state, Cause=life.cause)
        return message("HangupRequest", told | {"TechCause": SIP_CANCELLED} if self._gave_up(life) else told)

    def _gave_up(self, life: _Life) -> bool:
        """Whoever dialled, and did not wait for those who still rang: with the cause of one who had refused."""
        if life.called or life.answered_at is not None or life.ended_at is None:
            return False
        ended_at = life.ended_at
        return any(
            other.ended_at is not None and abs(other.ended_at - ended_at) <= HANGING_UP_S and self._taken_back(other)
            for other in self._lives.values()
        )

    # --- bridges, hold ----------------------------------------------------------------------------------------

    def _enter(self, life: _Life, row: CelRow) -> Iterator[Message]:
        bridge = row.extra.get("bridge_id") or row.linkedid
        for uniqueid in list(self._joined):
            if uniqueid == row.uniqueid or row.app == "AppQueue":
                yield from self._leave_queue(self._lives[uniqueid], row, -1, by_bridge=True)
        self._out_of(life)
        self._bridges.setdefault(bridge, []).append(row.uniqueid)
        self._bridge_of[row.uniqueid] = bridge
        technology = row.extra.get("bridge_technology", "")
        told = self._channel(life, row, BridgeUniqueid=bridge, BridgeTechnology=technology)
        yield message("BridgeEnter", told)

    def _leave(self, life: _Life, row: CelRow) -> Iterator[Message]:
        bridge = row.extra.get("bridge_id") or row.linkedid
        if self._bridge_of.get(row.uniqueid) == bridge:
            self._out_of(life)
        yield message("BridgeLeave", self._channel(life, row, BridgeUniqueid=bridge))

    def _out_of(self, life: _Life) -> None:
        bridge = self._bridge_of.pop(life.start.uniqueid, None)
        if bridge is not None:
            self._bridges[bridge].remove(life.start.uniqueid)

    def _music(self, life: _Life, row: CelRow) -> Iterator[Message]:
        if row.event == "STREAM_END":
            holder = self._lives.get(self._holds.pop(row.uniqueid, ""))
            if holder is not None and holder.start.uniqueid not in self._gone:
                yield message("Unhold", self._channel(holder, row))
            return
        holder = self._other_end(life, set())
        if holder is not None and row.uniqueid not in self._joined:
            self._holds[row.uniqueid] = holder.start.uniqueid
            yield message("Hold", self._channel(holder, row))

    def _other_end(self, life: _Life, seen: set[str]) -> _Life | None:
        """The one other party of the bridge, through Local pairs; None where there are more, or none."""
        bridge = self._bridge_of.get(life.start.uniqueid)
        others = [one for one in self._bridges.get(bridge or "", ()) if one != life.start.uniqueid]
        if len(others) != 1 or others[0] in seen:
            return None
        other = self._lives[others[0]]
        if not other.name.startswith("Local/"):
            return other
        half = other.name[:-1] + ("2" if other.name.endswith(";1") else "1")
        across = self._by_name.get(half)
        return self._other_end(across, {*seen, others[0]}) if across is not None else None

    # --- applications -----------------------------------------------------------------------------------------

    def _app_start(self, life: _Life, row: CelRow) -> Iterator[Message]:
        first = row.data.partition(",")[0]
        if row.app in ("Dial", "Queue", "FollowMe", "Page"):
            self._dialling = row.uniqueid
        if row.app == "Queue":
            yield from self._join_queue(life, row, first)
        elif row.app == "MixMonitor" and first:
            yield message("VarSet", self._channel(life, row, Variable="MIXMONITOR_FILENAME", Value=first))
        elif row.app in SPYING:
            spied = next((other for name, other in self._by_name.items() if first and name.startswith(first)), None)
            target = spied.start.uniqueid if spied is not None else first
            yield message("ChanSpyStart", {"SpyerUniqueid": row.uniqueid, "SpyeeUniqueid": target})
        elif row.app in SERVICES:
            more = {"CallerIDNum": row.number, "Application": row.app, "AppData": row.data}
            yield message("Newexten", self._channel(life, row) | {"Context": row.context} | more)

    def _join_queue(self, life: _Life, row: CelRow, queue: str) -> Iterator[Message]:
        self._joined[row.uniqueid] = queue
        known = self._stays.get((row.uniqueid, queue)) or [QueueFacts()]
        told = self._channel(life, row, CallerIDNum=row.number, Queue=queue, Position=known[0].position)
        yield message("QueueCallerJoin", told)

    def _leave_queue(self, life: _Life, row: CelRow, place: int, *, by_bridge: bool) -> Iterator[Message]:
        uniqueid = life.start.uniqueid
        queue = self._joined.pop(uniqueid, None)
        if queue is None:
            return
        known = self._stays.get((uniqueid, queue))
        facts = known.pop(0) if known else QueueFacts()
        told = self._channel(life, row)
        if not by_bridge:
            hung_up = life.source == life.name and row.at >= (life.ended_at or row.at) - HANGING_UP_S
            if facts.gave_up or (known is None and place >= 0 and not hung_up):
                yield message("VarSet", told | {"Variable": "QUEUESTATUS", "Value": "TIMEOUT"})
        yield message("QueueCallerLeave", told | {"Queue": queue})

    # --- transfers, parking -----------------------------------------------------------------------------------

    def _attended(self, life: _Life, row: CelRow) -> Iterator[Message]:
        second = self._named(row.extra, "channel2")
        target = self._named(row.extra, "transfer_target_channel")
        number = ""
        if target is not None:
            number = target.start.number or (target.numbers[0] if target.numbers else "")
        told = self._channel(life, row, "OrigTransferer")
        if second is not None:
            told |= self._channel(second, row, "SecondTransferer")
        yield message("AttendedTransfer", told | {"Result": "Success", "TransferTargetCallerIDNum": number})

    def _unparked(self, life: _Life, row: CelRow) -> Iterator[Message]:
        reason, told = row.extra.get("reason", ""), self._channel(life, row, "Parkee")
        if reason == "ParkedCallTimeOut":
            yield message("ParkedCallTimeOut", told)
        elif reason == "ParkedCallUnparked":
            retriever = self._by_name.get(row.extra.get("retriever", ""))
            yield message("UnParkedCall", told | (self._channel(retriever, row, "Retriever") if retriever else {}))


_STRAIGHT: Final[dict[str, Callable[[EventMaker, _Life, CelRow], Iterator[Message]]]] = {
    "CHAN_START": EventMaker._begin,
    "ANSWER": EventMaker._answer,
    "BRIDGE_ENTER": EventMaker._enter,
    "BRIDGE_EXIT": EventMaker._leave,
    "APP_START": EventMaker._app_start,
}
"""What is made of the events that there are most of."""


@functools.cache
def _channel_headers(prefix: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in ("Channel", "ChannelState", "Context", "Exten", "Uniqueid", "Linkedid"))


def _of_channel(dialled: str, name: str) -> str:
    """The part of ``Dial()``'s word (``PJSIP/101&PJSIP/7916…@trunk-a,30,tT``) by which this channel was made."""
    technology, _, rest = name.partition("/")
    endpoint = rest.rpartition("-")[0] or rest
    for one in dialled.partition(",")[0].split("&"):
        kind, _, where = one.partition("/")
        if kind == technology and endpoint in where:
            return where
    return ""
