"""Signing in and out, and the user's own sessions."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from callfloor.store.users import User
from callfloor.web import users_desk
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.contract import ProjectInfo, SessionEntry, SessionInfo, SessionList, SignedOut, SignIn, UserInfo
from callfloor.web.ports import Deps, WebSettings
from callfloor.web.sessions import COOKIE, Sessions
from callfloor.web.signed import Signed
from callfloor.web.signed_in import Gate, Id
from callfloor.web.streams import Streams

LeaveElsewhere = Callable[[Signed, Request], Awaitable[str | None]]
"""Where the browser goes to sign out at its session's issuer too; None: nowhere."""


def session_routes(
    deps: Deps, sessions: Sessions, gate: Gate, streams: Streams, leave_elsewhere: LeaveElsewhere
) -> APIRouter:
    """The routes under /api/v1/session and /api/v1/sessions."""
    router = APIRouter(prefix="/api/v1", tags=["session"])

    async def info(signed: Signed) -> SessionInfo:
        whole = await deps.store.run(users_desk.administers_installation, deps.store, signed.user.id)
        return _info(signed, installation=whole)

    @router.post(
        "/session",
        operation_id="signIn",
        responses=documented(SessionInfo, 401, 403, 413, 422, 429),
        openapi_extra={**documented_body("SignIn"), "security": []},
    )
    async def sign_in(request: Request) -> Response:
        """Sign in; the session comes as a cookie."""
        given = body(SignIn, await request.body())
        token, signed = await sessions.sign_in(
            given.login,
            given.password,
            code=given.code,
            now=deps.clock(),
            address=address_of(request),
            user_agent=request.headers.get("user-agent"),
            old_token=request.cookies.get(COOKIE),
        )
        answer = Json(await info(signed))
        give_cookie(answer, request, token, deps.settings)
        return answer

    @router.get("/session", operation_id="getSession", responses=documented(SessionInfo, 401))
    async def current(signed: Annotated[Signed, Depends(gate.signed)]) -> Response:
        """Who is signed in."""
        return Json(await info(signed))

    @router.delete(
        "/session",
        operation_id="signOut",
        status_code=204,
        responses={**documented(SignedOut, 401, 403), **documented(None, status=204)},
    )
    async def sign_out(request: Request, signed: Annotated[Signed, Depends(gate.signed)]) -> Response:
        """Sign out: the session is revoked, its streams are closed. Who signed in elsewhere is told where to go on."""
        elsewhere = await leave_elsewhere(signed, request)
        await sessions.sign_out(request.cookies[COOKIE], signed.user, deps.clock())
        streams.revoked(signed.session.id)
        answer = Response(status_code=204) if elsewhere is None else Json(SignedOut(elsewhere=elsewhere))
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        return answer

    @router.get("/sessions", operation_id="listSessions", responses=documented(SessionList, 401))
    async def listed(signed: Annotated[Signed, Depends(gate.signed)]) -> Response:
        """The user's own sessions."""
        found = await sessions.of_user(signed.user.id, deps.clock())
        entries = (
            SessionEntry(
                id=s.id,
                current=s.id == signed.session.id,
                created_at=s.created_at,
                last_seen_at=s.last_seen_at,
                expires_at=s.expires_at,
                address=s.address,
                user_agent=s.user_agent,
            )
            for s in found
        )
        return Json(SessionList(sessions=tuple(entries)))

    @router.delete(
        "/sessions/{session_id}",
        operation_id="revokeSession",
        status_code=204,
        responses=documented(None, 401, 403, 404, 422, status=204),
    )
    async def revoke(session_id: Id, signed: Annotated[Signed, Depends(gate.signed)]) -> Response:
        """Revoke one of the user's own sessions: its streams are closed."""
        await sessions.revoke_own(signed.user, session_id, deps.clock())
        streams.revoked(session_id)
        return Response(status_code=204)

    return router


def give_cookie(answer: Response, request: Request, token: str, settings: WebSettings) -> None:
    """Give the browser its session."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(settings.session_absolute_s),
        path="/",
        secure=settings.secure_cookies or request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def address_of(request: Request) -> str:
    """From where the request comes."""
    return request.client.host if request.client else ""


def user_info(user: User) -> UserInfo:
    """The user as their own page has them."""
    return UserInfo(
        id=user.id,
        login=user.login,
        name=user.name,
        locale=user.locale,
        theme=user.theme,
        look_chosen=user.look_chosen_at is not None,
    )


def _info(signed: Signed, *, installation: bool) -> SessionInfo:
    return SessionInfo(
        user=user_info(signed.user),
        csrf_token=signed.csrf_token,
        pending=tuple(each.value for each in signed.pending),
        installation=installation,
        projects=tuple(
            ProjectInfo(
                id=m.project_id,
                name=m.project_name,
                timezone=m.timezone,
                country=m.country,
                role=m.role,
                employee_id=m.employee_id,
                masked=m.mask is not None,
                archived_at=m.archived_at,
            )
            for m in signed.memberships
            if not m.shut
        ),
    )
