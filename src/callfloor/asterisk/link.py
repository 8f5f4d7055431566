"""One PBX link, end to end: connection, resynchronisation, translation; facts come out, whatever happens in between.

After each connect: who is who, then what goes on, by listings; events that arrive meanwhile are translated as they
come, and a listing never brings back a channel whose hang-up was already seen. The same listings are asked for again
every few minutes: they end the ghosts that a lost message would leave (habit 6).
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterable

from callfloor.asterisk import keeping
from callfloor.asterisk.connection import AmiUrl, Connection
from callfloor.asterisk.marks import Mark
from callfloor.asterisk.message import Message
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.resync import Resync
from callfloor.asterisk.stamps import Stamps
from callfloor.asterisk.translate import Translator, keep
from callfloor.errors import AmiActionFailedError, AmiDisconnectedError, AmiError
from callfloor.floor import facts
from callfloor.floor.facts import Fact

logger = logging.getLogger(__name__)

SWEEP_S = 120.0  # between two resynchronisations of a link that stays up
SAID_AFTER_S = 2.0  # events pass through more of the PBX's hands than listings: so much later at most
DOUBTED = frozenset({"CoreShowChannels", "QueueStatus"})
CONTACTS_AFTER_S = 0.2  # several contacts change at once as a rule: one question for all of them
CONTACTS_SHARE = 10  # so many times as long as a listing of all contacts took, nobody asks for the next
ROWS_AT_ONCE = 200  # of a listing of people: about 4 ms
EXPIRY_CHECK_S = 15.0  # a registration is renewed without a word: ask before it would run out
# Who is who before what goes on. "Status" tells what a caller dialled, "CoreShowChannels" what goes on.
LISTINGS = (
    *("ExtensionStateList", "PJSIPShowContacts", "DeviceStateList", "PresenceStateList", "BridgeList"),
    *("Status", "CoreShowChannels", "QueueStatus"),
)


class PbxLink:
    """Keeps one PBX's facts coming for as long as ``run`` runs."""

    def __init__(
        self,
        *,
        link: str,
        name: str,
        url: AmiUrl,
        on_facts: Callable[[Iterable[Fact]], None],
        country: str | None = None,
        accounts: Iterable[str] = (),
        trunks: Iterable[str] = (),
        mark: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.id = link
        self.name = name
        self.parties = Parties(accounts, trunks)
        self.mark = Mark(mark)
        """How this PBX's accounts and queues are named in the project."""
        self._take = on_facts
        self._clock = clock
        self._ever = False
        self._asking: asyncio.Task[None] | None = None
        self.translator = Translator(link, self.parties, country=country)
        self._resync = Resync(self.translator)
        self._stamps = Stamps()
        self.translator.waiting.lost()
        self.connection = Connection(
            url,
            on_messages=self._messages,
            on_up=self._up,
            on_down=self._down,
            on_pong=self.translator.people.clock.answered,
            keep=keep(self.translator.event_names),
            clock=clock,
        )
        self.on_discovery: Callable[[PbxLink], None] | None = None

    async def run(self) -> None:
        """Connect and keep connected, until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._sweep(), name=f"sweep-{self.id}")
                tasks.create_task(self._renewals(), name=f"renewals-{self.id}")
                tasks.create_task(self.connection.run(), name=f"ami-{self.id}")
        finally:
            if self._asking is not None:
                self._asking.cancel()

    def give(self, accounts: Iterable[str]) -> None:
        """The project's accounts: those that are this PBX's are employees' from now on."""
        ours = (bare for account in accounts if (bare := self.mark.off(account)) is not None)
        self.parties.give(ours)

    @property
    def was_up(self) -> bool:
        """It has been connected, by this process or by the one before it."""
        return self._ever

    def take_over(self, data: bytes) -> None:
        """A process before this one was connected, and knew this of the PBX (``keeping.keep``).

        Raises:
            ValueError: it does not fit; nothing is known then.
        """
        keeping.take_over(self.translator.plumbing, data)
        self._ever = True

    def take_up(self, notes: Iterable[bytes]) -> None:
        """As ``take_over``, after a process that was killed, by its notes of each call (``keeping.keep_call``).

        Raises:
            ValueError: they do not fit; nothing is known then.
        """
        keeping.take_up(self.translator.plumbing, notes)
        self._ever = True

    def clock_set(self, by_s: float) -> None:
        """The clock was put on by so much: what was heard before was heard so much later."""
        self.translator.clock_set(by_s)
        self._stamps.clock_set(by_s)

    def _on_facts(self, told: Iterable[Fact]) -> None:
        self._take(self.mark.facts(told))

    def _messages(self, at: float, messages: list[Message]) -> None:
        translate, happened = self.translator.translate, self._stamps.at
        out: list[Fact] = []
        for message in messages:
            out += translate(happened(at, message), message)
        if out:
            self._on_facts(out)
        if self.translator.people.asks_contacts:
            self._ask()

    def _ask(self) -> None:
        if self._asking is None and self.connection.is_up:
            self._asking = asyncio.get_running_loop().create_task(self._ask_contacts(), name=f"contacts-{self.id}")

    async def _ask_contacts(self) -> None:
        """The User-Agent of a contact comes by query only, and a refresh of its registration not at all."""
        people = self.translator.people
        try:
            again = True
            while again:
                await asyncio.sleep(CONTACTS_AFTER_S)
                people.asks_contacts = False
                asked_at = self._clock()
                events = await self.connection.list_action("PJSIPShowContacts")
                now = self._clock()
                await self._tell_people(events, asked_at)
                await asyncio.sleep(CONTACTS_SHARE * max(0.0, now - asked_at))
                again = people.asks_contacts
        except AmiError as error:
            logger.info("contacts not listed", extra={"link": self.id, "error_id": error.error_id})
        finally:
            self._asking = None

    async def _tell_people(self, events: list[Message], since: float) -> None:
        """Thousands of contacts at a time would hold up everything else."""
        for first in range(0, len(events), ROWS_AT_ONCE):
            part = events[first : first + ROWS_AT_ONCE]
            self._on_facts(self.translator.people.listed(self._clock(), part, since=since))
            await asyncio.sleep(0)

    async def _up(self, connection: Connection) -> None:
        await self.resync(connection)
        self._ever = True
        self._on_facts([facts.LinkUp(self._clock(), self.id, self.name)])
        logger.info("PBX link is up", extra={"link": self.id, "version": connection.asterisk_version})
        if self.on_discovery is not None:
            self.on_discovery(self)

    def _down(self, reason: str) -> None:
        silent_since = self.connection.silent_since
        lost = facts.LinkLost(
            self._clock(),
            self.id,
            self.name,
            reason,
            ever=self._ever,
            silent_since=silent_since if self._ever else None,
        )
        self._stamps.told(lost.at)
        self.translator.waiting.lost()
        self._on_facts([lost])
        logger.warning("PBX link is down", extra={"link": self.id, "reason": reason})

    async def resync(self, connection: Connection) -> None:
        """Make the floor equal to the PBX's listings.

        A listing that the manager user may not ask for is left out: the floor then knows less, and stays right.

        Raises:
            AmiError: the link broke, or the channels could not be listed.
        """
        since = self._clock()
        self.translator.waiting.begin()
        with contextlib.suppress(AmiActionFailedError):
            pong = await connection.action("Ping")
            self.translator.people.clock.answered(since, self._clock(), pong)
        refused = set()
        for action in LISTINGS:
            asked_at = self._clock()
            try:
                events = await self._list(connection, action, asked_at)
            except AmiActionFailedError as error:
                logger.info("listing refused", extra={"link": self.id, "listing": action, "error_id": error.error_id})
                if action == "CoreShowChannels":
                    raise
                refused.add(action)
                continue
            await self._tell_people(events, asked_at)
        dnd = await self._list_dnd(connection)
        self._on_facts(
            [
                facts.PeopleListed(
                    at=self._clock(),
                    link=self.id,
                    devices="PJSIPShowContacts" not in refused,
                    seats="QueueStatus" not in refused,
                    dnd=dnd,
                    since=since,
                )
            ]
        )

    async def _list(self, connection: Connection, action: str, asked_at: float) -> list[Message]:
        """One listing, told in its place among the events.

        What has just ended is listed no more, and may not have been told yet: while the link was up all along, what is
        lacking is asked for once more, after a moment.
        """
        doubts = connection.is_up and action in DOUBTED
        lacked: frozenset[str] | None = None

        def listed(read_at: float, events: list[Message]) -> None:
            nonlocal lacked
            if doubts and lacked is None:
                lacked = self._resync.lacks(events)
                if lacked:
                    return
            at = self._stamps.listed(asked_at, read_at)
            self._on_facts(self._resync.listing(at, events, since=asked_at, lacked=lacked))

        events = await connection.list_action(action, on_listed=listed)
        if lacked:
            await asyncio.sleep(SAID_AFTER_S)
            events = await connection.list_action(action, on_listed=listed)
        return events

    async def _list_dnd(self, connection: Connection) -> bool:
        """FreePBX keeps do-not-disturb in its database; without the right to ask, its device states must do."""
        asked_at = self._clock()
        try:
            answer = await connection.action("Command", {"Command": "database show DND"})
        except AmiActionFailedError:
            return False
        lines = answer.getlist("Output")
        self._on_facts(self.translator.people.dnd_database(self._clock(), lines, since=asked_at))
        return True

    async def _renewals(self) -> None:
        """Know of each registration that it was renewed: else its end could not be told from a chosen sign-off."""
        while True:
            await asyncio.sleep(EXPIRY_CHECK_S)
            if self.translator.people.expires_before(self._clock() + EXPIRY_CHECK_S):
                self._ask()

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            with contextlib.suppress(AmiDisconnectedError):
                try:
                    await self.resync(self.connection)
                except AmiError as error:
                    logger.warning("sweep failed", extra={"link": self.id, "error_id": error.error_id})
