"""Voicemail and faxes of the simulated company: a spool as Asterisk keeps one, and TIFFs as a fax machine sends them.

The product reads them the way it reads a real PBX's. A few lie there from the first start on; while the simulation
runs, somebody leaves another message every few minutes, and somebody hears or deletes one.
"""

import asyncio
import random
import shutil
import time
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from callfloor.asterisk.numbers import to_e164
from callfloor.config import Config
from callfloor.floor.directory import Directory
from callfloor.floor.messages import FaxDirection, FaxRecord, FaxResult
from callfloor.media import speech
from callfloor.project.fax_keeping import FaxKeeping
from callfloor.store.faxes import FaxFilter
from callfloor.store.message_pages import MessageSight, MessageSort
from callfloor.store.store import ProjectStore, Store

CONTEXT: Final = "default"
SHARED_BOX: Final = "900"
FIRST_MESSAGES: Final = 16
FIRST_FAXES: Final = 6
BACK_S: Final = 6 * 86_400.0
NEXT_AFTER_S: Final = (90.0, 300.0)
MOST_NEW: Final = 40
"""Messages that nobody has heard; the oldest are then heard."""

_CALLERS: Final = (
    ("79161234567", ""), ("380671234567", "Олена"), ("48601234567", "Zofia Nowak"), ("79031112233", ""),
    ("447700900123", "J. Smith"), ("380501112233", ""), ("", "Anonymous"), ("4915112345678", "Lager Berlin"),
)  # fmt: skip
_STATIONS: Final = ("ACME LOGISTICS", "+48 22 123 45 67", "NOTARIUS", "Kanzlei Weber", "", "STORE 12")
_PAGE: Final = (1728, 1145)  # A4 at 204 × 98 to the inch


def settings(config: Config) -> Config:
    """The settings of a simulation: voicemail and faxes lie in the data folder, unless they are set otherwise."""
    if not config.simulated:
        return config
    faxes_here = (config.data / "simulated-fax").absolute()
    return msgspec.structs.replace(
        config,
        voicemail=config.voicemail or (config.data / "simulated-voicemail").absolute(),
        fax=config.fax or ((str(faxes_here), faxes_here),),
    )


async def move_in(config: Config, store: Store, project: ProjectStore, keeping: FaxKeeping) -> "SimulatedSpool | None":
    """What lies there from the first start on; None where the settings lead to a real PBX's folders.

    Raises:
        StoreError: the store refused.
    """
    root = (config.data / "simulated-voicemail").absolute()
    if config.voicemail != root:
        return None
    now, seed = time.time(), config.simulated_seed
    spool = SimulatedSpool(root, await store.run(project.directory.load), seed)
    await asyncio.to_thread(spool.fill, now)
    everything = FaxFilter(from_at=0.0, to_at=now + 1.0)
    known = await store.run(project.faxes.page, everything, MessageSort(), MessageSight(), limit=1)
    if not known.total:
        folder = config.data / "simulated-fax"
        for record in await asyncio.to_thread(faxes, folder.absolute(), now, seed, config.country or "UA"):
            keeping.ended(record)
    return spool


