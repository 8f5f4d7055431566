"""The floor: the one place where the live model changes.

``Floor.apply(fact)`` is a plain function: it cannot await, it takes no clock, and it returns what changed as
before and after (nothing changed, nothing returned). Facts about legs and calls it does not know are survived.
What each fact does stands in the ``on_…`` files.
"""

from collections.abc import Iterable

from callfloor.floor import on_calls, on_clock, on_legs, on_links, on_messages, on_people, on_supervisions
from callfloor.floor.books import Appliers, Books
from callfloor.floor.calls import CallRecord, LiveCall, StoryStep
from callfloor.floor.changes import Change, Snapshot
from callfloor.floor.facts import ClockSet, Fact
from callfloor.floor.supervising import LegNow

MISSED_AFTER_S = 5.0  # glossary: exactly 5 s is not missed

APPLIERS: Appliers = (
    on_legs.APPLIERS
    | on_calls.APPLIERS
    | on_people.APPLIERS
    | on_links.APPLIERS
    | on_messages.APPLIERS
    | on_supervisions.APPLIERS
    | on_clock.APPLIERS
)


class Floor:
    """The live model of one project at this instant."""

    def __init__(self, *, missed_after_s: float = MISSED_AFTER_S, books: Books | None = None) -> None:
        self._books = Books(missed_after_s) if books is None else books
        self._now = 0.0

    @property
    def books(self) -> Books:
        """What it knows, to hand it over between two facts (``keeping``); for nobody else."""
        return self._books

    def apply(self, fact: Fact) -> list[Change]:
        """Change the floor by one fact and say what changed."""
        books = self._books
        self._now = fact.at if type(fact) is ClockSet else max(self._now, fact.at)
        books.out = []
        APPLIERS[type(fact)](books, fact)
        books.settle(fact.at)
        return books.out

    def snapshot(self) -> Snapshot:
        """The whole floor now. Law L1: a snapshot plus the changes since equals the later snapshot."""
        books = self._books
        return Snapshot(
            at=self._now,
            calls=tuple(call.emitted for call in books.calls.values() if call.emitted is not None),
            links=tuple(books.links.values()),
            directory=books.people.directory,
            employees=tuple(p.emitted for p in books.attendance.people.values() if p.emitted is not None),
            supervisions=tuple(books.supervisions.values()),
        )

    def call(self, call_id: str) -> LiveCall | None:
        """A live call as it is shown now; None where there is no such call."""
        known = self._books.calls.get(call_id)
        return known.emitted if known else None

    def legs(self, call_id: str) -> tuple[LegNow, ...]:
        """The legs of a live call that are up, in the order of their beginnings; none for a call that is not there."""
        known = self._books.calls.get(call_id)
        if known is None:
            return ()
        employee_of = self._books.people.employee_of
        return tuple(
            LegNow(
                leg=leg.id,
                account=leg.account,
                employee_id=employee_of(leg.account),
                client=leg.client,
                number=leg.number,
                room=None if leg.gone_at is not None else leg.room,
            )
            for leg in known.legs
            if leg.live
        )

    def call_of(self, leg_id: str) -> str | None:
        """The live call that a leg is part of now; None for a leg that is not there."""
        found = self._books.legs.get(leg_id)
        return found[1].id if found is not None and found[0].live else None

    def story(self, call_id: str) -> tuple[StoryStep, ...]:
        """The story so far of a live call, in time order; empty for a call that is not there."""
        known = self._books.calls.get(call_id)
        return tuple(sorted(known.story, key=lambda step: step.at)) if known else ()

    def unfinished(self, now: float) -> list[CallRecord]:
        """The records of the calls going on, as they would read now; without end and result."""
        return self._books.unfinished(now)


def fold(floor: Floor, many: Iterable[Fact]) -> list[Change]:
    """Apply facts in order and return all their changes."""
    return [change for fact in many for change in floor.apply(fact)]
