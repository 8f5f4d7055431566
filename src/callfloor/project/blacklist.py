"""The PBX's blacklist, kept in the project's list of spam: read after each connect and now and then, both ways."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from callfloor.asterisk.blacklist import read_blacklist
from callfloor.asterisk.link import PbxLink
from callfloor.asterisk.numbers import to_e164
from callfloor.errors import AmiError, CallfloorError
from callfloor.project.long_work import LongWork
from callfloor.project.remarking import REMARK
from callfloor.store.spam import Spam
from callfloor.store.store import ProjectStore, Store

logger = logging.getLogger(__name__)

READ_AGAIN_S = 60.0
"""A number that was blacklisted at a phone (FreePBX's ``*30``) is spam here within so long."""


class PbxBlacklist:
    """One project's PBXs' blacklists."""

    def __init__(
        self,
        store: Store,
        project: ProjectStore,
        links: Sequence[PbxLink],
        work: LongWork,
        *,
        country: str | None,
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._project = project
        self._links = links
        self._work = work
        self._country = country
        self._clock = clock
        self._known: dict[str, frozenset[str]] = {}  # what each PBX had when it was last heard
        self._again = asyncio.Event()

    def connected(self) -> None:
        """A link is up: read at once."""
        self._again.set()

    async def watch(self) -> None:
        """Read as long as the project runs."""
        while True:
            try:
                async with asyncio.timeout(READ_AGAIN_S):
                    await self._again.wait()
            except TimeoutError:
                pass
            self._again.clear()
            try:
                await self.read()
            except CallfloorError as error:
                logger.warning("the PBX's blacklist was not read", extra={"error_id": error.error_id})

    async def read(self) -> None:
        """Make the list's part of the PBX's equal to the PBX's. What another link had, which is down, stays.

        Raises:
            StoreError: the list cannot be read or written.
        """
        watched = {pbx.id for pbx in self._links}
        self._known = {link: numbers for link, numbers in self._known.items() if link in watched}
        for pbx in self._links:
            if not pbx.connection.is_up:
                continue
            try:
                found = await read_blacklist(pbx.connection)
            except AmiError as error:
                logger.info("the blacklist was not told", extra={"link": pbx.id, "error_id": error.error_id})
                continue
            if found is not None:
                self._known[pbx.id] = frozenset(to_e164(number, self._country) or number for number in found)
        if self._links and len(self._known) == len(self._links):  # else numbers of a PBX not heard yet would leave
            listed = frozenset[str]().union(*self._known.values())
            if await self._store.change(keep_as_listed, self._project.spam, listed, self._clock()):
                await self._work.start(REMARK, {})


def keep_as_listed(spam: Spam, listed: Iterable[str], at: float) -> bool:
    """Put what the PBX lists into the list, take out what it listed before. What people put there stays theirs.

    Returns:
        Whether anything is another now.
    """
    wanted = set(listed)
    have = {each.number: each.source for each in spam.numbers()}
    new = sorted(wanted - have.keys())
    gone = sorted(number for number, source in have.items() if source == "pbx" and number not in wanted)
    for number in new:
        spam.put(number, "pbx", None, at)
    for number in gone:
        spam.remove(number)
    return bool(new or gone)
