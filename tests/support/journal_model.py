"""The journal by brute force: what any filter, order, mark and total must be, from the records themselves."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from callfloor.floor.calls import CallRecord, CallResult, CallType
from callfloor.floor.days import day_of
from callfloor.store import Rules
from callfloor.store.call_filter import Between, CallFilter, Grouping, Mark, Outcome, PartIn, Sort, SortKey
from callfloor.store.journal_rows import Totals

ZONE = ZoneInfo("Europe/Warsaw")


class Person(msgspec.Struct, frozen=True):
    """An employee of the model's directory."""

    id: int
    name: str
    department_id: int
    department: str


class Model:
    """What the store was told."""

    def __init__(self, people: dict[str, Person], sources: dict[str, str]) -> None:
        self.people = people  # by account
        self.sources = sources  # by business number
        self.calls: dict[str, CallRecord] = {}
        self.tags: dict[str, set[str]] = {}
        self.success: dict[str, bool | None] = {}
        self.hand_spam: dict[str, bool | None] = {}
        self.spam: set[str] = set()
        self.rules = Rules()

    # --- marks --------------------------------------------------------------------------------------------------

    def counts(self, call: CallRecord) -> bool:
        return self.rules.spam_counts or not self.is_spam(call)

    def is_spam(self, call: CallRecord) -> bool:
        said = self.hand_spam.get(call.call_id)
        name = call.client_number if call.client_e164 is None else call.client_e164
        return name in self.spam if said is None else said

    def marks(self, call: CallRecord) -> set[Mark]:
        rules, found = self.rules, set()
        if call.type is CallType.CALLBACK:
            found.add(Mark.CALLBACK)
        if self.is_spam(call):
            found.add(Mark.SPAM)
            if not rules.spam_counts:
                return found
        if call.type is CallType.INBOUND and call.client_e164 is not None:
            before = [
                other.started_at
                for other in self.calls.values()
                if other.client_e164 == call.client_e164
                and other.type is CallType.INBOUND
                and other.started_at < call.started_at
            ]
            depth_s = None if rules.unique_depth_days is None else rules.unique_depth_days * 86_400
            again = bool(before) and (depth_s is None or call.started_at - max(before) <= depth_s)
            found.add(Mark.REPEAT if again else Mark.UNIQUE)
        target = call.talk_s >= rules.target_talk_s
        if target:
            found.add(Mark.TARGET)
        said = self.success.get(call.call_id)
        if said is None and rules.success_is == "target":
            said = target
        if said is not None:
            found.add(Mark.SUCCESSFUL if said else Mark.UNSUCCESSFUL)
        return found

    # --- which --------------------------------------------------------------------------------------------------

    def meant(self, wanted: CallFilter) -> list[CallRecord]:
        """By start."""
        found = [call for call in self.calls.values() if self._is_meant(call, wanted)]
        return sorted(found, key=lambda call: call.started_at)

    def _is_meant(self, call: CallRecord, wanted: CallFilter) -> bool:
        people = [self.people[part.account] for part in call.employees if part.account in self.people]
        employees, departments = {each.id for each in people}, {each.department_id for each in people}
        seen = wanted.seen_department_ids is None and wanted.seen_employee_id is None
        digits = "".join(filter(str.isdigit, call.client_e164 or call.client_number or ""))
        business = "".join(filter(str.isdigit, call.business_number or ""))
        had = {id_: self.part_in(call, id_) for id_ in employees}
        return all(
            (
                wanted.started_from <= call.started_at < wanted.started_to,
                wanted.employee_ids is None or employees & wanted.employee_ids,
                wanted.part_in is None
                or any(
                    part is wanted.part_in and (wanted.employee_ids is None or id_ in wanted.employee_ids)
                    for id_, part in had.items()
                ),
                wanted.department_ids is None or departments & wanted.department_ids,
                wanted.business_numbers is None or call.business_number in wanted.business_numbers,
                wanted.sources is None or self.source(call) in wanted.sources,
                wanted.queues is None or {entry.queue for entry in call.queues} & wanted.queues,
                wanted.types is None or call.type in wanted.types,
                wanted.outcomes is None or outcome(call) in wanted.outcomes,
                wanted.marks is None or self.marks(call) & wanted.marks,
                wanted.hung_up_by is None or call.hung_up_by in wanted.hung_up_by,
                wanted.tags is None or self.tags.get(call.call_id, set()) & wanted.tags,
                _between(call.talk_s, wanted.talk),
                _between(call.waiting_s, wanted.waiting),
                _between(call.duration_s, wanted.duration),
                wanted.number_part is None or wanted.number_part in digits or wanted.number_part in business,
                wanted.client_e164 is None or call.client_e164 == wanted.client_e164,
                wanted.recorded is None or (call.recording is not None) == wanted.recorded,
                wanted.counted is None or self.counts(call) == wanted.counted,
                seen
                or departments & (wanted.seen_department_ids or frozenset())
                or (wanted.seen_employee_id is not None and wanted.seen_employee_id in employees),
            )
        )

    def part_in(self, call: CallRecord, employee_id: int) -> PartIn | None:
        theirs = [
            (place, part)
            for place, part in enumerate(call.employees)
            if part.account in self.people and self.people[part.account].id == employee_id
        ]
        first, part = theirs[0]
        dialled = first == 0 and part.ring_s == 0 and call.type in {CallType.OUTBOUND, CallType.INTERNAL}
        if dialled or any(each.answered or each.talk_s > 0 for _, each in theirs):
            return PartIn.TOOK_PART
        if any(each.missed for _, each in theirs):
            return PartIn.MISSED
        return PartIn.TAKEN_ELSEWHERE if any(each.taken_elsewhere for _, each in theirs) else None

    def source(self, call: CallRecord) -> str | None:
        return self.sources.get(call.business_number or "")

    # --- in order -----------------------------------------------------------------------------------------------

    def ordered(self, wanted: CallFilter, sort: Sort) -> list[str]:
        """The ids of the calls that are meant, in the order asked for."""
        found = sorted(self.meant(wanted), key=lambda call: call.started_at, reverse=sort.descending)
        known = [call for call in found if self._value(call, sort.key) is not None]
        unknown = [call for call in found if self._value(call, sort.key) is None]
        known.sort(key=lambda call: self._value(call, sort.key), reverse=sort.descending)
        return [call.call_id for call in (*known, *unknown)]

    def _value(self, call: CallRecord, key: SortKey) -> Any:
        shown = next((part for part in call.employees if part.answered), next(iter(call.employees), None))
        person = None if shown is None else self.people.get(shown.account)
        number = "".join(filter(str.isdigit, call.client_e164 or call.client_number or ""))
        return {
            SortKey.STARTED: 0,
            SortKey.TYPE: list(CallType).index(call.type),
            SortKey.RESULT: list(Outcome).index(outcome(call)),
            SortKey.CLIENT: number or None,
            SortKey.NUMBER: call.business_number,
            SortKey.SOURCE: self.source(call),
            SortKey.SCHEME: call.scheme,
            SortKey.QUEUE: call.queues[0].queue if call.queues else None,
            SortKey.EMPLOYEE: None if person is None else person.name.casefold(),
            SortKey.DEPARTMENT: None if person is None else person.department.casefold(),
            SortKey.WAITING: call.waiting_s,
            SortKey.TALK: call.talk_s,
            SortKey.DURATION: call.duration_s,
            SortKey.COST: None,
            SortKey.HUNG_UP_BY: {None: None, "client": 1, "employee": 2, "external": 3, "system": 4}[call.hung_up_by],
        }[key]

    # --- added up -----------------------------------------------------------------------------------------------

    def totals(self, calls: Sequence[CallRecord]) -> Totals:
        marks = {call.call_id: self.marks(call) for call in calls}
        counted = [call for call in calls if self.rules.spam_counts or Mark.SPAM not in marks[call.call_id]]
        inbound = [call for call in counted if call.type is CallType.INBOUND]
        received = [call for call in inbound if call.result is CallResult.ANSWERED]
        missed = [call for call in inbound if call.result is not CallResult.ANSWERED]
        outbound = [call for call in counted if call.type is CallType.OUTBOUND]
        callback = [call for call in counted if call.type is CallType.CALLBACK]

        def marked(mark: Mark) -> int:
            return sum(mark in marks[call.call_id] for call in counted)

        def talk(some: Sequence[CallRecord]) -> tuple[float, int]:
            talked = [call for call in some if call.result is CallResult.ANSWERED or call.talk_s > 0]
            return sum(call.talk_s for call in some), len(talked)

        (talk_s, talk_n), (in_s, in_n), (out_s, out_n) = talk(counted), talk(inbound), talk(outbound)
        waiting_s = sum(call.waiting_s for call in received)
        good = marked(Mark.TARGET if self.rules.success_is == "target" else Mark.SUCCESSFUL)
        return Totals(
            calls=len(calls),
            inbound=len(inbound),
            received=len(received),
            missed=len(missed),
            abandoned=sum(call.result is CallResult.ABANDONED for call in inbound),
            outbound=len(outbound),
            outbound_answered=sum(call.result is CallResult.ANSWERED for call in outbound),
            callback=len(callback),
            callback_answered=sum(call.result is CallResult.ANSWERED for call in callback),
            internal=sum(call.type is CallType.INTERNAL for call in counted),
            unique=marked(Mark.UNIQUE),
            repeat=marked(Mark.REPEAT),
            target=marked(Mark.TARGET),
            successful=marked(Mark.SUCCESSFUL),
            spam=sum(Mark.SPAM in marks[call.call_id] for call in calls),
            talk_s=talk_s,
            talk_n=talk_n,
            inbound_talk_s=in_s,
            inbound_talk_n=in_n,
            outbound_talk_s=out_s,
            outbound_talk_n=out_n,
            waiting_s=waiting_s,
            waiting_n=len(received),
            missed_waiting_s=sum(call.waiting_s for call in missed),
            duration_s=sum(call.duration_s for call in counted),
            cost=(),
            average_talk_s=_per(talk_s, talk_n),
            average_inbound_talk_s=_per(in_s, in_n),
            average_outbound_talk_s=_per(out_s, out_n),
            average_waiting_s=_per(waiting_s, len(received)),
            answered_ratio=_per(len(received), len(inbound)),
            conversion=_per(good, len(counted)),
        )

    def groups(self, wanted: CallFilter, by: Grouping) -> dict[str | None, Totals]:
        split: dict[str | None, list[CallRecord]] = {}
        for call in self.meant(wanted):
            for key in self._groups(call, wanted, by):
                split.setdefault(key, []).append(call)
        return {key: self.totals(calls) for key, calls in split.items()}

    def _groups(self, call: CallRecord, wanted: CallFilter, by: Grouping) -> Iterable[str | None]:
        people = [self.people[part.account] for part in call.employees if part.account in self.people]
        if by is Grouping.EMPLOYEE:
            return _only({str(each.id) for each in people}, _texts(wanted.employee_ids))
        if by is Grouping.DEPARTMENT:
            return _only({str(each.department_id) for each in people}, _texts(wanted.department_ids))
        if by is Grouping.QUEUE:
            return _only({entry.queue for entry in call.queues}, wanted.queues)
        day, local = day_of(call.started_at, ZONE), datetime.fromtimestamp(call.started_at, ZONE)
        return [
            {
                Grouping.NUMBER: call.business_number,
                Grouping.SOURCE: self.source(call),
                Grouping.TYPE: call.type.value,
                Grouping.RESULT: outcome(call).value,
                Grouping.HOUR: str(local.hour),
                Grouping.WEEKDAY: str(day.weekday()),
                Grouping.DAY: day.isoformat(),
                Grouping.WEEK: (day - timedelta(days=day.weekday())).isoformat(),
                Grouping.MONTH: day.replace(day=1).isoformat(),
            }[by]
        ]


def outcome(call: CallRecord) -> Outcome:
    """A call's result, the abandoned ones by where."""
    if call.result is CallResult.ABANDONED:
        return Outcome.ABANDONED_QUEUE if call.abandoned_in == "queue" else Outcome.ABANDONED_IVR
    assert call.result is not None
    return Outcome(call.result.value)


def rounded(totals: Totals) -> dict[str, Any]:
    """Totals to be compared: seconds as decimals of a millisecond."""
    return {
        name: Decimal(value).quantize(Decimal("0.001")) if isinstance(value, float) else value
        for name, value in msgspec.structs.asdict(totals).items()
    }


def _between(seconds: float, wanted: Between | None) -> bool:
    if wanted is None:
        return True
    least, most = wanted.least_s, wanted.most_s
    return (least is None or seconds >= least) and (most is None or seconds <= most)


def _texts(ids: frozenset[int] | None) -> frozenset[str] | None:
    return None if ids is None else frozenset(str(each) for each in ids)


def _only(keys: set[str], wanted: frozenset[str] | None) -> Iterable[str | None]:
    return (keys or {None}) if wanted is None else keys & wanted


def _per(part: float, whole: int) -> float | None:
    return part / whole if whole else None
