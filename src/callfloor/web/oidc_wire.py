"""What speaks to an OpenID Connect issuer: HTTP, its keys, its signed tokens.

``oidc`` loads this when the first issuer is asked.
"""

import logging
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.oidc.core.claims import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from callfloor.errors import SignInElsewhereError

logger = logging.getLogger(__name__)

TIMEOUT_S = 10.0
LARGEST_BYTES = 512 * 1024
LEEWAY_S = 60  # clocks differ
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures by the issuer's own key: never ``none``, never one by a shared secret."""

WRONG = (JoseError, ValueError)
"""What a token or keys that cannot be used raise."""


def keys(document: Any) -> KeySet:
    """The keys of an issuer's ``jwks_uri``.

    Raises:
        WRONG, TypeError, KeyError: there are none.
    """
    return KeySet.import_key_set(document)


def token(text: str, known: KeySet) -> jwt.Token:
    """An id_token, signed by one of these keys; its claims are not looked at.

    Raises:
        WRONG: it is none.
    """
    return jwt.decode(text, known, algorithms=list(_ALGORITHMS))


def check(found: jwt.Token, must: Mapping[str, Any], params: Mapping[str, Any], *, now: float) -> None:
    """That it says what it must, to whom it must, at that instant.

    Raises:
        WRONG, TypeError, KeyError: it does not.
    """
    CodeIDToken(found.claims, found.header, must, params).validate(now=now, leeway=LEEWAY_S)


async def ask(
    method: str, address: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """The content of an answer, within bounds; redirects are not followed.

    Raises:
        SignInElsewhereError: there is no answer, or a refusal.
    """
    host = urlsplit(address).hostname
    trust = ssl.create_default_context()  # the machine's authorities; SSL_CERT_FILE names others
    try:
        async with (
            httpx.AsyncClient(timeout=TIMEOUT_S, follow_redirects=False, verify=trust) as client,
            client.stream(method, address, data=form, headers={"Accept": "application/json", **(headers or {})}) as got,
        ):
            content = bytearray()
            async for part in got.aiter_bytes():
                content += part
                if len(content) > LARGEST_BYTES:
                    raise SignInElsewhereError(f"{host} sends too much.", why="issuer")
            if got.status_code != 200:
                logger.warning("An issuer refused", extra={"host": host, "status": got.status_code})
                raise SignInElsewhereError(f"{host} answered with {got.status_code}.", why="issuer")
            return bytes(content)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        logger.warning("An issuer cannot be reached", extra={"host": host, "reason": type(error).__name__})
        raise SignInElsewhereError(f"{host} cannot be reached: {error}", why="issuer") from None
