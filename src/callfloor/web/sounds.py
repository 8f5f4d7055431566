"""A file on its way out: in parts, as ranges ask, never whole in memory; and under a name that is safe everywhere."""

import asyncio
import contextlib
import unicodedata
from collections.abc import AsyncGenerator
from typing import Final, Protocol
from urllib.parse import quote

import msgspec
from fastapi import Request, Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from callfloor.errors import RangeError
from callfloor.web.masked import veil
from callfloor.web.ranges import asked_part, http_date, is_known

CHUNK_BYTES: Final = 256 * 1024
LONGEST_NAME: Final = 150
SOUND_KINDS: Final = ("audio/wav", "audio/mpeg", "*/*")
"""What a sound goes out as: as browsers play it, or the file as the PBX wrote it."""


class Waveform(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn of a sound before it is played, and what is known of its file."""

    duration_s: float
    rate: int  # samples a second
    kind: str  # wav, gsm610, mp3 …
    complete: bool  # false: it is still being written, or its end is missing
    channels: tuple[tuple[int, ...], ...]  # the largest deflection of each stretch, 0 to 255, channel by channel
    name: str  # of the file
    size_bytes: int


class SoundBody(Protocol):
    """An open file. Its methods block."""

    media_type: str
    name: str
    etag: str  # strong, with its quotes
    modified_at: float

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    def read(self, start: int, length: int) -> bytes:
        """The bytes from ``start`` on; fewer only where the file became shorter."""
        ...

    def close(self) -> None:
        """It is not needed any more."""
        ...


class FileAnswer(Response):
    """A file, or the part of it that the request asks for; takes the body over and closes it."""

    def __init__(self, request: Request, body: SoundBody, *, attached: bool = False) -> None:
        """Make the answer.

        Args:
            request: whose ``Range``, ``If-Range`` and ``If-None-Match`` count.
            body: the file.
            attached: it is to be saved, and not to be shown.

        Raises:
            RangeError: the range asked for lies outside; the body is closed.
        """
        self._body = body
        self._reading: asyncio.Future[bytes] | None = None
        self._start, self._length = 0, body.size
        mask = veil.get()
        name = body.name if mask is None else mask.file(body.name)
        headers = {
            "Accept-Ranges": "bytes",
            "Content-Type": body.media_type,
            "ETag": body.etag,
            "Last-Modified": http_date(body.modified_at),
            # Whoever may not see it any more asks us first.
            "Cache-Control": "private, no-cache",
            "Content-Disposition": disposition(name, attached=attached),
        }
        status = 200
        if is_known(request.headers, body.etag):
            status, self._length = 304, 0
        else:
            try:
                part = asked_part(request.headers, size=body.size, etag=body.etag, modified_at=body.modified_at)
            except RangeError:
                body.close()
                raise
            if part is not None:
                status, self._start, self._length = 206, part.start, part.length
                headers["Content-Range"] = f"bytes {part.start}-{part.start + part.length - 1}/{body.size}"
            headers["Content-Length"] = str(self._length)
        if request.method == "HEAD":
            self._length = 0
        super().__init__(None, status_code=status, headers=headers)

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # uvicorn takes what is sent to nobody without a word, and a file of two hours would be read to its end.
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async with contextlib.aclosing(self._parts()) as parts:
                async for data in parts:
                    await send({"type": "http.response.body", "body": data, "more_body": True})
                    if gone.done():
                        return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()
            if self._reading is None or self._reading.done():
                self._body.close()
            else:  # cancelled: not under the thread that reads it
                self._reading.add_done_callback(lambda _: self._body.close())

    async def _parts(self) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        at, end = self._start, self._start + self._length
        while at < end:
            self._reading = loop.run_in_executor(None, self._body.read, at, min(CHUNK_BYTES, end - at))
            data = await asyncio.shield(self._reading)
            if not data:  # it became shorter: uvicorn sees that bytes are missing and cuts the connection
                return
            at += len(data)
            yield data


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def disposition(name: str, *, attached: bool) -> str:
    """``Content-Disposition`` (RFC 6266): the name in ASCII, and as it is; never a path, never a control character."""
    kept = "".join(one for one in name if one.isprintable() and one not in '/\\:*?"<>|')[-LONGEST_NAME:]
    kept = kept.encode("utf-8", "ignore").decode().strip(". ") or "file"
    plain = unicodedata.normalize("NFKD", kept).encode("ascii", "ignore").decode()
    plain = "".join(one for one in plain if one.isprintable() and one not in '%/\\:*?"<>|').strip(". ") or "file"
    kind = "attachment" if attached else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(kept, safe='')}"
