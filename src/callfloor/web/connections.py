"""A project's PBX connections as the web has them, and what it needs of whoever keeps them."""

from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from callfloor.store.links import Origin

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:\-]+$")]
_Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"^[^\x00\r\n]*$")]
_File = Annotated[str, msgspec.Meta(max_length=1000, pattern=r"^/[^\x00-\x1f\x7f]*$")]

State = Literal["connecting", "live", "stale", "paused", "unreadable"]


class DatabaseChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The PBX's own database as it is to be read. ``password`` left out is the one that is kept."""

    host: Annotated[
        str, msgspec.Meta(min_length=1, max_length=253, pattern=r"^(/[^\x00-\x20\x7f?#]*|[A-Za-z0-9._:\-]+)$")
    ]
    """A name, an address, or the path of a Unix socket."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 3306
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_$\-]+$")] = "asterisk"
    user: _Text
    password: _Secret | UnsetType = UNSET
    tls: Literal["offered", "required"] = "offered"  # required: never without; offered: where the server can
    ca: _File | None = None  # a file with the certificates to trust; with it the server's own is checked


class PbxDatabase(msgspec.Struct, frozen=True, kw_only=True):
    """The PBX's own database, which is read and never written. The password never leaves."""

    host: str
    port: int
    name: str
    user: str
    has_password: bool
    tls: Literal["offered", "required"] = "offered"
    ca: str | None = None


class ConnectionChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PBX connection as it is to be. ``secret`` left out is the one that is kept."""

    name: _Text
    host: _Host
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 5038
    user: _Text
    secret: _Secret | UnsetType = UNSET
    tls: bool = False
    verify: bool = True  # the PBX's certificate; of meaning with TLS alone
    ca: _File | None = None  # a file on Callfloor's machine with the certificates to trust
    login: Literal["auto", "challenge", "plain"] = "auto"
    mark: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,15}$")] | None = None
    database: DatabaseChange | UnsetType | None = UNSET  # FreePBX's own; left out, it stays; null takes it away


class ConnectionTest(ConnectionChange, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PBX connection to be tried; with an id, what is left out is that connection's."""

    id: int | None = None


class PauseChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the PBX is watched."""

    paused: bool


class PbxConnection(msgspec.Struct, frozen=True, kw_only=True):
    """One PBX connection with how it is now. The secret never leaves."""

    id: int
    name: str
    host: str
    port: int
    user: str
    has_secret: bool
    tls: bool
    verify: bool
    ca: str | None
    login: Literal["auto", "challenge", "plain"]
    mark: str | None
    database: PbxDatabase | None
    database_given: bool  # where Callfloor is started, and changed there
    origin: Origin  # environment and simulator: the address is given where Callfloor is started, and changed there
    state: State
    since: float | None
    detail: str | None
    version: str | None
    accounts: int  # that the PBX has told of


class ConnectionList(msgspec.Struct, frozen=True, kw_only=True):
    """The project's PBX connections, in the order they were made."""

    connections: tuple[PbxConnection, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. ``id`` is stable; the page has its words by it, ``title`` and ``costs`` are
    English."""

    id: str
    level: Literal["ok", "note", "warning", "problem"]
    title: str
    costs: str | None = None  # what is missing because of it
    lines: tuple[str, ...] = ()  # to add, as they stand in the file
    place: str | None = None  # the file, or the way through FreePBX's pages
    values: dict[str, str] = {}  # what was found, for the words


class Examination(msgspec.Struct, frozen=True, kw_only=True):
    """What the doctor found at one PBX, in the order it was looked at."""

    at: float
    took_s: float
    connected: bool
    version: str | None
    accounts: int | None  # people; None: it could not be asked
    queues: int | None
    trunks: int | None
    calls: int | None  # that go on
    findings: tuple[Finding, ...]


class Connections(Protocol):
    """A project's PBX connections: each change holds at once."""

    async def all(self) -> tuple[PbxConnection, ...]:
        """All of them, with how they are now."""
        ...

    async def get(self, link_id: int) -> PbxConnection:
        """One of them.

        Raises:
            NotFoundError: the project has no such connection.
        """
        ...

    async def add(self, asked: ConnectionChange) -> PbxConnection:
        """A new one, watched at once.

        Raises:
            InvalidInputError: something in it cannot be.
            SecretNeededError: it has no secret.
            ConflictError: its name or mark is another's.
        """
        ...

    async def change(self, link_id: int, asked: ConnectionChange) -> PbxConnection:
        """It is this one from now on.

        Raises:
            NotFoundError: the project has no such connection.
            SecretNeededError: the kept secret would go elsewhere.
            ConnectionGivenError: it is given where Callfloor is started.
            InvalidInputError, ConflictError: as ``add``.
        """
        ...

    async def pause(self, link_id: int, *, paused: bool) -> PbxConnection:
        """Watch it no more, or again.

        Raises:
            NotFoundError: the project has no such connection.
        """
        ...

    async def remove(self, link_id: int) -> None:
        """Forget it; its calls stay.

        Raises:
            NotFoundError: the project has no such connection.
            ConnectionGivenError: it is given where Callfloor is started.
        """
        ...

    async def test(self, asked: ConnectionTest) -> Examination:
        """Try a connection without keeping it, and look at what the PBX allows and has.

        Raises:
            NotFoundError: the project has no such connection.
            SecretNeededError, InvalidInputError: as ``change``.
        """
        ...

    async def examine(self, link_id: int) -> Examination:
        """Look at a connection that is kept.

        Raises:
            NotFoundError: the project has no such connection.
            SecretUnreadableError: its secret cannot be opened.
        """
        ...
