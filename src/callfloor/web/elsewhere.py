"""Sign-in at an OpenID Connect issuer: the way there and back, bound to the browser, and whose account it is.

A sign-in on its way is known by a cookie that no script can read; what it must come back with (state, nonce, verifier)
stays here, in memory, for ten minutes, and is used once.
"""

import hmac
import logging
import secrets
from collections import OrderedDict
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import msgspec

from callfloor.errors import ConflictError, InvalidInputError, LastAdministratorError, SignInElsewhereError
from callfloor.store.memberships import Role
from callfloor.store.report_asks import checked_address
from callfloor.store.users import User
from callfloor.web.audit import DONE, Audit, Deed
from callfloor.web.contract_access import RoleRule
from callfloor.web.oidc import Issuer
from callfloor.web.ports import Deps
from callfloor.web.signed import digest

logger = logging.getLogger(__name__)

SETTING = "oidc"
FLOW_S = 600.0
FLOWS = 10_000
LABEL = "OpenID Connect"
_LOCALES = ("en", "ru", "pl", "uk")


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Sign-in elsewhere, as it is kept."""

    enabled: bool = False
    issuer: str = ""
    client_id: str = ""
    secret: str | None = None  # sealed
    label: str = ""
    scopes: str = "openid profile email"
    link_by_email: bool = True
    unknown: Literal["refuse", "create"] = "refuse"
    claim: str = "groups"
    rules: tuple[RoleRule, ...] = ()


class _Flow(msgspec.Struct, frozen=True, kw_only=True):
    state: str
    nonce: str
    verifier: str
    return_to: str
    redirect_uri: str
    issuer: str
    at: float


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """Who came back."""

    user: User
    issuer: str
    id_token: str
    return_to: str


class Elsewhere:
    """Takes browsers there and back."""

    def __init__(self, deps: Deps, audit: Audit) -> None:
        self._deps, self._audit = deps, audit
        self._flows: OrderedDict[str, _Flow] = OrderedDict()
        self._issuer: Issuer | None = None
        self._made_of: Kept | None = None

    async def kept(self) -> Kept:
        """The settings that hold: those of the environment above those of the page."""
        store, given = self._deps.store, self._deps.settings.issuer
        kept = await store.run(store.installation.load, SETTING, Kept, Kept())
        if given is None:
            return kept
        return msgspec.structs.replace(
            kept, enabled=True, issuer=given.issuer, client_id=given.client_id, secret=given.client_secret
        )

    async def label(self) -> str | None:
        """The words on the button; None where nobody signs in elsewhere."""
        kept = await self.kept()
        return (kept.label or LABEL) if kept.enabled else None

    async def save(self, kept: Kept) -> None:
        """These settings from now on."""
        store = self._deps.store
        await store.change(store.installation.save, SETTING, kept, now=self._deps.clock())

    def seal(self, secret: str) -> str:
        """A client's secret as it is kept."""
        return self._deps.secrets.seal(secret)

    async def issuer(self) -> tuple[Issuer, Kept]:
        """The issuer that is set.

        Raises:
            SignInElsewhereError: none is.
        """
        kept = await self.kept()
        if not kept.enabled:
            raise SignInElsewhereError("Nobody signs in elsewhere here.", why="off")
        if self._issuer is None or self._made_of != kept:
            given = self._deps.settings.issuer
            sealed = kept.secret
            secret = sealed if given is not None or sealed is None else self._deps.secrets.open(sealed)
            self._issuer = Issuer(kept.issuer, kept.client_id, secret, self._deps.clock)
            self._made_of = kept
        return self._issuer, kept

    async def begin(self, return_to: str, redirect_uri: str) -> tuple[str, str]:
        """Where the browser goes, and the value of its cookie.

        Raises:
            SignInElsewhereError: nobody signs in elsewhere, or the issuer cannot be reached.
        """
        issuer, kept = await self.issuer()
        now, cookie = self._deps.clock(), secrets.token_urlsafe(32)
        flow = _Flow(
            state=secrets.token_urlsafe(32),
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            return_to=local(return_to),
            redirect_uri=redirect_uri,
            issuer=issuer.issuer,
            at=now,
        )
        address = await issuer.address(
            redirect_uri=redirect_uri, scopes=kept.scopes, state=flow.state, nonce=flow.nonce, verifier=flow.verifier
        )
        while self._flows and (len(self._flows) >= FLOWS or now - next(iter(self._flows.values())).at > FLOW_S):
            self._flows.popitem(last=False)
        self._flows[digest(cookie)] = flow
        return address, cookie

    async def arrive(self, cookie: str | None, answer: dict[str, str]) -> Arrived:
        """Whom the issuer sent back.

        Raises:
            SignInElsewhereError: ``details["why"]`` is state, denied, issuer, token, unknown or off.
        """
        flow = self._flows.pop(digest(cookie), None) if cookie else None
        now = self._deps.clock()
        if flow is None or now - flow.at > FLOW_S or not hmac.compare_digest(flow.state, answer.get("state", "")):
            raise SignInElsewhereError("The sign-in was not begun in this browser, or took too long.", why="state")
        issuer, kept = await self.issuer()
        metadata = await issuer.metadata()
        said = answer.get("iss")
        if issuer.issuer != flow.issuer or (said is not None and said != metadata.issuer):
            raise SignInElsewhereError("The answer is another issuer's.", why="state")
        if said is None and metadata.authorization_response_iss_parameter_supported:
            raise SignInElsewhereError("The answer does not say whose it is.", why="state")
        if "error" in answer or "code" not in answer:
            logger.warning("An issuer signed nobody in", extra={"reason": answer.get("error", "")[:60]})
            raise SignInElsewhereError("The sign-in service refused.", why="denied")
        tokens = await issuer.exchange(answer["code"], redirect_uri=flow.redirect_uri, verifier=flow.verifier)
        claims = await issuer.claims(tokens, flow.nonce)
        if "email" not in claims or kept.claim not in claims:
            claims = {**await issuer.user_info(tokens, claims["sub"]), **claims}
        user = await self._user(issuer.issuer, claims, kept, now)
        await self._follow(user, issuer.issuer, claims, kept, now)
        return Arrived(user=user, issuer=issuer.issuer, id_token=tokens.id_token, return_to=flow.return_to)

    async def _user(self, issuer: str, claims: dict[str, Any], kept: Kept, now: float) -> User:
        store, subject = self._deps.store, str(claims["sub"])
        email = _email(claims)
        user = await store.run(store.identities.user_of, issuer, subject)
        if user is not None:
            await store.change(store.identities.used, issuer, subject, email=email, now=now)
        if user is None and kept.link_by_email and email and claims.get("email_verified") in {True, "true"}:
            same = await store.run(store.identities.by_email, email)
            if len(same) == 1:
                user = same[0]
                await self._link(user, issuer, subject, email, now)
        if user is None and kept.unknown == "create":
            user = await self._make(issuer, claims, email, kept, now)
        if user is None or user.disabled_at is not None:
            raise SignInElsewhereError("Nobody here is known by this sign-in.", why="unknown")
        return user

    async def _follow(self, user: User, issuer: str, claims: dict[str, Any], kept: Kept, now: float) -> None:
        """Places that rules gave are what the issuer's groups say today; a user without any place stays out."""
        if not kept.rules:
            return
        store = self._deps.store
        told = await store.change(store.followed_places.follow, user.id, issuer, _places(claims, kept))
        for each in told:
            details = {"issuer": issuer, "before": {"role": each.before}, "after": {"role": each.after}}
            deed = Deed(at=now, user=user, action="follow_groups", subject=("user", user.id), details=details)
            deed.outcome = LastAdministratorError.error_id if each.kept else DONE
            await self._audit.write(each.project_id, deed)
        if told and not await store.run(store.memberships.of_user, user.id):
            raise SignInElsewhereError("No role here goes with this sign-in any more.", why="unknown")

    async def _link(self, user: User, issuer: str, subject: str, email: str, now: float) -> None:
        deed = Deed(at=now, user=user, action="link_sign_in", subject=("user", user.id), details={"issuer": issuer})
        try:
            store = self._deps.store
            await store.change(store.identities.link, user.id, issuer, subject, email=email, now=now)
        except ConflictError:
            raise SignInElsewhereError("The user is known by another sign-in there.", why="unknown") from None
        deed.outcome = DONE
        await self._audit.write_of_user(deed)

    async def _make(self, issuer: str, claims: dict[str, Any], email: str | None, kept: Kept, now: float) -> User:
        places = _places(claims, kept)
        if not places:
            raise SignInElsewhereError("No role here goes with this sign-in.", why="unknown")
        name = str(claims.get("name") or claims.get("preferred_username") or email or claims["sub"])[:200].strip()
        locale = str(claims.get("locale", ""))[:2]
        store = self._deps.store
        for login in _logins(claims, email):
            try:
                user = await store.change(
                    store.identities.make_user,
                    login,
                    name="".join(sign for sign in name if sign.isprintable()) or login,
                    email=email,
                    locale=locale if locale in _LOCALES else "en",
                    issuer=issuer,
                    subject=str(claims["sub"]),
                    places=tuple(places.items()),
                    now=now,
                )
            except (ConflictError, InvalidInputError):
                continue  # somebody has this login, or it can be none
            deed = Deed(at=now, user=user, action="add_user", subject=("user", user.id), outcome=DONE)
            deed.details = {
                "issuer": issuer,
                "made": {"login": login, "places": {str(k): v for k, v in places.items()}},
            }
            await self._audit.write_of_user(deed)
            return user
        raise SignInElsewhereError("No login could be made of what the issuer says.", why="unknown")

    async def leave(self, issued_by: str | None, session_id: int, back_to: str) -> str | None:
        """Where a browser goes on to sign out at the issuer too; None: nowhere."""
        if issued_by is None:
            return None
        try:
            issuer, _ = await self.issuer()
            address = (await issuer.metadata()).end_session_endpoint
        except SignInElsewhereError:
            return None  # signed out here is what counts
        if issuer.issuer != issued_by or address is None:
            return None
        store = self._deps.store
        hint = await store.run(store.sessions.id_token, session_id)
        return sign_out_address(address, hint, issuer.client_id, back_to)


