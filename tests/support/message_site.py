"""A site whose PBX keeps voicemail and faxes: the real spool and files behind the real routes."""

import asyncio
import io
import wave
from pathlib import Path

import msgspec
from PIL import Image, ImageDraw

from callfloor.asterisk.fax_files import FaxFolder
from callfloor.floor.changes import MailboxChanged
from callfloor.project.messages import Messages
from support.web_floor import NOW
from support.web_site import Site

TEXT = (
    '[message]\ncallerid="Anna" <48601234567>\norigtime={at}\nmsg_id={number}\nduration=1\n'
    "callerchan=PJSIP/t-{number}\n"
)


class Left:
    """A site whose PBX has a spool and a folder of faxes."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site = site
        self.spool, self.faxes = folder / "voicemail", folder / "pbx-fax"
        self.faxes.mkdir()
        self.messages = Messages(
            site.store, site.store.project(site.ours), data=folder, spool=self.spool,
            fax_folders=[FaxFolder("/pbx/fax", self.faxes)], country="PL", clock=site.clock,
        )  # fmt: skip
        site.projects[site.ours] = msgspec.structs.replace(site.projects[site.ours], messages=self.messages)
        self._watching: list[asyncio.Task[None]] = []
        self.base = f"/api/v1/projects/{site.ours}"

    def start(self) -> None:
        """Looks at the spool, and writes down what waits, from now on; called on the site's loop."""
        loop = asyncio.get_running_loop()
        for name, part in (("voicemail", self.messages.voicemail.run()), ("faxes", self.messages.faxes.run())):
            self._watching.append(loop.create_task(part, name=name))

    async def stop(self) -> None:
        """Looks no more."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self.messages.close()

    def leave(self, box: str, number: int, sound: bytes | None = None) -> None:
        """A message with a second of sound, or with these bytes for one."""
        folder = self.spool / "default" / box / "INBOX"
        folder.mkdir(parents=True, exist_ok=True)
        if sound is None:
            held = io.BytesIO()
            with wave.open(held, "wb") as out:
                out.setparams((1, 2, 8000, 8000, "NONE", ""))
                out.writeframes(bytes(range(250)) * 64)
            sound = held.getvalue()
        (folder / f"msg{number:04}.wav").write_bytes(sound)
        (folder / f"msg{number:04}.txt").write_text(TEXT.format(at=int(NOW) - 60, number=number))

    def told(self, box: str, call_id: str | None = None, channel: str | None = None) -> None:
        """The PBX tells of a box."""
        self.messages.voicemail.touched(
            MailboxChanged(at=NOW, link="pbx1", context="default", box=box, call_id=call_id, channel=channel)
        )


def tiff(pages: int) -> bytes:
    """A fax of so many pages, the number of each on it."""
    held = io.BytesIO()
    drawn = [Image.new("1", (1728, 400), 1) for _ in range(pages)]
    for number, page in enumerate(drawn, start=1):
        ImageDraw.Draw(page).text((100, 100), f"Page {number}", fill=0)
    drawn[0].save(held, "TIFF", compression="group4", dpi=(204, 98), save_all=True, append_images=drawn[1:])
    return held.getvalue()
