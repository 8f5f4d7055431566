"""What one PBX's accounts and queues are called in the project."""

import pytest

from callfloor.asterisk.marks import Mark
from callfloor.errors import InvalidInputError
from callfloor.floor import facts
from callfloor.floor.directory import Directory, Employee, Queue
from callfloor.floor.facts import Born, Side


def test_names_are_marked_and_unmarked() -> None:
    mark = Mark("lviv")
    assert mark.on("101") == "101@lviv"
    assert (mark.off("101@lviv"), mark.off("101"), mark.off("101@kyiv")) == ("101", None, None)
    assert (mark.on("+380671234567"), mark.off("380671234567")) == ("+380671234567", "380671234567"), "a mobile"
    plain = Mark("")
    assert (plain.on("101"), plain.off("101@lviv")) == ("101", "101@lviv")
    assert (mark.marks("101@lviv"), mark.marks("101"), plain.marks("101")) == (True, False, False)


def test_facts_leave_with_the_mark() -> None:
    seat = facts.SeatTaken(at=1.0, link="pbx2", account="101", queue="800")
    leg = facts.LegStarted(at=1.0, leg="l", call="c", side=Side.EMPLOYEE, born=Born.CALLED, account="101")
    outside = facts.LegStarted(at=1.0, leg="m", call="c", side=Side.OUTSIDE, born=Born.CALLING, number="+48221234567")
    joined = facts.QueueJoined(at=1.0, leg="m", queue="800")
    told = list(Mark("lviv").facts([seat, leg, outside, joined]))
    assert [getattr(fact, "account", None) for fact in told] == ["101@lviv", "101@lviv", None, None]
    assert [getattr(fact, "queue", None) for fact in told] == ["800@lviv", None, None, "800@lviv"]
    assert told[2] is outside
    assert list(Mark("").facts([seat])) == [seat]


def test_what_was_discovered_is_marked() -> None:
    found = Directory(employees=(Employee(id=1, name="Anna", accounts=("101",)),), queues=(Queue(name="800"),))
    marked = Mark("lviv").directory(found)
    assert marked.employees[0].accounts == ("101@lviv",)
    assert marked.queues == (Queue(name="800@lviv"),)


@pytest.mark.parametrize("text", ["Lviv", "a b", "@", "-a", "x" * 17, "львів"])
def test_what_is_no_mark(text: str) -> None:
    with pytest.raises(InvalidInputError):
        Mark(text)
