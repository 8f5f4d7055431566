"""The directory: edits, and discovery that never undoes them."""

import pytest

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.floor.directory import BusinessNumber, Department, Directory, Employee, Queue, Trunk
from callfloor.store import Accepted, ProjectStore, Store


@pytest.fixture
def project(store: Store) -> ProjectStore:
    return store.project(_make(store, "One"))


def _make(store: Store, name: str) -> int:
    return store.projects.add(name, timezone="Europe/Kyiv", country="UA", language="uk", now=1.0).id


def test_a_directory_is_read_as_it_was_edited(project: ProjectStore) -> None:
    sales = project.directory.add_department(" Sales ")
    field = project.directory.add_department("Field", parent_id=sales.id)
    ann = project.directory.add_employee("Ann", department_id=field.id, account_names=["102", "101"])
    ben = project.directory.add_employee("Ben")
    project.directory.link_account("+48600000001", ben.id, kind="mobile")
    project.lines.put_queue("sales", label="Sales line")
    project.lines.put_queue("sales", label="The sales line")
    project.lines.put_number("+48221000000", label="Main", source="Radio", scheme="Day")
    assert project.directory.load() == Directory(
        departments=(
            Department(id=field.id, name="Field", parent_id=sales.id),
            Department(id=sales.id, name="Sales"),
        ),
        employees=(
            Employee(id=ann.id, name="Ann", department_id=field.id, accounts=("101", "102")),
            Employee(id=ben.id, name="Ben", accounts=("+48600000001",)),
        ),
        queues=(Queue(name="sales", label="The sales line"),),
        numbers=(BusinessNumber(number="+48221000000", label="Main", source="Radio", scheme="Day"),),
    )
    project.lines.remove_queue("sales")
    project.lines.remove_number("+48221000000")
    assert project.directory.load().queues == ()
    for again in (lambda: project.lines.remove_queue("sales"), lambda: project.lines.remove_number("+48221000000")):
        with pytest.raises(NotFoundError):
            again()


def test_a_department_is_never_within_itself(project: ProjectStore) -> None:
    top = project.directory.add_department("Top")
    middle = project.directory.add_department("Middle", parent_id=top.id)
    low = project.directory.add_department("Low", parent_id=middle.id)
    for parent in (top, middle, low):
        with pytest.raises(ConflictError):
            project.directory.change_department(top.id, name="Top", parent_id=parent.id)
    project.directory.change_department(low.id, name="Lower", parent_id=None)
    project.directory.change_department(top.id, name="Top", parent_id=low.id)


def test_names_of_departments_are_their_parents_own(project: ProjectStore) -> None:
    sales = project.directory.add_department("Sales")
    care = project.directory.add_department("Care")
    project.directory.add_department("North", parent_id=sales.id)
    north = project.directory.add_department("North", parent_id=care.id)
    for name, parent_id in (("Sales", None), ("North", sales.id)):
        with pytest.raises(ConflictError):
            project.directory.add_department(name, parent_id=parent_id)
    with pytest.raises(ConflictError):
        project.directory.change_department(north.id, name="North", parent_id=sales.id)
    project.directory.change_department(north.id, name="North", parent_id=care.id)


def test_what_was_in_a_removed_department_moves_up(project: ProjectStore) -> None:
    sales = project.directory.add_department("Sales")
    field = project.directory.add_department("Field", parent_id=sales.id)
    north = project.directory.add_department("North", parent_id=field.id)
    ann = project.directory.add_employee("Ann", department_id=field.id)
    project.directory.remove_department(field.id, now=5.0)
    loaded = project.directory.load()
    assert {each.id: each.parent_id for each in loaded.departments} == {sales.id: None, north.id: sales.id}
    assert loaded.employees == (Employee(id=ann.id, name="Ann", department_id=sales.id),)
    with pytest.raises(NotFoundError):
        project.directory.remove_department(field.id, now=6.0)
    project.directory.add_department("Field", parent_id=sales.id)  # the name is free again


