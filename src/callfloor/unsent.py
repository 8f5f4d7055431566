"""How much of what was written to a connection is still here: a network that is too slow shows by it first.

Live audio asks before each frame, and drops what would come too late instead of queueing it.
"""

import array
import sys
from typing import Any, Protocol

if sys.platform == "linux":
    import fcntl

    _SIOCOUTQNSD = 0x894B
    """tcp(7) and linux/sockios.h: bytes of the send queue that were not sent yet. What was sent and is not acknowledged
    is on its way, and grows with the distance; it says nothing of a jam."""

    def _in_kernel(descriptor: int) -> int:
        count = array.array("i", [0])
        fcntl.ioctl(descriptor, _SIOCOUTQNSD, count)
        return count[0]

else:

    def _in_kernel(descriptor: int) -> int:
        return 0


class Sending(Protocol):
    """The part of an asyncio transport that is asked."""

    def get_write_buffer_size(self) -> int:
        """Bytes that wait in this process."""
        ...

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """``socket`` is asked for."""


def not_sent(transport: Sending) -> int:
    """Bytes written to the transport that have not left this machine; elsewhere than on Linux, this process."""
    waiting = transport.get_write_buffer_size()
    connection = transport.get_extra_info("socket")
    if connection is None:
        return waiting
    try:
        return waiting + _in_kernel(connection.fileno())
    except OSError:  # closed meanwhile
        return waiting
