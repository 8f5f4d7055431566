"""Supervision in the browser: how soon one hears, how late, and what fifty sessions cost on one core.

The first two are the whole product: a real Asterisk, phones that say tones, ``callfloor serve``, and Chromium with a
microphone that says one. The third is the server alone (``supervision_load``), beside a plain bridge of the same.
"""

import asyncio
import functools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from bench import Figure, MissingPartError, at_most, shown
from bench.fanout import line, running, say
from bench.supervision_probe import PROBE
from bench.theft import calmest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from playwright.async_api import Page, async_playwright  # after the path of the tests is known

from support.chromium import LAUNCH
from support.house import House, running_house
from support.listening_page import voice
from support.pbx.leg import Leg
from support.pbx.media import amplitude

SESSIONS = 50
SECONDS = 20.0
CLICKS = 20
SOUNDS = 25
FIRST_MS, LATE_MS = 700, 250
ONE, OTHER = 620, 1010  # what the employee says by turns
BURSTS = 1500
"""What the microphone says, and is silent for as long between."""
CLIENT = 2300
"""The client's telephone sends without a pause, as telephones do; the laboratory's silent ones send one frame in ten.
A whisper goes out in the frames that the PBX sends on to the employee: with a tenth of them, 100 ms late, in pieces."""


def main() -> list[Figure]:
    """The figures; needs Chromium, the built page and the private Asterisk."""
    if not Path(LAUNCH["executable_path"]).exists():
        raise MissingPartError("Debian's chromium")
    figures = asyncio.run(_through_the_product())
    return figures + _fifty()


# --- the whole product ------------------------------------------------------------------------------------------------


async def _through_the_product() -> list[Figure]:
    told: dict[str, list[float]] = {"first": [], "tone": [], "spoke": []}
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        _bursts(Path(folder) / "bursts.wav")
        async with running_house(Path(folder)) as house, async_playwright() as playwright:
            await house.product.live()
            house.lab.phones["101"].hertz = ONE
            house.lab.clients.hertz = CLIENT
            _, employee = await house.lab.talking()
            browser = await playwright.chromium.launch(
                **{
                    **LAUNCH,
                    "args": [
                        *LAUNCH["args"],
                        "--use-fake-ui-for-media-stream",
                        "--use-fake-device-for-media-stream",
                        f"--use-file-for-fake-audio-capture={folder}/bursts.wav",
                    ],
                }
            )
            try:
                page = await _open(browser, house, told)
                for _ in range(CLICKS):
                    await _listen(page, told)
                    await page.locator("section.listening").get_by_role("button", name="Leave").click()
                    await _until(lambda: not page_busy(house), "nobody listens")
                    await page.keyboard.press("Escape")
                await _listen(page, told)
                heard = await _heard_late(employee, told["tone"])
                said, holes = await _said_late(page, employee, told["spoke"])
            finally:
                await browser.close()
    note = "Asterisk 22, phones, product and Chromium on one machine"
    firsts = sorted(told["first"][:CLICKS])
    click, there, back = (
        f"{CLICKS} clicks, median {statistics.median(firsts):.0f} ms, of which ChanSpy waits 100; {note}",
        f"phone's packet to loudspeaker, median {statistics.median(heard):.0f} ms; {note}",
        f"microphone to phone's packet, median {statistics.median(said):.0f} ms, {holes} drop-outs in it; {note}",
    )
    return [
        at_most("supervision, click to first sound, p95", _part(firsts, 95), FIRST_MS, "ms", note=click),
        at_most("supervision, employee's mouth to supervisor's ear, p95", _part(heard, 95), LATE_MS, "ms", note=there),
        at_most("supervision, supervisor's mouth to employee's ear, p95", _part(said, 95), LATE_MS, "ms", note=back),
    ]


def page_busy(house: House) -> bool:
    """Whether the stream still shows a session."""
    return bool(house.stream.page.supervisions)


async def _open(browser: Any, house: House, told: dict[str, list[float]]) -> Page:
    context = await browser.new_context(locale="en-GB", permissions=["microphone"])
    base = house.product.base_url
    cookies = house.product.rest.cookies.items()
    await context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies])
    page: Page = await context.new_page()
    await page.expose_function("pageTells", lambda what, value: told[what].append(value))
    words = {"ONE": ONE, "OTHER": OTHER, "BURSTS": BURSTS}
    probe = PROBE
    for name, value in words.items():
        probe = probe.replace(name, str(value))
    await page.add_init_script(probe)
    await page.goto(base + "/calls")
    await page.locator("[role=row][data-id]").first.wait_for()
    return page


async def _listen(page: Page, told: dict[str, list[float]]) -> None:
    before = len(told["first"])
    row = page.locator("[role=row][data-id]").first
    await row.hover()
    await row.get_by_role("button", name="Listen in").click()
    await _until(lambda: len(told["first"]) > before, "the first sound")


