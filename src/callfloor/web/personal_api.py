"""Personal data over REST, for administrators: what is kept from when; one client's data, given out or taken out.

Giving out and taking out are long work; the client's number is a secret of the job, and no part of the audit.
"""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import ConflictError, InvalidInputError, StoreBusyError
from callfloor.store.call_filter import CallFilter
from callfloor.store.jobs import Job
from callfloor.store.masking import is_key
from callfloor.store.spelled import TOMBSTONE, pseudonym
from callfloor.web import masked
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed
from callfloor.web.jobs_api import job_shown
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member

SETTLES_S = 10.0
_ENDLESS = 4e9
_KINDS = ("retention", "client_export", "client_erasure")

ClientNumber = Annotated[str, msgspec.Meta(min_length=4, max_length=160)]


class PersonalData(msgspec.Struct, frozen=True, kw_only=True):
    """From when calls are kept, and the latest work on personal data."""

    calls_kept_from: float | None  # what began before was deleted for its age; null: nothing was
    jobs: tuple[Job, ...]


class ClientAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose data: a number in any form that is read in the project's country, or a client's key."""

    client: ClientNumber


class ClientFound(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a client, before anything is done."""

    client_e164: str
    calls: int


class ErasureAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose data goes, said twice: it cannot be undone."""

    client: ClientNumber
    again: ClientNumber


class EmployeeErasure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The name that the employee has now, so that nobody takes out another."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class EmployeeErased(msgspec.Struct, frozen=True, kw_only=True):
    """What the employee is called from now on."""

    id: int
    name: str


PERSONAL_SHAPES = (PersonalData, ClientAsked, ClientFound, ErasureAsked, EmployeeErasure, EmployeeErased)
PERSONAL_ASKED = frozenset({"ClientAsked", "ErasureAsked", "EmployeeErasure"})


def personal_routes(deps: Deps, gate: Gate, audit: Audit) -> APIRouter:
    """The routes under /api/v1/projects/{project_id}/personal-data."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}/personal-data", tags=["personal data"])

    @router.get("", operation_id="getPersonalData", responses=documented(PersonalData, 401, 403, 404, 422))
    async def state(viewer: Annotated[Viewer, Depends(gate.viewer(Action.READ_DIRECTORY))]) -> Response:
        """From when calls are kept; for administrators the latest work as well."""
        store = deps.store.project(viewer.project_id)
        jobs: tuple[Job, ...] = ()
        if viewer.may(Action.HANDLE_PERSONAL_DATA):
            work = gate.live(viewer).work
            found = await deps.store.run(store.jobs.list, limit=200)
            jobs = tuple(job_shown(each, work) for each in found if each.kind in _KINDS)
        return Json(PersonalData(calls_kept_from=await deps.store.run(store.retention.first_kept), jobs=jobs[:20]))

    @router.post(
        "/client",
        operation_id="findClientData",
        responses=documented(ClientFound, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("ClientAsked"),
    )
    async def find(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """How many calls there are of a client."""
        asked = body(ClientAsked, await request.body())
        member.viewer.require(Action.HANDLE_PERSONAL_DATA)
        number = await number_of(member.viewer, asked.client, "$.client")
        store = deps.store.project(member.viewer.project_id)
        wanted = CallFilter(started_from=0.0, started_to=_ENDLESS, client_e164=number)
        return Json(ClientFound(client_e164=number, calls=await deps.store.run(store.journal.count, wanted)))

    @router.post(
        "/client-export",
        operation_id="exportClientData",
        status_code=202,
        responses=documented(Job, 401, 403, 404, 413, 422, status=202),
        openapi_extra=documented_body("ClientAsked"),
    )
    async def export(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Everything there is of a client, as a ZIP: the job has the file."""
        asked = body(ClientAsked, await request.body())
        async with audit.watching(member.viewer.project_id, deed(member, "export_client")):
            member.viewer.require(Action.HANDLE_PERSONAL_DATA)
            masked.refused(member.viewer, "file")
            number = await number_of(member.viewer, asked.client, "$.client")
            return await begun(member, "client_export", {"_client": number})

    @router.post(
        "/client-erasure",
        operation_id="eraseClientData",
        status_code=202,
        responses=documented(Job, 401, 403, 404, 409, 413, 422, 503, status=202),
        openapi_extra=documented_body("ErasureAsked"),
    )
    async def erase(request: Request, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Take a client out, for good: the number becomes a pseudonym everywhere. What was counted stays."""
        asked = body(ErasureAsked, await request.body())
        name = pseudonym()
        async with audit.watching(member.viewer.project_id, deed(member, "erase_client", pseudonym=name)):
            member.viewer.require(Action.HANDLE_PERSONAL_DATA)
            number = await number_of(member.viewer, asked.client, "$.client")
            if await number_of(member.viewer, asked.again, "$.again") != number:
                raise InvalidInputError("The two numbers are not the same.", at=["$.again"])
            calls = gate.live(member.viewer).source.snapshot().calls
            if any(each.client_e164 == number for each in calls):
                raise ConflictError("A call with this client is going on: try again when it is over.")
            await written(member.viewer)
            past = gate.live(member.viewer).past
            if past is not None:
                await past.settle()  # the past floor's last minutes are where they can be changed
            return await begun(member, "client_erasure", {"_client": number, "pseudonym": name})

    @router.post(
        "/employees/{employee_id}/erasure",
        operation_id="eraseEmployeeName",
        responses=documented(EmployeeErased, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("EmployeeErasure"),
    )
    async def leave(request: Request, employee_id: Id, member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Take an employee's name and photo out, for good: what was counted of them stays under another name."""
        asked = body(EmployeeErasure, await request.body())
        viewer = member.viewer
        name = f"#{employee_id}"
        doing = Deed(
            at=deps.clock(), user=member.user, action="erase_employee", subject=("employee", employee_id), details={}
        )
        async with audit.watching(viewer.project_id, doing):
            viewer.require(Action.HANDLE_PERSONAL_DATA)
            store = deps.store.project(viewer.project_id)
            found = viewer.employee(employee_id, await deps.store.run(store.directory.load))
            if found.name != asked.name:
                raise InvalidInputError("The employee has another name.", at=["$.name"])
            await deps.store.change(store.leaving.forget, employee_id, name)
            live = deps.projects.get(viewer.project_id)
            if live is not None:
                await live.settings.load_directory()
        return Json(EmployeeErased(id=employee_id, name=name))

    @router.post(
        "/retention",
        operation_id="applyRetention",
        status_code=202,
        responses=documented(Job, 401, 403, 404, 422, status=202),
    )
    async def retain(member: Annotated[Member, Depends(gate.member)]) -> Response:
        """Delete what is too old now, and not in the night."""
        async with audit.watching(member.viewer.project_id, deed(member, "apply_retention")):
            member.viewer.require(Action.HANDLE_PERSONAL_DATA)
            return await begun(member, "retention", {})

    async def written(viewer: Viewer) -> None:
        """A call that waits for the store would bring the client back.

        Raises:
            StoreBusyError: some wait for too long.
        """
        settle = gate.live(viewer).settle
        if settle is None:
            return
        try:
            async with asyncio.timeout(SETTLES_S):
                await settle()
        except TimeoutError:
            raise StoreBusyError("Ended calls still wait for the store: erase once they are written.") from None

    async def number_of(viewer: Viewer, typed: str, at: str) -> str:
        if is_key(typed):
            return await masked.number_of(deps.store, viewer, typed, at=at)
        number = gate.live(viewer).settings.e164(typed)
        if number is None or number.startswith(TOMBSTONE):
            raise InvalidInputError("This is no telephone number.", at=[at])
        masked.refused(viewer, "number")
        return number

    async def begun(member: Member, kind: str, params: dict[str, Any]) -> Response:
        work = gate.live(member.viewer).work
        job = await work.start(kind, params, user_id=member.user.id, user_name=member.user.name or member.user.login)
        return Json(job_shown(job, work), 202)

    def deed(member: Member, action: str, **details: Any) -> Deed:
        return Deed(at=deps.clock(), user=member.user, action=action, details=details)

    return router
