"""One manager's connection: login, what they want to hear, and the bounded way out."""

import asyncio
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from callfloor.asterisk.ami import Codec, Message
from callfloor.errors import AmiProtocolError
from callfloor.simulator import commands  # noqa: F401  # its actions enter the table
from callfloor.simulator.actions import ACTIONS, AMI_VERSION, RefusedError
from callfloor.simulator.wire import headers

if TYPE_CHECKING:
    from callfloor.simulator.server import Simulator

log = logging.getLogger(__name__)

MAX_BACKLOG_BYTES = 32 * 1024 * 1024  # about 40,000 events; a client that reads no faster is dropped (writetimeout)
MAX_UNKNOWN_BYTES = 64 * 1024  # a client may send no longer action than this
MAX_FILTERS = 100
POSIX_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": " \\t", "cntrl": "\\x00-\\x1f\\x7f", "digit": "0-9",
    "lower": "a-z", "space": "\\s", "upper": "A-Z", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
Filter = Callable[[bytes], bool]


class Session(asyncio.Protocol):
    """Reads actions, writes answers and events. Events of the classes and filters that the client chose."""

    def __init__(self, simulator: "Simulator", users: Mapping[str, str]) -> None:
        self._simulator = simulator
        self._users = users
        self._codec = Codec(max_message_bytes=MAX_UNKNOWN_BYTES)
        self._transport: asyncio.Transport | None = None
        self._challenge: str | None = None
        self._wanted: Filter | None = None
        self._include: list[Filter] = []
        self._exclude: list[Filter] = []
        self.logged_in = False

    # --- asyncio ----------------------------------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say the banner."""
        self._transport = cast(asyncio.Transport, transport)
        self._simulator.sessions.add(self)
        self._transport.write(f"Asterisk Call Manager/{AMI_VERSION}\r\n".encode())

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._simulator.sessions.discard(self)

    @override
    def data_received(self, data: bytes) -> None:
        """Answer every whole action; garbage closes this connection and no other."""
        try:
            messages = self._codec.feed(data)
        except AmiProtocolError:
            log.info("manager sent no AMI")
            self.close()
            return
        for message in messages:
            if self._transport is None or self._transport.is_closing():
                return
            self._act(message)

    def close(self) -> None:
        """Let what is written go out, then close."""
        if self._transport is not None:
            self._transport.close()

    # --- out --------------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """To the client, unless it reads too slowly: then it is dropped, as Asterisk's writetimeout does."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_BACKLOG_BYTES:
            log.warning("manager reads too slowly")
            transport.abort()
            return
        transport.write(data)

    def hear(self, events: list[bytes]) -> None:
        """Events of the PBX, for who wants them."""
        if not self.logged_in:
            return
        if self._wanted is not None:
            events = [e for e in events if self._wanted(e)]
        if self._include:
            events = [e for e in events if any(f(e) for f in self._include)]
        if self._exclude:
            events = [e for e in events if not any(f(e) for f in self._exclude)]
        if events:
            self.write(b"".join(events))

    def _answer(self, m: Message, response: str, body: str) -> None:
        self.write(f"Response: {response}\r\n{self._id(m)}{body}\r\n".encode())

    @staticmethod
    def _id(m: Message) -> str:
        return f"ActionID: {m.action_id}\r\n" if m.action_id else ""

    # --- actions ----------------------------------------------------------------------------------------------

    def _act(self, m: Message) -> None:
        name = m.get("Action").lower()
        match name:
            case "":
                self._answer(m, "Error", "Message: Missing action in request\r\n")
            case "challenge":
                self._say_challenge(m)
            case "login":
                self._login(m)
            case "logoff":
                self._answer(m, "Goodbye", "Message: Thanks for all the fish.\r\n")
                self.close()
            case _ if not self.logged_in:
                self._answer(m, "Error", "Message: Permission denied\r\n")
            case "ping":
                self._answer(m, "Success", headers(Ping="Pong", Timestamp=f"{self._simulator.world.agenda.now:.6f}"))
            case "events":
                self._wanted = _classes(m.get("EventMask", "on"))
                self._answer(
                    m,
                    "Success",
                    f"Events: {'Off' if m.get('EventMask').lower() in {'off', 'no', 'none', '0'} else 'On'}\r\n",
                )
            case "filter":
                self._filter(m)
            case _:
                self._ask(m, name)

    def _say_challenge(self, m: Message) -> None:
        if m.get("AuthType").upper() != "MD5":
            self._answer(m, "Error", "Message: Must specify AuthType\r\n")
            return
        self._challenge = str(secrets.randbelow(10**9))
        self._answer(m, "Success", f"Challenge: {self._challenge}\r\n")

    def _login(self, m: Message) -> None:
        secret = self._users.get(m.get("Username"))
        if m.get("AuthType").upper() == "MD5":
            expected = hashlib.md5(f"{self._challenge}{secret}".encode(), usedforsecurity=False).hexdigest()
            right = self._challenge is not None and hmac.compare_digest(
                expected, m.get("Key").encode().decode("ascii", "replace").lower()
            )
        else:
            right = hmac.compare_digest((secret or "").encode(), m.get("Secret").encode())
        if secret is None or not right:
            self._answer(m, "Error", "Message: Authentication failed\r\n")
            self.close()
            return
        self.logged_in = True
        self._wanted = _classes(m.get("Events", "on"))
        self._answer(m, "Success", "Message: Authentication accepted\r\n")
        uptime = int(self._simulator.world.agenda.now - self._simulator.world.started_at)
        body = headers(Uptime=uptime, LastReload=uptime, Status="Fully Booted")
        self.hear([b"Event: FullyBooted\r\nPrivilege: system,all\r\n" + body.encode() + b"\r\n"])

    def _filter(self, m: Message) -> None:
        if m.get("Operation").lower() != "add":
            self._answer(m, "Error", "Message: Unknown operation\r\n")
            return
        parsed = parse_filter(m.get("Filter"), m.get("MatchCriteria"))
        if parsed is None or len(self._include) + len(self._exclude) >= MAX_FILTERS:
            self._answer(m, "Error", "Message: Filter format error\r\n")
            return
        exclude, test = parsed
        (self._exclude if exclude else self._include).append(test)
        self._answer(m, "Success", "Message: Filter added successfully\r\n")

    def _ask(self, m: Message, name: str) -> None:
        asked = ACTIONS.get(name)
        if asked is None:
            text = f"Invalid/unknown command: {m.get('Action')}. Use Action: ListCommands to show available commands."
            self._answer(m, "Error", f"Message: {text}\r\n")
            return
        self._simulator.catch_up()
        try:
            reply = asked(self._simulator.world, m)
        except RefusedError as refused:
            self._answer(m, "Error", f"Message: {refused}\r\n")
            return
        self.write(reply.encode(m.action_id))
        self._simulator.flush()


