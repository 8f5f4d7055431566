"""Any facts about people and calls in any order: the laws hold (L1, L2, what history may be told)."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from typing_extensions import override

from callfloor.floor import facts
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import Status
from callfloor.floor.facts import Born, DndSource, EndCause, Side
from support.team import Team

ACCOUNTS = st.sampled_from(["101", "102", "103", "79161230000"])
DEVICES = st.sampled_from(["sip:1", "sip:2"])
LINKS = st.sampled_from(["a", "b"])
QUEUES = st.sampled_from(["sales", "support"])
CALLS = st.sampled_from(["a-1", "a-2", "b-1"])
LEGS = st.sampled_from(["a-1", "a-2", "a-3", "b-1"])
AGES = st.sampled_from([0.0, 0.0, 0.0, 30.0])  # a fact may be about the past


class AnyPeople(RuleBasedStateMachine):
    """A floor that is told anything about its people."""

    def __init__(self) -> None:
        super().__init__()
        self.team = Team("101", up=False)
        self.team.watched.whole = False
        self.now = self.team.now

    def tell(self, fact: facts.Fact) -> None:
        self.team.put(fact)

    @rule(seconds=st.sampled_from([0.0, 0.001, 1.0, 20.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.tell(facts.Tick(self.now))

    @rule(link=LINKS, up=st.booleans())
    def a_link_changes(self, link: str, up: bool) -> None:
        lost = facts.LinkLost(self.now, link, link, "cut")
        self.tell(facts.LinkUp(self.now, link, link) if up else lost)

    @rule(link=LINKS, devices=st.booleans(), dnd=st.booleans(), ago=st.sampled_from([None, 0.0, 10.0]))
    def a_listing_is_complete(self, link: str, devices: bool, dnd: bool, ago: float | None) -> None:
        since = None if ago is None else self.now - ago
        self.tell(facts.PeopleListed(at=self.now, link=link, devices=devices, seats=devices, dnd=dnd, since=since))

    @rule(link=LINKS, account=ACCOUNTS, device=DEVICES, reachable=st.booleans(), found=st.booleans(), age=AGES)
    def a_device_is_seen(self, link: str, account: str, device: str, reachable: bool, found: bool, age: float) -> None:
        seen = {"at": self.now - age, "link": link, "account": account, "device": device}
        self.tell(facts.DeviceSeen(**seen, reachable=reachable, found=found))  # type: ignore[arg-type]

    @rule(link=LINKS, account=ACCOUNTS, device=DEVICES, expired=st.booleans())
    def a_device_goes(self, link: str, account: str, device: str, expired: bool) -> None:
        self.tell(facts.DeviceGone(at=self.now, link=link, account=account, device=device, expired=expired))

    @rule(link=LINKS, account=ACCOUNTS, reachable=st.booleans())
    def an_account_is_reachable(self, link: str, account: str, reachable: bool) -> None:
        self.tell(facts.AccountReachable(at=self.now, link=link, account=account, reachable=reachable))

    @rule(link=LINKS, account=ACCOUNTS, on=st.booleans(), source=st.sampled_from(DndSource), found=st.booleans())
    def dnd_changes(self, link: str, account: str, on: bool, source: DndSource, found: bool) -> None:
        self.tell(facts.DndSet(at=self.now, link=link, account=account, on=on, source=source, found=found))

    @rule(account=ACCOUNTS, queue=QUEUES, paused=st.booleans(), wrap_up=st.sampled_from([None, -5.0, 20.0]))
    def a_seat_is_taken(self, account: str, queue: str, paused: bool, wrap_up: float | None) -> None:
        until = None if wrap_up is None else self.now + wrap_up
        seat = facts.SeatTaken(at=self.now, link="a", account=account, queue=queue, paused=paused, wrap_up_until=until)
        self.tell(seat)

    @rule(account=ACCOUNTS, queue=QUEUES)
    def a_seat_is_left(self, account: str, queue: str) -> None:
        self.tell(facts.SeatLeft(at=self.now, link="a", account=account, queue=queue))

    @rule(employee=st.integers(1, 3), status=st.sampled_from([None, "dnd", "offline"]), by_rule=st.booleans())
    def somebody_is_switched(self, employee: int, status: str | None, by_rule: bool) -> None:
        switched = facts.EmployeeSwitched(at=self.now, employee_id=employee, status=status, by="x", by_rule=by_rule)
        self.tell(switched)

    @rule(missed=st.sampled_from([None, 1]), pause=st.booleans())
    def rules_are_set(self, missed: int | None, pause: bool) -> None:
        self.tell(facts.RulesSet(at=self.now, missed_after_s=0.0, dnd_after_missed=missed, pause_is_dnd=pause))

    @rule(people=st.lists(st.tuples(st.integers(1, 3), st.lists(ACCOUNTS, max_size=2)), max_size=3))
    def the_directory_changes(self, people: list[tuple[int, list[str]]]) -> None:
        employees = [Employee(id=n, name=str(n), accounts=tuple(accounts)) for n, accounts in dict(people).items()]
        self.tell(facts.DirectorySet(self.now, Directory(employees=tuple(employees))))

    @rule(leg=LEGS, call=CALLS, born=st.sampled_from(Born), account=st.none() | ACCOUNTS, age=AGES)
    def a_leg_starts(self, leg: str, call: str, born: Born, account: str | None, age: float) -> None:
        side = Side.EMPLOYEE if account else Side.OUTSIDE
        partial = age > 0
        self.tell(
            facts.LegStarted(
                at=self.now - age, leg=leg, call=call, side=side, born=born, account=account, partial=partial
            )
        )

    @rule(leg=LEGS, device=DEVICES, account=st.none() | ACCOUNTS)
    def a_leg_is_identified(self, leg: str, device: str, account: str | None) -> None:
        self.tell(facts.LegIdentified(at=self.now, leg=leg, device=device, account=account))

    @rule(leg=LEGS)
    def a_leg_rings_and_is_answered(self, leg: str) -> None:
        self.tell(facts.LegRang(self.now, leg))
        self.tell(facts.LegAnswered(self.now, leg))

    @rule(places=st.lists(st.tuples(LEGS, st.sampled_from([None, "r1", "r2"])), max_size=3))
    def legs_move(self, places: list[tuple[str, str | None]]) -> None:
        self.tell(facts.LegsPlaced(self.now, tuple(places)))

    @rule(leg=LEGS, held=st.booleans())
    def a_leg_holds(self, leg: str, held: bool) -> None:
        self.tell(facts.LegHeld(self.now, leg) if held else facts.LegUnheld(self.now, leg))

    @rule(leg=LEGS)
    def a_leg_ends(self, leg: str) -> None:
        self.tell(facts.LegEnded(self.now, leg, EndCause.NORMAL))

    @rule(call=CALLS)
    def a_call_ends(self, call: str) -> None:
        self.tell(facts.CallEnded(self.now, call))

    @rule(into=CALLS, call=CALLS)
    def calls_join(self, into: str, call: str) -> None:
        self.tell(facts.CallsJoined(self.now, into, call))

    @rule(leg=LEGS, whom=LEGS)
    def somebody_listens(self, leg: str, whom: str) -> None:
        self.tell(facts.SupervisionStarted(self.now, leg, whom))

    @invariant()
    def an_employee_is_the_best_of_their_accounts_unless_switched_or_paused(self) -> None:
        for row in self.team.rows.values():
            have = [account.status for account in row.accounts]
            if Status.TALKING in have or row.status is Status.TALKING:
                assert row.status is Status.TALKING
                assert Status.TALKING in have
            if row.status is Status.ONLINE:
                assert Status.ONLINE in have
            assert row.since <= self.now

    @invariant()
    def whoever_talks_is_in_a_call_that_is_there(self) -> None:
        calls = {call.id for call in self.team.watched.live}
        for row in self.team.rows.values():
            if row.status is Status.TALKING and calls:
                assert row.cause.call_id is not None

    @override
    def teardown(self) -> None:
        self.team.watched.close()


TestAnyPeople = AnyPeople.TestCase
TestAnyPeople.settings = settings(max_examples=60, stateful_step_count=40)
