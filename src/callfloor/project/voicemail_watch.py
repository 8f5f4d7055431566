"""Keeps the voicemail journal equal to the PBX's spool: looks when the PBX tells of a box, and every second or so.

One thread looks, so looks never meet. What could not be written waits, and is written when the store is back.
"""

import asyncio
import contextlib
import functools
import logging
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from callfloor.asterisk.numbers import to_e164
from callfloor.asterisk.voicemail_spool import Spool, SpoolChanges, SpoolUnreachableError
from callfloor.errors import StoreError, VoicemailGoneError, VoicemailUnreachableError
from callfloor.floor.changes import MailboxChanged
from callfloor.floor.messages import VoicemailMessage
from callfloor.media.shelf import Served, Shelf
from callfloor.store.store import ProjectStore, Store
from callfloor.web.sounds import Waveform

logger = logging.getLogger(__name__)

LOOK_S: Final = 1.0  # between two looks at the whole spool
LOOK_SHARE: Final = 20  # so many times as long as a look took, nobody looks again
RETRY_S: Final = 2.0
CALLERS_REMEMBERED: Final = 256  # whose message may still have to be found
T = TypeVar("T")


class VoicemailWatch:
    """The spool of one project's PBX."""

    def __init__(
        self,
        store: Store,
        project: ProjectStore,
        root: Path | None,
        shelf: Shelf,
        *,
        country: str | None,
        clock: Callable[[], float],
        on_change: Callable[[], None],
    ) -> None:
        self.root = root
        self.reachable: bool | None = None  # None: not looked yet, or there is nothing to look at
        self._store = store
        self._journal = project.voicemails
        self._shelf = shelf
        self._e164 = functools.partial(to_e164, country=country)
        self._clock = clock
        self._on_change = on_change
        self._spool: Spool | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="voicemail")
        self._woken = asyncio.Event()
        self._boxes: set[tuple[str, str]] = set()
        self._callers: deque[tuple[tuple[str, str], str, str]] = deque(maxlen=CALLERS_REMEMBERED)
        self._put: dict[str, VoicemailMessage] = {}
        self._gone: dict[str, None] = {}
        self._calls_of: dict[str, str] = {}

    # --- what is told -------------------------------------------------------------------------------------------

    def touched(self, change: MailboxChanged) -> None:
        """The PBX told of a box: look at it now. Never waits."""
        if self.root is None:
            return
        box = (change.context, change.box)
        if change.call_id is not None and change.channel is not None:
            self._callers.append((box, change.channel, change.call_id))
        self._boxes.add(box)
        self._woken.set()

    # --- looking ------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look, until cancelled."""
        if self.root is None:
            return
        known: frozenset[str] | None = None
        while known is None:
            try:
                known = await self._store.run(self._journal.present)
            except StoreError:
                await asyncio.sleep(RETRY_S)
        self._spool = Spool(self.root, known)
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            self._woken.clear()
            boxes, self._boxes = self._boxes, set()
            await self._look(self._spool, boxes)
            await self._write()
            rest = max(LOOK_S, LOOK_SHARE * (loop.time() - began))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._woken.wait()

    async def _look(self, spool: Spool, boxes: set[tuple[str, str]]) -> None:
        try:
            if not boxes:
                self._take(await self._on_thread(spool.scan))
            for box in boxes:
                self._take(await self._on_thread(functools.partial(spool.scan, box=box)))
        except SpoolUnreachableError as error:
            self._reach(reachable=False, why=str(error))
        else:
            self._reach(reachable=True)

    def _reach(self, *, reachable: bool, why: str = "") -> None:
        if reachable is self.reachable:
            return
        self.reachable = reachable
        if reachable:
            logger.info("The voicemail spool is read")
        else:
            logger.warning("The voicemail spool cannot be read", extra={"reason": why})
        self._on_change()

    def _take(self, changes: SpoolChanges) -> None:
        for message in changes.put:
            self._put[message.key] = message
            self._gone.pop(message.key, None)
            for box, channel, call_id in self._callers:
                if box == (message.context, message.box) and channel == message.channel:
                    self._calls_of[message.key] = call_id
        for key in changes.gone:
            self._put.pop(key, None)
            self._gone[key] = None

    async def _write(self) -> None:
        if not self._put and not self._gone:
            return
        put, gone, calls_of = self._put, self._gone, self._calls_of
        try:
            changed = await self._store.change(
                self._journal.apply,
                tuple(put.values()),
                tuple(gone),
                at=self._clock(),
                calls_of=calls_of,
                e164=self._e164,
            )
        except StoreError as error:
            logger.warning("Voicemail waits for the store", extra={"error_id": error.error_id})
            return
        self._put, self._gone, self._calls_of = {}, {}, {}
        if changed:
            self._on_change()

    # --- hearing ------------------------------------------------------------------------------------------------

    async def playable(self, message: VoicemailMessage) -> Served:
        """A message as browsers play it.

        Raises:
            VoicemailGoneError: it does not lie in the spool any more, or has no sound.
            VoicemailUnreachableError: there is no spool that can be read.
            SoundError: there is no playing it.
        """
        return await self._open(message, self._shelf.playable)

    async def original(self, message: VoicemailMessage) -> Served:
        """The file as the PBX wrote it.

        Raises: as ``playable``.
        """
        return await self._open(message, self._shelf.original)

    async def waveform(self, message: VoicemailMessage) -> Waveform:
        """What is drawn of it.

        Raises: as ``playable``.
        """

        def drawn(fd: int, name: str) -> Waveform:
            size = os.fstat(fd).st_size
            found = self._shelf.waveform(fd, name)
            return Waveform(
                duration_s=found.duration_s,
                rate=found.rate,
                kind=found.kind,
                complete=found.complete,
                channels=found.channels,
                name=name,
                size_bytes=size,
            )

        return await self._open(message, drawn)

    async def _open(self, message: VoicemailMessage, give: Callable[[int, str], T]) -> T:
        spool = self._spool
        if spool is None or self.reachable is False:
            raise VoicemailUnreachableError
        try:
            fd = await self._on_thread(functools.partial(spool.open_sound, message))
        except OSError:
            raise VoicemailGoneError from None
        name = f"voicemail-{message.box}-{int(message.left_at)}.{message.sound}"
        return await asyncio.to_thread(give, fd, name)

    async def _on_thread(self, fn: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, fn)

    async def close(self) -> None:
        """Write what waits."""
        await self._write()
        self._thread.shutdown(wait=True)
