"""One project while it runs: its floor, what feeds it and what it feeds. ``service`` makes it and runs its tasks."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from callfloor.asterisk.fax_files import FaxFolder
from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.numbers import to_e164
from callfloor.config import Config
from callfloor.errors import AmiError, CallfloorError, StoreError
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallResult, LiveCall, StoryStep
from callfloor.floor.changes import (
    CallFinished,
    Change,
    EmployeeChanged,
    FaxFinished,
    Link,
    LinkChanged,
    LinkState,
    MailboxChanged,
    Snapshot,
    StatusChanged,
)
from callfloor.floor.directory import Directory
from callfloor.floor.employees import Status, Switch
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.project import recounting, remarking, repair_try
from callfloor.project.apart import Apart
from callfloor.project.audio_port import AudioPort
from callfloor.project.blacklist import PbxBlacklist
from callfloor.project.call_actions import CallActions
from callfloor.project.discovering import Discovering
from callfloor.project.handover import HandOver
from callfloor.project.import_desk import ImportDesk
from callfloor.project.keeping_hours import KeptHours
from callfloor.project.live_notes import LiveNotes
from callfloor.project.long_work import LongWork
from callfloor.project.messages import Messages
from callfloor.project.pbx_links import PbxLinks, ProjectCommands, id_of
from callfloor.project.personal_data import PersonalData
from callfloor.project.record_desk import RecordDesk
from callfloor.project.repairing import Repairing
from callfloor.project.supervision import Supervising, owner_mark
from callfloor.project.waiting import tell_pages, why_waiting
from callfloor.project.warm_columns import warm_columns
from callfloor.project.when_true import once_true
from callfloor.reports.post import Post
from callfloor.sealing import sealer
from callfloor.store.past_writer import PastWriter
from callfloor.store.projects import Project
from callfloor.store.rules import Rules
from callfloor.store.store import Store
from callfloor.store.writer import JournalWriter, StatusWriter
from callfloor.web.push.hub import Hub

logger = logging.getLogger(__name__)

CHORE_RETRY_S = 2.0
TICK_S = 2.0  # how often time passes on the floor; after a kill -9 history is unknown from the last one on


class RunningProject:
    """One project's floor with what feeds it and what it feeds. Fits the web's ``FloorSource``."""

    def __init__(self, project: Project, store: Store, config: Config, audio: AudioPort | None = None) -> None:
        self.project = project
        self.store = store.project(project.id)
        self._store = store
        self.floor = Floor()
        self.hub = Hub(self.floor.snapshot(), time.time)
        self.calls = JournalWriter(store, self.store.journal, config.data / f"calls-{project.id}.spill")
        self.statuses = StatusWriter(store, self.store.statuses, config.data / f"statuses-{project.id}.spill")
        self.messages = Messages(
            store,
            self.store,
            data=config.data,
            spool=config.voicemail,
            fax_folders=[FaxFolder(named, here) for named, here in config.fax],
            country=project.country,
            clock=time.time,
        )
        self.work = LongWork(store, self.store, config.data / "work" / str(project.id))
        apart = Apart(config.database_url, store.turns, config.data, repair_try.processes())
        uploads, seals = config.data / "imports" / str(project.id), sealer(config.data)
        self.imports = ImportDesk(uploads, project.country, seals, apart=apart)
        self.imports.register(self.work)
        recounting.register(self.work)
        remarking.register(self.work)
        self.personal = PersonalData(store, lambda: self.project, self.work, config, sweeps=[self.imports.sweep])
        self.pbx = PbxLinks(self.take, country=project.country, clock=self._told_at)
        self.pbx.on_up = self.keep_discovered
        self.handover = HandOver(
            config.data / f"floor-{project.id}.handover", config.data / f"floor-{project.id}.notes"
        )
        self.pbx.handed_over = self.handover.give
        self.notes = LiveNotes(
            config.data / f"floor-{project.id}.notes",
            floor=self.floor,
            links=self.pbx,
            rows=self.calls,
            clock=self.pbx.steady,
        )
        self.discovering = Discovering(
            store, self.store, self.pbx, country=project.country, clock=time.time, changed=self.load_settings
        )
        self.repairing = Repairing(
            lambda: self.project,
            store,
            self.store,
            floor=self.floor,
            links=self.pbx,
            work=self.work,
            calls=self.calls,
            folders=config.pbx_logs,
            apart=apart,
            clock=time.time,
        )
        self.records = RecordDesk(store, self.store, self.repairing, time.time)
        self.commands = ProjectCommands(self.pbx)
        self.calls_asked = CallActions(
            floor=self.floor, links=self.pbx, take=self.take, rules=lambda: self._rules, clock=time.time
        )
        self.post: Post | None = None  # letters; None: nobody sends any
        self.blacklist = PbxBlacklist(store, self.store, self.pbx, self.work, country=project.country, clock=time.time)
        self.clock: Callable[[], float] = time.time
        """The instant of what is told before any PBX is: the simulated one's past is heard from its beginning on."""
        self.discovers = True
        """Whether a PBX is looked at when it is connected; the simulated one says by itself what it has."""
        self._rules = Rules()
        self._hours = KeptHours()
        self.supervisions = Supervising(
            floor=self.floor,
            links=self.pbx,
            store=store,
            within=self.store,
            project_id=project.id,
            take=self.take,
            do=self._do,
            rules=lambda: self._rules,
            audio=audio or AudioPort(config),
            owner=owner_mark(str(config.data.resolve()), project.id),
            clock=time.time,
        )
        self.past = PastWriter(
            store,
            self.store.past,
            config.data / "past" / str(project.id),
            snapshot=self.floor.snapshot,
            clock=self._told_at,
            days=lambda: self._rules.past_days,
        )
        self._config = config
        self._closing = False
        self._finished: Counter[tuple[str, str]] = Counter()
        self._chores: asyncio.Queue[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = asyncio.Queue()

    async def start(self) -> None:
        """Open the writers, and tell the floor what the store knows: who is who, the rules, the switches.

        Of a project that rests only the work on its past begins.
        """
        if self.archived:
            await self.work.begin()
            return
        await self.calls.start()
        self.repairing.watched_at = await self._store.run(self.store.statuses.watched_at)
        await self.statuses.start()
        await self.past.start()
        shown, over = self.handover.take(self.floor, time.time())
        self._show(shown)
        self.take(over)
        if not await self._store.run(self.store.rollups.hold):
            self._do(self.store.rollups.rebuild)  # figures are right meanwhile, only slower
        await self.load_directory()
        await self.load_rules()
        for employee_id, switch in (await self._store.run(self.store.switches.load)).items():
            kept = facts.EmployeeSwitched(
                at=switch.since, employee_id=employee_id, status=switch.status, by=switch.by, by_rule=switch.by_rule
            )
            self.take([kept])
        await self.work.begin()
        await self.supervisions.begin()
        if not await self._store.run(self.store.callbacks.is_whole):
            await self.work.start(recounting.CALLBACKS, {})  # there were calls before the list was kept

    @property
    def archived(self) -> bool:
        """The project rests: nothing is collected, and nothing of it is live."""
        return self.project.archived_at is not None

    def _told_at(self) -> float:
        return self.clock()

    # --- facts in, changes out --------------------------------------------------------------------------------

    def take(self, told: Iterable[Fact]) -> None:
        """Apply facts and hand their changes on. Nothing here waits."""
        changes: list[Change] = []
        for fact in told:
            changes += self.floor.apply(fact)
        if not changes:
            return
        self._show(changes)
        for change in changes:
            match change:
                case CallFinished(record=record):
                    self._finished[str(record.type), str(record.result)] += 1
                    self.calls.put(record)
                    self._claim_voicemail(record)
                case MailboxChanged():
                    self.messages.voicemail.touched(change)
                case FaxFinished(record=fax):
                    self.messages.faxes.ended(fax)
                case StatusChanged(told=status):
                    self.statuses.put(status)
                case LinkChanged():
                    self._note_link(change)
                case EmployeeChanged(before=before, after=after) if after is not None and before is not None:
                    if before.switch != after.switch:
                        self._do(self.store.switches.set, after.id, after.switch)
                case _:
                    pass
        self.supervisions.saw(changes)

    def _show(self, changes: Sequence[Change]) -> None:
        self.hub.publish(changes)
        self.past.saw(changes, self.clock())

    def _claim_voicemail(self, record: CallRecord) -> None:
        """What a caller left in a call that ended so, is that call's, where the PBX has not told by which it came."""
        if record.result is CallResult.VOICEMAIL and record.client_number is not None and record.ended_at is not None:
            ended_at = record.ended_at
            self._do(self.store.voicemails.link, record.call_id, record.client_number, record.started_at, ended_at)

    def _note_link(self, change: LinkChanged) -> None:
        """Each loss and return of a PBX link is written down: a gap in our watching is known for ever."""
        after, link = change.after, id_of(change.link)
        if after is None:
            return  # the store has it removed or paused
        if after.state is LinkState.LIVE:
            self._do(self.store.links.up, link, at=after.since)
            self._do(self.repairing.wake_from_thread)
        elif change.before is None or change.before.state is LinkState.LIVE:
            since = self.repairing.unwatched_since(change.link, after.since)
            self._do(self.store.links.down, link, at=since, reason=after.detail or "not connected yet")

    def _do(self, fn: Callable[..., object], *args: Any, **more: Any) -> None:
        """Have the store changed, in order, without waiting for it."""
        self._chores.put_nowait((fn, args, more))

    # --- FloorSource ------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        return self.floor.snapshot()

    def call_detail(self, call_id: str) -> tuple[LiveCall, Sequence[StoryStep]] | None:
        call = self.floor.call(call_id)
        return None if call is None else (call, self.floor.story(call_id))

    def links(self) -> Sequence[Link]:
        return tuple(self.floor.books.links.values())

    def inbox(self) -> dict[str, int]:
        waiting = ((pbx.id, pbx.connection.unread_bytes()) for pbx in self.pbx)
        return {link: size for link, size in waiting if size is not None}

    def finished(self) -> dict[tuple[str, str], int]:
        return dict(self._finished)

    # --- what the web asks for --------------------------------------------------------------------------------

    async def switch(self, employee_id: int, status: Status | None, *, by: str) -> None:
        """Callfloor's own switch of an employee. Fits the web's ``SwitchEmployee``."""
        at = time.time()
        wanted = None if status is None else Switch(status=status, since=at, by=by)
        await self._store.change(self.store.switches.set, employee_id, wanted)  # first: what was accepted is kept
        self.take([facts.EmployeeSwitched(at=at, employee_id=employee_id, status=status, by=by)])

    def backlog(self) -> int:
        """How many rows wait to be written."""
        return self.calls.backlog.rows + self.statuses.backlog.rows

    def troubles(self) -> list[str]:
        """Why rows wait, and what to do."""
        return [
            *why_waiting(self.project.id, "finished calls", self.calls.backlog),
            *why_waiting(self.project.id, "statuses", self.statuses.backlog),
        ]

    # --- directory and rules ----------------------------------------------------------------------------------

    async def load_directory(self) -> None:
        """Tell the floor and the PBX links who is who, as the store has it now."""
        if self.archived:
            return
        directory = await self._store.run(self.store.directory.load)
        self.take([facts.DirectorySet(self.clock(), directory)])
        self.pbx.give(account for employee in directory.employees for account in employee.accounts)
        self.supervisions.look_again()

    def e164(self, number: str) -> str | None:
        """A number in E.164 as it is read in the project's country; None where it cannot be told."""
        return to_e164(number, self.project.country)

    async def accept(self, proposed: Directory) -> None:
        """Take over what the directory does not know yet; what was edited here stays."""
        await self._store.change(self.store.directory.accept, proposed)
        await self.load_directory()

    async def load_settings(self) -> None:
        """Who is who, and the rules."""
        await self.load_directory()
        await self.load_rules()

    async def settle(self) -> None:
        """Wait until every call that has ended by now is in the store."""
        if not self.archived:
            await self.calls.drained()

    async def load_rules(self) -> None:
        """Tell the floor the project's rules, as the store has them now."""
        self._rules = await self._store.run(self.store.rules.load)
        rule = self._rules
        self.take(
            [
                facts.RulesSet(
                    at=self.clock(),
                    missed_after_s=rule.missed_after_s,
                    dnd_after_missed=rule.dnd_after_missed,
                    pause_is_dnd=rule.pause_is_dnd,
                )
            ]
        )
        self.supervisions.look_again()

    def _keep_hours(self, now: float) -> None:
        if self._hours.concern(self._rules):
            self.take(list(self._hours.switches(self._rules, self.floor.snapshot(), self.project.timezone, now)))

    # --- tasks ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Everything that goes on in the project, until cancelled. After ``start``, and with its links opened."""
        if self.archived:
            async with asyncio.TaskGroup() as group:
                for part in (self.work.keep_house(), self.personal.nightly()):
                    group.create_task(part)
            return
        self.take(self.handover.ended(time.time()))
        async with asyncio.TaskGroup() as group:
            for name, part in (
                ("time", self.pass_time()),
                ("chores", self.do_chores()),
                ("work", self.work.keep_house()),
                ("retention", self.personal.nightly()),
                ("blacklist", self.blacklist.watch()),
                ("voicemail", self.messages.voicemail.run()),
                ("faxes", self.messages.faxes.run()),
                ("links", self.pbx.run()),
                ("repairs", self.repairing.run()),
                ("discovering", self.discovering.run()),
                ("past", self.past.run()),
                ("waits", tell_pages(self.hub, lambda: (self.calls.backlog, self.statuses.backlog), time.time)),
                ("columns", once_true(self.links, lambda: warm_columns(self._store, self.store))),
            ):
                group.create_task(part, name=f"{name}-{self.project.id}")
            if not self._config.simulated:
                # What the process before left stays until there are notes: killed meanwhile, nothing is lost.
                notes = once_true(self.links, lambda: self.notes.run(self.handover.taken))
                group.create_task(notes, name=f"notes-{self.project.id}")
            if self.post is not None:
                group.create_task(self.post.run(), name=f"post-{self.project.id}")

    async def pass_time(self) -> None:
        """Time passes on the floor; history is told that all is still watched."""
        while True:
            await asyncio.sleep(TICK_S)
            now = self.pbx.steady()
            self._keep_hours(now)
            self.take([facts.Tick(now)])
            self.statuses.heartbeat(now)

    async def do_chores(self) -> None:
        """Small changes of the store, one after the other."""
        while True:
            await self._do_chore(*await self._chores.get())

    async def _do_chore(self, fn: Callable[..., object], args: tuple[Any, ...], more: dict[str, Any]) -> None:
        """One change; while the store is down it is tried again, for what was promised is kept."""
        while True:
            try:
                await self._store.change(fn, *args, **more)
                return
            except StoreError as error:
                logger.warning("a chore of the store waits", extra={"chore": fn.__name__, "error_id": error.error_id})
                if self._closing:
                    return
            except CallfloorError as error:
                logger.warning("a chore of the store failed", extra={"chore": fn.__name__, "error_id": error.error_id})
                return
            await asyncio.sleep(CHORE_RETRY_S)

    async def keep_discovered(self, pbx: PbxLink) -> None:
        """What begins with a PBX's being there; run after each connect."""
        self.blacklist.connected()
        try:
            await self.supervisions.connected(pbx)
        except AmiError as error:
            logger.warning("legs could not be looked after", extra={"link": pbx.id, "error_id": error.error_id})
        if not self.discovers:
            return
        await self.discovering.connected(pbx)

    async def close(self) -> None:
        """End the streams, then write what waits. ``supervisions`` are ended before, while the PBX can be asked."""
        self.hub.close()
        if self.archived:
            await self.work.close()
            await self.messages.close()
            return
        if not self._config.simulated:
            self.handover.leave(self.floor, self.pbx, time.time())
        await self.work.close()
        await self.messages.close()
        self._closing = True
        while not self._chores.empty():
            await self._do_chore(*self._chores.get_nowait())
        await self.past.close()
        for writer in (self.calls, self.statuses):
            left = await writer.close()
            if left.at_risk:
                logger.error("rows could not be written anywhere", extra={"rows": left.at_risk})
