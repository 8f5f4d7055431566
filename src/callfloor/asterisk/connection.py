"""The link to one PBX's manager interface: log in, keep it alive, pair actions with answers, come back after a loss.

``Connection.run`` is the whole life of it, and the only task that has to be started. Times are the event loop's, so
that tests run it on a virtual clock; the instants of messages come from ``clock``.
"""

import array
import asyncio
import fcntl
import logging
import random
import socket
import ssl
import termios
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from callfloor.asterisk.ami import Codec, Headers, Message, encode, pairs
from callfloor.asterisk.ami_url import AmiUrl, parse_url, tls_context
from callfloor.asterisk.answers import Answers, Listed, is_empty_listing, is_refusal
from callfloor.asterisk.filters import EVENT_CLASSES, filters
from callfloor.asterisk.login import log_in, version
from callfloor.errors import (
    AmiActionFailedError,
    AmiDisconnectedError,
    AmiError,
    AmiLoginRefusedError,
    AmiProtocolError,
    AmiTimeoutError,
)

__all__ = ["AmiUrl", "Connection", "parse_url"]

log = logging.getLogger(__name__)

CONNECT_S: Final = 3.0  # TCP alone: a packet that was lost is sent again after 1 s, then 2: a new attempt is sooner
TLS_S: Final = 10.0  # a busy PBX thinks over a handshake
BANNER_S: Final = 2.0  # some proxies send none
LOGIN_S: Final = 15.0  # Asterisk thinks for 1 s before it refuses
PING_EVERY_S: Final = 10.0
PING_WAIT_S: Final = 5.0  # so a link that is half open is found within 15 s
UNANSWERED_PINGS: Final = 3  # while events still come: a PBX that talks and does not listen
BOOT_WAIT_S: Final = 3.0  # a booted PBX says so at once; without read class "system" it never says
LOGIN_RETRY_S: Final = 30.0  # a wrong secret stays wrong, and fail2ban counts
BACKOFF_FROM_S: Final = 0.5
BACKOFF_TO_S: Final = 1.0  # nobody takes the link: the floor must be right within 3 s of its return
BACKOFF_TAKEN_TO_S: Final = 4.0  # somebody takes it, and it never comes up: no hammering
STEADY_S: Final = 30.0  # a link that lived this long begins its back-off anew
UNREAD_MOST_BYTES: Final = 256 * 1024
"""Of what we asked: an action is some hundred bytes, and its answer is waited for before the next as a rule."""
CLOSE_S: Final = 1.0
READ_BYTES: Final = 65_536

