"""How much of what was written to a connection has not arrived yet."""

import array
import asyncio
import sys

if sys.platform == "linux":
    import fcntl
    import termios

    def _in_kernel(descriptor: int) -> int:
        """Bytes that the kernel holds for the peer, sent or not, and that the peer has not acknowledged."""
        count = array.array("i", [0])
        fcntl.ioctl(descriptor, termios.TIOCOUTQ, count)  # SIOCOUTQ of tcp(7)
        return count[0]

else:

    def _in_kernel(descriptor: int) -> int:
        return 0


def unsent(transport: asyncio.Transport) -> int:
    """Bytes written to the transport that its peer has not acknowledged; on other systems than Linux, those that wait
    in this process alone."""
    waiting = transport.get_write_buffer_size()
    connection = transport.get_extra_info("socket")
    if connection is None:
        return waiting
    try:
        return waiting + _in_kernel(connection.fileno())
    except OSError:  # closed meanwhile
        return waiting
