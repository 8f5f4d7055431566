"""The REST API's own shapes; what they carry of calls and directory is the floor's. Instants are UTC epoch seconds."""

from typing import Annotated

import msgspec

from callfloor.floor.calls import LiveCall, StoryStep
from callfloor.floor.changes import LinkState
from callfloor.store.journal import JournalCall
from callfloor.store.memberships import Role


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A login and its password."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class UserInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The user who is signed in."""

    id: int
    login: str
    name: str
    locale: str
    theme: str


class ProjectInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A project the user may enter, and as what."""

    id: int
    name: str
    timezone: str
    country: str
    role: Role
    employee_id: int | None


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, the token that unsafe requests must carry, and the projects."""

    user: UserInfo
    csrf_token: str
    projects: tuple[ProjectInfo, ...]


class SessionEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One of the user's sessions."""

    id: int
    current: bool
    created_at: float
    last_seen_at: float
    expires_at: float
    address: str | None
    user_agent: str | None


class SessionList(msgspec.Struct, frozen=True, kw_only=True):
    """The user's sessions, the latest first."""

    sessions: tuple[SessionEntry, ...]


class LiveCallDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A live call and its story so far, in time order."""

    call: LiveCall
    story: tuple[StoryStep, ...]


class CallList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the journal, newest first; ``next_cursor`` is null on the last."""

    calls: tuple[JournalCall, ...]
    next_cursor: str | None


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The process lives."""

    status: str
    version: str


class LinkHealth(msgspec.Struct, frozen=True, kw_only=True):
    """The link to one PBX."""

    project_id: int
    id: str
    state: LinkState
    since: float


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """Whether requests can be served. A PBX link that is down does not count: the page shows that itself."""

    ready: bool
    reasons: tuple[str, ...]
    links: tuple[LinkHealth, ...]
    backlog: int  # finished calls that wait to be written
    viewers: int
