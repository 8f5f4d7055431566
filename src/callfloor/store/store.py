"""The store: the one thing that other rooms hold of it.

Everything under it blocks; from the event loop it is called by ``await store.run(fn, …)`` (reads) and
``await store.change(fn, …)`` (writes). Reads have a few threads; writes have one, so that they keep their order and
a slow one never takes a reader's place.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, Self, TypeVar

import msgspec
from sqlalchemy import select

from callfloor.errors import StoreError
from callfloor.store.annotations import Annotations
from callfloor.store.api_tokens import ApiTokens
from callfloor.store.audit import Audit
from callfloor.store.callbacks import Callbacks
from callfloor.store.deliveries import Deliveries
from callfloor.store.directory import DirectoryStore
from callfloor.store.directory_edits import DirectoryEdits
from callfloor.store.directory_import import DirectoryFile
from callfloor.store.directory_photos import Photos
from callfloor.store.discoveries import Discoveries
from callfloor.store.engine import READERS, Engines, connect
from callfloor.store.erasure import Erasure
from callfloor.store.faxes import Faxes
from callfloor.store.followed_places import FollowedPlaces
from callfloor.store.identities import Identities
from callfloor.store.imports import Imports
from callfloor.store.installation import Installation
from callfloor.store.jobs import Jobs
from callfloor.store.journal import Journal
from callfloor.store.journal_columns import JournalColumns
from callfloor.store.leaving import Leaving
from callfloor.store.line_edits import LineEdits
from callfloor.store.lines import Lines
from callfloor.store.links import Links
from callfloor.store.memberships import Memberships, Role, has_administrator, insert_membership
from callfloor.store.migrate import MigrationStep, Progress, is_at, migrate, newest
from callfloor.store.one_time_links import OneTimeLinks
from callfloor.store.past_blocks import PastBlocks
from callfloor.store.profile import ProfileStore
from callfloor.store.project_users import ProjectUsers
from callfloor.store.projects import Project, Projects, find_project, insert_project
from callfloor.store.record_sources import RecordSources
from callfloor.store.removal import Removal
from callfloor.store.repairs import Repairs
from callfloor.store.repricing import Repricing
from callfloor.store.retention import Retention
from callfloor.store.rollups import Rollups
from callfloor.store.rules import ProjectRules
from callfloor.store.schedules import Schedules
from callfloor.store.scope import Scope
from callfloor.store.second_factors import SecondFactors
from callfloor.store.sessions import Sessions
from callfloor.store.spam import Spam
from callfloor.store.status_repairs import StatusRepairs
from callfloor.store.statuses import Statuses
from callfloor.store.supervisions import Supervisions
from callfloor.store.switches import Switches
from callfloor.store.tables import projects
from callfloor.store.tariffs import Tariffs
from callfloor.store.turns import Turns
from callfloor.store.users import User, Users, insert_user
from callfloor.store.voicemails import Voicemails

_P = ParamSpec("_P")
_T = TypeVar("_T")

log = logging.getLogger(__name__)

_FOLD_AT_START = 5_000
"""Calls outside of columns, with which a start is slower than all questions after it would be."""

_FOLDING = "The journal is put into columns."


class ProjectStore:
    """Everything of one project. Its queries are bound to the project; a query that is not is never sent."""

    def __init__(self, scope: Scope) -> None:
        self.project_id = scope.project_id
        self.imports = Imports(scope)
        self.journal = Journal(scope)
        self.journal_columns = JournalColumns(scope)
        self.annotations = Annotations(scope)
        self.spam = Spam(scope)
        self.callbacks = Callbacks(scope)
        self.directory = DirectoryStore(scope)
        self.discoveries = Discoveries(scope)
        self.directory_edits = DirectoryEdits(scope)
        self.line_edits = LineEdits(scope)
        self.directory_file = DirectoryFile(scope)
        self.photos = Photos(scope)
        self.jobs = Jobs(scope)
        self.lines = Lines(scope)
        self.links = Links(scope)
        self.past = PastBlocks(scope)
        self.profile = ProfileStore(scope)
        self.statuses = Statuses(scope)
        self.rollups = Rollups(scope)
        self.switches = Switches(scope)
        self.tariffs = Tariffs(scope)
        self.repricing = Repricing(scope)
        self.repairs = Repairs(scope)
        self.record_sources = RecordSources(scope)
        self.status_repairs = StatusRepairs(scope)
        self.rules = ProjectRules(scope)
        self.erasure = Erasure(scope)
        self.leaving = Leaving(scope)
        self.removal = Removal(scope)
        self.retention = Retention(scope)
        self.voicemails = Voicemails(scope)
        self.faxes = Faxes(scope)
        self.schedules = Schedules(scope)
        self.deliveries = Deliveries(scope)
        self.audit = Audit(scope)
        self.supervisions = Supervisions(scope)


class FirstStart(msgspec.Struct, frozen=True, kw_only=True):
    """What the first start found or made."""

    project: Project
    project_made: bool
    administrator: User | None  # None: there was one


class Store:
    """An open database with the newest tables."""

    def __init__(self, engines: Engines, turns: Turns | None = None) -> None:
        """Of engines whose tables are the newest; everyone else calls ``open``."""
        self._engines = engines
        self.turns = turns or Turns()
        """Whose turn it is to write, where one writes at a time."""
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._scope = Scope(engines, self.turns, None)
        self.projects = Projects(self._scope)
        self.users = Users(self._scope)
        self.memberships = Memberships(self._scope)
        self.project_users = ProjectUsers(self._scope)
        self.followed_places = FollowedPlaces(self._scope)
        self.sessions = Sessions(self._scope)
        self.second_factors = SecondFactors(self._scope)
        self.one_time_links = OneTimeLinks(self._scope)
        self.api_tokens = ApiTokens(self._scope)
        self.identities = Identities(self._scope)
        self.installation = Installation(self._scope)

    @classmethod
    def open(cls, url: str, *, progress: Progress | None = None) -> Self:
        """Connect, bring the tables up to date (``progress`` is told of each step), and be ready.

        Raises:
            ConfigurationError: the URL is not one of ours.
            StoreTooNewError: a newer Callfloor made the database.
            StoreError: it cannot be reached, read or written.
        """
        engines = connect(url)
        try:
            applied = migrate(engines, progress, then=1)
            store = cls(engines)
            store._fold(applied + 1, progress)
        except BaseException:
            engines.dispose()
            raise
        return store

    @classmethod
    def open_as_it_is(cls, url: str) -> Self | None:
        """Connect to a database whose tables are the newest already; None where something is to be done first.

        Nothing is written by it: another process may be at work there.

        Raises:
            ConfigurationError: the URL is not one of ours.
            StoreTooNewError: a newer Callfloor made the database.
            StoreError: it cannot be reached or read.
        """
        engines = connect(url)
        try:
            if is_at(engines, newest()):
                return cls(engines)
        except BaseException:
            engines.dispose()
            raise
        engines.dispose()
        return None

    @classmethod
    def beside(cls, url: str, turns: Turns) -> Self:
        """Of a database that another process of this program has open; ``turns`` ask that one.

        Raises:
            ConfigurationError: the URL is not one of ours.
        """
        return cls(connect(url), turns)

    def _fold(self, number: int, progress: Progress | None) -> None:
        """Calls that a migration left to be put into columns: until then every question reads each of them."""
        step = MigrationStep(number=number, of=number, revision="", title=_FOLDING, done=False)

        def tell(done: int, of: int) -> None:
            if progress is not None:
                progress(msgspec.structs.replace(step, rows=done, of_rows=of))

        for project in self.projects.all():
            journal = self.project(project.id).journal
            if journal.unfolded() >= _FOLD_AT_START:
                log.info("putting the journal into columns", extra={"project_id": project.id})
                journal.fold(tell)

    def close(self, *, at_end: bool = False) -> None:
        """Wait for what runs, then close every connection. The journal's writer is closed before.

        ``at_end``: of the process, whose place another one waits for. What still reads then is not waited for here.
        """
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=not at_end, cancel_futures=at_end)
        self._engines.dispose()

    def project(self, project_id: int) -> ProjectStore:
        """The door to one project; no query is made, and of a project that is not there everything is empty."""
        return ProjectStore(Scope(self._engines, self.turns, project_id))

    async def run(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a reading function on a reader's thread.

        Raises:
            StoreError: the store is closed; and whatever ``fn`` raises.
        """
        return await _call_on(self._readers, lambda: fn(*args, **kwargs))

    async def change(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call a writing function on the writer's thread, after those asked for before.

        Raises:
            StoreError: the store is closed; and whatever ``fn`` raises.
        """
        return await _call_on(self._writer, lambda: fn(*args, **kwargs))

    def check(self) -> None:
        """Ask the database something trivial, for ``/readyz``.

        Raises:
            StoreError: it cannot be reached.
        """
        with self._scope.reading() as connection:
            connection.execute(select(1)).scalar_one()

    def look_ahead(self) -> None:
        """Ask what a start asks, for nothing but that it was asked: statements are put together once."""
        for found in self.projects.all():
            project = self.project(found.id)
            project.directory.load()
            project.rules.load()
            project.switches.load()
            project.links.all()
            project.statuses.watched_at()
            project.rollups.hold()
            project.callbacks.is_whole()

    def is_administered(self) -> bool:
        """Whether anybody administers anything."""
        with self._scope.reading() as connection:
            return has_administrator(connection)

    def first_start(
        self,
        *,
        project_name: str,
        timezone: str,
        country: str,
        language: str,
        login: str,
        user_name: str,
        password_hash: Callable[[], str],
        now: float,
    ) -> FirstStart:
        """A project if there is none, and an administrator of it if nobody administers anything.

        ``password_hash`` is asked for only where it is needed: it takes a tenth of a second. One transaction, and
        harmless to repeat.

        Raises:
            ConflictError: there is no administrator, and the login is somebody's.
            InvalidInputError: a value is not what it must be.
        """
        with self._scope.writing() as connection:
            there = select(projects.c.id).where(projects.c.removing_at.is_(None)).order_by(projects.c.id)
            first = connection.execute(there.limit(1)).scalar()
            project = (
                insert_project(
                    connection,
                    name=project_name,
                    timezone=timezone,
                    country=country,
                    language=language,
                    settings={},
                    now=now,
                )
                if first is None
                else find_project(connection, first)
            )
            administrator = None
            if not has_administrator(connection):
                administrator = insert_user(
                    connection,
                    login,
                    name=user_name,
                    password_hash=password_hash(),
                    now=now,
                    locale=language,
                    theme="system",
                )
                insert_membership(connection, administrator.id, project.id, Role.ADMINISTRATOR)
            return FirstStart(project=project, project_made=first is None, administrator=administrator)


async def _call_on(threads: ThreadPoolExecutor, fn: Callable[[], _T]) -> _T:
    try:
        future = asyncio.get_running_loop().run_in_executor(threads, fn)
    except RuntimeError:  # "cannot schedule new futures after shutdown"
        raise StoreError("the store is closed") from None
    return await future
