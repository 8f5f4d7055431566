"""What the web room needs of the others, stated narrowly; ``service`` hands over what fits."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from callfloor.floor.calls import LiveCall, StoryStep
from callfloor.floor.changes import Link, Snapshot
from callfloor.floor.employees import Status
from callfloor.floor.messages import VoicemailMessage
from callfloor.store.audit import AuditFilter
from callfloor.store.jobs import Job
from callfloor.store.masking import Masking
from callfloor.store.past_writer import PastWriter
from callfloor.store.store import ProjectStore, Store
from callfloor.store.supervision_rows import SupervisionFilter
from callfloor.web.access_ports import AccountLetters, GivenIssuer, Secrets
from callfloor.web.call_actions import CallControl
from callfloor.web.connections import Connections
from callfloor.web.contract_messages import MessagesState
from callfloor.web.discovery import Discovery
from callfloor.web.push.hub import Hub
from callfloor.web.repairs import Repairs
from callfloor.web.setup import SetUp
from callfloor.web.sounds import SoundBody, Waveform
from callfloor.web.supervision_ports import Supervisions


class FloorSource(Protocol):
    """The live floor of one project, read between two facts; nothing here waits."""

    def snapshot(self) -> Snapshot:
        """The whole floor now."""
        ...

    def call_detail(self, call_id: str) -> tuple[LiveCall, Sequence[StoryStep]] | None:
        """A live call and its story so far, in time order; None where there is no such live call."""
        ...

    def links(self) -> Sequence[Link]:
        """The PBX links."""
        ...

    def inbox(self) -> Mapping[str, int]:
        """How many bytes of each PBX link wait to be read; a link that is down is left out."""
        ...

    def finished(self) -> Mapping[tuple[str, str], int]:
        """How many calls ended since the start, by type and result."""
        ...


class PbxCommands(Protocol):
    """What a project's PBX can be asked to do for an employee: done is what the stream tells afterwards.

    Every method raises ``AmiActionFailedError`` with the PBX's words where it refuses, ``AmiDisconnectedError`` or
    ``AmiTimeoutError`` where it cannot be asked or does not answer, and ``NotFoundError`` where it has no such member.
    """

    async def pause(self, account: str, queue: str, *, paused: bool, reason: str | None = None) -> None:
        """Pause or unpause a member of a queue."""

    async def add_to_queue(self, account: str, queue: str, *, name: str) -> None:
        """Make an account a member of a queue, under the employee's name."""

    async def remove_from_queue(self, account: str, queue: str) -> None:
        """Take a member off a queue."""

    async def set_dnd(self, account: str, *, on: bool) -> None:
        """Switch an account's do-not-disturb."""


class SwitchEmployee(Protocol):
    """Callfloor's own switch of an employee's status: no PBX is asked."""

    async def __call__(self, employee_id: int, status: Status | None, *, by: str) -> None:
        """Set it to do-not-disturb or offline, or take it back (None). ``by`` is the login of who does.

        It is stored when this returns.

        Raises:
            StoreError: it could not be, and is as it was.
        """


class Work(Protocol):
    """A project's long work; each kind by its name."""

    async def start(
        self, kind: str, params: dict[str, Any], *, user_id: int | None = None, user_name: str | None = None
    ) -> Job:
        """Have it done. A parameter whose name begins with ``_`` is a secret of the job's.

        Raises:
            InvalidInputError: there is no such kind, or the parameters are no JSON.
        """
        ...

    async def cancel(self, job_id: int) -> Job:
        """Stop it: at once where it waits, at its next step where it runs.

        Raises:
            NotFoundError: there is no such job.
        """
        ...

    def now(self, job: Job) -> Job:
        """The job with its progress as it is this moment."""
        ...

    def file(self, job: Job) -> Path | None:
        """The file that it made; None where there is none, or none any more."""
        ...


class AskedRecording(msgspec.Struct, frozen=True, kw_only=True):
    """Which recording: what is kept of its call."""

    call_id: str
    named: str | None  # as the PBX named it; None: it named none
    started_at: float
    talk_s: float  # with hold
    of_employee: bool = False  # it was an employee's channel that was recorded


class Recordings(Protocol):
    """The recordings of calls, wherever they lie.

    Every method raises ``NotRecordedError`` or ``RecordingMissingError`` where there is none,
    ``RecordingsUnreachableError`` where nobody can tell, and the other ``SoundError`` where there is no playing it.
    """

    async def playable(self, asked: AskedRecording) -> SoundBody:
        """The recording as browsers play it."""
        ...

    async def original(self, asked: AskedRecording) -> SoundBody:
        """The file as the PBX wrote it."""
        ...

    async def waveform(self, asked: AskedRecording) -> Waveform:
        """What is drawn of it."""
        ...


class Messages(Protocol):
    """A project's voicemail and faxes: what lies at the PBX, and what was taken over.

    Sounds raise ``VoicemailGoneError`` or ``VoicemailUnreachableError`` where there is none, and ``SoundError`` where
    there is no playing it; pages raise ``FaxNotKeptError`` or ``FaxBrokenError``.
    """

    def state(self) -> MessagesState:
        """Whether anything is set up and reachable, and the number of what is known. Never waits."""
        ...

    def changed(self) -> None:
        """The web has changed a row: whoever watches fetches it."""

    async def voicemail_playable(self, message: VoicemailMessage) -> SoundBody:
        """A message as browsers play it."""
        ...

    async def voicemail_original(self, message: VoicemailMessage) -> SoundBody:
        """The file as the PBX wrote it."""
        ...

    async def voicemail_waveform(self, message: VoicemailMessage) -> Waveform:
        """What is drawn of it."""
        ...

    async def fax_page(self, files: Sequence[str], page: int) -> SoundBody:
        """A page, from 1, as PNG."""
        ...

    async def fax_document(self, files: Sequence[str]) -> SoundBody:
        """All pages as PDF."""
        ...


