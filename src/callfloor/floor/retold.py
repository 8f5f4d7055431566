"""A floor of calls that are over, told again from records: no rows of it are shown, and who talked when is noted."""

from collections.abc import Iterable

import msgspec
from typing_extensions import override

from callfloor.floor.accounts import Doing
from callfloor.floor.attendance import Attendance
from callfloor.floor.books import Books
from callfloor.floor.calls import EmployeePart
from callfloor.floor.changes import Change
from callfloor.floor.employees import Status
from callfloor.floor.facts import Fact
from callfloor.floor.floor import MISSED_AFTER_S, Floor
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
        self.at = 0.0
        self.told: list[Talk] = []
        self._since: dict[tuple[str, str], float] = {}

    @override
    def do(self, call: str, doing: dict[str, Doing], before: Iterable[str]) -> None:
        for name in before:
            if name not in doing:
                self._over(call, name)
        for name, now in doing.items():
            if now.kind is Status.TALKING:
                self._since.setdefault((call, name), self.at)
            else:
                self._over(call, name)

    @override
    def offers_ended(self, parts: Iterable[EmployeePart], at: float) -> None:
        """Rules do not act on what is over."""

    def _over(self, call: str, name: str) -> None:
        since = self._since.pop((call, name), None)
        if since is not None and self.at > since:
            self.told.append(Talk(name, since, self.at, call))


class _QuietBooks(Books):
    @override
    def emit(self, call: Progress) -> None:
        """Nobody looks at a call of the past while it goes on."""


class RetoldFloor(Floor):
    """One call's facts, or some calls', in; their records out, as of a live floor."""

    def __init__(self, people: People, *, missed_after_s: float = MISSED_AFTER_S) -> None:
        super().__init__(missed_after_s=missed_after_s)
        self._books = _QuietBooks(missed_after_s)
        self._books.people = people
        self._talks = self._books.attendance = _Talks()

    @override
    def apply(self, fact: Fact) -> list[Change]:
        talks = self._talks
        talks.at = max(talks.at, fact.at)
        return super().apply(fact)

    @property
    def talks(self) -> list[Talk]:
        """Who talked when, of the calls that are over."""
        return self._talks.told
