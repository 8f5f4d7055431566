"""What makes the journal fast keeps it right: columns at hand, calls written by the hundred, a tail of small blocks."""

import itertools

import pytest
from sqlalchemy import func, select

from callfloor.errors import InvalidInputError, ProjectBoundaryError
from callfloor.store import ProjectStore, Store
from callfloor.store.block_writer import freshen, unfolded
from callfloor.store.call_filter import CallFilter
from callfloor.store.journal_tables import call_blocks, call_words
from callfloor.store.upserts import insert_all, put
from support.call_records import call

EVER = CallFilter(started_from=0.0, started_to=4e9)


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("Fast", timezone="UTC", country="PL", language="en", now=1.0)
    return store.project(made.id)


def _blocks(project: ProjectStore) -> list[int]:
    scope = project.journal._scope
    with scope.reading() as connection:
        query = select(call_blocks.c.rows).where(scope.within(call_blocks)).order_by(call_blocks.c.block)
        return list(connection.execute(query).scalars())


def test_many_new_calls_are_in_columns_at_once_in_a_handful_of_blocks(project: ProjectStore) -> None:
    for start in range(0, 3200, 160):
        project.journal.write([call(number) for number in range(start, start + 160)])
        assert project.journal.unfolded() == 0
    sizes = _blocks(project)
    assert sum(sizes) == 3200
    assert all(before > 2 * after for before, after in itertools.pairwise(sizes))
    assert project.journal.totals(EVER).calls == 3200
    assert project.journal.rows(EVER).rows[0].call_id == "call-3199"


def test_calls_from_before_the_newest_block_are_told_too(project: ProjectStore) -> None:
    project.journal.write([call(number) for number in range(1000, 1200)])
    project.journal.write([call(number) for number in range(900, 1100)])  # half of them again, half of them earlier
    assert project.journal.totals(EVER).calls == 300
    project.journal.fold()
    assert sum(_blocks(project)) == 300
    assert [row.call_id for row in project.journal.rows(EVER, limit=300).rows] == [
        f"call-{number}" for number in range(1199, 899, -1)
    ]


def test_what_is_at_hand_is_what_the_database_has_though_another_process_writes(
    store: Store, project: ProjectStore
) -> None:
    project.journal.write([call(number) for number in range(200)])
    held = list(project.journal.warming())
    assert held[-1] > 0
    other = Store.open(store._engines.url.render_as_string(hide_password=False))
    try:
        theirs = other.project(project.project_id)
        assert theirs.journal.totals(EVER).calls == 200
        project.journal.write([call(number, queue="new") for number in range(200, 400)])
        project.spam.put("+48600000001", "hand", None, 1.0)
        for each in (project, theirs):
            totals = each.journal.totals(EVER)
            assert (totals.calls, totals.spam) == (400, 1)
            assert each.journal.rows(EVER).rows[0].queues == ("new",)
        theirs.journal.write([call(1000)])
        assert project.journal.totals(EVER).calls == 401
    finally:
        other.close()


def test_a_transaction_that_is_undone_leaves_no_head_behind(project: ProjectStore) -> None:
    project.journal.write([call(number) for number in range(130)])
    assert project.journal.totals(EVER).calls == 130
    scope = project.journal._scope

    def undone() -> None:
        with scope.writing() as connection:
            freshen(connection, scope, [1])
            assert unfolded(connection, scope) == 1
            raise InvalidInputError("on second thoughts")

    with pytest.raises(InvalidInputError):
        undone()
    assert project.journal.totals(EVER).calls == 130
    project.journal.write([call(500)])
    assert project.journal.totals(EVER).calls == 131


def test_rows_sent_as_text_cannot_be_another_projects(store: Store, project: ProjectStore) -> None:
    other = store.projects.add("Other", timezone="UTC", country="PL", language="en", now=1.0)
    scope = project.journal._scope
    rows = [{"project_id": each, "id": 900, "word": "x"} for each in (project.project_id, other.id)]
    with scope.writing() as connection, pytest.raises(ProjectBoundaryError):
        insert_all(connection, call_words, rows)
    with scope.writing() as connection, pytest.raises(ProjectBoundaryError):
        put(connection, call_words, rows[1:], ["word"])
    theirs = store.project(other.id).journal._scope
    with theirs.reading() as connection:
        number = select(func.count()).select_from(call_words).where(theirs.within(call_words))
        assert connection.execute(number).scalar_one() == 0
