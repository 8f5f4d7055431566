"""Call events (CEL) as the manager messages that a watcher would have heard, so that one translation decides.

Asterisk writes both from the same happenings. What CEL does not have is made from what it has, and only where that is
certain enough to stand in a record: a phone that is called rings from the moment it is called (unless it was busy or
not there), whoever ``hangupsource`` names hung up, music heard in a conversation is the other party's hold.
"""

import functools
from collections.abc import Callable, Sequence
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
DIALS: Final = frozenset({"Dial", "Queue", "FollowMe", "Page"})
AT_ONCE_S: Final = 1.0  # a phone that refuses sooner than this did not ring
TRAILING: Final = frozenset({"HANGUP", "CHAN_END", "APP_END", "BRIDGE_EXIT", "STREAM_END"})
HANGING_UP_S: Final = 1.0
AT_A_TIME_S: Final = 0.25
"""What a hang-up clears away follows at once: music that ended longer before was a hold that did. Rows that tell whole
seconds alone (FreePBX's table) do not tell it."""
NEVER_RANG: Final = frozenset({EndCause.UNREACHABLE})
REFUSALS: Final = frozenset({EndCause.BUSY, EndCause.REFUSED})

_ENDS: Final = frozenset({"HANGUP", "CHAN_END"})

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