def test_an_account_has_one_employee(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"])
    ben = project.directory.add_employee("Ben")
    with pytest.raises(ConflictError):
        project.directory.link_account("101", ben.id)
    with pytest.raises(ConflictError):
        project.directory.add_employee("Cid", account_names=["102", "101"])
    assert {each.name for each in project.directory.load().employees} == {"Ann", "Ben"}  # Cid was undone whole
    project.directory.link_account("101", ann.id)
    project.directory.unlink_account("101")
    assert project.directory.free_accounts() == ("101",)
    assert project.directory.link_account("101", ben.id).accounts == ("101",)


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "a\x00b"])
def test_a_name_that_is_none_is_refused(project: ProjectStore, name: str) -> None:
    for attempt in (
        project.directory.add_department,
        project.directory.add_employee,
        project.lines.put_queue,
        project.lines.put_number,
    ):
        with pytest.raises(InvalidInputError):
            attempt(name)


def test_another_projects_ids_are_not_found(store: Store) -> None:
    one, two = store.project(_make(store, "One")), store.project(_make(store, "Two"))
    sales = one.directory.add_department("Sales")
    ann = one.directory.add_employee("Ann", account_names=["101"])
    before = one.directory.load()
    forged = [
        lambda: two.directory.add_department("X", parent_id=sales.id),
        lambda: two.directory.change_department(sales.id, name="X", parent_id=None),
        lambda: two.directory.remove_department(sales.id, now=1.0),
        lambda: two.directory.add_employee("X", department_id=sales.id),
        lambda: two.directory.change_employee(ann.id, name="X", department_id=None),
        lambda: two.directory.remove_employee(ann.id, now=1.0),
        lambda: two.directory.link_account("101", ann.id),
        lambda: two.directory.unlink_account("101"),
    ]
    for attempt in forged:
        with pytest.raises(NotFoundError):
            attempt()
    assert one.directory.load() == before
    assert two.directory.load() == Directory()
    with pytest.raises(NotFoundError):
        store.project(999).directory.add_department("Nowhere")


FOUND = Directory(
    departments=(Department(id=1, name="Sales"), Department(id=2, name="Field", parent_id=1)),
    employees=(
        Employee(id=1, name="Ann", department_id=2, accounts=("101", "201")),
        Employee(id=2, name="Ben", accounts=("102",)),
    ),
    queues=(Queue(name="sales", label="Sales"), Queue(name="sales", label="twice")),
    numbers=(BusinessNumber(number="+48221000000", source="Radio", scheme="Day"),),
    trunks=(Trunk(name="carrier", label="Our carrier"), Trunk(name="backup")),
)


def test_what_was_found_is_taken_over_once(project: ProjectStore) -> None:
    first = project.directory.accept(FOUND, kinds={"201": "mobile"})
    assert first == Accepted(departments=2, employees=2, accounts=3, queues=1, numbers=1, trunks=2)
    before = project.directory.load()
    assert before.trunks == (Trunk(name="backup"), Trunk(name="carrier", label="Our carrier"))
    assert [(each.name, each.accounts) for each in before.employees] == [("Ann", ("101", "201")), ("Ben", ("102",))]
    assert project.directory.accept(FOUND) == Accepted()
    assert project.directory.load() == before


def test_what_was_edited_here_is_never_undone_by_finding_it_again(project: ProjectStore) -> None:
    project.directory.accept(FOUND)
    ann, ben = project.directory.load().employees
    project.directory.change_employee(ann.id, name="Anna Nowak", department_id=None)
    project.directory.remove_employee(ben.id, now=3.0)
    project.directory.unlink_account("201")
    project.lines.put_queue("sales", label="Our sales")
    before = project.directory.load()
    assert project.directory.accept(FOUND) == Accepted()
    assert project.directory.load() == before


def test_a_new_account_goes_to_the_employee_who_has_the_others(project: ProjectStore) -> None:
    project.directory.accept(FOUND)
    ann, ben = project.directory.load().employees
    project.directory.remove_employee(ben.id, now=3.0)
    more = Directory(
        employees=(
            Employee(id=7, name="Somebody", accounts=("101", "301")),
            Employee(id=8, name="Ben", accounts=("102", "302")),
            Employee(id=9, name="Nobody"),
            Employee(id=10, name="Loop", department_id=5, accounts=("400",)),
        ),
        departments=(Department(id=5, name="A", parent_id=6), Department(id=6, name="B", parent_id=5)),
    )
    assert project.directory.accept(more) == Accepted(departments=2, employees=1, accounts=3)
    loaded = {each.name: each.accounts for each in project.directory.load().employees}
    assert loaded == {"Ann": ("101", "201", "301"), "Loop": ("400",)}
    assert project.directory.free_accounts() == ("102", "302")
    assert ann.accounts == ("101", "201")
