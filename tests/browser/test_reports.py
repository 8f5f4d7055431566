"""Exports beside the journal and the Reports page, in a real browser on the real app, for everyone."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, Route, expect

from callfloor.floor.calls import CallType
from support.axe import violations
from support.journal_page import JournalSite, past_call
from support.web_floor import NOW

pytestmark = pytest.mark.browser

LANGUAGES = {
    "en": ("Reports", "Daily", "Every day, 07:00"),
    "ru": ("Отчёты", "Daily", "Каждый день, 07:00"),
    "pl": ("Raporty", "Daily", "Codziennie, 07:00"),
    "uk": ("Звіти", "Daily", "Щодня, 07:00"),
}
DAILY = {
    "name": "Daily",
    "when": {"every": "day", "minute": 420, "period": "yesterday"},
    "report": {"what": "calls", "form": "pdf", "query": "type=inbound"},
    "recipients": {"user_ids": [1]},
}


@pytest.fixture
def site(tmp_path: Path, page: Page) -> Iterator[JournalSite]:
    """A site; the browser is signed in as an administrator."""
    with JournalSite(tmp_path) as found:
        page.context.add_cookies([found.cookie("administrator")])
        yield found


def schedule(page: Page, site: JournalSite) -> None:
    """A schedule, asked for as a program would."""
    page.goto(site.address + "/reports")
    expect(page.get_by_role("heading", name="Reports")).to_be_visible()
    made = page.evaluate(
        """async ([path, wanted]) => {
            const session = await (await fetch('/api/v1/session')).json()
            const headers = { 'X-CSRF-Token': session.csrf_token }
            return (await fetch(path, { method: 'POST', headers, body: JSON.stringify(wanted) })).status
        }""",
        [f"/api/v1/projects/{site.site.ours}/report-schedules", DAILY],
    )
    assert made == 201
    page.reload()
    expect(page.get_by_text("Daily", exact=True)).to_be_visible()


def test_what_the_journal_shows_becomes_a_file(page: Page, site: JournalSite) -> None:
    page.goto(site.address + "/journal")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("CSV").check()
    expect(dialog.get_by_label("By mail now")).to_be_disabled()  # this site has no mail server
    dialog.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    name = download.value.suggested_filename
    assert name.startswith("Journal of calls ")
    assert name.endswith(".csv")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert next(csv.reader(io.StringIO(text)))[:3] == ["Date and time", "Type", "Client"]
    page.keyboard.press("Escape")
    page.goto(site.address + "/reports")
    expect(page.get_by_text(name)).to_be_visible()


def test_a_file_has_the_journals_order_and_columns(page: Page, site: JournalSite) -> None:
    talks = (40.0, 240.0, 120.0)
    site.write(
        *(msgspec.structs.replace(past_call(n, NOW - 60 * n - 600), talk_s=talk) for n, talk in enumerate(talks))
    )
    page.add_init_script("localStorage.setItem('callfloor.journal.columns', 'talk,client,-started')")
    page.goto(site.address + "/journal?sort=-talk&days=7d")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("CSV").check()
    dialog.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        dialog.get_by_role("link", name="Download").click()
    head, *rows = csv.reader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8-sig")))
    assert head[0] == "Talk"
    assert "Date and time" not in head
    assert [row[0] for row in rows] == ["0:04:00", "0:02:00", "0:00:40"]


def test_a_schedule_is_begun_at_the_reports_page_with_a_filter_of_its_own(page: Page, site: JournalSite) -> None:
    page.goto(site.address + "/reports")
    page.get_by_role("button", name="New schedule").click()
    dialog = page.get_by_role("dialog").first
    expect(dialog).to_contain_text("All calls of those days")
    dialog.get_by_role("button", name="Filters").click()
    panel = page.get_by_role("dialog", name="Filters")
    panel.get_by_role("button", name="Type").click()
    page.get_by_label("Inbound").check()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog.get_by_role("listitem").filter(has_text="Inbound")).to_be_visible()
    assert violations(page) == []
    dialog.get_by_label("Name").fill("Inbound of yesterday")
    dialog.get_by_role("checkbox").first.check()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Inbound of yesterday", exact=True)).to_be_visible()
    (made,) = site.site.store.project(site.site.ours).schedules.list()
    assert made.ask.filter.types == {CallType.INBOUND}
    page.get_by_role("button", name="Edit Inbound of yesterday").click()
    dialog.get_by_role("button", name=re.compile("Remove.*Type|Type.*remove", re.IGNORECASE)).click()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    (made,) = site.site.store.project(site.site.ours).schedules.list()
    assert made.ask.filter.types is None


def test_a_schedule_is_changed_paused_deleted_and_taken_back(page: Page, site: JournalSite) -> None:
    schedule(page, site)
    page.get_by_role("button", name="Edit Daily").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How often").select_option("week")
    dialog.locator("select").nth(1).select_option("2")
    dialog.get_by_label("Name").fill("Weekly")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Every week, Wednesday, 07:00")).to_be_visible()
    page.get_by_role("button", name="Pause Weekly").click()
    expect(page.get_by_role("button", name="Resume Weekly")).to_be_visible()
    page.get_by_role("button", name="Delete Weekly").click()
    expect(page.get_by_text("Weekly", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Weekly", exact=True)).to_be_visible()


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_it_is_said_in_each_language(page: Page, site: JournalSite, language: str) -> None:
    schedule(page, site)
    page.evaluate("language => localStorage.setItem('callfloor.language', language)", language)
    page.reload()
    title, name, timing = LANGUAGES[language]
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page.get_by_text(name, exact=True)).to_be_visible()
    expect(page.get_by_text(timing)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=["desk", "phone"])
def test_axe_finds_nothing(page: Page, site: JournalSite, theme: str, size: tuple[int, int]) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    schedule(page, site)
    for step in (lambda: None, lambda: page.get_by_role("button", name="Edit Daily").click()):
        step()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_who_may_not_export_sees_no_button(page: Page, site: JournalSite) -> None:
    page.context.clear_cookies()
    page.context.add_cookies([site.cookie("employee")])
    page.goto(site.address + "/reports")
    expect(page.get_by_role("button", name="New schedule")).to_have_count(0)


def test_a_page_that_outlived_an_upgrade_finds_the_new_scripts(page: Page, site: JournalSite):
    upgraded: list[Route] = []

    def script(route: Route) -> None:
        if upgraded:
            route.continue_()
        else:
            route.fulfill(status=404)

    def newer(route: Route) -> None:
        upgraded.append(route)
        route.fulfill(body="<!doctype html><script type=module src='/assets/another.js'></script>")

    page.goto(site.address + "/callbacks")
    page.evaluate("document.body.dataset.before = 'yes'")
    page.route("**/assets/Reports-*.js", script)
    page.route(f"{site.address}/", newer)
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Reports").click()
    expect(page.get_by_role("heading", name="Reports", level=1)).to_be_visible()
    assert upgraded
    assert page.evaluate("document.body.dataset.before ?? 'loaded anew'") == "loaded anew"
