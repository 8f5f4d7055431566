"""``callfloor record``: writes a capture of a live PBX, as ``capture`` reads it."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from callfloor.asterisk.ami import Codec, Message
from callfloor.asterisk.ami_url import AmiUrl
from callfloor.asterisk.capture import CHUNKS, MESSAGES, RAW, Chunk, Recorded
from callfloor.asterisk.connection import Connection, Dial
from callfloor.asterisk.masking import Masker
from callfloor.errors import AmiActionFailedError, AmiDisconnectedError, AmiProtocolError, InvalidInputError

log = logging.getLogger(__name__)

META: Final = "meta.json"
LISTINGS: Final = (
    "CoreShowChannels",
    "BridgeList",
    "QueueStatus",
    "PJSIPShowContacts",
    "ExtensionStateList",
    "DeviceStateList",
    "ParkedCalls",
    "Status",
)
"""Asked for at the beginning of each link, after CoreStatus: what a reader needs to understand the events."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a capture has; ``meta.json`` in its folder."""

    started_at: float | None  # the first read; None: nothing was read
    ended_at: float | None
    asterisk_version: str | None
    masked: bool
    links: int  # how often the link was made: more than 1 is a gap in the capture
    messages: int
    bytes: int


class Recorder:
    """Writes one capture's files from what a connection's ``tap`` gives. A context manager; closing writes the summary.

    Args:
        folder: made if it is not there; must not have a capture yet. Readable to its owner only.
        key: masks the numbers, see ``masking``; None leaves them.

    Raises:
        InvalidInputError: there is a capture in the folder.
    """

    def __init__(self, folder: Path, *, key: bytes | None = None) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        taken = [name for name in (RAW, CHUNKS, MESSAGES, META) if (folder / name).exists()]
        if taken:
            raise InvalidInputError(f"the folder {folder.name} has a capture already: {taken[0]}")
        self._raw, self._chunks, self._messages = (_private(folder / name) for name in (RAW, CHUNKS, MESSAGES))
        self._masker = Masker(key) if key is not None else None
        self._codec: Codec | None = Codec()
        self._json = msgspec.json.Encoder()
        self._started_at: float | None = None
        self._at: float | None = None
        self._offset = self._sequence = self._links = 0
        self._fresh = True  # no byte of the current link yet
        self._tail = b""  # the newest bytes, as they came
        self._worthless = False
        self.asterisk_version: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.broken()
        for file in (self._raw, self._chunks, self._messages):
            file.close()
        if self._worthless:
            for name in (RAW, CHUNKS, MESSAGES):
                (self._folder / name).unlink()
            return
        with _private(self._folder / META) as file:
            file.write(msgspec.json.format(self._json.encode(self.summary()), indent=1) + b"\n")

    def discard(self) -> None:
        """There is nothing worth keeping: closing removes the files."""
        self._worthless = True

    def summary(self) -> Summary:
        """What there is so far."""
        return Summary(
            started_at=self._started_at,
            ended_at=self._at,
            asterisk_version=self.asterisk_version,
            masked=self._masker is not None,
            links=self._links,
            messages=self._sequence,
            bytes=self._offset,
        )

    def read(self, at: float, data: bytes) -> None:
        """Bytes as they came, and when (epoch seconds). Written at once: a kill loses no more than this read."""
        if self._fresh:
            self._fresh = False
            self._links += 1
            self._codec = Codec()
        self._started_at = at if self._started_at is None else self._started_at
        self._at = at
        self._write(at, data)

    def broken(self) -> None:
        """The link is lost, or the capture ends. What was cut off in mid-message is ended, so that the next link's
        banner is not taken for a part of it."""
        if self._fresh or self._at is None:
            return
        self._told(self._at, self._masker.flush() if self._masker else b"")
        if not self._tail.endswith((b"\n\r\n", b"\n\n")):
            self._write(self._at, b"\r\n\r\n")
        self._fresh = True

    def _write(self, at: float, data: bytes) -> None:
        # Masking holds digits back but changes no length: offsets are those of what came.
        self._chunks.write(self._json.encode(Chunk(t=round(at, 6), off=self._offset, len=len(data))) + b"\n")
        self._chunks.flush()
        self._offset += len(data)
        self._tail = (self._tail + data)[-4:]
        self._told(at, self._masker.feed(data) if self._masker else data)

    def _told(self, at: float, data: bytes) -> None:
        self._raw.write(data)
        self._raw.flush()
        if self._codec is None or not data:
            return
        try:
            messages = self._codec.feed(data)
        except AmiProtocolError as error:  # the connection sees the same and closes the link
            log.warning("What the PBX sends is not AMI", extra={"reason": str(error)})
            self._codec = None
            return
        for message in messages:
            self._sequence += 1
            line = Recorded(t=round(at, 6), seq=self._sequence, event=_headers(message))
            self._messages.write(self._json.encode(line) + b"\n")
        self._messages.flush()


