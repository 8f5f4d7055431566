"""What pages are told of rows that wait to be written."""

import pytest

from callfloor.errors import CallfloorError, StoreError
from callfloor.project.waiting import HELD_UP_S, held_up
from callfloor.store import Backlog
from callfloor.store.row_writer import SPILL_FAILS
from callfloor.web.push.frames import WaitCause, Waits

NOW = 1_700_000_000.0


def failing(cause: str | None = "store_full", since: float = NOW - 10, rows: int = 0, at_risk: int = 0) -> Backlog:
    return Backlog(rows=rows, on_disk=rows - at_risk, at_risk=at_risk, since=since, cause=cause)


def test_rows_that_are_on_their_way_are_not_told_of() -> None:
    assert held_up(Backlog(rows=500), Backlog(rows=3), NOW) is None


def test_a_hitch_is_not_told_of_until_it_lasts() -> None:
    assert held_up(failing(since=NOW - HELD_UP_S + 0.1), Backlog(), NOW) is None
    assert held_up(failing(since=NOW - HELD_UP_S), Backlog(), NOW) is not None
    assert held_up(failing(since=NOW + 3600), Backlog(), NOW) is not None, "a clock that is set back hides nothing"


def test_the_cause_is_what_failed_first_and_calls_are_counted_and_all_that_is_at_risk() -> None:
    calls, statuses = failing(rows=12, at_risk=2), failing("store_unreachable", NOW - 20, rows=900, at_risk=5)
    assert held_up(calls, statuses, NOW) == Waits(
        since=NOW - 20, cause=WaitCause.UNREACHABLE, calls=12, at_risk=7, lost=0
    )
    alone = held_up(Backlog(rows=4, lost=1), failing(SPILL_FAILS), NOW)
    assert alone == Waits(since=NOW - 10, cause=WaitCause.SPILL, calls=4, at_risk=0, lost=1)


@pytest.mark.parametrize("cause", [None, "row_refused", "project_boundary"])
def test_whatever_fails_has_a_name(cause: str | None) -> None:
    told = held_up(failing(cause), Backlog(), NOW)
    assert told is not None
    assert told.cause is WaitCause.OTHER


def test_the_causes_are_the_ids_of_errors() -> None:
    def ids(kind: type[CallfloorError]) -> set[str]:
        return {kind.error_id}.union(*(ids(each) for each in kind.__subclasses__()))

    assert {str(each) for each in WaitCause} - {SPILL_FAILS} <= ids(StoreError)
