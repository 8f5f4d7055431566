"""Departments and employees over REST, for administrators: edited by revision, audited, and in force at once."""

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from callfloor.store.directory_edits import DirectoryEdits, Edited
from callfloor.store.directory_entries import AccountEntry, DepartmentEntry, EmployeeEntry, Entries
from callfloor.web.access import Action, Viewer
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import DONE, Audit
from callfloor.web.contract_access import ProjectUser
from callfloor.web.contract_directory import (
    AccountAsked,
    DepartmentMerge,
    DepartmentPut,
    EmployeeLeaves,
    EmployeePut,
    EmployeeReturns,
)
from callfloor.web.directory_desk import DirectoryDesk
from callfloor.web.ports import Deps
from callfloor.web.signed_in import Gate, Id, Member
from callfloor.web.streams import Streams
from callfloor.web.user_deeds import UserDesk

_ERRORS = (401, 403, 404, 409, 413, 422)
RevisionAsked = Annotated[
    str | None, Query(max_length=40, pattern=r"^[0-9a-z]*$", description="The revision of what the editor saw.")
]


def directory_routes(deps: Deps, gate: Gate, audit: Audit, streams: Streams) -> APIRouter:
    """The routes of departments and employees under /api/v1/projects/{project_id}."""
    router = APIRouter(prefix="/api/v1/projects/{project_id}", tags=["directory"])
    desk = DirectoryDesk(deps, audit)
    users = UserDesk(deps, streams)
    asks = Annotated[Member, Depends(gate.member)]

    @router.get("/directory/entries", operation_id="getEntries", responses=documented(Entries, 401, 403, 404, 422))
    async def entries(viewer: Annotated[Viewer, Depends(gate.viewer(Action.CHANGE_SETTINGS))]) -> Response:
        """The whole directory with revisions, and those who left: what the settings edit."""
        return Json(await deps.store.run(deps.store.project(viewer.project_id).directory_edits.entries))

    # --- departments ----------------------------------------------------------------------------------------------

    @router.post(
        "/departments",
        operation_id="addDepartment",
        status_code=201,
        responses=documented(DepartmentEntry, *_ERRORS, status=201),
        openapi_extra=documented_body("DepartmentPut"),
    )
    async def add_department(request: Request, member: asks) -> Response:
        """A new department, perhaps within another."""
        asked = body(DepartmentPut, await request.body())
        put = edits(member).put_department
        change = partial(put, None, name=asked.name, parent_id=asked.parent_id)
        return Json(await desk.edit(member, "add_department", None, change), 201)

    @router.put(
        "/departments/{department_id}",
        operation_id="changeDepartment",
        responses=documented(DepartmentEntry, *_ERRORS),
        openapi_extra=documented_body("DepartmentPut"),
    )
    async def change_department(department_id: Id, request: Request, member: asks) -> Response:
        """Rename a department, or move it with all that is in it."""
        asked = body(DepartmentPut, await request.body())
        change = partial(
            edits(member).put_department,
            department_id,
            name=asked.name,
            parent_id=asked.parent_id,
            seen=asked.revision,
        )
        return Json(await desk.edit(member, "change_department", ("department", department_id), change))

    @router.post(
        "/departments/{department_id}/merge",
        operation_id="mergeDepartment",
        responses=documented(DepartmentEntry, *_ERRORS),
        openapi_extra=documented_body("DepartmentMerge"),
    )
    async def merge(department_id: Id, request: Request, member: asks) -> Response:
        """Everyone and everything of a department goes into another; the answer is that one."""
        asked = body(DepartmentMerge, await request.body())
        change = partial(
            edits(member).merge_department, department_id, asked.into_id, now=deps.clock(), seen=asked.revision
        )
        return Json(await desk.edit(member, "merge_department", ("department", department_id), change))

    @router.delete(
        "/departments/{department_id}",
        operation_id="removeDepartment",
        status_code=204,
        responses=documented(None, 401, 403, 404, 409, 422, status=204),
    )
    async def remove_department(department_id: Id, member: asks, revision: RevisionAsked = None) -> Response:
        """What was in it moves up to its parent; calls of its time keep its name."""
        change = partial(edits(member).remove_department, department_id, now=deps.clock(), seen=revision)
        await desk.edit(member, "remove_department", ("department", department_id), change)
        return Response(status_code=204)

    # --- employees ------------------------------------------------------------------------------------------------

    @router.post(
        "/employees",
        operation_id="addEmployee",
        status_code=201,
        responses=documented(EmployeeEntry, *_ERRORS, status=201),
        openapi_extra=documented_body("EmployeePut"),
    )
    async def add_employee(request: Request, member: asks) -> Response:
        """A new employee, with accounts that are nobody's yet."""
        asked = body(EmployeePut, await request.body())
        return Json(await desk.edit(member, "add_employee", None, putting(member, None, asked)), 201)

    @router.put(
        "/employees/{employee_id}",
        operation_id="changeEmployee",
        responses=documented(EmployeeEntry, *_ERRORS),
        openapi_extra=documented_body("EmployeePut"),
    )
    async def change_employee(employee_id: Id, request: Request, member: asks) -> Response:
        """Name, department and accounts of an employee; an account that is left out is nobody's from now on."""
        asked = body(EmployeePut, await request.body())
        change = putting(member, employee_id, asked)
        return Json(await desk.edit(member, "change_employee", ("employee", employee_id), change))

    @router.post(
        "/employees/{employee_id}/leave",
        operation_id="employeeLeaves",
        responses=documented(EmployeeEntry, *_ERRORS),
        openapi_extra=documented_body("EmployeeLeaves"),
    )
    async def leave(employee_id: Id, request: Request, member: asks) -> Response:
        """They work here no more. Calls and statuses of theirs stay; their accounts are nobody's.

        Their user account is switched off with it where that is asked: sessions and streams end at once.
        """
        asked = body(EmployeeLeaves, await request.body())
        leave = partial(edits(member).leave, employee_id, now=deps.clock(), seen=asked.revision)
        subject = ("employee", employee_id)
        if asked.account == "keep":
            return Json(await desk.edit(member, "employee_left", subject, leave))
        async with AsyncExitStack() as stack:
            theirs: Sequence[ProjectUser] = ()
            if member.viewer.may(Action.MANAGE_USERS):
                theirs = await users.of_employee(member.viewer, employee_id)
            disable = [user.id for user in theirs if user.whole]
            withdraw = [user.id for user in theirs if not user.whole]
            for user in theirs:
                await stack.enter_async_context(users.ending_streams(user.id))
            change = partial(leave, disable=disable, withdraw=withdraw)
            after = await desk.edit(member, "employee_left", subject, change, Action.MANAGE_USERS, account="shut_out")
        for user in theirs:
            deed = users.deed_of(member, "disable_user" if user.whole else "remove_user", user.id, login=user.login)
            deed.outcome = DONE
            await audit.write(member.viewer.project_id, deed)
        return Json(after)

    @router.post(
        "/employees/{employee_id}/return",
        operation_id="employeeReturns",
        responses=documented(EmployeeEntry, *_ERRORS),
        openapi_extra=documented_body("EmployeeReturns"),
    )
    async def come_back(employee_id: Id, request: Request, member: asks) -> Response:
        """They work here again; what they did before is theirs as it was."""
        asked = body(EmployeeReturns, await request.body())
        change = partial(edits(member).come_back, employee_id, theirs=_accounts(asked.accounts))
        return Json(await desk.edit(member, "employee_returned", ("employee", employee_id), change))

    def edits(member: Member) -> DirectoryEdits:
        return deps.store.project(member.viewer.project_id).directory_edits

    def putting(member: Member, employee_id: int | None, asked: EmployeePut) -> Callable[[], Edited]:
        return partial(
            edits(member).put_employee,
            employee_id,
            name=asked.name,
            department_id=asked.department_id,
            theirs=_accounts(asked.accounts),
            seen=asked.revision,
        )

    return router


def _accounts(asked: tuple[AccountAsked, ...]) -> tuple[AccountEntry, ...]:
    return tuple(AccountEntry(account=each.account.strip(), kind=each.kind) for each in asked)
