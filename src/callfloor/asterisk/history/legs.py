"""Call records (CDR) as events: what a row says for certain, and no more.

A row is a leg that rang, or what the caller met alone. It tells who was called, whether they answered, and whole
seconds. It does not tell holds, who hung up, transfers as such, or when a queue's member answered where the queue
itself had answered the caller. Records made of it are therefore marked as partial, and say ``None`` where a
watcher would know.
"""

from collections.abc import Callable, Sequence
from typing import Final

from callfloor.asterisk.channels import PLUMBING
from callfloor.asterisk.history.events import DOWN
from callfloor.asterisk.history.rows import CdrRow, CelRow, QueueRow
from callfloor.asterisk.numbers import looks_outside
from callfloor.asterisk.translate import STATE_RING

ANSWERED: Final = "ANSWERED"
CAUSE_OF: Final = {"BUSY": "17", "FAILED": "34", "CONGESTION": "34", "CHANUNAVAIL": "20"}
HEARD: Final = frozenset(
    {"BackGround", "Background", "WaitExten", "Read", "Playback", "IVR", "Answer", "Wait", "Queue", "Directory"}
)
"""What a caller hears who is served by nobody: when the call ends there, it was the caller who left."""
TALKED_TO: Final = frozenset({"VoiceMail", "ReceiveFAX", "RxFAX", "SendFAX", "ConfBridge", "MeetMe"})
LISTENING: Final = frozenset({"ChanSpy", "ExtenSpy"})
NO_PARTY: Final = frozenset({"", "s"})
FROM_OUTSIDE: Final = "from-trunk"
"""Where calls of a carrier enter the dialplan, as a rule."""


