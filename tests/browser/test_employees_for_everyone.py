"""The Employees page for everyone: themes, sizes, languages, the screen reader."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from callfloor.floor.employees import Status
from support import page_floor
from support.axe import violations
from support.page_people import employee, people
from support.page_rows import ROW, still
from support.page_server import PageServer

Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
TITLES = {"en": "Employees", "ru": "Сотрудники", "pl": "Pracownicy", "uk": "Співробітники"}
AMOUNTS = {
    "en": "2 employees of 40",
    "ru": "2 сотрудника из 40",
    "pl": "2 pracowników z 40",
    "uk": "2 співробітники з 40",
}


@pytest.fixture
def staffed(server: PageServer) -> PageServer:
    """Forty people at work, one of them not known."""
    now = time.time()
    server.employees = {row.id: row for row in people(40, now=now)}
    server.employees[40] = employee(40, now=now, status=Status.UNKNOWN)
    server.calls = {one.id: one for one in page_floor.floor(15, now=now)}
    return server


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest, page: Page) -> str:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return str(request.param)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_nothing_on_the_page(theme: str, size: tuple[int, int], staffed: PageServer, calls: Open, page: Page):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    # On a phone no more cards than fit: to axe, what is scrolled half away is too small to be touched.
    calls("/employees" if size[0] > 720 else "/employees?employee=1,2,3,4")
    assert violations(page) == []


def test_axe_finds_nothing_in_devices_actions_and_menus(theme: str, staffed: PageServer, calls: Open):
    page = calls("/employees?status=talking,online,paused")
    page.locator(ROW).first.locator(".td.agent button").focus()
    expect(page.get_by_role("tooltip")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator(ROW).first.hover()
    page.locator(ROW).first.get_by_role("button", name="Actions").click()
    expect(page.get_by_role("dialog", name="Actions")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filter: Status").click()
    expect(page.locator(".filter-menu li").first).to_be_visible()
    assert violations(page) == []


def test_axe_finds_nothing_when_things_go_wrong(theme: str, staffed: PageServer, calls: Open):
    page = calls("/employees?q=nobody", rows=False)
    expect(page.get_by_text("Nobody matches the filters.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("searchbox").fill("")
    staffed.refuse_streams = True
    staffed.drop(1012)
    expect(page.get_by_text("The connection to Callfloor is lost.")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("language", TITLES)
def test_every_language_says_everything_and_nothing_is_cut_off(language: str, staffed: PageServer, calls: Open):
    page = calls("/employees?employee=1,2")
    page.evaluate("language => localStorage.setItem('callfloor.language', language)", language)
    page.reload()
    page.wait_for_selector(ROW)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[language])
    expect(page.get_by_text(AMOUNTS[language])).to_be_visible()
    still(page)
    cut = """[...document.querySelectorAll('.th .cut, .counters .word, nav a span, .chip .cut')]
        .filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"""
    assert page.evaluate(cut) == []
    page.set_viewport_size(PHONE)
    expect(page.locator(".th")).to_have_count(0)
    still(page)
    assert page.evaluate(cut) == []


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1440, 900), (1920, 1080), (3840, 2160)])
def test_nothing_sticks_out_from_phone_to_wall(size: tuple[int, int], staffed: PageServer, calls: Open, page: Page):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    calls("/employees")
    still(page)
    for side in ("Width", "Height"):
        assert page.evaluate(f"document.documentElement.scroll{side} - document.documentElement.client{side}") == 0


def test_the_table_needs_no_sideways_scrolling_at_a_desk(staffed: PageServer, calls: Open):
    page = calls("/employees")
    still(page)
    assert page.evaluate("(one => one.scrollWidth - one.clientWidth)(document.querySelector('.table'))") == 0


def test_on_a_phone_people_are_cards_with_everything_at_hand(staffed: PageServer, calls: Open, page: Page):
    page.set_viewport_size(PHONE)
    calls("/employees?status=online")
    for name in ("Department", "Status", "Employee", "Queues", "Call"):
        expect(page.get_by_role("group", name="Filters").get_by_role("button", name=name).first).to_be_attached()
    card = page.locator(ROW).first
    card.get_by_role("button", name="Devices of").click()
    expect(page.get_by_role("tooltip")).to_contain_text("Account")
    page.get_by_role("button", name="Online").first.focus()
    expect(page.get_by_role("tooltip")).to_have_count(0)
    card.get_by_role("button", name="Actions").click()
    still(page)
    box = page.get_by_role("dialog", name="Actions").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