Dial = Callable[[AmiUrl], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class Connection:
    """One link to one PBX, for as long as ``run`` runs.

    Args:
        url: where and who.
        on_messages: called with the instant of each read and the events in it, in order, without what answers our own
            actions. From the login on, so also before and during ``on_up``.
        on_up: called after login, filters and FullyBooted; listings may be asked for in it. An ``AmiError`` out of it
            drops the link. Called again on the same link when FullyBooted comes late (the PBX was still starting).
        on_down: called with a text after each loss and each attempt that failed, ``on_up`` before it or not.
        keep: False for the name of an event that nobody wants; what answers our own actions is kept whatever it says.
        unwanted: ``Filter`` headers to add at the PBX; see ``filters.filters``.
        event_classes: the login's ``Events`` header, ``on`` for all.
        on_pong: called with when a ping was sent, when its answer came, and that: the PBX's clock is in it.
        tap: called with the instant and the bytes of each read, as they came.
        clock: epoch seconds now.
        dial: makes the streams; for tests.
        chance: what the jitter is drawn from.
    """

    def __init__(
        self,
        url: AmiUrl,
        *,
        on_messages: Callable[[float, list[Message]], None],
        on_up: Callable[["Connection"], Awaitable[None]],
        on_down: Callable[[str], None],
        keep: Callable[[bytes], bool] | None = None,
        unwanted: Sequence[str] | None = None,
        event_classes: str = EVENT_CLASSES,
        on_pong: Callable[[float, float, Message], None] | None = None,
        tap: Callable[[float, bytes], None] | None = None,
        clock: Callable[[], float] = time.time,
        dial: Dial | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._url = url
        self._on_messages, self._on_up, self._on_down = on_messages, on_up, on_down
        self._keep = keep
        self._unwanted = filters() if unwanted is None else list(unwanted)
        self._event_classes = event_classes
        self._on_pong, self._tap, self._clock, self._chance = on_pong, tap, clock, chance
        self._tls = tls_context(url)
        self._dial = dial or self._open
        self._answers = Answers()
        self._writer: asyncio.StreamWriter | None = None
        self._greeted, self._entered, self._booted = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._heard_at = 0.0
        self._read_at = 0.0
        self._in_vain = False  # somebody took the link, and it did not come up
        self.silent_since: float | None = None
        """Of a link that fell silent before it was given up: when it was heard last, epoch seconds."""
        self.is_up = False
        """Logged in, and ``on_up`` has returned."""
        self.banner: str | None = None
        self.asterisk_version: tuple[int, ...] | None = None
        """``(22, 10, 1)``; only ``(22,)`` where the user may not ask and the banner tells; None unknown."""
        self.filtered = False
        """Whether the PBX took the filters; it refuses them to a user without write class ``system``."""

    async def run(self) -> None:
        """Keep the link for ever. Cancel to end: the PBX is told, and the link closed.

        Raises what ``on_messages``, ``on_up`` and ``on_down`` raise, but for an ``AmiError`` of ``on_up``.
        """
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            began = loop.time()
            loss = await self._link()
            if isinstance(loss, AmiLoginRefusedError):
                retry_s = LOGIN_RETRY_S
            else:
                failures = 1 if loop.time() - began > STEADY_S else failures + 1
                retry_s = self._backoff_s(failures, BACKOFF_TAKEN_TO_S if self._in_vain else BACKOFF_TO_S)
            log.warning("The link to the PBX is down", extra={"reason": str(loss), "retry_s": round(retry_s, 3)})
            self._on_down(str(loss))
            await asyncio.sleep(retry_s)

    @property
    def addresses(self) -> tuple[str, str] | None:
        """Our own IP address on the link, and the PBX's; None while there is none."""
        if self._writer is None:
            return None
        ours, theirs = (self._writer.get_extra_info(end) for end in ("sockname", "peername"))
        return (ours[0], theirs[0]) if ours and theirs else None

    async def action(self, name: str, headers: Headers = (), *, timeout: float = 10.0) -> Message:  # noqa: ASYNC109
        """Send an action and wait for its response.

        Raises:
            AmiActionFailedError: the PBX refused it, and said why.
            AmiTimeoutError: no answer within ``timeout`` seconds.
            AmiDisconnectedError: there is no link, or it was lost meanwhile; the action may have been carried out.
            InvalidInputError: a header that cannot be sent.
        """
        action_id, answer = self._answers.open(listing=False)
        try:
            self._send(name, [("ActionID", action_id), *pairs(headers)])
            async with asyncio.timeout(timeout):
                response = await answer.response
        except TimeoutError:
            raise AmiTimeoutError(f"the PBX did not answer {name} within {timeout:g} s") from None
        finally:
            self._answers.close(action_id)
        if is_refusal(response):
            raise AmiActionFailedError(f"the PBX refused {name}: {response.get('Message').strip()}", action=name)
        return response

    async def list_action(
        self,
        name: str,
        headers: Headers = (),
        *,
        timeout: float = 10.0,  # noqa: ASYNC109
        on_listed: Listed | None = None,
    ) -> list[Message]:
        """Send an action that lists, and wait for all the events of the list, the last one ``…Complete``.

        ``timeout`` is the longest silence, in seconds: a long list may take longer in all. Raises as ``action`` does;
        a PBX that says "No … found" as an error has an empty list. By the time this returns, more may have been told
        that happened after the listing: ``on_listed`` is given it in its place.
        """
        action_id, answer = self._answers.open(listing=True, on_listed=on_listed)
        loop = asyncio.get_running_loop()
        try:
            self._send(name, [("ActionID", action_id), *pairs(headers)])
            while not answer.response.done():
                left = answer.heard_at + timeout - loop.time()
                if left <= 0:
                    raise AmiTimeoutError(f"the PBX did not go on with the list of {name} within {timeout:g} s")
                await asyncio.wait([answer.response], timeout=left)
            end = answer.response.result()
        finally:
            self._answers.close(action_id)
        if end.response is not None and not is_empty_listing(end):
            raise AmiActionFailedError(f"the PBX refused {name}: {end.get('Message').strip()}", action=name)
        return answer.events

    # --- one link ---------------------------------------------------------------------------------------------------

    async def _link(self) -> AmiError:
        """From the dialling to the loss, which is returned. Raises whatever a callback raised."""
        self.silent_since, self._in_vain = None, False
        limit_s = TLS_S if self._url.tls else CONNECT_S
        try:
            async with asyncio.timeout(limit_s):
                reader, writer = await self._dial(self._url)
        except TimeoutError:
            return AmiDisconnectedError(f"the PBX did not take the link within {limit_s:g} s")
        except ssl.SSLCertVerificationError as error:
            return AmiDisconnectedError(f"the PBX's certificate was refused: {error.verify_message}")
        except OSError as error:
            return AmiDisconnectedError(f"cannot connect to the PBX: {error.strerror or error}")
        except UnicodeError:
            return AmiDisconnectedError("cannot connect to the PBX: its host is no name")
        self._writer, self._answers, self._in_vain = writer, Answers(), True
        self._greeted, self._entered, self._booted = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.banner = self.asterisk_version = None
        self.filtered = False
        loss: AmiError = AmiDisconnectedError("Callfloor ended the link")
        # Not a TaskGroup: before Python 3.13 it leaves its owner half cancelled when a child fails. And it would cancel
        # the login before that has seen the refusal which came with the end of the stream.
        tasks = [asyncio.create_task(part) for part in (self._read(reader), self._live(), self._ping())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            loss = _cause(await _ended(tasks))
        except asyncio.CancelledError:
            writer.write(encode("Logoff"))
            await _ended(tasks)
            raise
        finally:
            self.is_up, self._writer = False, None
            self._answers.fail(str(loss))
            await _close(writer)
        return loss

    def unread_bytes(self) -> int | None:
        """How much the PBX has sent that nobody has read yet; None while there is no link.

        Over TLS: of the encrypted bytes.
        """
        connection = None if self._writer is None else self._writer.get_extra_info("socket")
        if connection is None or connection.fileno() < 0:
            return None
        waiting = array.array("i", [0])
        fcntl.ioctl(connection.fileno(), termios.FIONREAD, waiting)
        return waiting[0]

    async def _read(self, reader: asyncio.StreamReader) -> None:
        codec = Codec(keep=self._keeps if self._keep else None)
        loop = asyncio.get_running_loop()
        while True:
            try:
                data = await reader.read(READ_BYTES)
            except OSError as error:
                raise AmiDisconnectedError(f"the link to the PBX broke: {error.strerror or error}") from None
            if not data:
                raise AmiDisconnectedError("the PBX closed the link")
            at = self._clock()
            self._heard_at, self._read_at = loop.time(), at
            if self._tap is not None:
                self._tap(at, data)
            codec.keep_answers = self._answers.listing
            messages = codec.feed(data)
            if not self._greeted.is_set() and (codec.banner is not None or messages):
                self._greet(codec.banner)
            events: list[Message] = []
            for message in messages:
                if not self._answers.claim(message):
                    events.append(message)
                elif (ended := self._answers.listed) is not None and ended.on_listed is not None:
                    self._answers.listed = None
                    self._tell(at, events)
                    events = []
                    ended.on_listed(at, ended.events)
            self._tell(at, events)

    def _tell(self, at: float, events: list[Message]) -> None:
        if events:
            if not self._booted.is_set() and any(message.event == "FullyBooted" for message in events):
                self._booted.set()
            self._on_messages(at, events)

    def _keeps(self, name: bytes) -> bool:
        return name == b"FullyBooted" or (self._keep is not None and self._keep(name))

    def _greet(self, banner: str | None) -> None:
        if banner is not None and "Call Manager" not in banner:
            raise AmiProtocolError("what answers there is not Asterisk's manager interface")
        self.banner = banner
        self._greeted.set()

    async def _live(self) -> None:
        try:
            async with asyncio.timeout(BANNER_S):
                await self._greeted.wait()
        except TimeoutError:
            log.info("The PBX sent no banner; logging in without")
        await log_in(self, self._url, self._event_classes, LOGIN_S)
        self._entered.set()
        await self._set_filters()
        self.asterisk_version = await self._version()
        try:
            async with asyncio.timeout(BOOT_WAIT_S):
                await self._booted.wait()
        except TimeoutError:
            log.info("The PBX did not say that it is fully booted; going on")
        log.info("The link to the PBX is up", extra={"version": self.asterisk_version, "filtered": self.filtered})
        while True:
            self._booted.clear()
            await self._on_up(self)
            self.is_up, self._in_vain = True, False
            await self._booted.wait()

    async def _set_filters(self) -> None:
        try:
            for pattern in self._unwanted:
                await self.action("Filter", {"Operation": "Add", "Filter": pattern})
        except AmiActionFailedError as error:  # needs write class "system"; without it only more has to be read
            log.info("The PBX took no event filter", extra={"reason": str(error)})
        else:
            self.filtered = True

    async def _version(self) -> tuple[int, ...] | None:
        try:
            told = (await self.action("CoreSettings")).get("AsteriskVersion")
        except AmiActionFailedError:  # needs write class "system" or "reporting"
            told = ""
        return version(told, self.banner or "")

    async def _ping(self) -> None:
        loop = asyncio.get_running_loop()
        unanswered = 0
        await self._entered.wait()
        while True:
            await asyncio.sleep(PING_EVERY_S)
            sent_at, asked_at = loop.time(), self._clock()
            try:
                pong = await self.action("Ping", timeout=PING_WAIT_S)
                unanswered = 0
                if self._on_pong is not None:
                    self._on_pong(asked_at, self._clock(), pong)
            except AmiActionFailedError:
                unanswered = 0  # an answer all the same
            except AmiTimeoutError:
                unanswered += 1
                if self._heard_at < sent_at or unanswered >= UNANSWERED_PINGS:
                    self.silent_since = self._read_at
                    raise AmiDisconnectedError(f"the PBX did not answer a ping within {PING_WAIT_S:g} s") from None

    def _send(self, name: str, headers: Headers) -> None:
        if self._writer is None or self._writer.is_closing():
            raise AmiDisconnectedError("there is no link to the PBX")
        if self._writer.transport.get_write_buffer_size() > UNREAD_MOST_BYTES:
            self._writer.transport.abort()  # what waits would only grow; a new link may be listened to
            raise AmiDisconnectedError("the PBX does not read what it is asked")
        self._writer.write(encode(name, headers))

    def _backoff_s(self, failures: int, longest_s: float) -> float:
        """Full jitter: anything up to the exponential, so that many of us do not come back in step."""
        return self._chance() * min(longest_s, BACKOFF_FROM_S * 2.0 ** min(failures - 1, 16))

    async def _open(self, url: AmiUrl) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._tls is None:
            return await asyncio.open_connection(url.host, url.port, limit=READ_BYTES)
        try:
            async with asyncio.timeout(CONNECT_S):
                reached = await _reach(url)
        except TimeoutError:
            raise OSError(f"no answer within {CONNECT_S:g} s") from None
        return await asyncio.open_connection(sock=reached, ssl=self._tls, server_hostname=url.host, limit=READ_BYTES)


async def _reach(url: AmiUrl) -> socket.socket:
    """A socket that is connected to the first address of the host that takes it.

    Raises:
        OSError: none does, or the host has none.
    """
    loop = asyncio.get_running_loop()
    refused: OSError | None = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM):
        reached = socket.socket(family, kind, protocol)
        try:
            reached.settimeout(0)
            await loop.sock_connect(reached, address)
        except OSError as error:
            reached.close()
            refused = error
        except BaseException:
            reached.close()
            raise
        else:
            return reached
    raise refused or OSError("its host has no address")


async def _ended(tasks: list[asyncio.Task[None]]) -> list[BaseException]:
    """What the tasks ended with, in their order, once all have; those that still run are cancelled."""
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [result for result in results if result is not None and not isinstance(result, asyncio.CancelledError)]


def _cause(failures: list[BaseException]) -> AmiError:
    """Of all that fell together, what the rest fell with: a refusal rather than the loss that followed.

    Raises what is no AmiError: a callback's fault, or ours.
    """
    causes: list[AmiError] = []
    for failure in failures:
        if not isinstance(failure, AmiError):
            raise failure
        causes.append(failure)
    return next((cause for cause in causes if isinstance(cause, AmiLoginRefusedError)), causes[0])


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    try:
        async with asyncio.timeout(CLOSE_S):
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()