class _Life:
    """All that is known of one channel, its end included."""

    __slots__ = (
        *("answered_at", "called", "cause", "ended_at", "headers", "is_plumbing", "linkedid", "name", "rows"),
        *("source", "start", "uniqueid"),
    )

    def __init__(self, start: CelRow) -> None:
        self.start = start
        self.uniqueid = start.uniqueid
        self.name = start.channel
        self.is_plumbing = start.channel.partition("/")[0] in PLUMBING
        self.rows: list[CelRow] = []
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.cause = "0"
        self.source = ""
        self.called = False
        self.linkedid = start.linkedid
        self.headers: dict[str, dict[str, str]] = {}

    def named(self, row: CelRow, prefix: str = "") -> dict[str, str]:
        """The headers that name this channel in a message that a row tells; nobody changes them."""
        linked = row.linkedid if row.uniqueid == self.uniqueid else ""
        if linked != self.linkedid:
            self.headers, self.linkedid = {}, linked
        known = self.headers.get(prefix)
        if known is None:
            start = self.start
            values = (self.name, "", start.context, start.exten, self.uniqueid, linked)
            known = self.headers[prefix] = dict(zip(_channel_headers(prefix), values, strict=True))
        return known

    @property
    def number(self) -> str:
        """The first that a row has for it."""
        return next((row.number for row in self.rows if row.number), "")


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
        self._at = 0.0
        self._said: list[Told] = []
        last = self._learn()
        for life in self._lives.values():
            life.called = self._was_called(life)
        self._asks = self._hangups_asked(last)

    def messages(self) -> list[Told]:
        """Everything in order; instants never run backwards."""
        lives, asks, told, gone = self._lives, self._asks, self._told, self._gone
        for place, row in enumerate(self._rows):
            self._at = max(self._at, row.at)
            if place in asks:
                for asked in asks[place]:
                    self._ask(asked)
            uniqueid, event = row.uniqueid, row.event
            if uniqueid in gone:
                continue
            life = lives[uniqueid]
            if uniqueid not in told and event != "CHAN_START":
                self._begin(life, row)
            told_by = _TOLD_BY.get(event)
            if told_by is not None:
                told_by(self, life, row)
        return self._said

    def _say(self, event: str, headers: dict[str, str]) -> None:
        self._said.append((self._at, ToldMessage(b"", event, None, None, headers)))

    def _say_in_bytes(self, event: str, headers: dict[str, str], *written: str) -> None:
        """A message some of whose headers are looked for in its bytes."""
        raw = "".join([f"{name}: {headers[name]}\n" for name in written])
        told = ToldMessage(f"Event: {event}\n{raw}".encode("utf-8", "replace"), event, None, None, headers)
        self._said.append((self._at, told))

    # --- what is known beforehand -----------------------------------------------------------------------------

    def _learn(self) -> dict[str, int]:
        """Each channel's life; the place of the row that tells its last hang-up."""
        lives, by_name, last = self._lives, self._by_name, {}
        for place, row in enumerate(self._rows):
            life = lives.get(row.uniqueid)
            if life is None:
                life = lives[row.uniqueid] = _Life(row)
                by_name.setdefault(row.channel, life)
            elif row.channel != life.name:
                by_name.setdefault(row.channel, life)
            life.rows.append(row)
            event = row.event
            if event in _ENDS:
                if event == "HANGUP":
                    life.cause, life.source = row.extra.get("hangupcause", "0"), row.extra.get("hangupsource", "")
                    last[row.uniqueid] = place
                if life.ended_at is None:
                    life.ended_at = row.at
            elif event == "ANSWER" and life.answered_at is None:
                life.answered_at = row.at
        return last

    def _was_called(self, life: _Life) -> bool:
        """Did the PBX call this channel, rather than its party dial in?"""
        start = life.start
        if start.state:
            return start.state != STATE_RING
        if not DIALLED_BY.isdisjoint([row.app for row in (*life.rows[:3], life.rows[-1])]):
            return start.exten in ("", "s") or start.event != "CHAN_START"
        if start.exten not in ("", "s"):
            return False
        endpoint = start.channel.partition("/")[2].rpartition("-")[0]
        return start.uniqueid != start.linkedid or self._parties.is_account(endpoint, start.context)

    def _hangups_asked(self, last: dict[str, int]) -> dict[int, list[_Life]]:
        """Who asked to hang up, by the row before which they did: the first of those that clear the call away."""
        asks: dict[int, list[_Life]] = {}
        at_a_time_s = AT_A_TIME_S if any(row.at % 1.0 for row in self._rows) else HANGING_UP_S
        for uniqueid, place in last.items():
            life = self._lives[uniqueid]
            if life.source != life.name or life.is_plumbing:
                continue
            began = place
            hung_up_at = self._rows[place].at
            while began and self._rows[began - 1].event in TRAILING:
                at_once = self._rows[began].at - at_a_time_s
                if self._rows[began - 1].at < max(at_once, hung_up_at - HANGING_UP_S):
                    break
                began -= 1
            asks.setdefault(began, []).append(life)
        return asks

    # --- rows -------------------------------------------------------------------------------------------------

    def _answer(self, life: _Life, row: CelRow) -> None:
        self._say("Newstate", {**life.named(row), "ChannelState": STATE_UP})

    def _named(self, extra: dict[str, str], key: str) -> _Life | None:
        return self._lives.get(extra.get(f"{key}_uniqueid", "")) or self._by_name.get(extra.get(key, ""))

    def _begin(self, life: _Life, row: CelRow) -> None:
        """A channel appears; one that the PBX called is identified, and rings."""
        self._told.add(life.uniqueid)
        number = life.start.number if not life.called or life.name.startswith("Local/") else ""
        state = DOWN if life.called else STATE_RING
        self._say("Newchannel", {**life.named(row), "ChannelState": state, "CallerIDNum": number})
        source = self._lives.get(self._dialling)
        if life.is_plumbing:
            dials = source is not None and source is not life and self._dialling not in self._bridge_of
            if source is not None and dials and life.name.endswith(";1") and self._dialling not in self._joined:
                exten = self._exten_of(source, row)
                called = life.named(row, "Dest")
                self._say("DialBegin", {**source.named(row), "Exten": exten, **called, "DestCallerIDNum": exten})
        elif life.called:
            self._say("DialBegin", self._dialled(life, row, source))
            if self._rang(life):
                self._say("DialState", {**life.named(row, "Dest"), "DialStatus": "RINGING"})

    @staticmethod
    def _exten_of(source: _Life, row: CelRow) -> str:
        """Where in the dialplan the source was when it began to dial."""
        return next((own.exten for own in reversed(source.rows) if own.place <= row.place and own.exten), "")

    def _dialled(self, life: _Life, row: CelRow, source: _Life | None) -> dict[str, str]:
        """Who is called, and what they are shown, as a DialBegin has it."""
        presented, dial_string = "", ""
        source = source or self._first_other(life)
        if source is None:  # by command: its caller id is overwritten by whom it is to be connected with
            presented = next((own.number for own in life.rows if looks_outside(own.number)), "")
        elif source is not life:
            dials = [own for own in source.rows if own.app == "Dial"]
            telling = dials or [own for own in source.rows if own.place > row.place] or source.rows
            presented = next((own.number for own in telling if own.number), "")
            dialled = next((own.data for own in dials if own.place <= row.place), "")
            dial_string = _of_channel(dialled, life.name)
        return {
            **life.named(row, "Dest"),
            "DestCallerIDNum": life.number,
            "DestConnectedLineNum": presented,
            "DialString": dial_string,
        }

    def _first_other(self, life: _Life) -> _Life | None:
        """Whoever was there first, where no row tells who dials: the applications that are logged are few."""
        told = (other for other in self._lives.values() if other.uniqueid in self._told and other is not life)
        return next((other for other in told if not other.is_plumbing), None)

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
        if ended_at is None or life.source == life.name or life.is_plumbing:
            return False
        return any(
            other.cause == life.cause and other.called and other.source == other.name and other.ended_at < ended_at
            for other in self._lives.values()
            if other.ended_at is not None
        )

    def _end(self, life: _Life, row: CelRow) -> None:
        if life.uniqueid in self._joined:
            self._leave_queue(life, row)
        self._gone.add(life.uniqueid)
        self._out_of(life)
        if self._taken_back(life):
            self._say("DialEnd", {**life.named(row, "Dest"), "DialStatus": "CANCEL"})
        self._say("Hangup", {**life.named(row), "Cause": life.cause})

    def _ask(self, life: _Life) -> None:
        state = STATE_UP if life.answered_at is not None else DOWN if life.called else STATE_RING
        told = {**life.named(life.rows[-1]), "ChannelState": state, "Cause": life.cause}
        self._say("HangupRequest", told | {"TechCause": SIP_CANCELLED} if self._gave_up(life) else told)

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

    def _enter(self, life: _Life, row: CelRow) -> None:
        bridge = row.extra.get("bridge_id") or row.linkedid
        for uniqueid in list(self._joined):
            if uniqueid == row.uniqueid or row.app == "AppQueue":
                self._leave_queue(self._lives[uniqueid], row, by_bridge=True)
        self._out_of(life)
        self._bridges.setdefault(bridge, []).append(row.uniqueid)
        self._bridge_of[row.uniqueid] = bridge
        technology = row.extra.get("bridge_technology", "")
        self._say("BridgeEnter", {**life.named(row), "BridgeUniqueid": bridge, "BridgeTechnology": technology})

    def _leave(self, life: _Life, row: CelRow) -> None:
        bridge = row.extra.get("bridge_id") or row.linkedid
        if self._bridge_of.get(row.uniqueid) == bridge:
            self._out_of(life)
        self._say("BridgeLeave", {**life.named(row), "BridgeUniqueid": bridge})

    def _out_of(self, life: _Life) -> None:
        bridge = self._bridge_of.pop(life.uniqueid, None)
        if bridge is not None:
            self._bridges[bridge].remove(life.uniqueid)

    def _music(self, life: _Life, row: CelRow) -> None:
        holder = self._other_end(life, set()) if "class" in row.extra else None
        if holder is not None and row.uniqueid not in self._joined:
            self._holds[row.uniqueid] = holder.uniqueid
            self._say("Hold", holder.named(row))

    def _music_ended(self, _life: _Life, row: CelRow) -> None:
        holder = self._lives.get(self._holds.pop(row.uniqueid, ""))
        if holder is not None and holder.uniqueid not in self._gone:
            self._say("Unhold", holder.named(row))

    def _other_end(self, life: _Life, seen: set[str]) -> _Life | None:
        """The one other party of the bridge, through Local pairs; None where there are more, or none."""
        bridge = self._bridge_of.get(life.uniqueid)
        others = [one for one in self._bridges.get(bridge or "", ()) if one != life.uniqueid]
        if len(others) != 1 or others[0] in seen:
            return None
        other = self._lives[others[0]]
        if not other.name.startswith("Local/"):
            return other
        half = other.name[:-1] + ("2" if other.name.endswith(";1") else "1")
        across = self._by_name.get(half)
        return self._other_end(across, {*seen, others[0]}) if across is not None else None

    # --- applications -----------------------------------------------------------------------------------------

    def _app_start(self, life: _Life, row: CelRow) -> None:
        first = row.data.partition(",")[0]
        if row.app in DIALS:
            self._dialling = row.uniqueid
        if row.app == "Queue":
            self._join_queue(life, row, first)
        elif row.app == "MixMonitor" and first:
            told = {**life.named(row), "Variable": "MIXMONITOR_FILENAME", "Value": first}
            self._say_in_bytes("VarSet", told, "Variable")
        elif row.app in SPYING:
            spied = next((other for name, other in self._by_name.items() if first and name.startswith(first)), None)
            target = spied.uniqueid if spied is not None else first
            self._say("ChanSpyStart", {"SpyerUniqueid": row.uniqueid, "SpyeeUniqueid": target})
        elif row.app in SERVICES:
            more = {"CallerIDNum": row.number, "Context": row.context, "Application": row.app, "AppData": row.data}
            self._say_in_bytes("Newexten", {**life.named(row), **more}, "Application", "AppData")

    def _app_end(self, life: _Life, row: CelRow) -> None:
        if row.app == "Queue":
            self._leave_queue(life, row)

    def _join_queue(self, life: _Life, row: CelRow, queue: str) -> None:
        self._joined[row.uniqueid] = queue
        known = self._stays.get((row.uniqueid, queue)) or [QueueFacts()]
        more = {"CallerIDNum": row.number, "Queue": queue, "Position": known[0].position}
        self._say("QueueCallerJoin", {**life.named(row), **more})

    def _leave_queue(self, life: _Life, row: CelRow, *, by_bridge: bool = False) -> None:
        queue = self._joined.pop(life.uniqueid, None)
        if queue is None:
            return
        known = self._stays.get((life.uniqueid, queue))
        facts = known.pop(0) if known else QueueFacts()
        told = life.named(row)
        if not by_bridge:
            hung_up = life.source == life.name and row.at >= (life.ended_at or row.at) - HANGING_UP_S
            if facts.gave_up or (known is None and not hung_up):
                self._say_in_bytes("VarSet", {**told, "Variable": "QUEUESTATUS", "Value": "TIMEOUT"}, "Variable")
        self._say("QueueCallerLeave", told | {"Queue": queue})

    # --- transfers, parking -----------------------------------------------------------------------------------

    def _blind(self, life: _Life, row: CelRow) -> None:
        more = {"Result": "Success", "Extension": row.extra.get("extension", "")}
        self._say("BlindTransfer", {**life.named(row, "Transferer"), **more})

    def _attended(self, life: _Life, row: CelRow) -> None:
        second = self._named(row.extra, "channel2")
        target = self._named(row.extra, "transfer_target_channel")
        number = target.number if target is not None else ""
        told = {**life.named(row, "OrigTransferer"), "Result": "Success", "TransferTargetCallerIDNum": number}
        self._say("AttendedTransfer", told | second.named(row, "SecondTransferer") if second is not None else told)

    def _pickup(self, life: _Life, row: CelRow) -> None:
        taker = self._named(row.extra, "pickup_channel") or self._by_name.get(row.data)
        if taker is not None:
            self._say("Pickup", taker.named(row) | life.named(row, "Target"))

    def _forward(self, life: _Life, row: CelRow) -> None:
        forward = row.extra.get("forward") or row.data
        self._say("DialEnd", {**life.named(row, "Dest"), "DialStatus": "CANCEL", "Forward": forward})

    def _parked(self, life: _Life, row: CelRow) -> None:
        self._say("ParkedCall", life.named(row, "Parkee"))

    def _unparked(self, life: _Life, row: CelRow) -> None:
        reason, told = row.extra.get("reason", ""), life.named(row, "Parkee")
        if reason == "ParkedCallTimeOut":
            self._say("ParkedCallTimeOut", told)
        elif reason == "ParkedCallUnparked":
            retriever = self._by_name.get(row.extra.get("retriever", ""))
            self._say("UnParkedCall", told | retriever.named(row, "Retriever") if retriever else told)


_TOLD_BY: Final[dict[str, Callable[[EventMaker, _Life, CelRow], None]]] = {
    "CHAN_START": EventMaker._begin,
    "ANSWER": EventMaker._answer,
    "BRIDGE_ENTER": EventMaker._enter,
    "BRIDGE_EXIT": EventMaker._leave,
    "APP_START": EventMaker._app_start,
    "APP_END": EventMaker._app_end,
    "STREAM_BEGIN": EventMaker._music,
    "STREAM_END": EventMaker._music_ended,
    "BLINDTRANSFER": EventMaker._blind,
    "ATTENDEDTRANSFER": EventMaker._attended,
    "PICKUP": EventMaker._pickup,
    "FORWARD": EventMaker._forward,
    "PARK_START": EventMaker._parked,
    "PARK_END": EventMaker._unparked,
    "HANGUP": EventMaker._end,
    "CHAN_END": EventMaker._end,
}


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
