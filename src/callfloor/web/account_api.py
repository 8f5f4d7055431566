"""One's own account over REST: language and theme, password, second factor."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from callfloor.errors import ConflictError
from callfloor.web.answers import Json, body, documented, documented_body
from callfloor.web.audit import DONE, Audit, Deed
from callfloor.web.contract import UserInfo
from callfloor.web.contract_access import (
    Account,
    CodeGiven,
    Look,
    OtherSignIn,
    PasswordChange,
    Proof,
    RecoveryCodes,
)
from callfloor.web.password_strength import MIN_LENGTH
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps
from callfloor.web.second_factor import Begun
from callfloor.web.session_api import address_of, user_info
from callfloor.web.sessions import Sessions
from callfloor.web.signed import Signed
from callfloor.web.signed_in import Gate
from callfloor.web.streams import Streams


def account_routes(
    deps: Deps, gate: Gate, audit: Audit, sessions: Sessions, streams: Streams, passwords: Passwords
) -> APIRouter:
    """The routes under /api/v1/account. All are open to somebody who must set up their account first."""
    router = APIRouter(prefix="/api/v1/account", tags=["account"])
    store, factors, me = deps.store, sessions.second_factors, gate.signed

    async def done(signed: Signed, action: str, **details: object) -> None:
        deed = Deed(at=deps.clock(), user=signed.user, action=action, subject=("user", signed.user.id), outcome=DONE)
        deed.details = dict(details)
        await audit.write_of_user(deed)

    @router.get("", operation_id="getAccount", responses=documented(Account, 401, 403))
    async def account(signed: Annotated[Signed, Depends(me)]) -> Response:
        """What one's own account has."""
        user = signed.user
        factor = await factors.find(user.id)
        identities = await store.run(store.identities.of_user, user.id)
        return Json(
            Account(
                login=user.login,
                name=user.name,
                email=user.email,
                has_password=await store.run(store.users.password_hash, user.id) is not None,
                least_length=MIN_LENGTH,
                second_factor=factor is not None,
                second_factor_required=any(each.second_factor_required for each in signed.memberships),
                recovery_codes_left=0 if factor is None else factor.codes_left,
                elsewhere=tuple(
                    OtherSignIn(issuer=each.issuer, email=each.email, linked_at=each.linked_at, used_at=each.used_at)
                    for each in identities
                ),
            )
        )

    @router.put(
        "/look",
        operation_id="chooseLook",
        responses=documented(UserInfo, 401, 403, 413, 422),
        openapi_extra=documented_body("Look"),
    )
    async def look(request: Request, signed: Annotated[Signed, Depends(me)]) -> Response:
        """Language and theme from now on, wherever one signs in."""
        asked = body(Look, await request.body())
        choose = store.users.choose_look
        user = await store.change(choose, signed.user.id, locale=asked.locale, theme=asked.theme, now=deps.clock())
        return Json(user_info(user))

    @router.put(
        "/password",
        operation_id="changePassword",
        status_code=204,
        responses=documented(None, 401, 403, 413, 422, 429, status=204),
        openapi_extra=documented_body("PasswordChange"),
    )
    async def password(request: Request, signed: Annotated[Signed, Depends(me)]) -> Response:
        """Choose another password; all one's other sessions end at once."""
        asked = body(PasswordChange, await request.body())
        user, now = signed.user, deps.clock()
        deed = Deed(at=now, user=user, action="change_password", subject=("user", user.id))
        async with audit.watching_of_user(deed):
            await sessions.prove(user, asked.current, address_of(request), now)
            if asked.new == asked.current:
                raise ConflictError("This is the password you have; choose another.")
            hashed = await passwords.choose(asked.new, user.login, user.name, user.email or "")
            others = [each.id for each in await store.run(store.sessions.of_user, user.id)]
            set_hash = store.users.set_password_hash
            await store.change(set_hash, user.id, hashed, now=now, keep_session=signed.session.id)
            for session_id in others:
                if session_id != signed.session.id:
                    streams.revoked(session_id)
        return Response(status_code=204)

    @router.post(
        "/second-factor",
        operation_id="beginSecondFactor",
        status_code=201,
        responses=documented(Begun, 401, 403, 409, 413, 422, 429, status=201),
        openapi_extra=documented_body("Proof"),
    )
    async def begin(request: Request, signed: Annotated[Signed, Depends(me)]) -> Response:
        """A secret for an authenticator app; it counts once a code of it is given."""
        asked = body(Proof, await request.body())
        await sessions.prove(signed.user, asked.password, address_of(request), deps.clock())
        return Json(await factors.begin(signed.user, deps.clock()), 201)

    @router.put(
        "/second-factor",
        operation_id="confirmSecondFactor",
        responses=documented(RecoveryCodes, 401, 403, 404, 413, 422),
        openapi_extra=documented_body("CodeGiven"),
    )
    async def confirm(request: Request, signed: Annotated[Signed, Depends(me)]) -> Response:
        """The app shows right codes: they are asked for from now on. The recovery codes are told this once."""
        asked = body(CodeGiven, await request.body())
        codes = await factors.confirm(signed.user.id, asked.code, deps.clock())
        await done(signed, "add_second_factor")
        return Json(RecoveryCodes(codes=codes))

    @router.post(
        "/second-factor/remove",
        operation_id="removeSecondFactor",
        status_code=204,
        responses=documented(None, 401, 403, 409, 413, 422, 429, status=204),
        openapi_extra=documented_body("Proof"),
    )
    async def remove(request: Request, signed: Annotated[Signed, Depends(me)]) -> Response:
        """Sign in by password alone again, where no project requires more."""
        asked = body(Proof, await request.body())
        await sessions.prove(signed.user, asked.password, address_of(request), deps.clock())
        if any(each.second_factor_required for each in signed.memberships):
            raise ConflictError("A project of yours requires a second factor; an administrator can reset it.")
        if await factors.remove(signed.user.id):
            await done(signed, "remove_second_factor")
        return Response(status_code=204)

    @router.post(
        "/second-factor/recovery-codes",
        operation_id="renewRecoveryCodes",
        responses=documented(RecoveryCodes, 401, 403, 409, 413, 422, 429),
        openapi_extra=documented_body("Proof"),
    )
    async def renew(request: Request, signed: Annotated[Signed, Depends(me)]) -> Response:
        """Other recovery codes, told this once; those before count no more."""
        asked = body(Proof, await request.body())
        await sessions.prove(signed.user, asked.password, address_of(request), deps.clock())
        if await factors.find(signed.user.id) is None:
            raise ConflictError("There is no second factor.")
        codes = await factors.renew_codes(signed.user.id)
        await done(signed, "renew_recovery_codes")
        return Json(RecoveryCodes(codes=codes))

    return router