def sign_out_address(address: str, hint: str | None, client_id: str, back_to: str) -> str:
    """The address at which an issuer signs out (RP-Initiated Logout 1.0)."""
    asked = {"client_id": client_id, "post_logout_redirect_uri": back_to}
    if hint is not None:
        asked["id_token_hint"] = hint
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def local(path: str) -> str:
    """A place in our own page; anything else becomes the start."""
    good = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if good and not path.startswith("/api/") and len(path) <= 2000 else "/"


def _places(claims: dict[str, Any], kept: Kept) -> dict[int, Role]:
    """What the rules make of the issuer's groups; who is in none of them has no place by them."""
    values = claims.get(kept.claim)
    theirs = {str(each) for each in values} if isinstance(values, list) else {str(values)}
    places: dict[int, Role] = {}
    for rule in kept.rules:  # of several that fit, the first
        if rule.value in theirs and rule.role is not Role.EMPLOYEE:
            places.setdefault(rule.project_id, rule.role)
    return places


def _email(claims: dict[str, Any]) -> str | None:
    try:
        return checked_address(str(claims.get("email") or ""))
    except InvalidInputError:
        return None


def _logins(claims: dict[str, Any], email: str | None) -> list[str]:
    wished = [str(claims.get(name) or "") for name in ("preferred_username", "nickname")]
    wished += [email or "", str(claims["sub"])]
    found = [each for each in wished if each and len(each) <= 200]
    return found + [f"{each}-{number}" for each in found[:1] for number in range(2, 20)]
