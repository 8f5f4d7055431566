"""``callfloor recordings-agent``: serves a PBX's recordings to Callfloor on another machine, and nothing else.

One question, ``GET /v1/recording?named=…&leg=…`` with ``Authorization: Bearer <token>``: the file under the agent's
folders that the PBX named so, whole or by a range. The rules of what may be opened are those of a mounted folder.
"""

import asyncio
import contextlib
import hmac
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callfloor.asterisk.recording_agent import NAME_HEADER, PATH
from callfloor.asterisk.recording_files import RecordingFolders
from callfloor.errors import CallfloorError, ConfigurationError, UnauthenticatedError
from callfloor.media.shelf import as_it_is
from callfloor.web.answers import on_error
from callfloor.web.guard import Guard
from callfloor.web.ports import WebSettings
from callfloor.web.server import serve
from callfloor.web.sounds import FileAnswer

SHORTEST_TOKEN: Final = 16


def agent_app(folders: Sequence[Path], token: str) -> Starlette:
    """The agent as an ASGI app.

    Raises:
        ConfigurationError: the token is too short, or a folder is none.
    """
    if len(token) < SHORTEST_TOKEN:
        raise ConfigurationError(f"The token must have {SHORTEST_TOKEN} characters or more")
    for folder in folders:
        if not folder.is_dir():
            raise ConfigurationError(f"{folder} is no folder, or cannot be read")
    kept = RecordingFolders(folders)
    wanted = f"Bearer {token}".encode()

    async def recording(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), wanted):
            raise UnauthenticatedError("The token is wrong.")
        asked = request.query_params
        found = await asyncio.to_thread(kept.find, asked.get("named", ""), asked.get("leg"))
        answer = FileAnswer(request, as_it_is(found.fd, found.name), attached=True)
        answer.headers[NAME_HEADER] = quote(found.name, safe="")
        return answer

    return Starlette(
        routes=[Route(PATH, recording, methods=["GET", "HEAD"])],
        middleware=[Middleware(Guard, settings=WebSettings())],
        exception_handlers={CallfloorError: on_error, HTTPException: on_error},
    )


async def run(
    folders: Sequence[Path],
    token: str,
    listen: tuple[str, int],
    *,
    tls: tuple[Path, Path] | None,
    ready: Callable[[str, int], None],
) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ConfigurationError: a setting is wrong, or the address is taken.
    """
    server = asyncio.create_task(serve(agent_app(folders, token), *listen, ready=ready, tls=tls), name="agent")
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await server
