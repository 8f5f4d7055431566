"""No statement leaves its project: those that could are refused before they are sent."""

import re

import pytest
from sqlalchemy import delete, exists, func, insert, literal_column, or_, select, text, union, update

from callfloor.errors import ProjectBoundaryError
from callfloor.store.boundary import check
from callfloor.store.tables import (
    INSTALLATION,
    OWNED,
    accounts,
    calls,
    departments,
    employees,
    memberships,
    metadata,
    projects,
    users,
)

OURS = 7


def _within(table: object) -> object:
    return table.c.project_id == OURS  # type: ignore[attr-defined]


ALLOWED = [
    select(calls).where(_within(calls)),
    select(calls).where(calls.c.id > 3, _within(calls)).order_by(calls.c.id),
    select(calls).where((calls.c.id > 3) & (_within(calls) & (calls.c.id < 9))),
    select(func.count()).select_from(calls).where(_within(calls)),
    select(accounts.c.account)
    .join_from(accounts, employees, accounts.c.employee_id == employees.c.id)
    .where(_within(accounts), _within(employees)),
    select(accounts, employees.c.name)
    .outerjoin_from(accounts, employees, _within(employees) & (employees.c.id == accounts.c.employee_id))
    .where(_within(accounts)),
    select(calls).where(_within(calls), calls.c.id.in_(select(calls.c.id).where(_within(calls)))),
    union(
        select(select(calls.c.id).where(_within(calls)).limit(3).subquery()),
        select(calls.c.id).where(_within(calls)),
    ),
    select(users).join_from(users, memberships, memberships.c.user_id == users.c.id),
    select(projects),
    select(1),
    update(employees).where(_within(employees), employees.c.id == 1).values(name="x"),
    delete(employees).where(_within(employees)),
]

other = employees.alias()

REFUSED = [
    select(calls),
    select(calls).where(calls.c.id == 1),
    select(calls).where(calls.c.project_id == OURS + 1),
    select(calls).where(calls.c.project_id != OURS),
    select(calls).where(calls.c.project_id.in_([OURS])),
    select(calls).where(or_(_within(calls), calls.c.id == 1)),
    select(calls).where(~_within(calls)),
    select(calls).where(calls.c.project_id == calls.c.project_id),
    select(func.count()).select_from(calls),
    select(func.count(calls.c.id)),
    select(accounts.c.account)
    .join_from(accounts, employees, accounts.c.employee_id == employees.c.id)
    .where(_within(accounts)),
    select(accounts).join_from(accounts, employees, accounts.c.project_id == employees.c.project_id),
    select(accounts, employees.c.name)
    .outerjoin_from(accounts, employees, employees.c.id == accounts.c.employee_id)
    .where(_within(accounts)),
    select(employees).join_from(employees, other, other.c.id == employees.c.id).where(_within(employees)),
    select(calls).where(_within(calls), calls.c.id.in_(select(accounts.c.id))),
    select(users).where(exists().where(employees.c.id == users.c.id)),
    select(users, select(func.count()).select_from(calls).scalar_subquery()),
    union(select(calls.c.id).where(_within(calls)), select(calls.c.id)),
    select(select(calls.c.id).subquery()),
    select(calls.c.id).with_only_columns(literal_column("1")).select_from(calls),
    select(users).where(text("exists (select 1 from calls)")),
    select(users).select_from(text("calls")),
    update(employees).where(employees.c.id == 1).values(name="x"),
    update(employees).values(name="x"),
    update(employees).where(_within(employees)).values(project_id=OURS + 1),
    update(employees).where(employees.c.project_id == OURS + 1).values(name="x"),
    delete(employees),
    delete(departments).where(departments.c.id == 1),
    insert(employees).from_select(["project_id"], select(employees.c.project_id).where(_within(employees))),
    insert(employees).values([{"project_id": OURS, "name": "a"}, {"project_id": OURS, "name": "b"}]),
    text("select * from calls"),
]


@pytest.mark.parametrize("statement", ALLOWED, ids=str)
def test_a_statement_held_to_its_project_passes(statement: object) -> None:
    check(statement, [], OURS)


@pytest.mark.parametrize("statement", ALLOWED, ids=str)
def test_a_shape_that_passed_for_one_project_does_not_pass_for_another(statement: object) -> None:
    check(statement, [], OURS)
    check(statement, [], OURS)  # known by now
    if any(re.search(rf"\b{table.name}\b", str(statement)) for table in OWNED):
        for other_project in (OURS + 1, None):
            with pytest.raises(ProjectBoundaryError):
                check(statement, [], other_project)
    else:
        check(statement, [], OURS + 1)
        check(statement, [], None)


def test_a_shape_that_passed_is_looked_at_in_each_of_its_projects() -> None:
    def joined(first: int, second: int) -> object:
        return (
            select(accounts.c.account)
            .join_from(accounts, employees, accounts.c.employee_id == employees.c.id)
            .where(accounts.c.project_id == first, employees.c.project_id == second)
        )

    check(joined(OURS, OURS), [], OURS)
    for first, second in ((OURS, 8), (8, OURS), (8, 8)):
        with pytest.raises(ProjectBoundaryError):
            check(joined(first, second), [], OURS)
    check(joined(8, 8), [], 8)


@pytest.mark.parametrize("statement", REFUSED, ids=str)
def test_a_statement_that_could_leave_its_project_is_refused(statement: object) -> None:
    with pytest.raises(ProjectBoundaryError):
        check(statement, [], OURS)


@pytest.mark.parametrize("table", sorted(OWNED, key=lambda table: table.name), ids=lambda table: table.name)
def test_without_a_project_no_table_of_a_project_can_be_asked(table: object) -> None:
    for statement in (select(table), select(table).where(_within(table)), delete(table)):  # type: ignore[call-overload,arg-type]
        with pytest.raises(ProjectBoundaryError):
            check(statement, [], None)


def test_a_row_goes_into_its_project_alone() -> None:
    check(insert(employees), [{"project_id": OURS, "name": "a"}, {"project_id": OURS, "name": "b"}], OURS)
    check(insert(employees).values(project_id=OURS, name="a"), [], OURS)
    for rows in ([{"name": "a"}], [{"project_id": OURS}, {"project_id": OURS + 1}], [{"project_id": None}], []):
        with pytest.raises(ProjectBoundaryError):
            check(insert(employees), rows, OURS)
    with pytest.raises(ProjectBoundaryError):
        check(insert(employees), [{"project_id": OURS}], None)
    with pytest.raises(ProjectBoundaryError):
        check(update(employees).where(_within(employees)), [{"project_id": 8}], OURS)


def test_every_table_is_the_installations_or_begins_every_unique_and_reference_with_the_project() -> None:
    assert {table.name for table in INSTALLATION} == {
        "projects",
        "users",
        "memberships",
        "membership_departments",
        "sessions",
        "second_factors",
        "recovery_codes",
        "one_time_links",
        "api_tokens",
        "identities",
        "installation_settings",
    }
    assert set(metadata.tables.values()) == OWNED | INSTALLATION
    for table in OWNED:
        assert not table.c.project_id.nullable, table.name
        for constraint in table.constraints:
            columns = [column.name for column in constraint.columns]  # type: ignore[attr-defined]
            assert columns in ([], ["id"]) or columns[0] == "project_id", (table.name, columns)
        for index in table.indexes:
            assert next(iter(index.columns)).name == "project_id", index.name
        for reference in table.foreign_key_constraints:
            assert reference.column_keys[0] == "project_id", (table.name, reference.column_keys)
            targets = [element.target_fullname for element in reference.elements]
            assert targets[0].endswith((".project_id", "projects.id")), targets
