"""Any facts in any order: the floor's laws hold without the translator's help."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from callfloor.floor import facts
from callfloor.floor.directory import BusinessNumber, Department, Directory, Employee
from callfloor.floor.facts import Born, EndCause, Service, Side, TransferKind
from callfloor.floor.metrics import count_calls
from support.laws import WatchedFloor

LEGS = st.sampled_from([f"{link}-{number}" for link in ("a", "b") for number in range(6)])
CALLS = st.sampled_from(["a-1", "a-2", "a-3", "b-1"])
ROOMS = st.sampled_from([None, "r1", "r2"])
QUEUES = st.sampled_from(["sales", "support"])
NUMBERS = st.sampled_from([None, "79161234567", "101", "74951000003", "*78"])
ACCOUNTS = st.sampled_from(["101", "102", "103"])
LINKS = st.sampled_from(["a", "b"])


class AnyFacts(RuleBasedStateMachine):
    """A floor that is told anything."""

    def __init__(self) -> None:
        super().__init__()
        self.watched = WatchedFloor()
        self.watched.whole = False
        self.now = 1_800_000_000.0

    def tell(self, fact: facts.Fact) -> None:
        self.watched.put(fact)

    @rule(seconds=st.sampled_from([0.0, 0.001, 0.25, 5.0, 40.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.tell(facts.Tick(self.now))

    @rule(
        leg=LEGS,
        call=CALLS,
        born=st.sampled_from(Born),
        account=st.none() | ACCOUNTS,
        number=NUMBERS,
        dialled=NUMBERS,
        partial=st.booleans(),
        feature=st.booleans(),
        age=st.sampled_from([0.0, 3.0]),
    )
    def a_leg_starts(
        self,
        leg: str,
        call: str,
        born: Born,
        account: str | None,
        number: str | None,
        dialled: str | None,
        partial: bool,
        feature: bool,
        age: float,
    ) -> None:
        self.tell(
            facts.LegStarted(
                at=self.now - (age if partial else 0),
                leg=leg,
                call=call,
                side=Side.EMPLOYEE if account else Side.OUTSIDE,
                born=born,
                account=account,
                number=number,
                dialled=dialled,
                partial=partial,
                seen_at=self.now if partial else None,
                feature=feature,
            )
        )

    @rule(leg=LEGS, number=NUMBERS, presented=NUMBERS, dialled=NUMBERS)
    def a_number_becomes_known(self, leg: str, number: str | None, presented: str | None, dialled: str | None) -> None:
        self.tell(facts.LegIdentified(at=self.now, leg=leg, number=number, presented=presented, dialled=dialled))

    @rule(leg=LEGS, fact=st.sampled_from([facts.LegRang, facts.LegAnswered, facts.LegHeld, facts.LegUnheld]))
    def something_happens_to_a_leg(self, leg: str, fact: type[facts.LegRang]) -> None:
        self.tell(fact(self.now, leg))

    @rule(places=st.lists(st.tuples(LEGS, ROOMS), max_size=4))
    def legs_move(self, places: list[tuple[str, str | None]]) -> None:
        self.tell(facts.LegsPlaced(self.now, tuple(places)))

    @rule(leg=LEGS)
    def a_party_hangs_up(self, leg: str) -> None:
        self.tell(facts.HangupAsked(self.now, leg))

    @rule(leg=LEGS, cause=st.sampled_from(EndCause))
    def a_leg_ends(self, leg: str, cause: EndCause) -> None:
        self.tell(facts.LegEnded(self.now, leg, cause))

    @rule(into=CALLS, call=CALLS)
    def calls_join(self, into: str, call: str) -> None:
        self.tell(facts.CallsJoined(self.now, into, call))

    @rule(call=CALLS)
    def a_call_ends(self, call: str) -> None:
        self.tell(facts.CallEnded(self.now, call))

    @rule(leg=LEGS, queue=QUEUES, position=st.none() | st.integers(1, 3), partial=st.booleans())
    def a_queue_is_joined(self, leg: str, queue: str, position: int | None, partial: bool) -> None:
        self.tell(facts.QueueJoined(at=self.now, leg=leg, queue=queue, position=position, partial=partial))

    @rule(leg=LEGS, queue=QUEUES)
    def a_queue_is_left(self, leg: str, queue: str) -> None:
        self.tell(facts.QueueLeft(self.now, leg, queue))

    @rule(leg=LEGS, service=st.sampled_from(Service))
    def a_service_speaks(self, leg: str, service: Service) -> None:
        self.tell(facts.ServiceEntered(at=self.now, leg=leg, service=service))

    @rule(leg=LEGS, kind=st.sampled_from(TransferKind), towards=NUMBERS)
    def a_call_is_passed_on(self, leg: str, kind: TransferKind, towards: str | None) -> None:
        self.tell(facts.Transferred(at=self.now, leg=leg, kind=kind, target=towards))

    @rule(leg=LEGS, step=st.sampled_from(facts.Step), account=st.none() | ACCOUNTS)
    def a_supervisor_intervenes(self, leg: str, step: facts.Step, account: str | None) -> None:
        self.tell(facts.Intervened(at=self.now, leg=leg, step=step, by="Lida", account=account))

    @rule(leg=LEGS, of=LEGS)
    def a_call_is_picked_up(self, leg: str, of: str) -> None:
        self.tell(facts.PickedUp(self.now, leg, of))

    @rule(leg=LEGS, timed_out=st.booleans(), parks=st.booleans())
    def a_leg_is_parked_or_fetched(self, leg: str, timed_out: bool, parks: bool) -> None:
        self.tell(facts.Parked(self.now, leg, "701") if parks else facts.Unparked(self.now, leg, timed_out))

    @rule(leg=LEGS, account=ACCOUNTS, towards=NUMBERS)
    def a_call_is_forwarded(self, leg: str, account: str, towards: str | None) -> None:
        self.tell(facts.Forwarded(self.now, leg, account, towards))

    @rule(leg=LEGS)
    def a_recording_begins(self, leg: str) -> None:
        self.tell(facts.Recorded(self.now, leg, "x.wav"))

    @rule(leg=LEGS, of=LEGS)
    def a_supervisor_listens(self, leg: str, of: str) -> None:
        self.tell(facts.SupervisionStarted(self.now, leg, of))

    @rule(link=LINKS, up=st.booleans(), ever=st.booleans())
    def a_link_changes(self, link: str, up: bool, ever: bool) -> None:
        self.tell(facts.LinkUp(self.now, link, link) if up else facts.LinkLost(self.now, link, link, "refused", ever))

    @rule(account=ACCOUNTS, scheme=st.sampled_from([None, "Main line"]))
    def the_directory_is_edited(self, account: str, scheme: str | None) -> None:
        directory = Directory(
            departments=(Department(id=1, name="Sales"),),
            employees=(Employee(id=7, name="Alice", department_id=1, accounts=(account,)),),
            numbers=(BusinessNumber(number="74951000003", scheme=scheme),),
        )
        self.tell(facts.DirectorySet(self.now, directory))

    @invariant()
    def the_counters_add_up(self) -> None:
        counted = count_calls(self.watched.live)
        assert counted.active == counted.waiting + counted.talking == len(self.watched.live)

    def teardown(self) -> None:
        self.watched.put(facts.Tick(self.now + 24 * 3600 + 60))
        self.watched.close()


AnyFacts.TestCase.settings = settings(max_examples=80, stateful_step_count=60, deadline=None)
TestAnyFacts = AnyFacts.TestCase
