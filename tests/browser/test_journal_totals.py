"""The journal's totals in a real browser: figures, groups, and that each opens exactly its calls."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.floor.calls import CallRecord, CallResult, CallType
from support.axe import violations
from support.journal_page import JournalSite

Open = Callable[..., Page]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalSite]:
    """A site without a call."""
    with JournalSite(tmp_path) as running:
        yield running


@pytest.fixture
def past(journal: JournalSite) -> list[CallRecord]:
    """Days of calls, newest first."""
    return journal.fill(300)


@pytest.fixture
def opened(journal: JournalSite, page: Page) -> Open:
    """Signs in and opens the journal."""

    def open_page(query: str, *, login: str = "administrator", rows: bool = True) -> Page:
        page.context.add_cookies([journal.cookie(login)])
        page.goto(f"{journal.address}/journal?{query}")
        if rows:
            expect(page.locator("[role=row][data-id]").first).to_be_visible()
        return page

    return open_page


FIGURE = re.compile(r"^(.+): ([\d,]+)\. Show the calls$")


def totals(opened: Open, query: str = "days=7d") -> Page:
    page = opened(f"{query}&view=totals", rows=False)
    expect(page.get_by_role("region", name="Totals")).to_be_visible()
    return page


def tile(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name="Totals").get_by_role("link", name=re.compile(f"^{name}: "))


def shown(link: Locator) -> int:
    found = FIGURE.match(link.get_attribute("aria-label") or "")
    assert found
    return int(found[2].replace(",", ""))


def listed(page: Page) -> int:
    """How many calls the table has, all of them."""
    grid = page.get_by_role("grid", name="Journal")
    expect(grid).to_be_visible()
    expect(page.locator("[role=row][data-id]").first).to_be_visible()
    grid.evaluate("box => box.scrollTop = box.scrollHeight")
    expect(grid).not_to_have_attribute("aria-rowcount", "-1")  # as long as the end is not known
    return int(grid.get_attribute("aria-rowcount") or 0) - 1


def test_the_figures_are_those_of_the_calls(past: list[CallRecord], opened: Open):
    page = totals(opened)
    received = [one for one in past if one.type is CallType.INBOUND and one.result is CallResult.ANSWERED]
    missed = [one for one in past if one.type is CallType.INBOUND and one.result is not CallResult.ANSWERED]
    assert shown(tile(page, "Calls")) == len(past)
    assert shown(tile(page, "Received")) == len(received)
    assert shown(tile(page, "Missed")) == len(missed)
    ratio = round(100 * len(received) / (len(received) + len(missed)))
    expect(page.get_by_role("region", name="Totals")).to_contain_text(f"{ratio}%")


@pytest.mark.parametrize("name", ["Received", "Missed", "Outbound", "Callback", "Target"])
def test_a_figure_opens_its_calls(past: list[CallRecord], opened: Open, name: str):
    page = totals(opened, "from=2023-11-14&to=2023-11-14")
    count = shown(tile(page, name))
    tile(page, name).click()
    expect(page).not_to_have_url(re.compile("view=totals"))
    assert listed(page) == count


def test_groups_are_chosen_kept_in_the_address_ordered_and_open_their_calls(past: list[CallRecord], opened: Open):
    page = totals(opened)
    by_day = page.get_by_role("region", name="By day")
    expect(by_day.get_by_role("row")).to_have_count(len({int(one.started_at + 3600) // 86400 for one in past}) + 1)
    page.get_by_role("button", name="Split by").click()
    page.get_by_role("menuitemradio", name="employee", exact=True).click()
    expect(page).to_have_url(re.compile("by=employee"))
    rows = page.get_by_role("region", name="By employee").locator("tbody tr")
    expect(rows.first).to_be_visible()
    calls = [int(text.replace(",", "")) for text in rows.locator("td:nth-child(2)").all_inner_texts()]
    assert calls == sorted(calls, reverse=True)
    page.get_by_role("button", name="Calls", exact=True).click()
    expect(page.get_by_role("columnheader", name="Calls", exact=True)).to_have_attribute("aria-sort", "ascending")
    link = rows.filter(has_text="Boris").get_by_role("link", name=re.compile("^Received: "))
    count = shown(link)
    link.click()
    expect(page).to_have_url(re.compile(r"employee=\d+"))
    assert listed(page) == count
    page.go_back()
    expect(page.get_by_role("region", name="By employee")).to_be_visible()


def test_by_employee_the_time_in_statuses_stands_below(past: list[CallRecord], opened: Open):
    page = totals(opened, "days=7d&by=employee")
    presence = page.get_by_role("region", name="Time in statuses, as a table")
    rows = presence.locator("tbody tr")
    expect(rows.first).to_contain_text("Everybody")
    unknown = rows.filter(has_text="Boris").locator("td").last  # nobody watched him
    expect(unknown).to_have_text(re.compile(r"16\d:\d\d:\d\d"))
    page.get_by_role("button", name="Split by").click()
    page.get_by_role("menuitemradio", name="department", exact=True).click()
    expect(rows.filter(has_text="Sales")).to_have_count(1)


def test_no_calls_say_what_to_do_and_a_failure_can_be_tried_again(past: list[CallRecord], opened: Open):
    page = totals(opened, "days=7d&part=000000999")
    expect(page.get_by_text("No calls in this period with these filters.")).to_be_visible()
    page.route("**/journal/groups?*", lambda route: route.fulfill(status=500, body="{}"))
    page.get_by_role("radio", name="30 days").or_(page.get_by_role("button", name="30 days")).click()
    page.get_by_role("searchbox", name="Part of a number").fill("")
    expect(page.get_by_role("alert")).to_contain_text("The totals could not be added up.")
    page.unroute("**/journal/groups?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("region", name="By day").get_by_role("table")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_nothing(past: list[CallRecord], opened: Open, page: Page, theme: str, size: tuple[int, int]):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.add_init_script(f"localStorage.setItem('callfloor.theme', '{theme}')")
    totals(opened, "days=7d&by=hour")
    expect(page.get_by_role("region", name="By hour").get_by_role("table")).to_be_visible()
    assert violations(page) == []