async def record(
    url: AmiUrl,
    folder: Path,
    *,
    key: bytes | None = None,
    seconds: float | None = None,
    on_progress: Callable[[Summary], None] | None = None,
    clock: Callable[[], float] = time.time,
    dial: Dial | None = None,
) -> Summary:
    """Record a PBX until the time is over, or for ever; cancel it to end, and the capture is whole.

    Every event is recorded, none filtered. A link lost later is made again, and the capture goes on.

    Args:
        url: where and who.
        folder: where the capture goes.
        key: masks the numbers; None leaves them.
        seconds: how long, from the first link on.
        on_progress: called once a second.
        clock: epoch seconds now.
        dial: as of ``Connection``.

    Raises:
        AmiError: the first link did not come about, for the reason it tells.
        InvalidInputError: there is a capture in the folder.
    """
    first: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def on_up(connection: Connection) -> None:
        version = connection.asterisk_version
        recorder.asterisk_version = ".".join(map(str, version)) if version else None
        await _ask(connection)
        if not first.done():
            first.set_result(None)

    def on_down(reason: str) -> None:
        recorder.broken()
        if not first.done():
            first.set_exception(AmiDisconnectedError(reason))

    with Recorder(folder, key=key) as recorder:
        connection = Connection(
            url,
            on_messages=lambda _at, _messages: None,
            on_up=on_up,
            on_down=on_down,
            keep=lambda _name: False,
            unwanted=(),
            event_classes="on",
            tap=recorder.read,
            clock=clock,
            dial=dial,
        )
        running = asyncio.create_task(connection.run())
        try:
            await asyncio.wait([first, running], return_when=asyncio.FIRST_COMPLETED)
            if not first.done() or first.exception() is not None:
                recorder.discard()
                raise first.exception() or running.exception() or asyncio.CancelledError
            await _until(seconds, running, on_progress, recorder)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    return recorder.summary()


async def _ask(connection: Connection) -> None:
    """The state of things at the beginning; what the user may not ask for is left out."""
    try:
        await connection.action("CoreStatus")
    except AmiActionFailedError as error:
        log.info("The PBX refused a query", extra={"reason": str(error)})
    for listing in LISTINGS:
        try:
            await connection.list_action(listing)
        except AmiActionFailedError as error:
            log.info("The PBX refused a query", extra={"reason": str(error)})


async def _until(
    seconds: float | None,
    running: asyncio.Task[None],
    on_progress: Callable[[Summary], None] | None,
    recorder: Recorder,
) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds if seconds is not None else float("inf")
    while (left := end - loop.time()) > 0:
        done, _ = await asyncio.wait([running], timeout=min(1.0, left))
        if done:
            await running  # it never ends by itself but by a fault
        if on_progress is not None:
            on_progress(recorder.summary())


def _headers(message: Message) -> dict[str, str | list[str]]:
    headers: dict[str, str | list[str]] = {}
    for name, value in message.items():
        known = headers.get(name)
        if known is None:
            headers[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            headers[name] = [known, value]
    return headers


def _private(path: Path) -> IO[bytes]:
    """A new file for its owner alone: it will have people's numbers and names."""
    path.touch(mode=0o600, exist_ok=False)
    return path.open("wb")
