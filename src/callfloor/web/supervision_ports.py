"""What the web room needs to hold a page's line to a session of supervision: audio both ways, and the session's state.

``project/supervision`` fits these; ``web/supervision_line`` is the page's end. Nothing here but the commands may wait,
and nothing buffers: audio that cannot go on is dropped by whoever holds it, oldest first.
"""

from typing import Protocol

from callfloor.floor.supervisions import LiveSupervision, Mode
from callfloor.web.access import Viewer


class LineSink(Protocol):
    """The page's end of a line; a session has one at most, and tells it everything from ``attach`` on."""

    def audio(self, pcm: bytes, rate: int, sides: int) -> None:
        """What is heard: signed 16-bit little-endian samples, 20 ms of them as a rule. Dropped where it cannot go.

        Args:
            pcm: a whole number of samples of each side; kept by nobody after the call.
            rate: samples a second of each side, 8000 or 16000.
            sides: 1: mixed; 2: the employee's and the client's, interleaved in this order.
        """

    def supervision(self, supervision: LiveSupervision) -> None:
        """The session's state is this now. With ``phase`` ended it is the last; then the line is closed."""

    def replaced(self) -> None:
        """Another line of the same session has taken this one's place: it is closed."""


class SupervisionLine(Protocol):
    """One session of supervision, as the one page that opened its line may use it.

    The commands raise ``ForbiddenError`` where right or policy does not allow it (any more), ``ConflictError`` where
    the session has ended, and what ``PbxCommands`` raises where the PBX refuses or cannot be asked.
    """

    def attach(self, sink: LineSink) -> None:
        """Tell this sink from now on, its present state at once. A sink attached before is told ``replaced``."""

    def detach(self, sink: LineSink) -> None:
        """The page's line has closed: a browser session ends unless another is attached within 5 s. Harmless when
        the sink is not, or not any more, the attached one."""

    def send_audio(self, pcm: bytes, rate: int) -> None:
        """What the supervisor says, mono, exactly 20 ms; dropped while they are muted, only listen, or by phone."""

    async def set_mode(self, mode: Mode) -> None:
        """Switch to a mode; done is what ``LineSink.supervision`` tells afterwards."""

    async def set_muted(self, *, muted: bool) -> None:
        """Mute or unmute the supervisor."""

    async def leave(self) -> None:
        """End the session, as its supervisor wishes."""


class SupervisionLines(Protocol):
    """A project's sessions, as lines open onto them."""

    def line(self, supervision_id: str, viewer: Viewer) -> SupervisionLine:
        """The running session of this id, which must be the viewer's own.

        Raises:
            NotFoundError: there is none, it has ended, or it is another user's: not told apart.
        """
        ...
