"""Tokens of programs over REST: one's own, made and revoked at the page alone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import NotFoundError
from callfloor.store.api_tokens import ApiToken
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import DONE, Audit, Deed
from callfloor.web.contract_access import TokenAsked, TokenEntry, TokenList, TokenMade
from callfloor.web.ports import Deps
from callfloor.web.scopes import SCOPES, checked_scopes
from callfloor.web.signed import Signed
from callfloor.web.signed_in import Gate, Id
from callfloor.web.streams import Streams
from callfloor.web.tokens import new_token, token_digest

DAY_S = 86_400.0


def token_routes(deps: Deps, gate: Gate, audit: Audit, streams: Streams) -> APIRouter:
    """The routes under /api/v1/tokens."""
    router = APIRouter(prefix="/api/v1/tokens", tags=["account"])
    me = gate.ready

    @router.get("", operation_id="listTokens", responses=documented(TokenList, 401, 403))
    async def listed(signed: Annotated[Signed, Depends(me)]) -> Response:
        """One's own tokens, with their last use; the tokens themselves are not kept."""
        found = await deps.store.run(deps.store.api_tokens.of_user, signed.user.id)
        return Json(TokenList(tokens=tuple(_entry(each) for each in found), scopes=tuple(SCOPES)))

    @router.post(
        "",
        operation_id="makeToken",
        status_code=201,
        responses=documented(TokenMade, 401, 403, 404, 409, 413, 422, status=201),
        openapi_extra=documented_body("TokenAsked"),
    )
    async def make(request: Request, signed: Annotated[Signed, Depends(me)]) -> Response:
        """A token for a program. It does what you may, in the one project, as far as its scopes go."""
        asked = body(TokenAsked, await request.body())
        now = deps.clock()
        details = {"name": asked.name, "scopes": list(asked.scopes), "days": asked.days}
        viewer = signed.viewer(asked.project_id)
        deed = Deed(at=now, user=signed.user, action="make_token", details=details)
        async with audit.watching(viewer.project_id, deed):
            scopes = checked_scopes(asked.scopes)
            token = new_token()
            made = await deps.store.change(
                deps.store.api_tokens.make,
                signed.user.id,
                asked.project_id,
                name=asked.name.strip(),
                token_sha256=token_digest(token),
                scopes=scopes,
                now=now,
                expires_at=None if asked.days is None else now + asked.days * DAY_S,
            )
            deed.subject = ("token", made.id)
        return Json(TokenMade(entry=_entry(made), token=token), 201)

    @router.delete(
        "/{token_id}",
        operation_id="revokeToken",
        status_code=204,
        responses=documented(None, 401, 403, 404, 422, status=204),
    )
    async def revoke(token_id: Id, signed: Annotated[Signed, Depends(me)]) -> Response:
        """The token opens nothing any more; its streams are closed."""
        now = deps.clock()
        gone = await deps.store.change(deps.store.api_tokens.revoke, token_id, user_id=signed.user.id, now=now)
        if gone is None:
            raise NotFoundError("There is no such token.")
        streams.revoked(-token_id)
        deed = Deed(at=now, user=signed.user, action="revoke_token", subject=("token", token_id), outcome=DONE)
        deed.details = {"name": gone.name}
        await audit.write(gone.project_id, deed)
        return Response(status_code=204)

    return router


def _entry(token: ApiToken) -> TokenEntry:
    return TokenEntry(
        id=token.id,
        name=token.name,
        project_id=token.project_id,
        scopes=token.scopes,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
        last_address=token.last_address,
    )
