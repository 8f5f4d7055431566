"""Sign-in by OpenID Connect over HTTP: there, back, and its settings, for whoever administers every project."""

from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from msgspec import UNSET

from callfloor.errors import CallfloorError, ForbiddenError, InvalidInputError, SignInElsewhereError
from callfloor.web import contract_access as shapes
from callfloor.web import users_desk
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import Audit, Deed, told
from callfloor.web.elsewhere import Elsewhere, Kept
from callfloor.web.oidc import Issuer
from callfloor.web.ports import Deps
from callfloor.web.session_api import address_of, give_cookie
from callfloor.web.sessions import COOKIE, Sessions, where
from callfloor.web.signed import Signed
from callfloor.web.signed_in import Gate

FLOW_COOKIE = "callfloor_oidc"
BACK = "/api/v1/oidc/callback"
_REDIRECT: dict[int | str, dict[str, Any]] = {
    **documented(None, 422),
    303: {"description": "To the sign-in service, or to the page."},
}
_REDIRECT.pop(200)
_OPEN: dict[str, Any] = {"security": []}


def oidc_routes(deps: Deps, gate: Gate, audit: Audit, sessions: Sessions, elsewhere: Elsewhere) -> APIRouter:
    """The routes under /api/v1/oidc, and of their settings."""
    router = APIRouter(prefix="/api/v1", tags=["session"])

    def base(request: Request) -> str:
        given = deps.settings.public_url
        return (given or f"{request.url.scheme}://{request.headers.get('host', '')}").rstrip("/")

    def failed(error: CallfloorError) -> Response:
        why = str(error.details.get("why") or error.error_id)
        return _to(f"/sign-in?fault={quote(why, safe='')}")

    @router.get(
        "/oidc/start",
        operation_id="signInElsewhere",
        status_code=303,
        response_class=Response,
        responses=_REDIRECT,
        openapi_extra=_OPEN,
    )
    async def start(
        request: Request,
        to: Annotated[str, Query(max_length=2000, description="The page to come back to.")] = "/",
    ) -> Response:
        """To the sign-in service. It sends the browser back, which is known again by a cookie."""
        try:
            address, cookie = await elsewhere.begin(to, base(request) + BACK)
        except CallfloorError as error:
            return failed(error)
        answer = _to(address)
        secure = deps.settings.secure_cookies or request.url.scheme == "https"
        answer.set_cookie(FLOW_COOKIE, cookie, 600, path=BACK, secure=secure, httponly=True, samesite="lax")
        return answer

    @router.get(
        "/oidc/callback",
        operation_id="signedInElsewhere",
        status_code=303,
        response_class=Response,
        responses=_REDIRECT,
        openapi_extra=_OPEN,
    )
    async def back(request: Request) -> Response:
        """Back from the sign-in service: signed in, or to the sign-in page with what went wrong."""
        now = deps.clock()
        deed = Deed(at=now, user=None, action="sign_in")
        deed.details = where(address_of(request), request.headers.get("user-agent"))
        try:
            arrived = await elsewhere.arrive(request.cookies.get(FLOW_COOKIE), dict(request.query_params))
            deed.user, deed.details["issuer"] = arrived.user, arrived.issuer
            token, _ = await sessions.open(
                arrived.user,
                deed,
                old_token=request.cookies.get(COOKIE),
                issuer=arrived.issuer,
                id_token=arrived.id_token,
            )
        except CallfloorError as error:
            answer = failed(error)
        else:
            answer = _to(arrived.return_to)
            give_cookie(answer, request, token, deps.settings)
        answer.delete_cookie(FLOW_COOKIE, path=BACK, httponly=True, samesite="lax")
        return answer

    async def allowed(signed: Signed) -> None:
        if not await deps.store.run(users_desk.administers_installation, deps.store, signed.user.id):
            raise ForbiddenError("This is the whole installation's: only who administers every project changes it.")

    async def shown(request: Request) -> shapes.Elsewhere:
        kept = await elsewhere.kept()
        values = {name: getattr(kept, name) for name in _SHOWN}
        return shapes.Elsewhere(
            **values,
            has_secret=kept.secret is not None,
            from_environment=deps.settings.issuer is not None,
            redirect_uri=base(request) + BACK,
        )

    @router.get("/installation/oidc", operation_id="getElsewhere", responses=documented(shapes.Elsewhere, 401, 403))
    async def settings(request: Request, signed: Annotated[Signed, Depends(gate.ready)]) -> Response:
        """Sign-in by OpenID Connect as it is set; the secret never leaves."""
        await allowed(signed)
        return Json(await shown(request))

    @router.put(
        "/installation/oidc",
        operation_id="changeElsewhere",
        responses=documented(shapes.Elsewhere, 401, 403, 409, 413, 422),
        openapi_extra=documented_body("ElsewhereChange"),
    )
    async def change(request: Request, signed: Annotated[Signed, Depends(gate.ready)]) -> Response:
        """Sign-in by OpenID Connect from now on, for new sign-ins; those who are signed in stay so."""
        asked = body(shapes.ElsewhereChange, await request.body())
        deed = Deed(at=deps.clock(), user=signed.user, action="change_oidc", subject=("installation", "oidc"))
        async with audit.watching_of_user(deed):
            await allowed(signed)
            before = await elsewhere.kept()
            after = _after(before, asked, elsewhere)
            known = {project.id for project in await deps.store.run(deps.store.projects.all)}
            if {rule.project_id for rule in after.rules} - known:
                raise InvalidInputError("There is no such project.", at="rules")
            if after.enabled:
                if not after.issuer or not after.client_id:
                    raise InvalidInputError("The issuer and the client's id are needed.", at="issuer")
                Issuer(after.issuer, after.client_id, None, deps.clock)  # it must be an address at least
            await elsewhere.save(after)
            deed.details = told(before, after)
            for side in deed.details.values():
                if "secret" in side:
                    side["secret"] = "***" if side["secret"] else None
        return Json(await shown(request))

    @router.post(
        "/installation/oidc/test",
        operation_id="testElsewhere",
        responses=documented(shapes.ElsewhereTested, 401, 403, 413, 422),
        openapi_extra=documented_body("ElsewhereChange"),
    )
    async def test(request: Request, signed: Annotated[Signed, Depends(gate.ready)]) -> Response:
        """Ask an issuer what it says of itself, without keeping anything."""
        asked = body(shapes.ElsewhereChange, await request.body())
        await allowed(signed)
        try:
            found = await Issuer(asked.issuer.strip(), asked.client_id, None, deps.clock).metadata()
        except SignInElsewhereError as error:
            tested = shapes.ElsewhereTested(ok=False, problem=str(error), authorization_endpoint=None, sign_out=False)
        else:
            tested = shapes.ElsewhereTested(
                ok=True,
                problem=None,
                authorization_endpoint=found.authorization_endpoint,
                sign_out=found.end_session_endpoint is not None,
            )
        return Json(tested)

    return router


_SHOWN = ("enabled", "issuer", "client_id", "label", "scopes", "link_by_email", "unknown", "claim", "rules")


def _after(before: Kept, asked: shapes.ElsewhereChange, elsewhere: Elsewhere) -> Kept:
    secret = before.secret
    if asked.client_secret is not UNSET:
        secret = elsewhere.seal(asked.client_secret) if asked.client_secret else None
    values = {name: getattr(asked, name) for name in _SHOWN}
    values |= {"issuer": asked.issuer.strip().rstrip("/"), "client_id": asked.client_id.strip()}
    if values["issuer"] != before.issuer and asked.client_secret is UNSET:
        secret = None  # a secret is for the issuer it was given for, and goes to no other
    return msgspec.convert({**msgspec.to_builtins(values), "secret": secret}, Kept)


def _to(address: str) -> Response:
    return RedirectResponse(address, status_code=303)
