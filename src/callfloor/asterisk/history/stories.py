"""From the rows of one call to its record: through the same translation and floor as a live call."""

from collections.abc import Sequence

import msgspec

from callfloor.asterisk.history.events import EventMaker, QueueFacts
from callfloor.asterisk.history.legs import Legs
from callfloor.asterisk.history.rows import CdrRow, CelRow, QueueRow
from callfloor.asterisk.marks import Mark
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import Translator
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallType
from callfloor.floor.directory import Directory
from callfloor.floor.progress import People
from callfloor.floor.retold import RetoldFloor, Talk

GAVE_UP = frozenset({"EXITWITHTIMEOUT", "EXITEMPTY", "EXITWITHKEY"})
LEFT = GAVE_UP | {"ABANDON"}
LOST_END_S = 86_402.0
"""After this long without a word the floor takes a call for ended, when it was last heard of."""


class Company(msgspec.Struct, kw_only=True):
    """What the import knows of the company beside the rows."""

    link: str
    parties: Parties
    country: str | None = None
    directory: Directory = msgspec.field(default_factory=Directory)
    missed_after_s: float = 5.0
    names: dict[str, str] = {}  # a queue member's name -> the account
    mark: Mark = msgspec.field(default_factory=Mark)  # how this PBX's names read in the project
    floor: RetoldFloor = msgspec.field(default_factory=lambda: RetoldFloor(People(Directory())))
    translator: Translator = msgspec.field(default_factory=lambda: Translator("", Parties()))

    def __post_init__(self) -> None:
        """The directory is looked through once, and not for each call."""
        self.floor = RetoldFloor(People(self.directory), missed_after_s=self.missed_after_s)
        self.translator = Translator(self.link, self.parties, country=self.country)


def told_by_events(
    rows: Sequence[CelRow], stays: dict[tuple[str, str], list[QueueFacts]], company: Company
) -> tuple[list[CallRecord], list[Talk]]:
    """The finished calls in these events, as the floor tells them, and who talked when."""
    translator, floor = company.translator, company.floor
    translator.forget()
    floor.forget()
    translate, hear, mark = translator.translate, floor.hear, company.mark
    messages = EventMaker(rows, company.parties, stays).messages()
    # One after the other, for what a processor has just done it does again sooner.
    for at, told in [(at, translate(at, message)) for at, message in messages]:
        if told:
            hear(at, mark.facts(told))
    at = messages[-1][0] if messages else 0.0
    for late_s in () if floor.is_empty else (60.0, LOST_END_S):
        hear(at + late_s, (facts.Tick(at + late_s),))
    return floor.records, floor.talks


def told_by_records(
    rows: Sequence[CdrRow], log: Sequence[QueueRow], company: Company
) -> tuple[list[CallRecord], list[Talk]]:
    """The finished call in these call records alone: marked as partial, unknown where they do not tell."""
    events = Legs(rows, log, company.names).events()
    events, stays = with_queue_log(events, log)
    first = rows[0]
    told, talks = told_by_events(events, stays, company)
    return [_only_told(record, first) for record in told], talks


def _only_told(record: CallRecord, first: CdrRow) -> CallRecord:
    return msgspec.structs.replace(
        record,
        partial=True,
        hung_up_by="client" if record.abandoned_in is not None else None,
        business_number=(first.did or None) if record.type is CallType.INBOUND else record.business_number,
    )


def with_queue_log(
    events: Sequence[CelRow], log: Sequence[QueueRow]
) -> tuple[list[CelRow], dict[tuple[str, str], list[QueueFacts]]]:
    """What the queue log knows of each stay; stays that the events do not tell are put among them."""
    stays: dict[tuple[str, str], list[QueueFacts]] = {}
    if not log:
        return list(events), stays
    made: list[CelRow] = []
    told = {row.uniqueid for row in events if row.event == "APP_START" and row.app == "Queue"}
    for line in log:
        known = stays.setdefault((line.uniqueid, line.queue), [])
        if line.event == "ENTERQUEUE":
            position = line.data[2] if len(line.data) > 2 and line.data[2].isdigit() else ""
            known.append(QueueFacts(position=position))
        elif line.event in GAVE_UP and known:
            known[-1].gave_up = True
        event = "APP_START" if line.event == "ENTERQUEUE" else "APP_END" if line.event in LEFT else ""
        if event and line.uniqueid not in told:
            channel = next((row.channel for row in events if row.uniqueid == line.uniqueid), "")
            if channel:
                made.append(
                    CelRow(
                        at=line.at,
                        place=line.place,
                        event=event,
                        uniqueid=line.uniqueid,
                        linkedid=events[0].linkedid,
                        channel=channel,
                        app="Queue",
                        data=line.queue,
                    )
                )
    return (sorted([*events, *made], key=lambda row: row.at) if made else list(events)), stays
