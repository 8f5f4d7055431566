"""The first start in the page: while Callfloor has no administrator, whoever has the set-up code becomes it.

The code stands where Callfloor was started, so that nobody else on the network takes a new installation over.
"""

from fastapi import APIRouter, Request, Response

from callfloor.errors import SetUpAlreadyError
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps
from callfloor.web.setup import CodeAsked, SetUpAsked, SetUpState
from callfloor.web.throttle import SignInThrottle

_KEY = "\0set-up"  # no login


def setup_routes(deps: Deps, passwords: Passwords) -> APIRouter:
    """The routes under /api/v1/setup; nobody can be signed in there."""
    router = APIRouter(prefix="/api/v1/setup", tags=["setup"])
    throttle = SignInThrottle()

    def needed() -> bool:
        return deps.set_up is not None and deps.set_up.needed

    def prove(code: str, request: Request) -> None:
        if deps.set_up is None or not deps.set_up.needed:
            raise SetUpAlreadyError
        address = request.client.host if request.client else ""
        throttle.begin(_KEY, address, deps.clock())
        deps.set_up.prove(code)
        throttle.succeed(_KEY, address)

    @router.get("", operation_id="getSetUp", responses=documented(SetUpState), openapi_extra={"security": []})
    async def state() -> Response:
        """Whether Callfloor waits for its first administrator."""
        return Json(SetUpState(needed=needed()))

    @router.post(
        "/code",
        operation_id="proveSetUpCode",
        status_code=204,
        responses=documented(None, 403, 409, 413, 422, 429, status=204),
        openapi_extra={**documented_body("CodeAsked"), "security": []},
    )
    async def code(request: Request) -> Response:
        """Whether the set-up code is right, before all the rest is asked for."""
        prove(body(CodeAsked, await request.body()).code, request)
        return Response(status_code=204)

    @router.post(
        "",
        operation_id="setUp",
        status_code=204,
        responses=documented(None, 403, 409, 413, 422, 429, status=204),
        openapi_extra={**documented_body("SetUpAsked"), "security": []},
    )
    async def set_up(request: Request) -> Response:
        """Make the first project and its administrator, who can sign in from then on. The code is of no use after."""
        asked = body(SetUpAsked, await request.body())
        prove(asked.code, request)
        hashed = await passwords.choose(asked.administrator.password, asked.administrator.login, asked.project.name)
        assert deps.set_up is not None  # noqa: S101 - ``prove`` has seen it
        await deps.set_up.claim(asked.project, asked.administrator, hashed)
        return Response(status_code=204)

    return router
