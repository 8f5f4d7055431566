"""The socket that browsers come to, which may be there before the program is.

Loading the program takes a second. Connections that come meanwhile wait in the kernel, and are answered as soon as
somebody can: a page that lost its stream to a restart is back with the floor, and not with its next attempt.
"""

import contextlib
import socket

from callfloor.errors import ConfigurationError

BACKLOG = 2048
"""Connections the kernel holds while we are busy: after a restart every page comes back within a second or two."""

SUCCEEDS = "CALLFLOOR_SUCCEEDS"
"""In the environment of a process that another one started to come after it (``succession``)."""

_early: list[socket.socket] = []


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        ConfigurationError: the address cannot be had; the message says why.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
    except OSError as error:
        raise ConfigurationError(f"Cannot listen on {host}:{port}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)  # noqa: FBT003  # the standard library's signature
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"Cannot listen on {host}:{port}: {error.strerror or error}") from error
    return listener


def bind_early(host: str, port: int) -> None:
    """Listen before anything else is loaded. What is wrong with the address is told later, by who opens it then."""
    with contextlib.suppress(ConfigurationError):
        _early.append(bind(host, port))


def opened(host: str, port: int) -> socket.socket:
    """What ``bind_early`` opened, or else a new one.

    Raises:
        ConfigurationError: the address cannot be had; the message says why.
    """
    return _early.pop() if _early else bind(host, port)
