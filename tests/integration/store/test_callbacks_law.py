"""Open + closed = missed unique clients, whatever became known in whatever order; on both databases."""

import itertools
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callfloor.floor.calls import CallRecord, CallResult, CallType
from callfloor.store import ProjectStore, Store
from callfloor.store.call_filter import CallFilter, Outcome
from callfloor.store.callbacks import CallbackCounts, CallbackFilter, CallbackRow, Reason
from support.call_backs import BEGIN, ByHand, missed, talk, waiting

CLIENTS = ("+380671110001", "+380671110002", None)
ALL = CallbackFilter()
SPAN = 60

_projects = itertools.count(1)

calls = st.builds(
    talk,
    st.integers(1, 12),  # the same number again is the same call, repaired
    st.sampled_from(CLIENTS),
    st.integers(0, SPAN).map(float),
    kind=st.sampled_from(CallType),
    result=st.sampled_from(
        [
            *(CallResult.ANSWERED, CallResult.MISSED, CallResult.ABANDONED, CallResult.NO_ANSWER),
            *(CallResult.VOICEMAIL, CallResult.FAX),
        ]
    ),
    waits=st.integers(0, 20).map(float),
)
steps = st.lists(calls, min_size=1, max_size=6) | st.sampled_from(["close", "undo"])


@pytest.fixture
def shared(store: Store) -> Store:
    return store


# Each example has a project of its own in one database, which is the point.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)
@given(told=st.lists(steps, min_size=1, max_size=8), cuts=st.tuples(st.integers(0, SPAN), st.integers(0, SPAN)))
def test_open_and_closed_are_the_missed_clients_of_any_period(
    shared: Store, told: Sequence[list[CallRecord] | str], cuts: tuple[int, int]
) -> None:
    name = f"Project {next(_projects)}"
    made = shared.projects.add(name, timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    project = shared.project(made.id)
    known: dict[str, CallRecord] = {}
    closings: dict[int, ByHand] = {}
    for step in told:
        if isinstance(step, list):
            project.journal.write(step)
            known |= {record.call_id: record for record in step}
        elif step == "close":
            for row in project.callbacks.page(ALL).rows[:1]:
                closing = project.callbacks.close(
                    row.client_e164, Reason.OTHER, user_id=None, user_name="Anna", at=BEGIN + 500
                )
                closings[closing.id] = ByHand(client=row.client_e164, until=row.last_missed_at)
        else:
            for row in project.callbacks.page(ALL, closed=True).rows:
                if row.closing_id is not None:
                    project.callbacks.reopen(row.closing_id, at=BEGIN + 600)
                    del closings[row.closing_id]
                    break
        agrees(project, known.values(), standing(project, closings), cuts)
    before = everything(project)
    project.callbacks.rebuild()
    assert everything(project) == before
    assert project.callbacks.is_whole()


def standing(project: ProjectStore, closings: dict[int, ByHand]) -> list[ByHand]:
    """A closing stands until it is undone, whether or not it settles anything any more."""
    shown = {row.closing_id for row in project.callbacks.page(ALL, closed=True).rows} - {None}
    assert shown <= closings.keys()
    return list(closings.values())


def agrees(project: ProjectStore, known: object, closings: list[ByHand], cuts: tuple[int, int]) -> None:
    records = list(known)  # type: ignore[call-overload]
    left = waiting(records, closings)
    rows = project.callbacks.page(ALL).rows
    assert {row.client_e164 for row in rows} == {call.client_e164 for call in left}
    for row in rows:
        theirs = sorted(call.started_at for call in left if call.client_e164 == row.client_e164)
        assert (row.since, row.last_missed_at, row.tries) == (theirs[0], theirs[-1], len(theirs))
        tried = [
            call.started_at
            for call in records
            if call.client_e164 == row.client_e164
            and call.type in (CallType.OUTBOUND, CallType.CALLBACK)
            and call.result is not CallResult.ANSWERED
            and call.started_at >= row.since
        ]
        assert (row.attempts, row.last_attempt_at) == (len(tried), max(tried, default=None))
    first, last = BEGIN + min(cuts), BEGIN + max(cuts)
    inside = [call for call in records if missed(call) and first <= call.started_at < last]
    still = {call.client_e164 for call in left if first <= call.started_at < last}
    counts = project.callbacks.counts(ALL, first, last)
    assert counts.missed == len({call.client_e164 for call in inside})
    assert counts.open == len(still)
    assert counts.open + counts.closed == counts.missed
    assert counts.uncallable == sum(
        call.client_e164 is None
        and call.type is CallType.INBOUND
        and call.result not in (CallResult.ANSWERED, CallResult.FAX)
        and first <= call.started_at < last
        for call in records
    )
    agrees_with_the_journal(project, counts, first, last)


def agrees_with_the_journal(project: ProjectStore, counts: CallbackCounts, first: float, last: float) -> None:
    """Its totals count a fax as missed too (nobody answered it); that is the whole difference."""
    inbound = CallFilter(started_from=first, started_to=last, types=frozenset({CallType.INBOUND}))
    not_served = frozenset(Outcome) - {Outcome.ANSWERED, Outcome.FAX}
    rows = list(project.journal.stream(msgspec.structs.replace(inbound, outcomes=not_served)))
    assert counts.missed == len({row.client_e164 for row in rows} - {None})
    assert counts.uncallable == sum(row.client_e164 is None for row in rows)
    faxes = project.journal.count(msgspec.structs.replace(inbound, outcomes=frozenset({Outcome.FAX})))
    assert project.journal.totals(inbound).missed == len(rows) + faxes


def everything(project: ProjectStore) -> list[CallbackRow]:
    return [*project.callbacks.page(ALL).rows, *project.callbacks.page(ALL, closed=True, sort="closed").rows]
