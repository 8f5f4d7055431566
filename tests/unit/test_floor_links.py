"""A PBX that is no longer watched leaves the floor with everything of it, and nothing of another's."""

from callfloor.floor import facts
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import LinkState
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import Status
from callfloor.floor.facts import Born, Fact, Side
from support.laws import WatchedFloor

PEOPLE = Directory(
    employees=(Employee(id=1, name="Anna", accounts=("101",)), Employee(id=2, name="Boris", accounts=("101@lviv",)))
)


def phone(link: str, account: str, at: float) -> list[Fact]:
    return [
        facts.LinkUp(at, link, link),
        facts.DeviceSeen(at=at, link=link, account=account, device=f"sip:{link}", reachable=True),
        facts.SeatTaken(at=at, link=link, account=account, queue=f"q-{link}"),
        facts.PeopleListed(at=at, link=link, devices=True, seats=True, dnd=True),
    ]


def talk(link: str, account: str, at: float) -> list[Fact]:
    call, own, other = f"{link}-1.1", f"{link}-1.1", f"{link}-1.2"
    return [
        facts.LegStarted(
            at=at,
            leg=own,
            call=call,
            side=Side.OUTSIDE,
            born=Born.CALLING,
            number="+48221234567",
            dialled="48227654321",
        ),
        facts.LegStarted(at=at, leg=other, call=call, side=Side.EMPLOYEE, born=Born.CALLED, account=account),
        facts.LegRang(at, other),
        facts.LegAnswered(at + 1, other),
        facts.LegAnswered(at + 1, own),
        facts.LegsPlaced(at + 1, ((own, f"{link}-r"), (other, f"{link}-r"))),
    ]


def apply(floor: WatchedFloor, told: list[Fact]) -> None:
    floor.put(*told)


def floor_with_two() -> WatchedFloor:
    floor = WatchedFloor()
    floor.may_live_on = True
    apply(floor, [facts.DirectorySet(1.0, PEOPLE), *phone("pbx1", "101", 2.0), *phone("pbx2", "101@lviv", 2.0)])
    apply(floor, [*talk("pbx1", "101", 10.0), *talk("pbx2", "101@lviv", 10.0)])
    return floor


def test_its_call_ends_with_a_row_and_the_others_goes_on() -> None:
    floor = floor_with_two()
    apply(floor, [facts.LinkRemoved(40.0, "pbx1")])
    snapshot = floor.floor.snapshot()
    assert [link.id for link in snapshot.links] == ["pbx2"]
    assert [call.id for call in snapshot.calls] == ["pbx2-1.1"]
    (record,) = floor.records
    assert isinstance(record, CallRecord)
    assert (record.call_id, record.ended_at, record.partial) == ("pbx1-1.1", 40.0, True)
    anna, boris = snapshot.employees
    assert (anna.status, anna.queues, anna.accounts[0].devices) == (Status.OFFLINE, (), ())
    assert (boris.status, [seat.queue for seat in boris.queues]) == (Status.TALKING, ["q-pbx2"])
    assert not boris.stale
    floor.close()


def test_removed_while_it_was_lost_its_call_ended_when_it_was_lost() -> None:
    floor = floor_with_two()
    apply(floor, [facts.LinkLost(20.0, "pbx1", "pbx1", "cut"), facts.LinkRemoved(500.0, "pbx1")])
    (record,) = floor.records
    assert record.ended_at == 20.0
    floor.close()


def test_it_may_come_back_under_the_same_name() -> None:
    floor = floor_with_two()
    apply(floor, [facts.LinkRemoved(40.0, "pbx1"), *phone("pbx1", "101", 50.0), *talk("pbx1", "101", 51.0)])
    snapshot = floor.floor.snapshot()
    assert sorted(call.id for call in snapshot.calls) == ["pbx1-1.1~2", "pbx2-1.1"], "the written row keeps its id"
    assert snapshot.employees[0].status is Status.TALKING
    floor.close()


def test_a_new_name_changes_nothing_else() -> None:
    floor = floor_with_two()
    apply(floor, [facts.LinkRenamed(30.0, "pbx2", "Lviv"), facts.LinkRenamed(30.0, "pbx9", "nobody")])
    link = floor.floor.snapshot().links[1]
    assert (link.name, link.state, link.since) == ("Lviv", LinkState.LIVE, 2.0)
    floor.close()