class LiveSettings(Protocol):
    """Told that the store's settings are others now, so that the live floor goes by them."""

    async def load_rules(self) -> None:
        """The project's rules."""

    async def load_directory(self) -> None:
        """Who is who, and the company's numbers."""

    def e164(self, number: str) -> str | None:
        """A number in E.164 as it is read in the project's country; None where it cannot be told."""
        ...


class Post(Protocol):
    """A project's letters with reports: they go out by themselves."""

    @property
    def is_set_up(self) -> bool:
        """Whether letters can be sent at all."""
        ...

    def wake(self) -> None:
        """A letter or a schedule is new."""

    def file(self, delivery_id: int) -> Path | None:
        """The report that was too large for its letter; None: there is none, or none any more."""
        ...


class ReportColumns(msgspec.Struct, frozen=True, kw_only=True):
    """The columns that reports can have, by their keys."""

    calls: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()  # of calls, where none are chosen
    totals: tuple[str, ...] = ()


class ImportUploads(Protocol):
    """Files that are to be imported, on their way here; and what may be asked of an import."""

    def begin(self, kind: str, name: str, size: int) -> object:
        """Make room for a file; its id, kind, name, size and how much was received.

        Raises:
            InvalidInputError: too large, or of no kind.
        """
        ...

    def add(self, upload_id: str, offset: int, data: bytes) -> object:
        """The next part.

        Raises:
            NotFoundError: there is no such file.
            ConflictError: a part before it is missing.
            InvalidInputError: it is longer than was said.
        """
        ...

    def params(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What was asked, as the parameters of the job ``import``; secrets begin with ``_``.

        Raises:
            InvalidInputError: something in it cannot be.
            NotFoundError: an upload is not there.
        """
        ...


class LogFiles(Protocol):
    """Makes the logs' files, as csv or xlsx. Blocking; ``ReportDiskError`` where the disk has no room for one.

    ``mask``: how clients' numbers look to the reader; None: as they are.
    """

    def supervisions(
        self,
        project: ProjectStore,
        zone: ZoneInfo,
        wanted: SupervisionFilter,
        *,
        form: str,
        language: str,
        now: float,
        mask: Masking | None = None,
    ) -> SoundBody:
        """Who supervised whom."""
        ...

    def audit(
        self,
        project: ProjectStore,
        zone: ZoneInfo,
        wanted: AuditFilter,
        *,
        form: str,
        language: str,
        now: float,
        mask: Masking | None = None,
    ) -> SoundBody:
        """Who did what."""
        ...


class LiveProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project whose floor runs in this process."""

    source: FloorSource
    hub: Hub
    commands: PbxCommands
    switch: SwitchEmployee
    work: Work
    settings: LiveSettings
    messages: Messages | None = None  # None: nobody keeps voicemail and faxes here
    post: Post | None = None  # None: no letters go out from here
    calls: CallControl | None = None  # None: no PBX can be asked here
    uploads: ImportUploads | None = None  # None: nothing can be imported here
    connections: Connections | None = None  # None: its PBX connections are not kept here
    discovery: Discovery | None = None  # None: nobody looks at its PBXes here
    supervisions: Supervisions | None = None  # None: nobody supervises here
    repairs: Repairs | None = None  # None: nothing is repaired here
    past: PastWriter | None = None  # None: nobody keeps the past floor here, beside what the store has
    settle: Callable[[], Awaitable[None]] | None = None  # waits until what has ended is in the store; None: it is


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the installation decides about the web side. Durations in seconds."""

    static: Path = Path(__file__).parent / "static"
    origins: frozenset[str] = frozenset()  # beside the request's own host, e.g. "https://floor.example.com"
    secure_cookies: bool = False  # True: Secure even where the request came by http (a proxy that does not say)
    session_idle_s: float = 12 * 3600.0
    session_absolute_s: float = 14 * 86400.0
    public_url: str | None = None  # where people reach the page, for links in letters
    issuer: GivenIssuer | None = None  # None: sign-in elsewhere is set in the page, if at all
    metrics_token: str | None = None  # None: metrics are for this very machine


class Deps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the app is made of."""

    store: Store
    projects: Mapping[int, LiveProject]  # looked into at each request: service may add to it
    backlog: Callable[[], int]  # finished calls that wait to be written
    troubles: Callable[[], Sequence[str]] = tuple  # why they wait, and what to do
    clock: Callable[[], float]  # the UTC epoch second now
    version: str
    secrets: Secrets
    letters: AccountLetters | None = None  # None: no letters go out from here
    report_columns: ReportColumns = ReportColumns()
    settings: WebSettings = WebSettings()
    recordings: Recordings | None = None  # None: nobody said where they are
    set_up: SetUp | None = None  # None: Callfloor cannot be set up by this app
    logs: LogFiles | None = None  # None: nothing makes files of the logs here
    make_photo: Callable[[bytes], bytes] | None = None  # a picture made small; None: no photos are kept here
