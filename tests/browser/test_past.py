"""Looking back in the browser: there, step by step, playing, by a link, and back to live."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from callfloor.floor.calls import StoryStep
from support.axe import violations
from support.page_site import page_site, sign_in
from support.past_site import BEGAN, PastSite
from support.web_floor import record

ROW = "[role=row][data-id]"


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[PastSite, Callable[[Callable[[], object]], None]]]:
    """The site after its quarter of an hour, and what moves it."""
    with page_site(tmp_path) as (site, there):
        past = PastSite(site, tmp_path / "past")
        there(past.writer.start)
        there(past.lives)
        there(past.writer.flush)
        told = msgspec.structs.replace(
            record("anna", "101", started_at=BEGAN + 10),
            story=(
                StoryStep(at=BEGAN + 10, what="arrived"),
                StoryStep(at=BEGAN + 12, what="answered", account="101"),
                StoryStep(at=BEGAN + 290, what="left", account="101"),
            ),
        )
        site.store.project(site.ours).journal.write([told])
        yield past, there
        there(past.writer.close)


def calls_are(page: Page, *names: str) -> None:
    """Exactly these calls are shown; what fades is not counted."""
    expect(page.locator(f"{ROW}:not(.gone)")).to_have_count(len(names))
    for name in names:
        expect(page.locator(f'{ROW}[data-id="{name}"]')).to_be_visible()


def at(second: int) -> str:
    """A moment as the address has it: the past begins on 14 November 2023 at 22:13:20 UTC."""
    minute, rest = divmod(20 + second, 60)
    return f"at=2023-11-14T22:{13 + minute}:{rest:02}Z"


def test_the_floor_is_seen_as_it_was_by_steps_by_keys_and_as_it_plays(
    kept: tuple[PastSite, Callable[[Callable[[], object]], None]], page: Page
) -> None:
    site = kept[0].site
    sign_in(page, site, "supervisor", "/calls")
    page.get_by_role("button", name="Look back").click()
    expect(page.get_by_role("region", name="Not live")).to_contain_text("Tuesday, 14 November 2023 at 23:23:18")
    expect(page).to_have_url(re.compile(re.escape(at(598))))
    calls_are(page, "waits")
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(re.escape(at(300))))
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile(re.escape(at(100))))
    calls_are(page, "anna", "waits")
    # Nothing can be done in the past.
    expect(page.locator("[data-listen]")).to_have_count(0)
    # The call as it was told until then, and not what came later.
    page.locator(f'{ROW}[data-id="anna"]').click()
    panel = page.locator("aside.panel")
    expect(panel.locator("ol li")).to_have_count(2)
    expect(panel.get_by_role("button", name="Listen")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    page.keyboard.press("Shift+ArrowLeft")
    expect(page).to_have_url(re.compile(re.escape(at(40))))
    calls_are(page, "anna")
    # It plays through a call's coming, stands when it is stopped, and its address is that moment's.
    page.get_by_role("button", name=re.compile("^Speed")).click()
    page.get_by_role("menuitemradio", name="10×").click()
    page.locator("main h1").evaluate("one => document.activeElement.blur()")
    page.keyboard.press("Space")
    calls_are(page, "anna", "waits")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    expect(page).not_to_have_url(re.compile(re.escape(at(40))))
    # The same moment on the other page, and for whoever opens the link.
    page.get_by_role("navigation").get_by_role("link", name="Employees").click()
    expect(page).to_have_url(re.compile(r"/employees\?at=2023"))
    expect(page.get_by_role("region", name="Not live")).to_be_visible()
    page.goto(f"{site.url}/employees?{at(450)}")
    expect(page.locator(f'{ROW}[data-id="{site.anna}"]')).to_contain_text("Do not disturb")
    page.goto(f"{site.url}/employees?{at(400)}")
    expect(page.locator(f'{ROW}[data-id="{site.anna}"]')).to_contain_text("Online")
    expect(page.get_by_role("button", name=re.compile("^Actions"))).to_have_count(0)
    # And on the queues' page: who waited then, and what the members did.
    page.get_by_role("navigation").get_by_role("link", name="Queues").click()
    expect(page).to_have_url(re.compile(rf"/queues\?{re.escape(at(400))}"))
    sales = page.locator('[data-queue="sales"]')
    expect(sales.get_by_role("list", name=re.compile("^Waiting in"))).to_contain_text("6:40")
    expect(sales.get_by_role("list", name=re.compile("^Members of"))).to_contain_text("Free:")
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile(re.escape(at(600))))
    expect(sales.get_by_text("Nobody waits.")).to_be_visible()
    expect(sales.get_by_role("list", name=re.compile("^Members of"))).to_contain_text("Unavailable:")
    page.keyboard.press("ArrowLeft")
    expect(sales.get_by_role("list", name=re.compile("^Waiting in"))).to_be_visible()
    sales.get_by_role("link").click()
    expect(page).to_have_url(re.compile(rf"/calls/waits\?{re.escape(at(300))}"))
    page.go_back()
    expect(sales).to_be_visible()
    expect(page.get_by_role("slider", name="Time of day")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/queues$"))
    expect(sales.get_by_text("Nobody waits.")).to_be_visible()
    page.goto(f"{site.url}/employees?{at(400)}")
    expect(page.locator(f'{ROW}[data-id="{site.anna}"]')).to_contain_text("Online")
    expect(page.get_by_role("slider", name="Time of day")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/employees$"))
    expect(page.get_by_role("region", name="Not live")).to_have_count(0)
    expect(page.locator(f'{ROW}[data-id="{site.anna}"]')).to_contain_text("Do not disturb")


def test_the_slider_leads_anywhere_and_where_nobody_watched_nothing_is_claimed(
    kept: tuple[PastSite, Callable[[Callable[[], object]], None]], page: Page
) -> None:
    site = kept[0].site
    sign_in(page, site, "administrator", f"/calls?{at(500)}")
    calls_are(page, "boris", "waits")
    slider = page.get_by_role("slider", name="Time of day")
    expect(page.locator(".gap")).to_have_count(1)
    slider.focus()
    page.keyboard.press("ArrowDown")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("23:20:40"))
    page.keyboard.press("PageDown")
    # Nothing is known before the past was kept: the slider stops there.
    expect(page).to_have_url(re.compile(re.escape(at(0))))
    calls_are(page)
    box = slider.bounding_box()
    assert box is not None
    # 23:20 of the day, by the clocks of Warsaw.
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (23 * 60 + 20) / 1440, box["y"] + 10, steps=4)
    page.mouse.up()
    calls_are(page, "boris", "waits")
    # A moment that has not come yet was missed by nobody: what is shown is the last there is.
    page.goto(f"{site.url}/calls?at=2099-11-14T20:00:00Z")
    expect(page).to_have_url(re.compile(re.escape(at(898))))
    calls_are(page, "boris")
    page.goto(f"{site.url}/calls?at=2023-11-14T20:00:00Z")
    expect(page.get_by_text("Nobody watched at this moment")).to_be_visible()
    expect(page.locator(".counters strong").first).to_have_text("–")
    page.get_by_role("button", name="Back to live").click()
    calls_are(page, "boris")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_past(
    theme: str, kept: tuple[PastSite, Callable[[Callable[[], object]], None]], page: Page
) -> None:
    site = kept[0].site
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    sign_in(page, site, "administrator", f"/calls?{at(150)}")
    calls_are(page, "anna", "boris", "waits")
    expect(page.locator(".gap")).to_have_count(1)
    assert violations(page) == []
    page.goto(f"{site.url}/queues?{at(250)}")
    expect(page.locator("[data-queue=sales]")).to_contain_text("Waiting")
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/employees?{at(250)}")
    expect(page.locator(ROW)).to_have_count(2)
    expect(page.locator(".gap")).to_have_count(1)
    assert violations(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