class SimulatedSpool:
    """The voicemail of the simulated company below ``root``."""

    def __init__(self, root: Path, directory: Directory, seed: int) -> None:
        self.root = root
        accounts = [account for employee in directory.employees for account in employee.accounts]
        self._boxes = [*sorted(accounts)[:12], SHARED_BOX]
        self._chance = random.Random(seed)  # noqa: S311 - a company that never was
        self._count = 0

    def fill(self, now: float) -> None:
        """The first messages, unless some were left in an earlier run. Blocking."""
        if any(self.root.glob(f"{CONTEXT}/*/*/*.txt")):
            return
        for _ in range(FIRST_MESSAGES):
            folder = self._chance.choices(("INBOX", "Old", "Work", "Urgent"), (6, 5, 1, 1))[0]
            self.leave(now - self._chance.random() * BACK_S, folder)

    def leave(self, at: float, folder: str = "INBOX") -> None:
        """Somebody speaks to a box: the sound first, the text last, each put in place whole. Blocking."""
        self._count += 1
        box = self._chance.choice(self._boxes)
        number, name = self._chance.choice(_CALLERS)
        seconds = self._chance.randint(4, 14)
        place = self.root / CONTEXT / box / folder
        making = self.root / CONTEXT / box / "tmp"
        for one in (place, making):
            one.mkdir(parents=True, exist_ok=True)
        stem = f"msg{len(list(place.glob('*.txt'))):04}"
        _speak(making / "sound", self._chance.getrandbits(32), seconds)
        caller = f'"{name}" <{number}>' if name and number else number or name
        (making / "text").write_text(
            f"[message]\norigmailbox={box}\ncontext=from-internal\ncallerchan=\ncallerid={caller}\n"
            f"origtime={int(at)}\nmsg_id={int(at)}-{self._count:08x}\nflag=\nduration={seconds}\n",
            encoding="utf-8",
        )
        (making / "sound").rename(place / f"{stem}.wav")
        (making / "text").rename(place / f"{stem}.txt")

    def tend(self) -> None:
        """Somebody hears the oldest new message of a box, or deletes it, and the rest are renumbered. Blocking."""
        boxes = [box for box in self._boxes if any((self.root / CONTEXT / box / "INBOX").glob("*.txt"))]
        if not boxes:
            return
        box = self.root / CONTEXT / self._chance.choice(boxes)
        texts = sorted((box / "INBOX").glob("*.txt"))
        old = box / "Old"
        old.mkdir(exist_ok=True)
        heard = self._chance.random() < 0.8
        stem = f"msg{len(list(old.glob('*.txt'))):04}"
        for ending in (".wav", ".txt"):
            file = texts[0].with_suffix(ending)
            if heard:
                file.rename(old / f"{stem}{ending}")
            else:
                file.unlink(missing_ok=True)
        for place, text in enumerate(texts[1:]):
            for ending in (".wav", ".txt"):
                text.with_suffix(ending).rename(text.with_name(f"msg{place:04}{ending}"))

    async def run(self, after_s: tuple[float, float] = NEXT_AFTER_S) -> None:
        """Messages come and are heard, until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(*after_s))
            await asyncio.to_thread(self.leave, time.time())
            new = sum(1 for _ in self.root.glob(f"{CONTEXT}/*/INBOX/*.txt"))
            if new > MOST_NEW or self._chance.random() < 0.5:
                await asyncio.to_thread(self.tend)


def faxes(folder: Path, now: float, seed: int, country: str | None) -> Sequence[FaxRecord]:
    """A few faxes of the last days, with their files below ``folder``. Blocking; the same seed gives the same ones."""
    chance = random.Random(seed)  # noqa: S311
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    records = []
    for place in range(FIRST_FAXES):
        number = chance.choice([number for number, _ in _CALLERS if number])
        sent, failed = place % 3 == 2, place == 4
        station = chance.choice(_STATIONS)
        pages = 0 if failed else chance.randint(1, 3)
        file = folder / f"{place}.tif"
        if pages:
            _draw(file, pages, station or number)
        records.append(
            FaxRecord(
                key=f"simulated-{seed}-{place}",
                link="pbx",
                direction=FaxDirection.SENT if sent else FaxDirection.RECEIVED,
                at=now - chance.random() * BACK_S,
                call_id=None,
                account=None,
                number=number,
                e164=to_e164(number, country),
                station=station or None,
                local_station=None,
                pages=pages,
                resolution="8031x3850",
                rate=chance.choice((9_600, 14_400)),
                result=FaxResult.FAILED if failed else FaxResult.SUCCESS,
                error="The call dropped prematurely" if failed else None,
                files=(str(file),),
            )
        )
    return records


def _speak(file: Path, seed: int, seconds: int) -> None:
    blocks = [block[:, 0].astype(np.int32) + block[:, 1] for block in speech.conversation(seed, float(seconds))]
    sound = np.clip(np.concatenate(blocks), -32_767, 32_767).astype("<i2")
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(speech.RATE)
        out.writeframes(sound.tobytes())


def _draw(file: Path, pages: int, sender: str) -> None:
    """Letters at the standard resolution; lines of a letter are half as high as they are wide for the machine."""
    drawn = []
    for page in range(1, pages + 1):
        tall = Image.new("L", (_PAGE[0], _PAGE[1] * 2), 255)
        draw = ImageDraw.Draw(tall)
        draw.text((120, 60), f"{sender}    Page {page} of {pages}", font=ImageFont.load_default(36), fill=0)
        draw.text((120, 260), "ORDER CONFIRMATION", font=ImageFont.load_default(84), fill=0)
        for row in range(14):
            top = 520 + row * 90
            draw.line((120, top + 72, 1600, top + 72), fill=0, width=2)
            words = f"{row + 1:02}   Item {1000 * page + row * 37}   x {1 + row % 4}"
            draw.text((130, top), words, font=ImageFont.load_default(44), fill=0)
        draw.text((120, 1980), "Please confirm by fax.", font=ImageFont.load_default(48), fill=0)
        drawn.append(
            tall.resize(_PAGE, Image.Resampling.BOX).point(lambda value: 255 if value > 150 else 0).convert("1")
        )
    drawn[0].save(file, "TIFF", compression="group3", dpi=(204, 98), save_all=True, append_images=drawn[1:])
