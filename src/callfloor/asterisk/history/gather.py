"""Rows of several sources, in order of time, gathered to calls.

A call is all rows of a linked id; linked ids that a channel or a bridge has in common are one call. It is complete
when every channel of it has ended and time has gone on a little: a row of it may still be on its way. What has not
ended long after it was last heard of, its end was never written.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from callfloor.asterisk.history.rows import CdrRow, CelRow, HistoryRow, QueueRow

SETTLED_S: Final = 120.0
"""So long after the end of all its channels every row of a call has come: its CDR is written at the hang-up."""
ABANDONED_S: Final = 14_400.0
"""Of a call of which nothing is heard for so long the end was not written down."""
RECORDS_SETTLED_S: Final = 7200.0
"""The same where there are call records alone: nothing says that a call has ended, a file has them in the order of
their ends, a table sorted by local time has those of the hour that comes twice mixed."""
SAME_CHANNEL_S: Final = 2.0
REMEMBERED: Final = 50_000
HOLDING: Final = "holding_bridge"
"""The technology of a bridge in which nobody hears anybody."""
_NAMING_LITTLE: Final = frozenset(
    {
        *("ANSWER", "HANGUP", "CHAN_END", "APP_START", "APP_END", "BRIDGE_ENTER", "BRIDGE_EXIT"),
        *("STREAM_BEGIN", "STREAM_END", "PARK_START"),
    }
)
"""Events by which a call gets no new name, but for a bridge's."""
_OTHER_CHANNELS: Final = ("channel2_uniqueid", "pickup_channel_uniqueid")


class Gathered:
    """The rows of one call so far."""

    __slots__ = ("cdr", "cel", "channels", "first", "keys", "last_at", "log", "open")

    def __init__(self) -> None:
        self.cel: list[CelRow] = []
        self.cdr: list[CdrRow] = []
        self.log: list[QueueRow] = []
        self.keys: set[str] = set()
        self.open: set[str] = set()
        self.last_at = 0.0
        self.first: dict[str, int] = {}  # source -> place of its first row

    @property
    def ended(self) -> bool:
        return not self.open

    def take(self, other: "Gathered") -> None:
        self.cel += other.cel
        self.cdr += other.cdr
        self.log += other.log
        self.keys |= other.keys
        self.open |= other.open
        self.last_at = max(self.last_at, other.last_at)
        for source, place in other.first.items():
            self.first[source] = min(place, self.first.get(source, place))


