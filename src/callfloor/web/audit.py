"""Who did what: each attempt is written down with its outcome, in the projects that it concerns."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

import msgspec

from callfloor.errors import CallfloorError, StoreError
from callfloor.store.store import Store
from callfloor.store.users import User

logger = logging.getLogger(__name__)

acting_token: ContextVar[int | None] = ContextVar("acting_token", default=None)
"""The token of the program that asks, of the request that runs; a deed of its is marked with it."""

DONE = "done"
"""The outcome of what succeeded; any other outcome is the ``error_id`` of what hindered it."""


class Deed(msgspec.Struct, kw_only=True):
    """One attempt. ``outcome`` and ``details`` may be added to until it is written."""

    at: float
    user: User | None  # None: nobody was signed in
    action: str
    subject: tuple[str, int | str] | None = None  # what kind, and its id
    details: dict[str, Any] = {}
    outcome: str = "internal"  # what it stays if an unforeseen exception ends it


class Audit:
    """Writes deeds down. What cannot be written goes to the log as an error: the answer still tells the truth."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._later: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def watching(self, project_id: int, deed: Deed) -> AsyncIterator[Deed]:
        """Written when the block ends, with how it ended; what the block raises is raised on."""
        try:
            yield deed
            deed.outcome = DONE
        except CallfloorError as error:
            deed.outcome = error.error_id
            if error.error_id.startswith("ami_"):
                deed.details = {**deed.details, "answer": str(error)}
            raise
        finally:
            await self.write(project_id, deed)

    @asynccontextmanager
    async def watching_of_user(self, deed: Deed) -> AsyncIterator[Deed]:
        """As ``watching``, written in every project of the user whose deed it is."""
        try:
            yield deed
            deed.outcome = DONE
        except CallfloorError as error:
            deed.outcome = error.error_id
            raise
        finally:
            await self.write_of_user(deed)

    async def write(self, project_id: int, deed: Deed) -> None:
        """Write a deed down in a project."""
        user = deed.user
        try:
            await self._store.change(
                self._store.project(project_id).audit.write,
                at=deed.at,
                user_id=None if user is None else user.id,
                user_login=None if user is None else user.login,
                action=deed.action,
                subject_kind=deed.subject[0] if deed.subject else None,
                subject_id=deed.subject[1] if deed.subject else None,
                details=deed.details if (token := acting_token.get()) is None else {**deed.details, "token": token},
                outcome=deed.outcome,
            )
        except CallfloorError as error:  # the user may be gone by now: a ConflictError
            _lost(deed, error)

    async def write_of_user(self, deed: Deed) -> None:
        """Write a deed down in every project of the user whose deed it is.

        Where nobody is known to have done it (a sign-in by a login that there is none of), it is the one project's that
        there is; where there are several it is none's, and the log alone has it.
        """
        try:
            if deed.user is None:
                all_projects = await self._store.run(self._store.projects.all)
                concerned = [each.id for each in all_projects] if len(all_projects) == 1 else []
            else:
                memberships = await self._store.run(self._store.memberships.of_user, deed.user.id)
                concerned = [membership.project_id for membership in memberships]
        except StoreError as error:
            _lost(deed, error)
            return
        if deed.user is None:
            logger.info("Nobody who is known", extra={"action": deed.action, "outcome": deed.outcome})
        for project_id in concerned:
            await self.write(project_id, deed)

    def write_of_user_later(self, deed: Deed) -> None:
        """As ``write_of_user``, but the caller goes on: how long its answer takes tells nothing of what is written."""
        task = asyncio.get_running_loop().create_task(self.write_of_user(deed), name="audit")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def close(self) -> None:
        """Wait for what is still being written."""
        await asyncio.gather(*self._later)


def _lost(deed: Deed, error: CallfloorError) -> None:
    user_id = None if deed.user is None else deed.user.id
    told = {"user_id": user_id, "action": deed.action, "subject": deed.subject, "outcome": deed.outcome}
    logger.error("A deed could not be written to the audit", extra={"error_id": error.error_id, **told})


def told(before: msgspec.Struct, after: msgspec.Struct) -> dict[str, Any]:
    """For the audit: what is another now, each with what it was and what it is."""
    was, now = _other(msgspec.to_builtins(before), msgspec.to_builtins(after))
    return {"before": was, "after": now}


def _other(was: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = [name for name in now if was[name] != now[name]]
    nested = {
        name: _other(was[name], now[name])
        for name in names
        if isinstance(was[name], dict) and isinstance(now[name], dict) and was[name].keys() == now[name].keys()
    }
    before, after = (
        {name: nested[name][at] if name in nested else of[name] for name in names} for at, of in enumerate((was, now))
    )
    return before, after
