"""Recordings over HTTP(S), from ``callfloor recordings-agent`` on the PBX. Blocking; the standard library's client.

The agent looks for the file itself, under its own folders. What it finds is copied here once, in parts where the line
breaks, and is kept as long as there is room; so a waveform and each seek do not cross the network again.
"""

import contextlib
import hashlib
import http.client
import logging
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit

import msgspec

from callfloor.asterisk.recording_files import Found
from callfloor.asterisk.recording_names import is_sound
from callfloor.errors import ConfigurationError, RecordingMissingError, RecordingsUnreachableError

logger = logging.getLogger(__name__)

PORT: Final = 8071
PATH: Final = "/v1/recording"
NAME_HEADER: Final = "X-Recording-Name"
CONNECT_S: Final = 5.0
READ_S: Final = 20.0
TRIES: Final = 4
CHUNK_BYTES: Final = 256 * 1024
LARGEST_BYTES: Final = 4 * 1024**3

Keep = Callable[[str, Callable[[IO[bytes]], None]], int]
"""A kept file of a name, open; made by the callable where it is not there."""


class AgentUrl(msgspec.Struct, frozen=True, kw_only=True):
    """Where an agent is. ``token`` is a secret."""

    secure: bool
    host: str
    port: int
    token: str
    verify: bool = True
    authorities: Path | None = None


class _RefusedError(RecordingsUnreachableError):
    """The agent answered, and trying again will not help."""


def parse_agent_url(url: str) -> AgentUrl:
    """``https://token@host[:port][?ca=file|?verify=no]``, or ``http://``.

    Raises:
        ConfigurationError: it is not of this form; the message does not quote the token.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
    except ValueError:
        raise ConfigurationError("CALLFLOOR_RECORDINGS: the agent's address has no port that can be") from None
    asked = parse_qs(parts.query)
    if parts.scheme not in {"http", "https"} or not parts.hostname or set(asked) - {"ca", "verify"}:
        raise ConfigurationError(
            "CALLFLOOR_RECORDINGS: an agent is https://token@host:8071, where needed with ?ca=file or ?verify=no"
        )
    if not parts.username:
        raise ConfigurationError("CALLFLOOR_RECORDINGS: the agent's address lacks its token: https://token@host:8071")
    if asked.get("verify", ["yes"]) not in (["yes"], ["no"]):
        raise ConfigurationError("CALLFLOOR_RECORDINGS: verify is yes or no")
    return AgentUrl(
        secure=parts.scheme == "https",
        host=parts.hostname,
        port=port,
        token=unquote(parts.username),
        verify=asked.get("verify") != ["no"],
        authorities=Path(asked["ca"][0]) if "ca" in asked else None,
    )


class RecordingAgent:
    """One agent."""

    def __init__(self, url: AgentUrl, keep: Keep, *, read_s: float = READ_S) -> None:
        """Prepare to ask.

        Args:
            url: where it is.
            keep: where what it gives is kept.
            read_s: how long it may say nothing, in seconds.

        Raises:
            ConfigurationError: the file of authorities cannot be read.
        """
        self._url = url
        self._keep = keep
        self._read_s = read_s
        self._tls: ssl.SSLContext | None = None
        if url.secure:
            try:
                self._tls = ssl.create_default_context(cafile=url.authorities)
            except (OSError, ssl.SSLError) as error:
                raise ConfigurationError(f"CALLFLOOR_RECORDINGS: {url.authorities} cannot be read") from error
            if not url.verify:
                self._tls.check_hostname = False
                self._tls.verify_mode = ssl.CERT_NONE

    def find(self, named: str, leg: str | None = None) -> Found:
        """The file that the PBX named so, or whose name has the call's oldest channel in it.

        Raises:
            RecordingMissingError: the agent has no such file.
            RecordingsUnreachableError: it does not answer, refuses, or breaks off again and again; it says why.
        """
        target = f"{PATH}?named={quote(named.encode('utf-8', 'replace'), safe='')}" + (
            f"&leg={quote(leg)}" if leg else ""
        )
        connection, answer = self._ask(target)
        try:
            if answer.status != 200:
                raise _refusal(answer)
            etag, name = answer.headers.get("ETag", ""), unquote(answer.headers.get(NAME_HEADER, ""))
            size = -1 if answer.length is None else answer.length
            if not etag or not is_sound(name) or "/" in name or not 0 <= size <= LARGEST_BYTES:
                raise _RefusedError("The agent's answer is not that of a recordings agent.")
            kept = hashlib.sha256(f"{self._url.host}:{self._url.port} {name} {etag}".encode()).hexdigest()
            fd = self._keep(f"{kept}.copy", lambda into: self._copy(target, answer, etag, size, into))
            return Found(fd=fd, name=name)
        finally:
            connection.close()

    def _copy(self, target: str, answer: http.client.HTTPResponse, etag: str, size: int, into: IO[bytes]) -> None:
        """The whole body; where the line breaks, the rest is asked for."""
        have = _pour(answer, into, 0, size)
        for _ in range(TRIES - 1):
            if have == size:
                break
            logger.info("A recording broke off and is continued")
            connection, rest = self._ask(target, {"Range": f"bytes={have}-", "If-Range": etag})
            try:
                if rest.status != 206:
                    raise _RefusedError("The recording changed while it was fetched; try again.")
                have = _pour(rest, into, have, size)
            finally:
                connection.close()
        if have != size:
            raise RecordingsUnreachableError("The agent on the PBX breaks off in the middle of the recording.")

    def _ask(
        self, target: str, more: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        url = self._url
        connection = (
            http.client.HTTPConnection(url.host, url.port, timeout=CONNECT_S)
            if self._tls is None
            else http.client.HTTPSConnection(url.host, url.port, timeout=CONNECT_S, context=self._tls)
        )
        try:
            connection.connect()
            connection.sock.settimeout(self._read_s)
            connection.request("GET", target, headers={"Authorization": f"Bearer {url.token}", **(more or {})})
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise RecordingsUnreachableError(
                "The agent that serves the PBX's recordings does not answer.", reason=_told(error)
            ) from error


def _pour(answer: http.client.HTTPResponse, into: IO[bytes], have: int, size: int) -> int:
    """What comes, up to the end or to where the line breaks; how many bytes there are then."""
    while have < size:
        try:
            data = answer.read(min(CHUNK_BYTES, size - have))
        except (OSError, http.client.HTTPException):
            break
        if not data:
            break
        into.write(data)
        have += len(data)
    return have


def _refusal(answer: http.client.HTTPResponse) -> Exception:
    if answer.status == 404 and RecordingMissingError.error_id.encode() in _body(answer):
        return RecordingMissingError()
    if answer.status == 401:
        return _RefusedError("The agent on the PBX refuses the token in CALLFLOOR_RECORDINGS.")
    return _RefusedError("The agent on the PBX cannot serve it.", http_status=answer.status)


def _body(answer: http.client.HTTPResponse) -> bytes:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return answer.read(CHUNK_BYTES)
    return b""


def _told(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
