"""Personal data on the product's own server: masked numbers, rules, one client taken out; in every language."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import violations
from support.page_site import page_site, sign_in
from support.personal_site import fill, masked
from support.web_site import Site

Call = Callable[[Callable[[], object]], None]
HEADINGS = {"en": "Personal data", "ru": "Персональные данные", "pl": "Dane osobowe", "uk": "Персональні дані"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Site, Call]]:
    with page_site(tmp_path) as found:
        yield found


@pytest.fixture
def ours(served: tuple[Site, Call]) -> Site:
    return served[0]


def test_rules_are_set_and_numbers_are_masked(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/personal-data")
    page.get_by_label("Supervisors").check()
    page.get_by_label("Calls, with notes and tags: delete").check()
    page.get_by_label("days", exact=True).fill("90")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    rules = ours.store.project(ours.ours).rules.load()
    assert (rules.masked_roles, rules.keep.calls, rules.keep.audit) == (("supervisor",), 90, None)
    page.get_by_label("Supervisors").uncheck()
    page.get_by_role("button", name="Undo the changes").click()
    expect(page.get_by_label("Supervisors")).to_be_checked()


@pytest.mark.parametrize("language", HEADINGS)
def test_the_section_is_accessible_and_fits_a_phone(ours: Site, page: Page, language: str) -> None:
    page.emulate_media(color_scheme="dark" if language in {"ru", "uk"} else "light")
    sign_in(page, ours, "administrator", "/settings/personal-data", language)
    expect(page.get_by_role("heading", name=HEADINGS[language], level=2)).to_be_visible()
    expect(page.locator("#left-employee option")).to_have_count(3)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_client_is_found_given_out_and_taken_out(served: tuple[Site, Call], page: Page) -> None:
    ours, there = served
    there(lambda: fill(ours))
    there(lambda: ours.floor.end("live"))
    sign_in(page, ours, "administrator", "/settings/personal-data")
    page.get_by_label("The client’s number").fill("600 100 207")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Calls of +48 600 100 207: 1")).to_be_visible()
    page.get_by_role("button", name="Export as ZIP").click()
    expect(page.get_by_role("link", name="Download the ZIP")).to_be_visible()
    page.get_by_role("button", name="Erase for good…").click()
    page.get_by_label("Type the number once more").fill("+48600100207")
    assert violations(page) == []
    page.get_by_role("button", name="Erase for good", exact=True).click()
    expect(page.get_by_text("Erased: 1 calls")).to_be_visible()
    assert ours.store.project(ours.ours).journal.get("done-anna").record.client_e164 != "+48600100207"
    page.get_by_label("Employee", exact=True).select_option("Boris")
    page.get_by_role("button", name="Take the name out…").click()
    page.get_by_label("Type the name once more").fill("Boris")
    page.get_by_role("button", name="Take it out for good").click()
    expect(page.get_by_text(f"The employee is now called #{ours.boris}.")).to_be_visible()


def test_masked_numbers_are_shown_grouped_and_not_copied(served: tuple[Site, Call], page: Page) -> None:
    ours, there = served
    there(lambda: fill(ours))
    there(lambda: masked(ours, "analyst"))
    sign_in(page, ours, "analyst", "/journal?period=2023-11-14..2023-11-14")
    row = page.get_by_role("row").filter(has_text="+48 600 ••• ••7 ~").first
    expect(row).to_be_visible()
    row.hover()
    expect(row.get_by_role("button", name="600")).to_have_count(0)
    expect(
        page.get_by_role("columnheader", name="Client").get_by_role("button", name="Client", exact=True)
    ).to_have_count(0)
    expect(page.get_by_text("600 100 207")).to_have_count(0)
