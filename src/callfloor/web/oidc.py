"""One OpenID Connect issuer: what it says of itself, a code for an id_token, and whether that is what it must be.

OpenID Connect Core 1.0 (the code flow, section 3.1), Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (the answer's issuer).
Nothing here knows users or sessions.
"""

import asyncio
import base64
import hashlib
import importlib
import logging
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from callfloor.errors import SignInElsewhereError

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

logger = logging.getLogger(__name__)

KNOWN_S = 600.0  # what an issuer said of itself, and its keys, are asked for again after so long
_WIRE = "callfloor.web.oidc_wire"

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What an issuer says of itself (Discovery, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What a code was given for; the rest of the answer is not looked at."""

    id_token: str
    access_token: str | None = None


class Issuer:
    """An issuer, by its address, and us as its client."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None, clock: Callable[[], float]) -> None:
        """Raises SignInElsewhereError where the address can be none."""
        self.issuer = checked_url(issuer.rstrip("/"), "The issuer")
        self.client_id = client_id
        self._secret = client_secret
        self._clock = clock
        self._metadata: tuple[float, Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def metadata(self) -> Metadata:
        """What the issuer says of itself.

        Raises:
            SignInElsewhereError: it says nothing, or what cannot be.
        """
        if self._metadata is None or self._clock() - self._metadata[0] > KNOWN_S:
            content = await _ask("GET", f"{self.issuer}/.well-known/openid-configuration")
            try:
                found = msgspec.json.decode(content, type=Metadata)
            except msgspec.MsgspecError:
                raise SignInElsewhereError("The issuer's configuration cannot be read.", why="issuer") from None
            if found.issuer.rstrip("/") != self.issuer:
                raise SignInElsewhereError(f"The issuer calls itself {found.issuer}: give this address.", why="issuer")
            for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                checked_url(address, "An address of the issuer's")
            for extra in (found.userinfo_endpoint, found.end_session_endpoint):
                if extra is not None:
                    checked_url(extra, "An address of the issuer's")
            self._metadata = (self._clock(), found)
        return self._metadata[1]

    async def address(self, *, redirect_uri: str, scopes: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes to sign in."""
        metadata = await self.metadata()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": scopes if "openid" in scopes.split() else f"openid {scopes}",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge(verifier),
            "code_challenge_method": "S256",
        }
        sign = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return f"{metadata.authorization_endpoint}{sign}{urlencode(asked)}"

    async def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> Tokens:
        """The tokens of a code.

        Raises:
            SignInElsewhereError: the issuer refused.
        """
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers: dict[str, str] = {}
        if self._secret is None:
            form["client_id"] = self.client_id
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            both = f"{quote(self.client_id, safe='')}:{quote(self._secret, safe='')}"  # RFC 6749, section 2.3.1
            headers["Authorization"] = "Basic " + base64.b64encode(both.encode()).decode()
        else:
            form |= {"client_id": self.client_id, "client_secret": self._secret}
        content = await _ask("POST", metadata.token_endpoint, form=form, headers=headers)
        try:
            return msgspec.json.decode(content, type=Tokens)
        except msgspec.MsgspecError:
            raise SignInElsewhereError("The issuer's answer to the code cannot be read.", why="issuer") from None

    async def claims(self, tokens: Tokens, nonce: str) -> dict[str, Any]:
        """What a good id_token says.

        Raises:
            SignInElsewhereError: it is not signed by the issuer, or is not for us, for this sign-in, for now.
        """
        await _loaded()
        from callfloor.web import oidc_wire  # noqa: PLC0415

        try:
            try:
                token = oidc_wire.token(tokens.id_token, await self._key_set())
            except oidc_wire.WRONG:
                # A key that is not known yet, perhaps: issuers change theirs.
                token = oidc_wire.token(tokens.id_token, await self._key_set(anew=True))
            must = {
                "iss": {"essential": True, "values": [self.issuer, f"{self.issuer}/"]},
                "aud": {"essential": True, "value": self.client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
            }
            params = {"nonce": nonce, "client_id": self.client_id, "access_token": tokens.access_token}
            oidc_wire.check(token, must, params, now=self._clock())
        except (*oidc_wire.WRONG, TypeError, KeyError) as error:
            logger.warning("An id_token was refused", extra={"reason": type(error).__name__})
            raise SignInElsewhereError("The issuer's word is not good: see Callfloor's log.", why="token") from None
        if not isinstance(token.claims.get("sub"), str) or not token.claims["sub"]:
            raise SignInElsewhereError("The issuer does not say who it is.", why="token")
        return dict(token.claims)

    async def user_info(self, tokens: Tokens, subject: str) -> dict[str, Any]:
        """What else the issuer says of them; nothing, where it has no such address or says it of somebody else."""
        metadata = await self.metadata()
        if metadata.userinfo_endpoint is None or tokens.access_token is None:
            return {}
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        content = await _ask("GET", metadata.userinfo_endpoint, headers=headers)
        try:
            found = msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.MsgspecError:
            return {}  # signed answers (application/jwt) are not asked for
        return found if found.get("sub") == subject else {}

    async def _key_set(self, *, anew: bool = False) -> "KeySet":
        if self._keys is None or anew or self._clock() - self._keys[0] > KNOWN_S:
            content = await _ask("GET", (await self.metadata()).jwks_uri)
            from callfloor.web import oidc_wire  # noqa: PLC0415

            try:
                self._keys = (self._clock(), oidc_wire.keys(msgspec.json.decode(content)))
            except (msgspec.MsgspecError, *oidc_wire.WRONG, TypeError, KeyError):
                raise SignInElsewhereError("The issuer's keys cannot be read.", why="issuer") from None
        return self._keys[1]


def challenge(verifier: str) -> str:
    """What goes with the browser in place of the verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def checked_url(address: str, what: str) -> str:
    """An address that may be spoken to: TLS, but on this machine itself.

    Raises:
        SignInElsewhereError: it is none.
    """
    try:
        parts = urlsplit(address)
        good = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        good = good and bool(parts.hostname) and parts.username is None and not parts.fragment
    except ValueError:
        good = False
    if not good:
        raise SignInElsewhereError(f"{what} must be an https:// address.", why="issuer")
    return address


async def _loaded() -> None:
    """Loads what speaks to issuers, beside the loop: a tenth of the product's start, and most have no issuer."""
    if _WIRE not in sys.modules:
        await asyncio.to_thread(importlib.import_module, _WIRE)


async def _ask(
    method: str, address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """The content of an answer (``oidc_wire.ask``).

    Raises:
        SignInElsewhereError: there is no answer, or a refusal.
    """
    await _loaded()
    from callfloor.web import oidc_wire  # noqa: PLC0415

    return await oidc_wire.ask(method, address, form=form, headers=headers)
