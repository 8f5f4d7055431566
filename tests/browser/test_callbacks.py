"""Clients to call back, and tariffs, in a real browser on the product's own server."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from callfloor.floor.calls import CallResult, CallType
from support.axe import violations
from support.call_backs import BEGIN, talk
from support.page_site import page_site, sign_in
from support.web_floor import NOW
from support.web_site import Site

FIRST, SECOND = "+48600000001", "+48600000002"
EMPTY = {
    "en": "Everyone has been reached.",
    "ru": "Дозвонились до всех.",
    "pl": "Ze wszystkimi już rozmawiano.",
    "uk": "Додзвонилися до всіх.",
}
ROW = "[role=row][data-id]"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Site]:
    with page_site(tmp_path) as (found, _):
        yield found


@pytest.fixture
def missed(ours: Site) -> Site:
    """Two clients were missed: one by Anna an hour ago, one half an hour ago by nobody."""
    journal = ours.store.project(ours.ours).journal
    at = NOW - BEGIN
    journal.write([talk(1, FIRST, at - 3600, rang=("101",)), talk(2, SECOND, at - 1800, queue="sales")])
    return ours


@pytest.fixture
def show(missed: Site, page: Page) -> Callable[[str], Page]:
    def at(address: str) -> Page:
        sign_in(page, missed, "administrator", address)
        return page

    return at


def test_the_list_and_its_figures_are_of_the_days_that_are_chosen(missed: Site, show: Callable[[str], Page]) -> None:
    journal = missed.store.project(missed.ours).journal
    journal.write([talk(3, "+48600000003", NOW - BEGIN - 12 * 86_400)])
    page = show("/callbacks")
    rows = page.locator(ROW)
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="7 days").click()
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile("days=7d"))
    figures = page.get_by_label("On these days")
    expect(figures).to_have_text(re.compile(r"Clients missed\s*2\s*Reached of them\s*0\s*Still waiting\s*2"))
    page.get_by_role("button", name="30 days").click()
    expect(rows).to_have_count(3)
    expect(figures).to_contain_text("3")
    page.reload()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="All", exact=True).click()
    expect(page.get_by_label("Today")).to_be_visible()
    assert violations(page) == []


def test_a_client_leaves_the_list_by_themself_when_somebody_talks_to_them(
    missed: Site, show: Callable[[str], Page]
) -> None:
    page = show("/callbacks")
    rows = page.locator(ROW)
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("+48 600 000 001")
    expect(rows.nth(0)).to_contain_text("Anna")
    at = NOW - BEGIN - 60
    reached = talk(3, FIRST, at, kind=CallType.OUTBOUND, result=CallResult.ANSWERED, rang=("201",))
    missed.store.project(missed.ours).journal.write([reached])
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Reached", exact=True).click()
    expect(rows).to_have_count(1)
    expect(rows.nth(0)).to_contain_text("We called")
    expect(rows.nth(0)).to_contain_text("Boris")


def test_a_client_is_taken_off_with_a_reason_and_put_back(show: Callable[[str], Page]) -> None:
    page = show("/callbacks")
    rows = page.locator(ROW)
    page.get_by_role("button", name="Take +48 600 000 001 off the list").click()
    page.get_by_label("Wrong number, or a machine").check()
    page.get_by_label("Note").fill("a fax")
    page.get_by_role("button", name="Take off the list", exact=True).click()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="Take +48 600 000 001 off the list").click()
    page.get_by_role("button", name="Take off the list", exact=True).click()
    page.get_by_role("button", name="Reached", exact=True).click()
    expect(rows.nth(0)).to_contain_text("Administrator")
    page.get_by_role("button", name="Put +48 600 000 001 back on the list").click()
    expect(rows).to_have_count(0)


def test_filters_live_in_the_address(show: Callable[[str], Page]) -> None:
    page = show("/callbacks?queue=sales")
    expect(page.locator(ROW)).to_have_count(1)
    page.get_by_role("button", name="Clear").first.click()
    expect(page.locator(ROW)).to_have_count(2)
    page.get_by_label("Digits of the number").fill("600000001")
    expect(page.locator(ROW)).to_have_count(1)
    expect(page).to_have_url(re.compile("part=600000001"))
    page.get_by_role("link", name="Calls of +48 600 000 001 in the journal").click()
    expect(page).to_have_url(re.compile(r"/journal\?.*client="))


@pytest.mark.parametrize("language", EMPTY)
def test_nobody_to_call_back_is_good_news_in_every_language(ours: Site, page: Page, language: str) -> None:
    sign_in(page, ours, "administrator", "/callbacks", language)
    expect(page.get_by_text(EMPTY[language])).to_be_visible()


def test_who_has_no_list_is_told_so(ours: Site, page: Page) -> None:
    sign_in(page, ours, "analyst", "/callbacks")
    expect(page.get_by_text("Your role has no list")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(show: Callable[[str], Page], theme: str) -> None:
    page = show("/callbacks")
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    expect(page.locator(ROW)).to_have_count(2)
    assert violations(page) == []
    page.get_by_role("button", name="Take +48 600 000 001 off the list").click()
    expect(page.get_by_label("Note")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect(page.get_by_text("×1").first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_tariffs_are_added_removed_and_taken_back(show: Callable[[str], Page]) -> None:
    page = show("/settings/tariffs")
    expect(page.get_by_text("There are no tariffs yet")).to_be_visible()
    page.get_by_role("button", name="Add a tariff").click()
    page.get_by_label("Prefix").fill("48")
    page.get_by_label("Name").fill("Poland")
    page.get_by_label("Per minute").fill("0,65")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("row", name="+48 Poland")
    expect(row).to_contain_text("0.65")
    page.get_by_label("Number", exact=True).fill(FIRST)
    page.get_by_label("Seconds", exact=True).fill("61")
    page.get_by_role("button", name="Calculate").click()
    expect(page.get_by_text("1.30 by “Poland”")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Remove: Poland").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)
    page.get_by_role("button", name="Price the calls anew").click()
    expect(page.get_by_text("Changed:")).to_be_visible()


def test_a_table_is_taken_over_once_its_errors_are_mended(show: Callable[[str], Page]) -> None:
    page = show("/settings/tariffs")

    def choose(text: str) -> None:
        table = FilePayload(name="t.csv", mimeType="text/csv", buffer=text.encode("cp1251"))
        page.locator("input[type=file]").set_input_files(files=[table])

    page.get_by_role("button", name="Take over a table").click()
    choose("prefix;price;currency;label\n48;much;PLN;Польша\n")
    expect(page.get_by_text("Line 2, price: “much” is no price")).to_be_visible()
    expect(page.get_by_role("button", name="Take over", exact=True)).to_be_disabled()
    choose("prefix;price;currency;label\n48;1,20;PLN;Польша\n")
    expect(page.get_by_text("New: 1. Changed: 0.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Take over", exact=True).click()
    expect(page.get_by_role("row", name="+48 Польша")).to_be_visible()
