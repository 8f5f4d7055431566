"""One project's voicemail and faxes while it runs: what feeds their journals, and what the web asks. Fits its port."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from callfloor.asterisk.fax_files import FaxFolder
from callfloor.floor.messages import VoicemailMessage
from callfloor.media.shelf import Served, Shelf
from callfloor.project.fax_keeping import FaxKeeping
from callfloor.project.voicemail_watch import VoicemailWatch
from callfloor.store.store import ProjectStore, Store
from callfloor.web.contract_messages import MessagesState
from callfloor.web.sounds import Waveform

SHELF_BYTES: Final = 512 * 1024 * 1024


class Messages:
    """``voicemail`` and ``faxes`` are told what happens; both count the revision up."""

    def __init__(
        self,
        store: Store,
        project: ProjectStore,
        *,
        data: Path,
        spool: Path | None,
        fax_folders: Sequence[FaxFolder],
        country: str | None,
        clock: Callable[[], float],
    ) -> None:
        shelf = Shelf(data / "messages", SHELF_BYTES)
        self.voicemail = VoicemailWatch(
            store, project, spool, shelf, country=country, clock=clock, on_change=self.changed
        )
        self.faxes = FaxKeeping(
            store,
            project,
            fax_folders,
            data / "faxes" / str(project.project_id),
            data / f"faxes-{project.project_id}.spill",
            shelf,
            on_change=self.changed,
        )
        self._epoch = secrets.token_hex(4)  # another process counts from the beginning
        self._changes = 0

    def changed(self) -> None:
        """Something in the journals is another: pages that ask whether, fetch it anew."""
        self._changes += 1

    def state(self) -> MessagesState:
        """Whether anything is set up and reachable, and the number of what is known."""
        return MessagesState(
            revision=f"{self._epoch}-{self._changes}",
            voicemail_set_up=self.voicemail.root is not None,
            voicemail_reachable=self.voicemail.reachable,
            fax_set_up=bool(self.faxes.folders),
        )

    async def voicemail_playable(self, message: VoicemailMessage) -> Served:
        """As ``VoicemailWatch.playable``."""
        return await self.voicemail.playable(message)

    async def voicemail_original(self, message: VoicemailMessage) -> Served:
        """As ``VoicemailWatch.original``."""
        return await self.voicemail.original(message)

    async def voicemail_waveform(self, message: VoicemailMessage) -> Waveform:
        """As ``VoicemailWatch.waveform``."""
        return await self.voicemail.waveform(message)

    async def fax_page(self, files: Sequence[str], page: int) -> Served:
        """As ``FaxKeeping.page``."""
        return await self.faxes.page(files, page)

    async def fax_document(self, files: Sequence[str]) -> Served:
        """As ``FaxKeeping.document``."""
        return await self.faxes.document(files)

    async def close(self) -> None:
        """Write what waits."""
        await self.faxes.close()
        await self.voicemail.close()
