"""Scenarios as tables: a line is an instant in seconds and what happened then, in the glossary's words.

    0.0  arrive c 79161234567 74951000003     an outside party calls in; the call is named after its first leg
    0.0  queue c sales 1
    0.1  call a c 101                         the PBX calls 101 for call c (or a number: an outside party)
    0.1  ring a
    5.2  answer a
    5.2  rooms c=r a=r                        they hear each other; c=- is no room
    9.0  hang c                               c's party hangs up
    9.0  end a · 9.0 end c · 9.0 over c

Legs and calls belong to the link ``pbx``, unless written ``link/leg``. Verbs are the methods of ``Verbs``.
"""

from callfloor.floor import facts
from callfloor.floor.facts import Born, EndCause, Fact, Service, Side, TransferKind

START_AT = 1_800_000_000.0


def table(text: str) -> list[Fact]:
    """The facts of a table."""
    made: list[Fact] = []
    for row in text.replace("·", "\n").splitlines():
        words = row.split()
        if words:
            verb = getattr(Verbs(START_AT + float(words[0])), words[1].replace("-", "_"))
            made.append(verb(*words[2:]))
    return made


def name(word: str) -> str:
    """A leg's or a call's name on its link."""
    link, slash, rest = word.rpartition("/")
    return f"{link if slash else 'pbx'}-{rest}"


def outside(word: str) -> bool:
    """An outside number, an anonymous one (``-``) too, rather than an account."""
    return word == "-" or len(word) > 6


class Verbs:
    """What can stand in a table; each makes one fact."""

    def __init__(self, at: float) -> None:
        self.at = at

    def arrive(self, leg: str, number: str, dialled: str, call: str = "") -> Fact:
        return self._leg(leg, call or leg, number, Born.CALLING, dialled=dialled)

    def dial(self, leg: str, account: str, dialled: str) -> Fact:
        return self._leg(leg, leg, account, Born.CALLING, dialled=dialled, feature=dialled[0] in "*#")

    def call(self, leg: str, call: str, who: str) -> Fact:
        return self._leg(leg, call, who, Born.CALLED)

    def originate(self, leg: str, who: str) -> Fact:
        return self._leg(leg, leg, who, Born.ORIGINATED)

    def found(self, leg: str, call: str, who: str, age_s: str, dialled: str = "") -> Fact:
        """A listing shows a leg that began before we watched."""
        born = Born.CALLING if dialled else Born.CALLED
        return self._leg(leg, call, who, born, dialled=dialled or None, age_s=float(age_s))

    def _leg(
        self,
        leg: str,
        call: str,
        who: str,
        born: Born,
        *,
        dialled: str | None = None,
        feature: bool = False,
        age_s: float | None = None,
    ) -> Fact:
        number = who if outside(who) and who != "-" else None
        return facts.LegStarted(
            at=self.at - (age_s or 0.0),
            leg=name(leg),
            call=name(call),
            side=Side.OUTSIDE if outside(who) else Side.EMPLOYEE,
            born=born,
            account=None if outside(who) else who,
            number=number,
            e164=f"+{number}" if number else None,
            dialled=dialled,
            feature=feature,
            partial=age_s is not None,
            seen_at=None if age_s is None else self.at,
        )

    def number(self, leg: str, number: str, presented: str = "") -> Fact:
        return facts.LegIdentified(at=self.at, leg=name(leg), number=number, presented=presented or None)

    def ring(self, leg: str) -> Fact:
        return facts.LegRang(self.at, name(leg))

    def answer(self, leg: str) -> Fact:
        return facts.LegAnswered(self.at, name(leg))

    def rooms(self, *places: str) -> Fact:
        pairs = (place.split("=") for place in places)
        return facts.LegsPlaced(self.at, tuple((name(leg), None if room == "-" else room) for leg, room in pairs))

    def hold(self, leg: str) -> Fact:
        return facts.LegHeld(self.at, name(leg))

    def unhold(self, leg: str) -> Fact:
        return facts.LegUnheld(self.at, name(leg))

    def hang(self, leg: str) -> Fact:
        return facts.HangupAsked(self.at, name(leg))

    def end(self, leg: str, cause: str = "normal") -> Fact:
        return facts.LegEnded(self.at, name(leg), EndCause(cause))

    def over(self, call: str) -> Fact:
        return facts.CallEnded(self.at, name(call))

    def join(self, into: str, call: str) -> Fact:
        return facts.CallsJoined(self.at, name(into), name(call))

    def queue(self, leg: str, queue: str, position: str = "") -> Fact:
        place = int(position) if position else None
        return facts.QueueJoined(at=self.at, leg=name(leg), queue=queue, position=place)

    def unqueue(self, leg: str, queue: str) -> Fact:
        return facts.QueueLeft(self.at, name(leg), queue)

    def serve(self, leg: str, service: str) -> Fact:
        return facts.ServiceEntered(at=self.at, leg=name(leg), service=Service(service))

    def transfer(self, leg: str, kind: str, target: str) -> Fact:
        return facts.Transferred(at=self.at, leg=name(leg), kind=TransferKind(kind), target=target)

    def pick_up(self, leg: str, target: str) -> Fact:
        return facts.PickedUp(self.at, name(leg), name(target))

    def park(self, leg: str, space: str) -> Fact:
        return facts.Parked(self.at, name(leg), space)

    def unpark(self, leg: str) -> Fact:
        return facts.Unparked(self.at, name(leg))

    def forward(self, leg: str, account: str, target: str) -> Fact:
        return facts.Forwarded(self.at, name(leg), account, target)

    def record(self, leg: str, file: str) -> Fact:
        return facts.Recorded(self.at, name(leg), file)

    def spy(self, leg: str, target: str) -> Fact:
        return facts.SupervisionStarted(self.at, name(leg), name(target))

    def up(self, link: str = "pbx") -> Fact:
        return facts.LinkUp(self.at, link, link)

    def lost(self, link: str = "pbx") -> Fact:
        return facts.LinkLost(self.at, link, link, "the connection was closed")

    def tick(self) -> Fact:
        return facts.Tick(self.at)
