"""What answers from the first moment of a start: it holds requests until the app is there, or says what goes on.

A start takes a second or two, and a browser that comes meanwhile waits that long instead of being refused. While the
store is upgraded, which may take minutes, everything is answered at once with 503 and how far it is. At the end it
knows which requests are still being answered, so that none is cut.
"""

import asyncio
import contextlib
import hashlib
import html
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from callfloor.store.migrate import MigrationStep
from callfloor.web.contract import Health, Readiness
from callfloor.web.guard import SECURITY_HEADERS

HOLD_S = 20.0
"""How long a request waits for the app; a start that takes longer has met something that it did not foresee."""

RETRY_AFTER_S = 3

_STYLE = (
    "body{display:grid;place-content:center;min-height:90vh;margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif;"
    "text-align:center;color:#1b2330;background:#f6f7f9}h1{font-size:20px}progress{width:min(320px,80vw)}"
    "@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181f}}"
)
# Tells in place how far it is, so that nothing jumps and a screen reader is not begun anew; then the page itself.
_SCRIPT = (
    "const where=document.getElementById('where'),bar=document.querySelector('progress');"
    "async function look(){try{"
    "const answer=await fetch('/api/v1/session',{cache:'no-store'});"
    "if(answer.status!==503)return location.reload();"
    "const{step,of,percent}=(await answer.json()).details;"
    "if(!bar!==!step)return location.reload();"
    "if(bar){if(percent==null)bar.removeAttribute('value');else bar.value=percent;"
    "where.textContent=where.dataset.words.replace('{step}',step).replace('{of}',of)"
    "+(percent==null?'':`, ${percent} %`)}"
    f"}}catch{{}}setTimeout(look,{RETRY_AFTER_S * 1000})}}setTimeout(look,{RETRY_AFTER_S * 1000})"
)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; style-src {_hash(_STYLE)}; script-src {_hash(_SCRIPT)}; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_WORDS = {
    "en": ("Callfloor is being upgraded", "Step {step} of {of}", "This page goes on by itself."),
    "ru": ("Callfloor обновляется", "Шаг {step} из {of}", "Страница продолжит работу сама."),
    "pl": ("Trwa aktualizacja Callfloor", "Krok {step} z {of}", "Strona wznowi pracę sama."),
    "uk": ("Callfloor оновлюється", "Крок {step} з {of}", "Сторінка продовжить роботу сама."),
}
_STARTING = {
    "en": "Callfloor is starting",
    "ru": "Callfloor запускается",
    "pl": "Callfloor się uruchamia",
    "uk": "Callfloor запускається",
}