def _classes(mask: str) -> Filter | None:
    """Login's Events and action Events: on, off, or classes such as ``call,agent``. None wants everything."""
    mask = mask.strip().lower()
    if mask in {"", "on", "yes", "all", "true", "1", "-1"}:
        return None
    wanted = (
        frozenset()
        if mask in {"off", "no", "none", "false", "0"}
        else frozenset(w.strip().encode() for w in mask.split(","))
    )

    def test(event: bytes) -> bool:
        at = event.find(b"Privilege: ") + 11
        return event[at : event.find(b",", at)] in wanted

    return test


def parse_filter(text: str, criteria: str = "") -> tuple[bool, Filter] | None:
    """Action Filter, both forms: a regular expression (``!`` first excludes), or MatchCriteria of Asterisk 22.

    Returns (excludes, test of one event's bytes); None for what cannot be understood.
    """
    if not criteria:
        exclude = text.startswith("!")
        try:
            pattern = _posix(text[exclude:])
        except re.error:
            return None
        return (exclude, lambda event: pattern.search(event) is not None) if text[exclude:] else None
    given = dict(re.findall(r"(\w+)\(([^)]*)\)", criteria))
    if not given or set(given) - {"action", "name", "header", "method"}:
        return None
    name, header = f"Event: {given.get('name', '')}\r\n".encode(), given.get("header", "")
    by_value = _by_value(given.get("method", "regex" if text else "none"), text)
    if by_value is None:
        return None
    named = "name" in given

    def test(event: bytes) -> bool:
        if named and not event.startswith(name):
            return False
        if not header:
            return by_value(event)
        found = re.search(rb"^" + re.escape(header.encode()) + rb": ?([^\r\n]*)", event, re.MULTILINE)
        return found is not None and by_value(found[1])

    return given.get("action", "include") == "exclude", test


def _by_value(method: str, text: str) -> Filter | None:
    value = text.encode()
    match method:
        case "none":
            return lambda _: True
        case "exact":
            return lambda found: found == value
        case "starts_with":
            return lambda found: found.startswith(value)
        case "ends_with":
            return lambda found: found.endswith(value)
        case "contains":
            return lambda found: value in found
        case "regex":
            try:
                pattern = _posix(text)
            except re.error:
                return None
            return lambda found: pattern.search(found) is not None
        case _:
            return None


def _posix(text: str) -> re.Pattern[bytes]:
    """A POSIX extended regular expression as regexec reads it: ``.`` is any character, ``^`` only the beginning."""
    for name, members in POSIX_CLASSES.items():
        text = text.replace(f"[:{name}:]", members)
    return re.compile(text.encode(), re.DOTALL)
