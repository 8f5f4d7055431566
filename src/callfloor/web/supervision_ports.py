"""What the web room needs to hold a page's line to a session of supervision: audio both ways, and the session's state.

``project/supervision`` fits these; ``web/supervision_line`` is the page's end. Nothing here but the commands may wait,
and nothing buffers: audio that cannot go on is dropped by whoever holds it, oldest first.
"""

from typing import Protocol

import msgspec

from callfloor.floor.supervisions import LiveSupervision, Mode, Way
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
        """The session of this id, which must be the viewer's own: running, or ended a moment ago.

        Of one that has ended the sink is told its last state.

        Raises:
            NotFoundError: there is none, it ended a while ago, or it is another user's: not told apart.
        """
        ...


class AskedSupervision(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for when a session begins."""

    call_id: str
    employee_id: int | None = None  # None: whoever talks with the client
    way: Way
    phone: str | None = None  # by phone: which account of one's own; None: the only one, or the first that can ring
    mode: Mode = Mode.LISTEN
    reason: str | None = None


class SupervisionWays(msgspec.Struct, frozen=True, kw_only=True):
    """By what the viewer can supervise now."""

    browser: bool
    why_not: str | None  # why not in the browser: an ``error_id``, as ``not_set_up``, ``link_down``, ``no_module``
    phones: tuple[str, ...]  # accounts of the viewer's own that can ring
    ask_reason: bool


class Supervisions(SupervisionLines, Protocol):
    """A project's sessions. Rights and policy are looked at anew at each call; what the viewer may not see, is not.

    Beside the errors named, whatever ``PbxCommands`` raises where the PBX refuses or cannot be asked.
    """

    async def start(self, viewer: Viewer, user_name: str, asked: AskedSupervision) -> LiveSupervision:
        """Begin a session; the viewer's one before it, if any, ends. What comes of it, the line tells.

        Raises:
            NotFoundError: no such live call, or no such employee in it, that the viewer sees.
            SupervisionError: it cannot be, or the policy forbids it; which of them says why.
        """
        ...

    def of(self, viewer: Viewer) -> tuple[LiveSupervision, ...]:
        """The viewer's own sessions; an administrator's are all of the project's."""
        ...

    async def change(
        self, supervision_id: str, viewer: Viewer, *, mode: Mode | None, muted: bool | None
    ) -> LiveSupervision:
        """Switch the viewer's own session.

        Raises:
            NotFoundError: there is none of this id, or it is another user's.
            SupervisionOverError: it has ended.
        """
        ...

    async def leave(self, supervision_id: str, viewer: Viewer) -> LiveSupervision:
        """End the viewer's own session, or as an administrator anybody's. Raises as ``change``."""
        ...

    async def ways(self, viewer: Viewer, call_id: str | None) -> SupervisionWays:
        """By what the viewer can supervise a call, or where none is named, calls of the project's first PBX."""
        ...

    def is_told(self, employee_id: int) -> bool:
        """Whether somebody listens to the employee now, and the policy has them told."""
        ...