async def _heard_late(employee: Leg, tones: list[float]) -> list[float]:
    """The employee says another tone: ms from the packet that brings it to the loudspeaker."""
    audio, send = employee.audio, employee.audio._send
    sent: list[float] = []
    await asyncio.sleep(3)  # the first seconds' margin
    late = []
    for number in range(SOUNDS):
        audio.hertz = (OTHER, ONE)[number % 2]

        def noting(*arguments: Any, **options: Any) -> None:
            sent.append(time.time() * 1000)
            audio._send = send  # type: ignore[method-assign]
            send(*arguments, **options)

        audio._send = noting  # type: ignore[method-assign]
        before = len(tones)
        await _until(lambda before=before: len(tones) > before, "the other tone is heard")  # type: ignore[misc]
        late.append(tones[-1] - sent[-1])
        await asyncio.sleep(0.3 + 0.013 * number)
    return sorted(late)


async def _said_late(page: Page, employee: Leg, spoke: list[float]) -> tuple[list[float], int]:
    """The microphone's tone begins: ms from there to the packet in which the employee's phone has it; and drop-outs."""
    bar = page.locator("section.listening")
    await bar.get_by_role("button", name="Whisper", exact=True).click()
    await bar.get_by_role("button", name="Unmute me", exact=True).click()
    audio = employee.audio
    take, there, came = audio.datagram_received, True, list[float]()

    def noting(data: bytes, addr: Any) -> None:
        nonlocal there
        take(data, addr)
        loud = amplitude(data[12:] * 3, BURSTS) > 800
        if loud and not there:
            came.append(time.time() * 1000)
        there = loud

    audio.datagram_received = noting  # type: ignore[method-assign]
    try:
        await _until(lambda: len(came) > SOUNDS, "the employee hears the supervisor", within_s=SOUNDS * 1.5 + 30)
    finally:
        audio.datagram_received = take  # type: ignore[method-assign]
    begun: dict[float, float] = {}
    holes = 0
    for at in came[1:]:
        # What begins anew within one burst was interrupted: a drop-out of 20 ms or more, and no measure of delay.
        burst = max((one for one in spoke if one <= at), default=at)
        holes += burst in begun
        begun.setdefault(burst, at - burst)
    return sorted(begun.values()), holes


def _bursts(path: Path) -> None:
    """Half a second of a tone, half of silence: the browser's noise suppression lets each beginning through."""
    voice(path, BURSTS, swells_per_s=1.0, hard=True)


async def _until(so: Callable[[], object], what: str, within_s: float = 30) -> None:
    end = time.monotonic() + within_s
    while not so():
        if time.monotonic() > end:
            raise RuntimeError(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(0.005)


def _part(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


# --- fifty sessions ---------------------------------------------------------------------------------------------------


def _fifty() -> list[Figure]:
    ((stolen, (ours, told)),) = calmest(1, 3, functools.partial(_load, "serve"))
    peers, theirs = _load("peer")
    heard, said = told["heard"], told["said"]
    note = f"{SESSIONS} sessions, both sides heard and one spoken, {SECONDS:.0f} s, the server on one core"
    late = f"late at p99: heard {heard['p99'] * 1e3:.1f} ms; said {said['p99'] * 1e3:.0f} ms, of which 40 are gathered"
    late = f"{late}; the host took {stolen:.1%} of the processors"
    plain = "peer: a plain bridge with asyncio's streams and websockets, without rights, pace and bounds"
    return [
        at_most(f"supervision, {SESSIONS} sessions, of one core", ours * 100, 80, "%", peer=peers * 100, note=note),
        shown("supervision, CPU per session", ours * 1e3 / SESSIONS, "ms/s", peer=peers * 1e3 / SESSIONS, note=plain),
        at_most(
            f"supervision, {SESSIONS} sessions, frames missed by the worst",
            max(_missed(heard), _missed(said)),
            0,
            "frames",
            peer=max(_missed(theirs["heard"]), _missed(theirs["said"])) or None,
            note=late,
        ),
    ]


def _missed(way: dict[str, Any]) -> float:
    """Frames that the worst of the sessions did not get; two may be on their way at each end of the measuring."""
    return max(0.0, SECONDS / 0.02 - 2 - float(way["fewest"]))


def _load(what: str) -> tuple[float, dict[str, Any]]:
    """CPU seconds a second of the server, and what its ends measured."""
    command = [sys.executable, "-m", "bench.supervision_load"]
    cores = sorted(os.sched_getaffinity(0))
    with running([*command, what, str(SESSIONS)]) as server:
        os.sched_setaffinity(server.pid, cores[:1])
        job = json.loads(line(server))
        with running([*command, "ends"]) as ends:
            os.sched_setaffinity(ends.pid, cores[1:] or cores)
            say(ends, json.dumps({**job, "seconds": SECONDS}))
            assert line(ends) == "begun"
            before = _cpu_s(server.pid)
            assert line(ends) == "over"
            used = _cpu_s(server.pid) - before
            told = json.loads(line(ends))
        say(server, "over")
    return used / SECONDS, told


def _cpu_s(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system
