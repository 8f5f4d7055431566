"""A project is archived in the page, read, taken up again, and removed by its name; who leaves is asked about."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import violations
from support.installed import PASSWORD, Served, served


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, projects=("One", "Two"), follows=True) as found:
        yield found


def test_a_project_is_archived_read_taken_up_again_and_removed(two: Served, page: Page) -> None:
    site = two.site
    assert page.request.post(f"{site.url}/api/v1/session", data={"login": "anna", "password": PASSWORD}).ok
    page.goto(site.url + "/settings/project")
    pages = page.get_by_role("navigation", name="Pages")
    expect(pages.get_by_role("link", name="Calls")).to_be_visible()
    page.get_by_role("button", name="Archive…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Live pages close for everybody")
    dialog.get_by_role("button", name="Archive", exact=True).click()

    again = page.get_by_role("button", name="Take up again", exact=True)
    expect(again).to_be_visible(timeout=30_000)
    expect(page.get_by_text("This project is archived")).to_be_visible()
    assert violations(page) == []
    expect(pages.get_by_role("link")).to_have_count(4)
    pages.get_by_role("link", name="Journal").click()
    expect(page.get_by_text("This project is archived")).to_be_visible()
    page.goto(site.url + "/calls")
    expect(page).to_have_url(f"{site.url}/journal", timeout=30_000)
    page.get_by_role("button", name="Take it up again…").click()
    again.click()
    expect(pages.get_by_role("link", name="Calls")).to_be_visible(timeout=30_000)
    expect(page.locator("[data-connection=live]")).to_be_visible(timeout=30_000)

    page.get_by_role("button", name="Archive…").click()
    dialog.get_by_role("button", name="Archive", exact=True).click()
    page.get_by_role("button", name="Remove for good…").click(timeout=30_000)
    sure = dialog.get_by_role("button", name="Remove for good")
    expect(sure).to_be_disabled()
    dialog.get_by_role("textbox").fill("Won")
    sure.click()
    expect(page.get_by_text("That is not the project’s name")).to_be_visible()
    page.get_by_role("button", name="Remove for good…").click()
    dialog.get_by_role("textbox").fill("One")
    assert violations(page) == []
    sure.click()
    expect(page).to_have_title("Calls · Two", timeout=30_000)
