"""Telling statuses in order: what runs, what has ended by it. No SQL."""

from collections.abc import Callable

import msgspec

from callfloor.floor.employees import Cause, Status, Why

Subject = int | str
"""An employee's id, or an account's name."""

STOPPED = Cause(why=Why.STOPPED)


class Running(msgspec.Struct, kw_only=True):
    """A stretch that runs."""

    subject: Subject
    began_ms: int
    status: Status
    cause: Cause


class Turn:
    """The statuses of one transaction, on top of what ran before it."""

    def __init__(
        self, running: dict[Subject, Running], covering: Callable[[Subject, int], tuple[int, Status] | None]
    ) -> None:
        """``covering`` knows, of the time before, the stretch of an instant: its beginning and its status."""
        self._running = running
        self._covering = covering
        self._changed: dict[Subject, Running] = {}
        self.ended: list[tuple[Running, int]] = []  # in order, with their ends

    @property
    def changed(self) -> list[Running]:
        """What runs now and did not before, or ran as something else."""
        return list(self._changed.values())

    def tell(self, subject: Subject, at_ms: int, status: Status, cause: Cause) -> None:
        """From ``at_ms`` on the subject has this status; see ``Statuses.write``."""
        now = self._running.get(subject)
        if now is not None and now.status is status:
            return  # it goes on, for whatever further reason
        if now is not None and at_ms < now.began_ms and self._known(subject, at_ms, status):
            return
        began_ms = at_ms
        if now is not None:
            if at_ms > now.began_ms:
                self.ended.append((now, at_ms))
            else:
                began_ms = now.began_ms
        self._running[subject] = self._changed[subject] = Running(
            subject=subject, began_ms=began_ms, status=status, cause=cause
        )

    def stop(self, watched_ms: int | None) -> None:
        """Nobody watched from ``watched_ms`` on: whatever runs is unknown since, and never before it began."""
        for now in list(self._running.values()):
            at_ms = now.began_ms if watched_ms is None else max(watched_ms, now.began_ms)
            if now.status is not Status.UNKNOWN:
                self._tell_unknown(now, at_ms)

    def _tell_unknown(self, now: Running, at_ms: int) -> None:
        self.tell(now.subject, at_ms, Status.UNKNOWN, STOPPED)

    def _known(self, subject: Subject, at_ms: int, status: Status) -> bool:
        """Whether history says this already of an instant that is over, or said so and was told better."""
        for stretch, ended_ms in reversed(self.ended):
            if stretch.subject == subject and stretch.began_ms <= at_ms < ended_ms:
                return stretch.began_ms == at_ms or stretch.status is status
        found = self._covering(subject, at_ms)
        return found is not None and (found[0] == at_ms or found[1] is status)
