"""Words of supervision: somebody listens to a call, whispers to its employee, or joins it.

Pure, as everything here; who may and what follows is ``supervising``'s, the way to the PBX is the asterisk room's.
"""

from enum import StrEnum

import msgspec


class Mode(StrEnum):
    """Who hears the supervisor. The supervisor hears both sides in every mode."""

    LISTEN = "listen"  # nobody
    WHISPER = "whisper"  # the employee alone
    JOIN = "join"  # everybody in the call


class Way(StrEnum):
    """By what the supervisor hears and speaks."""

    BROWSER = "browser"
    PHONE = "phone"  # an account of the supervisor's own


class Phase(StrEnum):
    """How far a session is."""

    STARTING = "starting"  # the PBX is asked; by phone: it rings
    ON = "on"
    FOLLOWING = "following"  # the call is between employees: there is nothing to hear now
    ENDED = "ended"


class Ending(StrEnum):
    """Why a session ended."""

    LEFT = "left"  # the supervisor left: by the page, or by hanging up
    CALL_OVER = "call_over"
    NO_ANSWER = "no_answer"  # the supervisor's phone rang in vain
    BUSY = "busy"  # it is busy, or refused
    OFFLINE = "offline"  # it is not registered
    REFUSED = "refused"  # by the PBX; ``ending_detail`` has its words
    NOT_ALLOWED = "not_allowed"  # right or policy was taken away, or the call went where they may not follow
    PAGE_GONE = "page_gone"  # the page was closed, or its line was lost for longer than a moment
    LINK_LOST = "link_lost"  # the link to the PBX
    STOPPED = "stopped"  # Callfloor was
    FAILED = "failed"  # anything else; ``ending_detail`` says what


class LiveSupervision(msgspec.Struct, frozen=True, kw_only=True):
    """One session of supervision, as it is now."""

    id: str  # cannot be guessed
    user_id: int
    user_name: str
    call_id: str
    employee_id: int | None  # who is supervised; None: an account of nobody in the directory
    account: str | None  # that employee's, in this call; None while there is nobody to hear
    way: Way
    phone: str | None = None  # the supervisor's account that rings
    mode: Mode = Mode.LISTEN
    muted: bool = False
    phase: Phase = Phase.STARTING
    since: float
    mode_since: float
    reason: str | None = None  # what the supervisor gave as theirs
    ending: Ending | None = None
    ending_detail: str | None = None


class ModeStretch(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a session in one mode, muted or not."""

    mode: Mode
    muted: bool
    began_at: float
    ended_at: float | None = None


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of a session with one employee."""

    employee_id: int | None
    account: str
    began_at: float
    ended_at: float | None = None


class SupervisionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down of a session. ``connected_at``: the first instant at which anything could be heard."""

    id: str
    user_id: int
    user_name: str
    call_id: str
    way: Way
    phone: str | None = None
    reason: str | None = None
    started_at: float
    connected_at: float | None = None
    ended_at: float | None = None
    modes: tuple[ModeStretch, ...] = ()
    followed: tuple[Followed, ...] = ()
    ending: Ending | None = None
    ending_detail: str | None = None
