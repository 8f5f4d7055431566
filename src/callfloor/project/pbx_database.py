"""A PBX's own database as a connection has it: asked for in the page, kept with its password sealed, tried."""

from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from msgspec import UNSET

from callfloor.asterisk.discovery_freepbx import understood
from callfloor.asterisk.discovery_tables import NAME, grants, read_tables
from callfloor.asterisk.doctor_found import Found
from callfloor.asterisk.mysql_tls import tls_options
from callfloor.errors import ConfigurationError, DiscoveryDatabaseError, SecretNeededError, SecretUnreadableError
from callfloor.sealing import Sealer
from callfloor.store.links import StoredLink
from callfloor.web.connections import DatabaseChange, PbxDatabase

PORT = 3306
GIVEN_BY = "CALLFLOOR_PBX_DATABASE_URL"
_REFUSED = ("1045", "1044", "1142", "1698", "1130")
"""MySQL's numbers for: no such user or password, no right to the database or table, no sign-in, no such host."""


def bare_database(asked: DatabaseChange) -> str:
    """The address as it is kept: without the password."""
    user = quote(asked.user.strip(), safe="")
    name = quote(asked.name.strip() or NAME, safe="")
    host = asked.host.strip()
    if host.startswith("/"):
        return f"mysql://{user}@localhost/{name}?socket={quote(host)}"
    at = f"[{host}]" if ":" in host else host
    query = urlencode(({"tls": asked.tls} if asked.tls != "offered" else {}) | ({"ca": asked.ca} if asked.ca else {}))
    return f"mysql://{user}@{at}:{asked.port}/{name}{'?' if query else ''}{query}"


def given_database(url: str) -> tuple[str, str]:
    """The address that the environment gives, as it is kept, and its password.

    Raises:
        ConfigurationError: it cannot be understood.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or PORT
        tls_options(parts.query)
    except ValueError as error:
        raise ConfigurationError(f"{GIVEN_BY} cannot be understood: {error}") from None
    asked = parse_qs(parts.query)
    if parts.scheme not in {"mysql", "mariadb"} or not parts.username or not (parts.hostname or asked.get("socket")):
        raise ConfigurationError(f"{GIVEN_BY} must be like mysql://callfloor:password@pbx.example/asterisk")
    bare = bare_database(
        DatabaseChange(
            host=next(iter(asked.get("socket", ())), None) or parts.hostname or "",
            port=port,
            name=unquote(parts.path.lstrip("/")) or NAME,
            user=unquote(parts.username),
            tls="required" if "tls" in asked else "offered",
            ca=next(iter(asked.get("ca", ())), None),
        )
    )
    return bare, unquote(parts.password or "")


def told_database(link: StoredLink) -> PbxDatabase | None:
    """What the page is told of it."""
    if link.database is None:
        return None
    parts = urlsplit(link.database)
    asked = parse_qs(parts.query)
    socket, ca = (next(iter(asked.get(name, ())), None) for name in ("socket", "ca"))
    return PbxDatabase(
        host=socket or parts.hostname or "",
        port=parts.port or PORT,
        name=unquote(parts.path.lstrip("/")),
        user=unquote(parts.username or ""),
        has_password=link.database_secret is not None,
        tls="required" if "tls" in asked else "offered",
        ca=ca,
    )


def opened_database(link: StoredLink, sealer: Sealer) -> str | None:
    """Its URL with the password; None: none is given, or its password cannot be read."""
    if link.database is None or link.database_secret is None:
        return None
    try:
        return with_password(link.database, sealer.open(link.database_secret))
    except SecretUnreadableError:
        return None


def with_password(bare: str, password: str) -> str:
    """A kept address with its password."""
    user, at, rest = bare.removeprefix("mysql://").partition("@")
    return f"mysql://{user}:{quote(password, safe='')}{at}{rest}"


def password_of(asked: DatabaseChange, before: StoredLink | None, sealer: Sealer) -> str:
    """The new password, or the kept one, which goes nowhere that it did not go before.

    Raises:
        SecretNeededError: there is none, or it would go elsewhere.
        SecretUnreadableError: the kept one was sealed with another key.
    """
    if asked.password is not UNSET:
        return asked.password
    if before is None or before.database is None or before.database_secret is None:
        raise SecretNeededError("Enter the database user's password.", field="database")
    was, now = urlsplit(before.database), urlsplit(bare_database(asked))
    weaker = {"tls", "ca"} & parse_qs(was.query).keys() and parse_qs(was.query) != parse_qs(now.query)
    if (was.netloc, parse_qs(was.query).get("socket")) != (now.netloc, parse_qs(now.query).get("socket")) or weaker:
        raise SecretNeededError("The password goes to another database or user now: enter it again.", field="database")
    return sealer.open(before.database_secret)


def tried(url: str, country: str | None) -> list[Found]:
    """What the doctor says of it. Blocking, for some seconds at most."""
    try:
        tables = read_tables(url)
    except DiscoveryDatabaseError as error:
        parts = urlsplit(url)
        refused = error.reason.startswith(_REFUSED)
        lines = grants(unquote(parts.username or "callfloor"), local=bool(parse_qs(parts.query))) if refused else ()
        return [
            Found(
                id="pbx_database_unread",
                level="warning",
                lines=lines,
                place="sql" if lines else None,
                values={"reason": error.reason},
            )
        ]
    found = understood(tables, country)
    values = {
        "employees": str(len(found.employees)),
        "queues": str(len(found.queues)),
        "numbers": str(len(found.numbers)),
    }
    out = [Found(id="pbx_database", level="ok", values=values)]
    lacking = sorted({note.values["table"] for note in found.notes if "table" in note.values})
    if lacking:
        out.append(Found(id="pbx_database_lacks", level="note", values={"tables": ", ".join(lacking)}))
    return out
