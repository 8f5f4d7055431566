"""The product's page in a browser with ears and a mouth: a microphone that says a tone, and what is heard, by tones.

The microphone's tone swells and sinks four times a second, as speech does: the browser takes an even tone for noise.
"""

import asyncio
import json
import math
import struct
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Locator, Page, ViewportSize, async_playwright

from support.chromium import LAUNCH
from support.product import Product
from support.supervisor import TONES
from support.waiting import until

RATE = 48_000
SWELLS_PER_S = 4
LOUDEST = 12_000

# Told by the page itself, as in product_page.py. What goes to the loudspeaker is measured over 46 ms, ten times a
# second: longer than that would not find a tone that is played by a hundredth faster.
EARS = """
(() => {
  const connect = AudioNode.prototype.connect
  let ear
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      ear = new AnalyserNode(this.context, { fftSize: 2048 })
      connect.call(this, ear)
    }
    return connect.call(this, to, ...rest)
  }
  const ask = navigator.mediaDevices.getUserMedia
  navigator.mediaDevices.getUserMedia = function (wanted) {
    tell('microphone', wanted)
    return ask.call(this, wanted)
  }
  const tell = (what, told) => pageTells(what, JSON.stringify(told))
  setInterval(() => {
    if (!ear) return
    const { sampleRate, state } = ear.context
    const samples = new Float32Array(ear.fftSize)
    ear.getFloatTimeDomainData(samples)
    const levels = HERTZ.map((hertz) => {
      if (state !== 'running') return 0 // it shows for ever what it heard last
      let [re, im] = [0, 0]
      samples.forEach((sample, i) => {
        const angle = (2 * Math.PI * hertz * i) / sampleRate
        re += sample * Math.cos(angle)
        im += sample * Math.sin(angle)
      })
      return (2 * Math.hypot(re, im) * 32768) / samples.length
    })
    tell('heard', { levels, state, at: Date.now() / 1000 })
  }, 100)
})()
"""


def voice(path: Path, hertz: int, *, swells_per_s: float = SWELLS_PER_S, hard: bool = False) -> None:
    """Four seconds of a tone that swells and sinks, or is there and is not; the browser plays them again and again."""
    count = 4 * RATE
    swells = (0.5 - 0.5 * math.cos(math.tau * swells_per_s * n / RATE) for n in range(count))
    swells = (float(swell > 0.5) for swell in swells) if hard else swells
    samples = (int(LOUDEST * swell * math.sin(math.tau * hertz * n / RATE)) for n, swell in enumerate(swells))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{count}h", *samples))


class ListeningPage:
    """One open page."""

    def __init__(self, page: Page, names: tuple[str, ...]) -> None:
        self.page = page
        self.names = names
        self.heard: list[tuple[float, dict[str, float]]] = []
        """How loud each name's tone was, and when (UTC epoch seconds)."""
        self.asked: list[dict[str, Any]] = []
        """What was asked of the microphone."""
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda one: self.faults.append(one.text) if one.type in {"error", "warning"} else None)

    async def open(self, address: str) -> None:
        await self.page.expose_function("pageTells", self._tells)
        await self.page.add_init_script(EARS.replace("HERTZ", str([TONES[name] for name in self.names])))
        await self.page.goto(address)

    @property
    def bar(self) -> Locator:
        return self.page.locator("section.listening")

    async def press(self, name: str) -> None:
        """A button of the bar."""
        await self.bar.get_by_role("button", name=name, exact=True).click()

    async def listen(self, call_id: str) -> None:
        """The headphones of a call's row."""
        row = self.page.locator(f'[role=row][data-id="{call_id}"]')
        await row.hover()
        await row.get_by_role("button", name="Listen in").click()

    async def hears(self, names: str, *, since: float, within_s: float = 20) -> float:
        """When all of these, and nobody else, were first heard three times in a row from an instant on.

        Raises:
            AssertionError: they were not, in time.
        """
        wanted = set(names.split())
        found: list[float] = []

        def so() -> bool:
            later = [one for one in self.heard if one[0] >= since]
            for first, *others in zip(later, later[1:], later[2:], strict=False):
                if all(self._is(levels, wanted) for _, levels in (first, *others)):
                    found.append(first[0])
                    return True
            return False

        what = f"the browser hears {names or 'nobody'}; {self.faults}; last {self.heard[-3:]}"
        await until(so, what, within_s=within_s)
        return found[0]

    def _is(self, levels: dict[str, float], wanted: set[str]) -> bool:
        return all((level > 1500) == (name in wanted) for name, level in levels.items())

    def _tells(self, what: str, text: str) -> None:
        told = json.loads(text)
        if what == "microphone":
            self.asked.append(told)
        else:
            self.heard.append((told["at"], dict(zip(self.names, told["levels"], strict=True))))


@asynccontextmanager
async def listening_page(
    product: Product, folder: Path, names: tuple[str, ...], address: str | None = None, path: str = "/calls"
) -> AsyncIterator[ListeningPage]:
    """The page, signed in, in English. ``names`` are whose tones are listened for; the microphone says ``web``'s."""
    file = folder / "voice.wav"
    await asyncio.to_thread(voice, file, TONES["web"])
    microphone = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}",
    ]
    base = address or product.base_url
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**{**LAUNCH, "args": [*LAUNCH["args"], *microphone]})
        try:
            context = await browser.new_context(
                viewport=ViewportSize(width=1440, height=900), locale="en-GB", permissions=["microphone"]
            )
            cookies = product.rest.cookies.items()
            await context.add_cookies([{"name": name, "value": value, "url": base} for name, value in cookies])
            page = ListeningPage(await context.new_page(), names)
            await page.open(base + path)
            yield page
        finally:
            await browser.close()
