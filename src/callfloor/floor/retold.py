"""A floor of calls that are over, told again from records: no rows of it are shown, and who talked when is noted."""

from collections.abc import Collection, Iterable

import msgspec
from typing_extensions import override

from callfloor.floor.accounts import Doing
from callfloor.floor.attendance import Attendance
from callfloor.floor.books import Books
from callfloor.floor.calls import CallRecord, EmployeePart
from callfloor.floor.changes import CallFinished
from callfloor.floor.employees import Status
from callfloor.floor.facts import Fact
from callfloor.floor.floor import APPLIERS, MISSED_AFTER_S
from callfloor.floor.progress import People, Progress


class Talk(msgspec.Struct, frozen=True, array_like=True):
    """An account was in a conversation: its status was *talking* from the one instant to the other."""

    account: str
    began_at: float
    ended_at: float
    call_id: str


class _Talks(Attendance):
    """Of all that employees do, the conversations alone; nobody's status is derived."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        """What is told next is of other calls."""
        self.at = 0.0
        self.told: list[Talk] = []
        self._since: dict[tuple[str, str], float] = {}

    @override
    def do(self, call: str, doing: dict[str, Doing], before: Iterable[str]) -> None:
        self.talk(call, [name for name, now in doing.items() if now.kind is Status.TALKING], before)

    def talk(self, call: str, talking: Collection[str], before: Iterable[str]) -> None:
        """These accounts are in a conversation in a call; those before were."""
        for name in before:
            if name not in talking:
                since = self._since.pop((call, name), None)
                if since is not None and self.at > since:
                    self.told.append(Talk(name, since, self.at, call))
        for name in talking:
            self._since.setdefault((call, name), self.at)

    @override
    def offers_ended(self, parts: Iterable[EmployeePart], at: float) -> None:
        """Rules do not act on what is over."""


class _Past(Progress):
    """A call that nobody looks at while it goes on."""

    @override
    def show(self, at: float, heard: int) -> None:
        """Nobody sees it."""


class _QuietBooks(Books):
    begins = _Past

    def __init__(self, missed_after_s: float, people: People, talks: _Talks) -> None:
        super().__init__(missed_after_s, people, talks)
        self._talks = talks

    @override
    def touch_row(self, call: Progress) -> None:
        """Nobody sees it."""

    @override
    def settle(self, at: float) -> None:
        touched, self.touched = self.touched, {}
        for call in touched.values():
            if call.id in self.calls:
                call.derive(at)
                talking = call.talking()
                if talking != call.doers:
                    self._talks.talk(call.id, talking, call.doers)
                    call.doers = talking


class RetoldFloor:
    """One call's facts, or some calls', in; their records out, as of a live floor."""

    def __init__(self, people: People, *, missed_after_s: float = MISSED_AFTER_S) -> None:
        self._people = people
        self._missed_after_s = missed_after_s
        self._talks = _Talks()
        self.forget()

    def forget(self) -> None:
        """What is heard next is of other calls."""
        self._talks.forget()
        self._books = _QuietBooks(self._missed_after_s, self._people, self._talks)

    def hear(self, at: float, told: Iterable[Fact]) -> None:
        """The facts of an instant, which is none before the last."""
        books = self._books
        self._talks.at = at
        for fact in told:
            APPLIERS[type(fact)](books, fact)
            if books.touched:
                books.settle(fact.at)

    @property
    def is_empty(self) -> bool:
        """Is no call going on?"""
        return not self._books.calls

    @property
    def records(self) -> list[CallRecord]:
        """The calls that are over, in the order of their ends."""
        return [change.record for change in self._books.out if isinstance(change, CallFinished)]

    @property
    def talks(self) -> list[Talk]:
        """Who talked when, of the calls that are over."""
        return self._talks.told
