"""What the logs' routes have in common: their period, their lists, and their files."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.web import message_queries as queries
from callfloor.web.audit import Audit, Deed
from callfloor.web.masked import veil
from callfloor.web.ports import Deps, LogFiles
from callfloor.web.signed_in import Member
from callfloor.web.sounds import FileAnswer, SoundBody

PAGE = 50
PAGE_MOST = 500
FILES_AT_ONCE = 2
"""A file of a million rows takes a thread for some ten seconds; whoever asks meanwhile waits."""

Form = Annotated[Literal["csv", "xlsx"], Query(alias="format", description="csv or xlsx.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MOST)]
Cursor = Annotated[str | None, Query(max_length=200, description="The last page's next_cursor.")]

Ids = Annotated[
    str | None,
    Query(max_length=1000, pattern=r"^[0-9,]*$", description="One or several ids, with commas between them."),
]
Names = Annotated[
    str | None,
    Query(max_length=1000, pattern=r"^[a-z0-9_,]*$", description="One or several, with commas between them."),
]

FILE_KINDS = ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")


async def period(deps: Deps, project_id: int, first: str | None, last: str | None) -> tuple[float | None, float | None]:
    """The instants of a period of the project's days, the end exclusive; None where it has no end on that side.

    Raises:
        InvalidInputError: there is no such day, or the last is before the first.
    """
    if first is None and last is None:
        return None, None
    project = await deps.store.run(deps.store.projects.get, project_id)
    began, ended = queries.instants(first, last, project.timezone)
    return began if first is not None else None, ended if last is not None else None


def one_word(text: str | None, at: str, longest: int = 200) -> str | None:
    """One value, or none.

    Raises:
        InvalidInputError: it has what no value has.
    """
    if not text:
        return None
    if len(text) > longest or not text.isprintable():
        raise InvalidInputError("A value is none of those that there are.", at=[at])
    return text


class LogDesk:
    """Gives a log's file out, and has it audited."""

    def __init__(self, deps: Deps, audit: Audit) -> None:
        self._deps = deps
        self._audit = audit
        self._making = asyncio.Semaphore(FILES_AT_ONCE)

    async def file(
        self,
        request: Request,
        member: Member,
        form: str,
        deed: Deed,
        wanted: Any,
        make: Callable[[LogFiles], Callable[..., SoundBody]],
    ) -> Response:
        """The file, made now. The right to it was asked for before.

        Raises:
            ReportDiskError: the disk has no room for it.
            NotFoundError: nothing makes files here.
        """
        deps = self._deps
        async with self._audit.watching(member.viewer.project_id, deed):
            if deps.logs is None:
                raise NotFoundError("No files can be made here.")
            project = await deps.store.run(deps.store.projects.get, member.viewer.project_id)
            store = deps.store.project(member.viewer.project_id)
            language = member.user.locale
            asked = partial(make(deps.logs), store, ZoneInfo(project.timezone), wanted)
            async with self._making:
                mask = veil.get()
                body = await asyncio.to_thread(asked, form=form, language=language, now=deps.clock(), mask=mask)
            return FileAnswer(request, body, attached=True)