class Gatherer:
    """Takes rows in order of time, gives calls as they are complete."""

    def __init__(self) -> None:
        self._of: dict[str, Gathered] = {}  # by every key: linked id, unique id, channel, bridge
        self._calls: OrderedDict[int, Gathered] = OrderedDict()
        self._closed: OrderedDict[str, None] = OrderedDict()
        self._now = 0.0
        self._swept_at = 0.0
        self.late = 0  # rows of calls that were complete

    def put(self, source: str, row: HistoryRow) -> bool:
        """Take a row; false where its call was complete already."""
        at = row.at
        self._now = max(self._now, at)
        if row.__class__ is CelRow:
            event = row.event
            if event in _NAMING_LITTLE:
                of = self._of
                call = of.get(row.linkedid)
                if call is not None and of.get(row.uniqueid) is call:
                    extra = row.extra
                    if not extra or event == "HANGUP" or self._names_nothing_new(call, extra):  # as of most rows
                        return self._add(call, source, row)
        keys = _keys(row)
        if keys[0] not in self._of and keys[0] in self._closed:
            self.late += 1
            return False
        return self._add(self._call(keys, at), source, row)

    def _names_nothing_new(self, call: Gathered, extra: dict[str, str]) -> bool:
        bridge = extra.get("bridge_id")
        return (
            not bridge or extra.get("bridge_technology") == HOLDING or self._of.get(f"bridge {bridge}") is call
        ) and not ("channel2_uniqueid" in extra or "pickup_channel_uniqueid" in extra)

    @staticmethod
    def _add(call: Gathered, source: str, row: HistoryRow) -> bool:
        if source not in call.first:
            call.first[source] = row.place
        call.last_at = max(call.last_at, row.at)
        if isinstance(row, CelRow):
            call.cel.append(row)
            event = row.event
            if event in ("HANGUP", "CHAN_END"):
                call.open.discard(row.uniqueid)
            elif event == "CHAN_START":
                call.open.add(row.uniqueid)
        elif isinstance(row, CdrRow):
            call.cdr.append(row)
            call.last_at = max(call.last_at, row.ended_at)
        else:
            call.log.append(row)
        return True

    def _named(self, key: str, at: float) -> Gathered | None:
        """The call of this key. A channel's name is used again after a restart of the PBX: not by a call long over."""
        call = self._of.get(key)
        return None if call is not None and "/" in key and call.last_at < at - SAME_CHANNEL_S else call

    def _call(self, keys: list[str], at: float) -> Gathered:
        known = self._of.get(keys[0])
        if known is not None:  # as for nearly all rows
            for key in keys:
                if self._of.get(key) is not known or "/" in key:
                    break
            else:
                return known
        found = {id(call): call for key in keys if (call := self._named(key, at)) is not None}
        if found:
            call, *others = found.values()
            for other in others:
                call.take(other)
                self._calls.pop(id(other), None)
                for key in other.keys:
                    if self._of.get(key) is other:
                        self._of[key] = call
        else:
            call = Gathered()
            self._calls[id(call)] = call
        for key in keys:
            call.keys.add(key)
            self._of[key] = call
        return call

    def complete(self) -> Iterator[Gathered]:
        """The calls that are complete by now."""
        if self._now - self._swept_at < SETTLED_S / 4:
            return
        self._swept_at = self._now
        for call in list(self._calls.values()):
            ended_s = SETTLED_S if call.cel else RECORDS_SETTLED_S
            waits_s = ended_s if call.ended else ABANDONED_S
            if self._now - call.last_at > waits_s:
                yield self._close(call)

    def rest(self) -> Iterator[Gathered]:
        """What is left when the sources have come to their ends."""
        for call in list(self._calls.values()):
            yield self._close(call)

    def _close(self, call: Gathered) -> Gathered:
        del self._calls[id(call)]
        for key in call.keys:
            if self._of.get(key) is call:
                del self._of[key]
            self._closed[key] = None
        while len(self._closed) > REMEMBERED:
            self._closed.popitem(last=False)
        return call

    @property
    def calls(self) -> Iterable[Gathered]:
        """Those that are not complete."""
        return self._calls.values()

    def oldest(self, source: str) -> int | None:
        """The place in this source from which on rows belong to calls that are not complete; None: there are none."""
        return min((call.first[source] for call in self._calls.values() if source in call.first), default=None)


def in_order(sources: Sequence[Iterator[tuple[float, int, HistoryRow]]]) -> Iterator[tuple[float, int, HistoryRow]]:
    """The rows of several sources, each with its instant and its source's number, in order of these."""
    waiting = [(row, source) for source in sources if (row := next(source, None)) is not None]
    while len(waiting) > 1:
        waiting.sort(key=_when, reverse=True)
        row, source = waiting.pop()
        until = waiting[-1][0][:2]
        until_at = until[0]
        while row[0] < until_at or row[:2] < until:  # nearly all are call events: not compared with all each time
            yield row
            following = next(source, None)
            if following is None:
                break
            row = following
        else:
            waiting.append((row, source))
    for row, source in waiting:
        yield row
        yield from source


def _when(waiting: tuple[tuple[float, int, HistoryRow], object]) -> tuple[float, int]:
    return waiting[0][:2]


def _keys(row: HistoryRow) -> list[str]:
    """What names the call a row belongs to; its unique or linked id first."""
    if isinstance(row, QueueRow):
        return [row.uniqueid]
    keys = [row.linkedid, row.uniqueid]
    if isinstance(row, CelRow):
        bridge = row.extra.get("bridge_id")
        if bridge and row.extra.get("bridge_technology") != HOLDING:
            keys.append(f"bridge {bridge}")
        keys += [row.extra[name] for name in _OTHER_CHANNELS if row.extra.get(name)]
        if row.event == "PARK_END" and row.extra.get("retriever"):
            keys.append(row.extra["retriever"])
        if row.event == "CHAN_START":
            keys.append(row.channel)
        return keys
    keys.append(row.channel)
    if "/" in row.to_channel:
        keys.append(row.to_channel)
        if row.to_channel.startswith("Local/"):
            keys.append(row.to_channel[:-2])
    if row.channel.startswith("Local/"):
        keys.append(row.channel[:-2])
    return keys
