"""What can be asked before signing in: how one signs in here, a forgotten password, and the links in letters."""

from typing import Any

from fastapi import APIRouter, Request, Response

from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.contract_access import Forgotten, LinkFound, LinkOpened, LinkSpent, SignInWays
from callfloor.web.elsewhere import Elsewhere
from callfloor.web.one_time import OneTime
from callfloor.web.password_strength import MIN_LENGTH
from callfloor.web.ports import Deps
from callfloor.web.session_api import address_of

_OPEN: dict[str, Any] = {"security": []}


def sign_in_routes(deps: Deps, links: OneTime, elsewhere: Elsewhere) -> APIRouter:
    """The routes under /api/v1/sign-in. All are open to everybody."""
    router = APIRouter(prefix="/api/v1/sign-in", tags=["session"])

    @router.get("", operation_id="signInWays", responses=documented(SignInWays), openapi_extra=_OPEN)
    async def ways() -> Response:
        """How one can sign in here."""
        return Json(SignInWays(elsewhere=await elsewhere.label(), forgotten=links.can_write))

    @router.post(
        "/forgotten",
        operation_id="forgotPassword",
        status_code=202,
        response_class=Response,
        responses=documented(None, 403, 413, 422, 429, status=202),
        openapi_extra={**documented_body("Forgotten"), **_OPEN},
    )
    async def forgotten(request: Request) -> Response:
        """Send a link to the user of this login or address. Whether there is one is not told."""
        asked = body(Forgotten, await request.body())
        links.forgotten(asked.login, address_of(request), deps.clock())
        return Response(status_code=202)

    @router.post(
        "/link",
        operation_id="openLink",
        responses=documented(LinkFound, 403, 409, 413, 422),
        openapi_extra={**documented_body("LinkOpened"), **_OPEN},
    )
    async def find(request: Request) -> Response:
        """Whose link it is; it is not used up by this."""
        asked = body(LinkOpened, await request.body())
        found = await links.find(asked.token, deps.clock())
        user = found.user
        return Json(
            LinkFound(
                purpose=found.purpose.value,
                login=user.login,
                name=user.name,
                expires_at=found.expires_at,
                least_length=MIN_LENGTH,
            )
        )

    @router.put(
        "/link",
        operation_id="spendLink",
        status_code=204,
        responses=documented(None, 403, 409, 413, 422, status=204),
        openapi_extra={**documented_body("LinkSpent"), **_OPEN},
    )
    async def spend(request: Request) -> Response:
        """Set a password by a link, once; every session of the user ends."""
        asked = body(LinkSpent, await request.body())
        await links.spend(asked.token, asked.password, deps.clock())
        return Response(status_code=204)

    return router
