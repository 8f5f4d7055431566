"""What routes of voicemail and of faxes do alike: ask for rows in sight, mark and note them, give their files."""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

from fastapi import Request, Response

from callfloor.errors import CallfloorError
from callfloor.store.faxes import Faxes
from callfloor.store.message_pages import MessageSight
from callfloor.store.store import ProjectStore
from callfloor.store.voicemails import Voicemails
from callfloor.web import message_queries as queries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body
from callfloor.web.audit import Audit, Deed
from callfloor.web.contract_messages import HandledChange, NoteChange
from callfloor.web.listening import Listenings
from callfloor.web.ports import Deps, Messages
from callfloor.web.signed_in import Gate, Member

Q = TypeVar("Q", Faxes, Voicemails)


class MessageDesk(Generic[Q]):
    """One kind of message, over REST."""

    def __init__(
        self,
        deps: Deps,
        gate: Gate,
        audit: Audit,
        kind: str,
        of: Callable[[ProjectStore], Q],
        none: type[CallfloorError],
    ) -> None:
        """``kind`` names it in the audit; ``none`` is raised where nobody keeps such messages."""
        self._deps, self._gate, self._audit = deps, gate, audit
        self._kind, self._none = kind, none
        self._of: Callable[[ProjectStore], Q] = of
        self._used = Listenings()

    async def asked(self, viewer: Viewer, ask: Callable[[Q, MessageSight], Any]) -> Any:
        """What the store answers, in the viewer's sight."""
        store = self._deps.store

        def on_thread() -> Any:
            return ask(self._of(store.project(viewer.project_id)), queries.sight_of(viewer, store))

        return await store.run(on_thread)

    async def used(self, member: Member, row_id: int, verb: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        """A file of a message: who hears, views or downloads it is audited, once for all its parts."""
        viewer = member.viewer
        viewer.require(Action.READ_MESSAGES)
        action = f"{verb}_{self._kind}"
        seen = (viewer.project_id, member.user.id, row_id, action)
        if not self._used.begins(seen, self._deps.clock()):
            return await answer()
        try:
            async with self._audit.watching(viewer.project_id, self._deed(member, row_id, action)):
                return await answer()
        except Exception:
            self._used.failed(seen)
            raise

    async def handle(self, request: Request, member: Member, row_id: int) -> Response:
        """Somebody has dealt with it, or it is open again."""
        handled = body(HandledChange, await request.body()).handled
        user, now = member.user, self._deps.clock()
        return await self._changed(
            member,
            row_id,
            self._deed(member, row_id, f"handle_{self._kind}", handled=handled),
            lambda of: of.mark(row_id, handled=handled, by_id=user.id, by=user.name, at=now),
        )

    async def note(self, request: Request, member: Member, row_id: int) -> Response:
        """What stands by it; empty is nothing."""
        text = body(NoteChange, await request.body()).note
        deed = self._deed(member, row_id, f"note_{self._kind}")
        return await self._changed(member, row_id, deed, lambda of: of.note(row_id, text))

    async def _changed(self, member: Member, row_id: int, deed: Deed, change: Callable[[Q], None]) -> Response:
        viewer, store = member.viewer, self._deps.store
        async with self._audit.watching(viewer.project_id, deed):
            viewer.require(Action.READ_MESSAGES)
            await self.asked(viewer, lambda of, sight: of.get(row_id, sight))
            await store.change(change, self._of(store.project(viewer.project_id)))
        live = self._deps.projects.get(viewer.project_id)
        if live is not None and live.messages is not None:
            live.messages.changed()
        return Json(await self.asked(viewer, lambda of, sight: of.get(row_id, sight)))

    def _deed(self, member: Member, row_id: int, action: str, **details: Any) -> Deed:
        return Deed(
            at=self._deps.clock(), user=member.user, action=action, subject=(self._kind, row_id), details=details
        )

    def found(self, viewer: Viewer) -> Messages:
        """Who keeps the files.

        Raises:
            CallfloorError: nobody does; the kind's own.
        """
        messages = self._gate.live(viewer).messages
        if messages is None:
            raise self._none
        return messages
