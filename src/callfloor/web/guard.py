"""The outermost layer: request ids, limits, the origin check, security headers, and nothing leaked on a failure."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from callfloor.errors import CallfloorError, ForbiddenError
from callfloor.web.answers import error_answer
from callfloor.web.ports import WebSettings

logger = logging.getLogger(__name__)

BODY_BYTES = 64 * 1024
LARGER_BODIES = {
    "/tariffs/import": 3 * 2**20,
    "/part": 3 * 2**20,
    "/directory/import": 24 * 2**20,
    "/photo": 5 * 2**20 + 1,
}
"""Addresses that end so take a table, and not a form."""
"""The largest body any route takes today is a sign-in of a few hundred bytes."""

BODY_S = 15.0
"""From the head to the end of the body."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

SECURITY_HEADERS = {
    # No inline script or style anywhere: the page's build makes files of them. 'self' covers ws:// and wss:// of the
    # same host in every browser since 2022 (CSP 3, section 6.7.2.8).
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
        "connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class TooLargeError(CallfloorError):
    """The request's body is too large."""

    error_id = "too_large"
    status = 413


class TooSlowError(CallfloorError):
    """The request's body did not arrive in time."""

    error_id = "request_timeout"
    status = 408


class Guard:
    """ASGI middleware around the whole app."""

    def __init__(
        self,
        app: ASGIApp,
        settings: WebSettings,
        on_answer: Callable[[str, str | None, int, float], None] | None = None,
    ) -> None:
        """``on_answer`` is told of each request's method, route, status and seconds."""
        self._app = app
        self._settings = settings
        self._on_answer = on_answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._stream(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _name(scope)
        if not same_origin(Headers(scope=scope), scope["scheme"], self._settings.origins):
            # Before the handshake: a page of another site learns nothing but that it failed.
            logger.warning("A stream from another origin was refused", extra={"request_id": request_id})
            await receive()
            await send({"type": "websocket.close", "code": 4403})
            return
        try:
            await self._app(scope, receive, send)
        except Exception:  # the last line: whatever it is, it is logged and the connection ends
            logger.exception("A stream failed", extra={"request_id": request_id})
            raise

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = _name(scope)
        started = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            headers = Headers(scope=scope)
            safe = scope["method"] in SAFE
            if not safe and not same_origin(headers, scope["scheme"], self._settings.origins):
                raise ForbiddenError("The request comes from another site.", header="Origin")
            limits = (most for end, most in LARGER_BODIES.items() if scope["path"].endswith(end))
            content = await _body(headers, receive, next(limits, BODY_BYTES))
            await self._app(scope, _once(content, receive), sending)
        except Exception as error:
            if status:
                logger.exception("A request failed in mid-answer", extra={"request_id": request_id})
                raise
            await error_answer(error, request_id)(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", None)
            took_s = time.perf_counter() - started
            if self._on_answer is not None:
                self._on_answer(scope["method"], route, status, took_s)
            logger.info(
                "Request",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "route": route,
                    "status": status,
                    "duration_s": round(took_s, 4),
                },
            )


def same_origin(headers: Headers, scheme: str, allowed: frozenset[str]) -> bool:
    """Whether a request comes from our own page, as browsers tell it.

    ``Origin`` must name the scheme and host that the request went to, or be one of ``allowed``. Where there is none, a
    browser's ``Sec-Fetch-Site`` decides; a program that is no browser sends neither, and passes:
    it holds no ambient cookies that a foreign page could use.
    """
    origin = headers.get("origin")
    if origin is not None:
        if origin in allowed:
            return True
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        secure = scheme in {"https", "wss"}
        return parts.netloc == headers.get("host") and parts.scheme == ("https" if secure else "http")
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    return True


def _name(scope: Scope) -> str:
    request_id = secrets.token_hex(8)
    scope.setdefault("state", {})["request_id"] = request_id
    return request_id


async def _body(headers: Headers, receive: Receive, most: int) -> bytes:
    length = headers.get("content-length")
    if length is not None and (not length.isdigit() or int(length) > most):
        raise TooLargeError(limit_bytes=most)
    if length in {None, "0"} and "transfer-encoding" not in headers:
        return b""
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return bytes(content)
                content += message.get("body", b"")
                if len(content) > most:
                    raise TooLargeError(limit_bytes=most)
                if not message.get("more_body", False):
                    return bytes(content)
    except TimeoutError:
        raise TooSlowError from None


def _once(content: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": content, "more_body": False}
        return await receive()

    return replay
