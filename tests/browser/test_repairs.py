"""Repairs in the page, on the whole product: a PBX's records on disk, a period asked for, what came of it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, Route, expect

from support.axe import violations
from support.installed import PASSWORD, Served, served
from support.repair_files import RecordFiles

RECORDED = datetime(2026, 11, 21, 19, 30, tzinfo=UTC), datetime(2026, 11, 21, 20, 30, tzinfo=UTC)
"""All recorded calls lie between."""
AGO = timedelta(days=(RECORDED[0].date() - datetime.now(UTC).date()).days + 2)
LATER = timedelta(hours=2)
PROJECT = ZoneInfo("Europe/Kyiv")
CALLS = 60
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
READ_MS = 90_000
"""A process is begun, and reads: many seconds on a busy machine."""


def earlier(line: str, by: timedelta) -> str:
    """A row as it was written so long before."""

    def stamp(found: re.Match[str]) -> str:
        return str(datetime.fromisoformat(found[0]) - by)

    line = re.sub(r"\b(1795\d{6})(?=[.|])", lambda found: str(int(found[0]) - int(by.total_seconds())), line)
    return re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", stamp, line)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    """A project with a PBX whose folder of logs is mounted: it was at work two days ago, and again a while later."""
    files = RecordFiles(tmp_path / "asterisk")
    for kind, lines in files.lines.items():
        files.write(kind, [earlier(line, by) for by in (AGO, AGO - LATER) for line in lines])
    (tmp_path / "data").mkdir()
    with served(tmp_path / "data", projects=("One",), CALLFLOOR_PBX_LOGS=str(files.folder)) as found:
        yield found


def connect(page: Page, office: Served) -> None:
    """Sign in, and have the PBX connected."""
    url, pbx = office.site.url, office.pbx
    answer = page.request.post(f"{url}/api/v1/session", data={"login": "anna", "password": PASSWORD})
    assert answer.ok, answer.text()
    signed = answer.json()
    known = {"name": "Office", "host": pbx.hostname, "port": pbx.port, "user": pbx.username, "secret": pbx.password}
    made = page.request.post(
        f"{url}/api/v1/projects/{signed['projects'][0]['id']}/connections",
        data=known,
        headers={"X-CSRF-Token": signed["csrf_token"]},
    )
    assert made.ok, made.text()


def ask(page: Page) -> None:
    """For the time of the calls, by the project's clocks."""
    began, ended = ((at - AGO).astimezone(PROJECT) for at in RECORDED)
    page.get_by_role("button", name="Repair a period").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("From").fill(f"{began:%Y-%m-%dT%H:%M}")
    dialog.get_by_label("To").fill(f"{ended:%Y-%m-%dT%H:%M}")
    assert violations(page) == []
    dialog.get_by_role("button", name="Repair a period").click()
    expect(dialog).to_have_count(0)


def assert_accessible(page: Page) -> None:
    """In both themes."""
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []


def as_while_it_is_tried(page: Page) -> None:
    """What was asked for is being read, a quarter of it done, and what was not begins: a moment that is soon over."""

    def repairs(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        for one in told["repairs"]:
            begins = {"state": "waiting", "tries": 0, "lacking": None}
            one.update({"state": "running"} if one["user_name"] else begins)
        route.fulfill(response=answer, json=told)

    def jobs(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        for job in told["jobs"]:
            job.update({"state": "running", "done": 1, "of": 4})
        route.fulfill(response=answer, json=told)

    page.route(re.compile(r"/repairs$"), repairs)
    page.route(re.compile(r"/jobs$"), jobs)


@pytest.mark.timeout(240)
def test_a_period_is_asked_for_and_told_and_its_calls_carry_a_mark(page: Page, office: Served) -> None:
    connect(page, office)
    page.goto(f"{office.site.url}/settings/connections")
    section = page.get_by_role("region", name="Repair after outages")
    expect(section.get_by_text("Time zone the project’s (Europe/Kyiv)")).to_be_visible()
    section.get_by_role("button", name="Change", exact=True).click()
    page.get_by_label("Time zone in which the PBX writes").fill("UTC")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(section.get_by_text("Time zone UTC")).to_be_visible()

    ask(page)
    # The moment until the PBX was connected is repaired, too.
    row = section.get_by_role("listitem").filter(has_text="asked for by Anna")
    expect(row).to_contain_text("complete", timeout=READ_MS)
    expect(row).to_contain_text(f"Calls added: {CALLS}, made whole: 0")
    assert_accessible(page)
    as_while_it_is_tried(page)
    page.reload()
    expect(row.get_by_role("progressbar")).to_have_attribute("value", "0.25")
    expect(row).to_contain_text("being read")
    expect(section.get_by_role("listitem").filter(has_text="begins in a moment")).to_have_count(1)
    assert_accessible(page)
    page.unroute_all()

    page.goto(f"{office.site.url}/journal?days=7d")
    told = page.get_by_role("row").filter(has=page.get_by_label("Told by the PBX’s own records: nobody watched."))
    told.first.click()
    expect(page.get_by_text("Told by the PBX’s own records: nobody watched.", exact=True)).to_be_visible()
