"""Signing in and out, and the user's own sessions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.contract import ProjectInfo, SessionEntry, SessionInfo, SessionList, SignIn, UserInfo
from callfloor.web.ports import Deps
from callfloor.web.sessions import COOKIE, Sessions, Signed
from callfloor.web.signed_in import Gate, Id
from callfloor.web.streams import Streams


def session_routes(deps: Deps, sessions: Sessions, gate: Gate, streams: Streams) -> APIRouter:
    """The routes under /api/v1/session and /api/v1/sessions."""
    router = APIRouter(prefix="/api/v1", tags=["session"])

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
            now=deps.clock(),
            address=request.client.host if request.client else "",
            user_agent=request.headers.get("user-agent"),
            old_token=request.cookies.get(COOKIE),
        )
        answer = Json(_info(signed))
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(deps.settings.session_absolute_s),
            path="/",
            secure=deps.settings.secure_cookies or request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return answer

    @router.get("/session", operation_id="getSession", responses=documented(SessionInfo, 401))
    async def current(signed: Annotated[Signed, Depends(gate.signed)]) -> Response:
        """Who is signed in."""
        return Json(_info(signed))

    @router.delete(
        "/session", operation_id="signOut", status_code=204, responses=documented(None, 401, 403, status=204)
    )
    async def sign_out(request: Request, signed: Annotated[Signed, Depends(gate.signed)]) -> Response:
        """Sign out: the session is revoked, its streams are closed."""
        await sessions.sign_out(request.cookies[COOKIE], signed.user, deps.clock())
        streams.revoked(signed.session.id)
        answer = Response(status_code=204)
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


def _info(signed: Signed) -> SessionInfo:
    user = signed.user
    return SessionInfo(
        user=UserInfo(id=user.id, login=user.login, name=user.name, locale=user.locale, theme=user.theme),
        csrf_token=signed.csrf_token,
        projects=tuple(
            ProjectInfo(
                id=m.project_id,
                name=m.project_name,
                timezone=m.timezone,
                country=m.country,
                role=m.role,
                employee_id=m.employee_id,
            )
            for m in signed.memberships
        ),
    )