class Legs:
    """The events of one call, out of its records; with the queue log where there is one."""

    def __init__(self, rows: Sequence[CdrRow], log: Sequence[QueueRow], names: dict[str, str]) -> None:
        self._rows = sorted(rows, key=lambda row: (row.at, row.sequence, row.place))
        self._log = log
        self._names = names
        self._events: list[tuple[float, int, CelRow]] = []
        self._ids: dict[str, str] = {}  # channel -> unique id
        self._ends: dict[str, float] = {}
        self._causes: dict[str, str] = {}
        self._answered: set[str] = set()
        self._linked: dict[str, str] = {}  # channel -> the linked id it was met under first

    def events(self) -> list[CelRow]:
        """In order of time; within a second beginnings before answers before ends."""
        for row in self._rows:
            self._ids.setdefault(row.channel, row.uniqueid)
            self._ends[row.channel] = max(self._ends.get(row.channel, 0.0), row.ended_at)
        for row in self._rows:
            to = self._to_channel(row)
            if to:
                self._ids.setdefault(to, f"{row.uniqueid}.{row.sequence or len(self._ids)}")
                self._ends[to] = max(self._ends.get(to, 0.0), row.ended_at)
        begun: set[str] = set()
        for row in self._rows:
            if row.channel not in begun:
                begun.add(row.channel)
                self._begin_caller(row)
            to = self._to_channel(row)
            if to and to not in begun:
                begun.add(to)
                number = row.destination if looks_outside(row.destination) else ""
                if row.app == "Dial":
                    shown = {"number": row.presented or row.source, "exten": row.destination}
                    self._put(row.at, 1, "APP_START", row, row.channel, app="Dial", data=row.data, **shown)
                self._put(row.at, 1, "CHAN_START", row, to, number=number, state=DOWN)
            self._happen(row, to)
        for channel, ended_at in self._ends.items():
            row = self._rows[-1]
            cause = self._causes.get(channel, "16")
            source = channel if channel == self._rows[0].channel and self._left_alone() else ""
            extra = {"hangupcause": cause, "hangupsource": source}
            self._put(ended_at, 8, "HANGUP", row, channel, extra=extra)
        return [event for *_, event in sorted(self._events, key=lambda told: told[:2])]

    def _to_channel(self, row: CdrRow) -> str:
        """The called channel; a queue may have put its member's name there (FreePBX's QUEUES_UPDATECDR)."""
        if not row.to_channel or "/" in row.to_channel:
            return row.to_channel
        account = self._names.get(row.to_channel, row.to_channel)
        return f"Member/{account}-{row.sequence or row.place}"

    def _put(self, at: float, order: int, event: str, row: CdrRow, channel: str, **more: object) -> None:
        told = CelRow(
            at=at,
            place=len(self._events),
            event=event,
            uniqueid=self._ids[channel],
            linkedid=self._linked.setdefault(channel, row.linkedid),
            channel=channel,
            **more,  # type: ignore[arg-type]
        )
        self._events.append((at, order, told))

    def _begin_caller(self, row: CdrRow) -> None:
        """The calling side: an outside caller dialled the DID, an employee what they wanted."""
        technology = row.channel.partition("/")[0]
        originated = row.app == "AppDial2"
        number = row.client or row.source
        exten = row.did or row.destination
        context = FROM_OUTSIDE if row.did else ""
        if technology in PLUMBING:
            exten, _, context = row.channel.partition("/")[2].partition("@")
            context = context.rpartition("-")[0]
        state = DOWN if originated else STATE_RING
        told = {"number": number, "exten": exten, "context": context, "state": state}
        self._put(row.at, 0, "CHAN_START", row, row.channel, **told, app=row.app if originated else "")

    def _happen(self, row: CdrRow, to: str) -> None:
        if row.app == "Queue" and not self._log:
            self._put(row.answered_at or row.at, 2, "APP_START", row, row.channel, app="Queue", data=row.data)
        if row.app in LISTENING:
            self._put(row.answered_at or row.at, 5, "APP_START", row, row.channel, app=row.app, data=row.data)
        if (row.answered_at is not None and row.disposition == ANSWERED) or row.app == "Queue":
            self._answer(row.answered_at or row.at, row, row.channel)
        if to:
            self._call(row, to)
        elif row.app in TALKED_TO:
            self._put(row.answered_at or row.at, 4, "APP_START", row, row.channel, app=row.app, data=row.data)
        elif row.disposition == "BUSY":
            self._causes[row.channel] = "17"

    def _answer(self, at: float, row: CdrRow, channel: str) -> None:
        if channel not in self._answered:
            self._answered.add(channel)
            self._put(at, 3, "ANSWER", row, channel)

    def _call(self, row: CdrRow, to: str) -> None:
        if row.disposition != ANSWERED:
            self._causes.setdefault(to, CAUSE_OF.get(row.disposition, "26" if self._taken_by_another(row) else "19"))
            return
        at = self._taken_at(row, to)
        if at >= row.ended_at and self._goes_on(row):
            self._causes.setdefault(to, "26")  # somebody else picked it up: the row is answered, this phone never was
            return
        self._causes[to] = "16"
        self._answer(at, row, to)
        self._answer(at, row, row.channel)
        extra = {"bridge_id": f"{self._ids[to]}-{row.place}", "bridge_technology": "simple_bridge"}
        app = "AppQueue" if row.app == "Queue" else ""
        for channel in (row.channel, to):
            self._put(at, 5, "BRIDGE_ENTER", row, channel, extra=extra, app=app)
            self._put(row.ended_at, 7, "BRIDGE_EXIT", row, channel, extra=extra)

    def _goes_on(self, row: CdrRow) -> bool:
        return any(
            other.channel == row.channel and other.at == row.ended_at and other.disposition == ANSWERED
            for other in self._rows
            if other is not row and other.to_channel != row.to_channel
        )

    def _taken_by_another(self, row: CdrRow) -> bool:
        return any(
            other.disposition == ANSWERED and other.to_channel and other.at <= row.ended_at <= other.ended_at
            for other in self._rows
            if other is not row
        )

    def _taken_at(self, row: CdrRow, to: str) -> float:
        """When this leg was answered. In a queue the row has the queue's own answer.

        The queue log knows, or a Local member's own row; else the other phones, which ring until one takes the call.
        """
        answered_at = row.at if row.answered_at is None else row.answered_at
        if row.app != "Queue":
            return answered_at
        half = to[:-1] + "2" if to.startswith("Local/") and to.endswith(";1") else None
        behind = [other.answered_at for other in self._rows if other.channel == half and other.answered_at is not None]
        if behind:
            return min(max(answered_at, *behind), row.ended_at)
        for line in self._log:
            if line.event == "CONNECT" and row.at - 1 <= line.at <= row.ended_at + 1:
                return min(max(line.at, answered_at), row.ended_at)
        rang = [
            other.ended_at
            for other in self._rows
            if other is not row and other.disposition != ANSWERED and other.to_channel and other.at <= row.at + 1
        ]
        return min(max([answered_at, *(at for at in rang if at <= row.ended_at)]), row.ended_at)

    def _left_alone(self) -> bool:
        """Did the caller leave, unserved, where only they could end the call?"""
        last = self._rows[-1]
        return last.app in HEARD and not (last.to_channel and last.disposition == ANSWERED)


def is_nobodys(rows: Sequence[CdrRow], is_account: Callable[[str], bool]) -> bool:
    """A phone that dialled a code, or listened to others: no call, for nobody is at its other end."""
    return all(
        not row.to_channel
        and not (row.app == "AppDial2" and looks_outside(row.source))
        and is_account(row.channel.partition("/")[2].rpartition("-")[0])
        and not row.destination.lstrip("+").isdigit()
        for row in rows
    )
