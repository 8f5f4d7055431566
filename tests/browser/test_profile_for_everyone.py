"""The profile panel for everyone: themes, sizes, languages, the screen reader, rest."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.store.memberships import Role
from support.axe import violations
from support.page_anna import anna
from support.page_answers import refusal
from support.page_rows import still
from support.page_server import PageServer
from support.waiting import wait_until

# Not `wait_for_function`: it polls by eval, which the page's content security policy refuses.
PHONE = {"width": 390, "height": 844}
LANGUAGES = {
    "en": ("Calls by day", "Summary", "11 Nov"),
    "ru": ("Звонки по дням", "Итоги", "11 нояб."),
    "pl": ("Połączenia według dni", "Podsumowanie", "11 lis"),
    "uk": ("Дзвінки за днями", "Підсумки", "11 лист."),
}
CUT = """[...document.querySelectorAll('aside .cut, aside dt, aside .period button, aside .strip button')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
    .map(one => one.textContent)"""


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest, page: Page) -> str:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return str(request.param)


@pytest.fixture
def everything(server: PageServer, page: Page) -> Callable[..., Locator]:
    """A panel with all that can be opened in it."""
    anna(server)

    def open_panel(language: str = "en", path: str = "/employees/1?period=7d") -> Locator:
        page.goto(server.address + path)
        page.evaluate(f"localStorage.setItem('callfloor.language', '{language}')")
        page.reload()
        panel = page.get_by_role("complementary")
        charts = panel.get_by_role("toolbar")
        charts.nth(0).get_by_role("button").nth(5).click()
        expect(charts).to_have_count(3)
        charts.nth(2).get_by_role("button").nth(5).click()
        expect(panel.get_by_role("slider")).to_have_count(1)
        panel.locator(".strip button").first.click()
        expect(panel.locator("canvas")).to_have_count(3)
        return panel

    return open_panel


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_nothing(theme: str, size: tuple[int, int], everything: Callable[..., Locator], page: Page):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    panel = everything()
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert violations(page) == []
    panel.get_by_role("slider").first.focus()
    panel.get_by_role("toolbar").first.get_by_role("button").first.hover()
    assert violations(page) == []
    panel.get_by_role("button", name=re.compile("Any dates")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []


def test_axe_finds_nothing_while_it_loads_and_where_it_fails(theme: str, server: PageServer, page: Page):
    anna(server)
    page.route("**/profile?*", lambda route: None)
    page.goto(f"{server.address}/employees/1")
    expect(page.get_by_role("complementary").get_by_role("status").first).to_be_attached()
    assert violations(page) == []
    page.unroute("**/profile?*")
    page.goto(f"{server.address}/employees/999")
    expect(page.get_by_text("There is no such employee")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_of_it_and_cuts_nothing_off(
    language: str, everything: Callable[..., Locator], page: Page
):
    chart, summary, day = LANGUAGES[language]
    panel = everything(language)
    expect(panel.get_by_role("heading", name=chart, exact=True)).to_be_visible()
    expect(panel.get_by_role("region", name=summary)).to_be_visible()
    still(page)
    assert page.evaluate(CUT) == []
    page.set_viewport_size(PHONE)
    still(page)
    assert page.evaluate(CUT) == []
    page.goto(re.sub(r"\?.*", "?period=2026-11-11..2026-11-12", page.url))
    expect(panel.get_by_role("toolbar", name=chart).get_by_role("button", name=day)).to_be_attached()


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1440, 900), (1920, 1080)])
def test_nothing_sticks_out_and_on_a_phone_it_takes_the_screen(
    size: tuple[int, int], everything: Callable[..., Locator], page: Page
):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    panel = everything("ru")
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    content = panel.locator(".content")
    assert content.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    box = panel.bounding_box()
    assert box
    assert box["width"] == min(720, size[0])
    assert box["x"] + box["width"] == size[0]


def test_charts_are_drawn_anew_in_the_colours_of_another_theme(everything: Callable[..., Locator], page: Page):
    page.emulate_media(color_scheme="light")
    panel = everything()
    canvas = panel.locator("canvas").first
    light = canvas.evaluate("one => one.toDataURL()")
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    wait_until(lambda: canvas.evaluate("one => one.toDataURL()") != light, "it is painted in other colours")


def test_focus_goes_into_the_panel_and_back_to_the_row(server: PageServer, page: Page):
    anna(server)
    page.goto(f"{server.address}/employees")
    row = page.locator("[role=row][data-id='1']")
    row.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary")
    expect(panel).to_be_focused()
    expect(panel.get_by_role("region", name="Summary")).to_be_visible()
    expect(panel).to_be_focused()
    page.keyboard.press("Escape")
    expect(row).to_be_focused()


def test_what_is_drawn_is_said_in_tables_too(everything: Callable[..., Locator]):
    panel = everything()
    for name, rows in (("Calls by day", 8), ("Hours of Thursday 19 November", 25), ("Statuses by day", 8)):
        expect(panel.get_by_role("table", name=name).get_by_role("row")).to_have_count(rows)


def test_an_employee_sees_themself_and_nobody_else(theme: str, server: PageServer, page: Page):
    anna(server)
    server.role = Role.EMPLOYEE
    server.employee_id = 1
    page.goto(server.address)
    expect(page).to_have_url(f"{server.address}/employees/1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Анна Кузнецова")
    expect(page.get_by_role("region", name="Summary")).to_be_visible()
    page.get_by_role("button", name="3 days").click()
    expect(page).to_have_url(f"{server.address}/employees/1?period=3d")
    expect(page.get_by_role("list", name="Calls on Friday 20 November")).to_be_visible()
    assert page.get_by_role("link").count() == 0
    assert server.opened == []
    assert violations(page) == []
    page.goto(f"{server.address}/employees/2")
    expect(page).to_have_url(f"{server.address}/employees/1")
    server.signed_in = False
    server.pasts.refused = refusal(401, "unauthenticated")
    # There is no stream that could say so: the next question does, within ten seconds.
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
