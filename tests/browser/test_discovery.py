"""What was found on the PBX, in the page: FreePBX's tables in a real MariaDB, a simulated PBX, the whole product."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import violations
from support.freepbx_tables import execute, make_freepbx
from support.installed import PASSWORD, Served, served
from support.mariadb import PASSWORD as DB_PASSWORD
from support.mariadb import USER, MariaDb, mariadb
from support.waiting import wait_until

__all__ = ["mariadb"]

TITLES = {
    "en": "Found on the PBX",
    "ru": "Найдено на АТС",
    "pl": "Znalezione na centrali",
    "uk": "Знайдено на АТС",
}
TOO_WIDE = """[...document.querySelectorAll('main *')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && !one.closest('nav')
        && !['auto', 'scroll', 'hidden'].includes(getComputedStyle(one).overflowX)
        && getComputedStyle(one).display !== 'inline' && one.clientWidth > 0
        && !one.classList.contains('unseen'))
    .map(one => `${one.tagName}: ${one.textContent.trim().slice(0, 60)}`)"""


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, projects=("One",)) as found:
        yield found


def sign_in(page: Page, where: Served) -> tuple[int, dict[str, str]]:
    """The project, and the header that a change needs."""
    answer = page.request.post(f"{where.site.url}/api/v1/session", data={"login": "anna", "password": PASSWORD})
    assert answer.ok, answer.text()
    (project,) = answer.json()["projects"]
    return int(project["id"]), {"X-CSRF-Token": answer.json()["csrf_token"]}


def look(page: Page) -> None:
    with page.expect_response(re.compile(r"/discovery/\d+/look$")) as told:
        page.get_by_role("button", name="Look now").click()
    assert told.value.ok


def group(page: Page, title: str) -> list[str]:
    return page.get_by_role("region", name=title, exact=True).locator("li .what").all_inner_texts()


def test_from_the_database_to_the_directory_and_on_with_the_pbx(where: Served, page: Page, mariadb: MariaDb) -> None:
    name = make_freepbx(mariadb)
    project = where.site.store.project(sign_in(page, where)[0])
    page.goto(f"{where.site.url}/settings/connections")
    page.get_by_role("button", name="Connect a PBX").click()
    page.get_by_role("textbox", name="Address", exact=True).fill(where.pbx.hostname or "")
    page.get_by_role("spinbutton", name="Port", exact=True).fill(str(where.pbx.port))
    page.get_by_label("Manager user", exact=True).fill(where.pbx.username or "")
    page.get_by_label("Secret", exact=True).fill(where.pbx.password or "")
    page.get_by_label("Read FreePBX’s database").check()
    page.get_by_label("Database address").fill(mariadb.socket)
    page.get_by_label("Database", exact=True).fill(name)
    page.get_by_label("Database user", exact=True).fill(USER)
    page.get_by_label("Database password").fill("wrong")
    page.get_by_role("button", name="Test the connection").click()
    refused = page.get_by_role("listitem").filter(has_text="FreePBX's database cannot be read: 1045")
    expect(refused.locator("pre")).to_contain_text("GRANT SELECT (`extension`, `name`, `outboundcid`)")
    assert violations(page) == []
    page.get_by_label("Database password").fill(DB_PASSWORD)
    page.get_by_role("button", name="Connect", exact=True).click()
    wait_until(lambda: len(project.links.all()) == 1, "the connection is kept")
    (kept,) = project.links.all()
    assert DB_PASSWORD not in f"{kept.database}{kept.database_secret}"

    page.goto(f"{where.site.url}/settings/found")
    expect(page.get_by_role("heading", name="New people")).to_be_visible()
    expect(page.get_by_text("From FreePBX’s database — people: 4, queues: 2, numbers: 3")).to_be_visible()
    assert any(text.split()[:2] == ["Hanna", "Łoś"] for text in group(page, "New people"))
    page.get_by_role("button", name="Not this: Borys Melnyk").click()
    expect(page.get_by_text("Refused (1)")).to_be_visible()
    page.get_by_role("button", name="Take over: Office hours").click()
    expect(page.get_by_role("heading", name="Working hours")).to_have_count(0)
    page.get_by_role("button", name=re.compile(r"Take over all")).click()
    expect(page.get_by_text("changes are taken over")).to_be_visible()
    # Their own mobile is a matter of taste, and stays.
    expect(page.get_by_role("heading", name="New accounts")).to_contain_text("1")
    directory = project.directory.load()
    people = {employee.accounts[0]: employee for employee in directory.employees}
    assert (people["110"].name, people["110"].accounts) == ("Hanna Łoś", ("110", "9101", "9102"))
    assert "102" not in people
    assert {queue.name: queue.label for queue in directory.queues}["800"] == "Sales line"
    assert {number.number: number.scheme for number in directory.numbers}["0442000100"] == "Daytime"
    assert len(project.rules.load().working_hours or ()) == 6

    project.directory.change_employee(people["101"].id, name="Anna K.", department_id=people["101"].department_id)
    for extension, new in (("101", "Anna Bondar"), ("103", "Taras Bondar")):
        execute(mariadb, name, f"UPDATE users SET name = '{new}' WHERE extension = '{extension}'")
    execute(mariadb, name, "DELETE FROM devices WHERE id = '9102'")
    look(page)
    names = group(page, "Other names")
    assert len(names) == 2
    assert any("edited here" in text for text in names if "Anna K." in text)
    expect(page.get_by_role("button", name="Take over all (1)")).to_be_visible()
    page.get_by_role("button", name="Remove: Hanna Łoś 9102").click()
    expect(page.get_by_role("heading", name="No longer on the PBX")).to_have_count(0)
    page.get_by_text("Refused (1)").click()
    page.get_by_role("button", name="Propose again: person 102").click()
    expect(page.get_by_role("heading", name="New people")).to_contain_text("1")
    assert {one.name for one in project.directory.load().employees} >= {"Anna K.", "Taras Shevchuk"}
    assert violations(page) == []
    deeds = [entry.action for entry in project.audit.page().entries]
    assert {"accept_found", "refuse_found", "reconsider_found"} <= set(deeds)


def test_for_everyone(where: Served, page: Page, mariadb: MariaDb) -> None:
    database = {
        "host": mariadb.socket,
        "name": make_freepbx(mariadb, without=frozenset({"timeconditions"})),
        "user": USER,
        "password": DB_PASSWORD,
    }
    asked = {
        "name": "Head office",
        "host": where.pbx.hostname,
        "port": where.pbx.port,
        "user": where.pbx.username,
        "secret": where.pbx.password,
        "database": database,
    }
    project, headers = sign_in(page, where)
    address = f"{where.site.url}/api/v1/projects/{project}/connections"
    assert page.request.post(address, data=asked, headers=headers).ok
    page.set_viewport_size({"width": 390, "height": 844})
    for place, (language, title) in enumerate(TITLES.items()):
        page.emulate_media(color_scheme="dark" if place % 2 else "light")
        page.goto(f"{where.site.url}/settings/found")
        page.evaluate("language => localStorage.setItem('callfloor.language', language)", language)
        page.reload()
        expect(page.get_by_role("heading", level=2)).to_have_text(title)
        expect(page.locator("section.block").first).to_be_visible()
        page.locator("li.block summary").click()
        assert violations(page) == []
        assert page.evaluate(TOO_WIDE) == []
