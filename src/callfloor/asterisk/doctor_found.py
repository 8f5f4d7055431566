"""What the doctor tells: findings by stable ids, each with the lines to add; and why there is no link at all."""

import contextlib
import socket
from collections.abc import Iterable
from typing import Literal

import msgspec

from callfloor.asterisk.ami_url import AmiUrl
from callfloor.asterisk.doctor_rights import NEEDED_READ, NEEDED_WRITE

CERTIFICATE = "tlscertfile = /etc/asterisk/keys/asterisk.pem"

Level = Literal["ok", "note", "warning", "problem"]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    id: str
    level: Level
    lines: tuple[str, ...] = ()  # to add, as they stand in the PBX's file
    place: str | None = None  # which file
    values: dict[str, str] = {}


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Where a PBX's records go."""

    folder: str  # of logs
    files: tuple[str, ...]  # below it
    tables: tuple[str, ...]
    postgresql: bool = False  # the tables are PostgreSQL's


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything, in the order it was looked at."""

    connected: bool
    version: tuple[int, ...] | None = None
    accounts: int | None = None
    queues: int | None = None
    trunks: int | None = None
    calls: int | None = None
    spool: str | None = None  # the PBX's own spool folder, where it tells
    records: Places | None = None  # None: it does not tell
    found: tuple[Found, ...] = ()


def not_connected(url: AmiUrl, reason: str) -> Found:
    """Why there is no link, as far as its end tells, and what to write where."""
    ours = own_address(url)
    section = (
        f"[{url.user}]",
        "secret = …",
        "deny = 0.0.0.0/0.0.0.0",
        f"permit = {ours or 'the address of Callfloor'}/255.255.255.255",
        *rights_lines(),
    )
    values = {"reason": reason, "address": ours or ""}
    if "refused the manager user" in reason:
        return Found(id="login_refused", level="problem", lines=section, place="manager.conf", values=values)
    if "during the login" in reason:
        permit = (f"[{url.user}]", f"permit = {ours or 'the address of Callfloor'}/255.255.255.255")
        return Found(id="address_refused", level="problem", lines=permit, place="manager.conf", values=values)
    if "certificate" in reason:
        return Found(id="certificate_refused", level="problem", values=values)
    if "not Asterisk's manager" in reason:
        return Found(id="not_ami", level="problem", values=values)
    if url.tls:
        listening: tuple[str, ...] = ("tlsenable = yes", f"tlsbindaddr = 0.0.0.0:{url.port}", CERTIFICATE)
    else:
        listening = (f"port = {url.port}", "bindaddr = 0.0.0.0")
    lines = ("[general]", "enabled = yes", *listening)
    return Found(id="unreachable", level="problem", lines=lines, place="manager.conf", values=values)


def rights_lines(read: Iterable[str] = (), write: Iterable[str] = ()) -> tuple[str, str]:
    """The lines that give every right that is needed, beside those that there are."""
    reads = [*NEEDED_READ, *sorted(set(read) - set(NEEDED_READ))]
    writes = [*NEEDED_WRITE, *sorted(set(write) - set(NEEDED_WRITE))]
    return f"read = {','.join(reads)}", f"write = {','.join(writes)}"


def own_address(url: AmiUrl) -> str | None:
    """Our address on the way to the PBX, which its ``permit`` must have. Nothing is sent."""
    with contextlib.suppress(OSError, UnicodeError):
        for family, kind, *_, address in socket.getaddrinfo(url.host, url.port, type=socket.SOCK_DGRAM):
            with socket.socket(family, kind) as probe:
                probe.connect(address)
                return str(probe.getsockname()[0])
    return None
