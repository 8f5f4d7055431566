"""The list of clients to call back is looked through in columns, which are as the rows are; on both databases."""

import random
from collections.abc import Callable

import pytest
from sqlalchemy import select

from callfloor.floor.calls import CallRecord, CallResult
from callfloor.store import ProjectStore, Store
from callfloor.store.callback_books import _NAMED, _REMEMBERED
from callfloor.store.callbacks import CallbackFilter, CallbackRow, Callbacks, CallbackSort, Reason
from callfloor.store.cost_tables import callback_changes
from support.call_backs import BEGIN, talk

ALL = CallbackFilter()
KEYS: dict[CallbackSort, Callable[[CallbackRow], float]] = {
    "since": lambda row: row.since,
    "last": lambda row: row.last_missed_at,
    "tries": lambda row: row.tries,
    "attempts": lambda row: row.attempts,
    "closed": lambda row: row.closed_at or row.since,
}


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    return store.project(made.id)


def client(number: int) -> str:
    return f"+38067{number:0{7 if number % 3 else 9}}"  # as long as numbers of several countries are


def some_calls(chance: random.Random, count: int, begins: int = 0) -> list[CallRecord]:
    ends = (CallResult.MISSED, CallResult.MISSED, CallResult.ABANDONED, CallResult.ANSWERED)
    return [
        talk(begins + n, client(chance.randrange(40)), float(begins + n // 3), result=chance.choice(ends))
        for n in range(count)
    ]


def paged(book: Callbacks, wanted: CallbackFilter, limit: int, **how: object) -> list[CallbackRow]:
    found: list[CallbackRow] = []
    after: str | None = None
    while True:
        page = book.page(wanted, limit=limit, after=after, **how)  # type: ignore[arg-type]
        found += page.rows
        after = page.next_cursor
        if after is None:
            assert len(found) == page.total
            return found


def test_pages_in_any_order_miss_and_repeat_nothing(project: ProjectStore) -> None:
    project.journal.write(some_calls(random.Random(3), 300))
    for closed in (False, True):
        whole = project.callbacks.page(ALL, closed=closed, limit=500).rows
        assert len(whole) > 15
        for sort, key in KEYS.items():
            for descending in (False, True):
                expected = sorted(whole, key=lambda row: (key(row), row.client_e164, row.since), reverse=descending)
                how = {"closed": closed, "sort": sort, "descending": descending}
                assert paged(project.callbacks, ALL, 7, **how) == expected, how


def test_a_part_of_a_number_is_of_one_number(project: ProjectStore) -> None:
    clients = ("+380671112233", "+12025550100", "+38067111", "+4930123456789")
    project.journal.write([talk(n, each, float(n)) for n, each in enumerate(clients)])
    for part in ("111", "3806", "00380", "3380", "789", "+49", "5550100", "9999"):
        rows = project.callbacks.page(CallbackFilter(number_part=part)).rows
        assert {row.client_e164 for row in rows} == {each for each in clients if part in each}, part


def test_what_another_process_writes_is_seen(project: ProjectStore, database_url: str) -> None:
    assert project.callbacks.page(ALL).total == 0
    chance = random.Random(4)
    other = Store.open(database_url)
    try:
        theirs = other.project(project.project_id)
        for begins in range(0, 120, 30):
            theirs.journal.write(some_calls(chance, 30, begins))
            assert project.callbacks.page(ALL) == theirs.callbacks.page(ALL)
            first = theirs.callbacks.page(ALL).rows[0]
            project.callbacks.close(first.client_e164, Reason.OTHER, user_id=None, user_name="Anna", at=BEGIN + 900)
            assert theirs.callbacks.page(ALL, closed=True) == project.callbacks.page(ALL, closed=True)
    finally:
        other.close()


def test_after_more_changes_than_are_remembered_the_list_is_read_anew(
    project: ProjectStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callfloor.store.callback_books._REMEMBERED", 3)
    monkeypatch.setattr("callfloor.store.callback_books._NAMED", 5)
    assert _REMEMBERED > 3
    assert _NAMED > 5
    chance = random.Random(5)
    other = Store.open(database_url)
    try:
        theirs = other.project(project.project_id)
        for times in (2, 5, 1):
            for n in range(times):
                theirs.journal.write(some_calls(chance, 3 if times > 1 else 60, 1_000 * times + 100 * n))
            assert project.callbacks.page(ALL) == theirs.callbacks.page(ALL)
            fresh = Store.open(database_url)
            assert fresh.project(project.project_id).callbacks.page(ALL) == project.callbacks.page(ALL)
            fresh.close()
    finally:
        other.close()
    with project.callbacks._scope.reading() as connection:
        kept = select(callback_changes.c.revision).where(callback_changes.c.project_id == project.project_id)
        revisions = set(connection.execute(kept).scalars())
    assert revisions == set(range(max(revisions) - 2, max(revisions) + 1)), "the last three"


def test_a_period_between_two_missed_calls_of_a_case_is_empty_unless_a_third_is_in_it(project: ProjectStore) -> None:
    two, three = client(1), client(2)
    told = [(two, 0), (two, 1000), (three, 0), (three, 500), (three, 1000)]
    project.journal.write([talk(n, who, float(at)) for n, (who, at) in enumerate(told)])
    for first, last, expected in (
        (400, 600, {three}),
        (600, 900, set()),
        (500, 500.001, {three}),
        (0, 1, {two, three}),
    ):
        wanted = CallbackFilter(missed_from=BEGIN + first, missed_to=BEGIN + last)
        assert {row.client_e164 for row in project.callbacks.page(wanted).rows} == expected, (first, last)
        counts = project.callbacks.counts(ALL, BEGIN + first, BEGIN + last)
        assert (counts.missed, counts.open, counts.closed) == (len(expected), len(expected), 0)