class Front:
    """The ASGI app of a whole process: of its start, and then of ``create_app``'s."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._app: ASGIApp | None = None
        self._step: MigrationStep | None = None
        self._turned = asyncio.Event()  # the app is there, or an upgrade goes on
        self._stack = AsyncExitStack()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._serving: asyncio.Task[None] | None = None
        self._left = asyncio.Event()
        self.address: asyncio.Future[tuple[str, int]] = asyncio.get_running_loop().create_future()

    def listens(self, host: str, port: int) -> None:
        """Where it is served."""
        if not self.address.done():
            self.address.set_result((host, port))

    def begin(self, serving: Coroutine[Any, Any, None]) -> None:
        """Serve, with ``server.serve``'s coroutine, until ``leave`` or ``served``."""
        self._serving = asyncio.get_running_loop().create_task(serving, name="web")
        self._serving.add_done_callback(self._ended)

    async def fails(self) -> None:
        """Wait for the server's end, and raise what ended it."""
        if self._serving is not None:
            await asyncio.shield(self._serving)

    async def leave(self) -> None:
        """Take nothing new, and answer what was begun; streams go on. Then the server ends, while others go about
        their own end: it takes no longer than its slowest peer."""
        if self._serving is not None:
            self._serving.cancel()
            left = asyncio.get_running_loop().create_task(self._left.wait())
            await asyncio.wait([left, self._serving], return_when=asyncio.FIRST_COMPLETED)
            left.cancel()

    async def served(self) -> None:
        """End the server, and wait for that."""
        if self._serving is not None:
            if not self._left.is_set():
                self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)

    def _ended(self, web: asyncio.Task[None]) -> None:
        """The server is no more: nobody waits for where it listens."""
        if not self.address.done():
            error = None if web.cancelled() else web.exception()
            self.address.set_exception(error or RuntimeError("the web server ended before it listened"))

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Around the server: at its end the app ends."""
        async with self._stack:
            yield

    async def attach(self, app: FastAPI) -> None:
        """From now on the app answers."""
        await self._stack.enter_async_context(app.router.lifespan_context(app))
        self._app, self._step = app, None
        self._turned.set()

    async def detach(self) -> None:
        """The app ends; it answers nothing any more. Harmless when repeated."""
        await self._stack.aclose()

    def upgrading(self, step: MigrationStep) -> None:
        """The store is being upgraded, and is so far."""
        self._step = step
        self._turned.set()

    async def drained(self, within_s: float) -> None:
        """Wait until no request is being answered any more, streams apart."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        self._left.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have the app answer."""
        if scope["type"] != "http":
            await self._answered(scope, receive, send)
            return
        self._under_way += 1
        self._idle.clear()
        try:
            await self._answered(scope, receive, send)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None and scope["path"] not in {"/healthz", "/readyz"}:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HOLD_S):
                    await self._turned.wait()
        if self._app is not None:
            await self._app(scope, receive, send)
        else:
            await self._not_yet(scope, receive, send)

    async def _not_yet(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, step = scope["path"], self._step
        kind, status = "application/json", 503
        if path == "/healthz":
            status, content = 200, msgspec.json.encode(Health(status="alive", version=self._version))
        elif path == "/readyz":
            reason = goes_on(step)
            content = msgspec.json.encode(Readiness(ready=False, reasons=(reason,), links=(), backlog=0, viewers=0))
        elif path == "/api" or path.startswith("/api/"):
            content = msgspec.json.encode(_refusal(step))
        else:
            kind, content = "text/html; charset=utf-8", _page(step, Headers(scope=scope).get("accept-language", ""))
        headers = {
            **SECURITY_HEADERS,
            "Content-Security-Policy": _POLICY,
            "Content-Type": kind,
            "Cache-Control": "no-store",
            "Retry-After": str(RETRY_AFTER_S),
        }
        socket = scope["type"] == "websocket"
        if socket:
            await receive()  # the handshake, which is answered as a request
        prefix = "websocket.http" if socket else "http"
        pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": f"{prefix}.response.start", "status": status, "headers": pairs})
        await send({"type": f"{prefix}.response.body", "body": content})


def goes_on(step: MigrationStep | None) -> str:
    """What goes on, in a line: ``upgrading, step 2 of 3, 41 %: …``."""
    if step is None:
        return "starting"
    percent = "" if step.percent is None else f", {step.percent} %"
    return f"upgrading, step {step.number} of {step.of}{percent}: {step.title}"


def _refusal(step: MigrationStep | None) -> dict[str, Any]:
    details: dict[str, Any] = {"retry_after_s": RETRY_AFTER_S}
    if step is not None:
        details |= {"step": step.number, "of": step.of, "title": step.title, "percent": step.percent}
    return {
        "error_id": "starting" if step is None else "upgrading",
        "message": f"Callfloor is {goes_on(step)}",
        "details": details,
        "request_id": secrets.token_hex(8),
    }


def _page(step: MigrationStep | None, accepted: str) -> bytes:
    """What a browser shows that has no page of ours open: in its language, and asking again by itself."""
    wanted = (part.strip()[:2].lower() for part in accepted.split(","))
    language = next((each for each in wanted if each in _WORDS), "en")
    title, where, follows = _WORDS[language]
    lines = ""
    if step is None:
        title = _STARTING[language]
    else:
        percent = "" if step.percent is None else f", {step.percent} %"
        value = "" if step.percent is None else f' value="{step.percent}"'
        words = where.format(step=step.number, of=step.of)
        lines = (
            f'<p><progress aria-labelledby="where"{value} max="100"></progress></p>'
            f'<p id="where" data-words="{html.escape(where)}">{words}{percent}</p>'
        )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<noscript><meta http-equiv="refresh" content="{RETRY_AFTER_S}"></noscript>'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{lines}<p>{follows}</p></main><script>{_SCRIPT}</script></body></html>"
    ).encode()
