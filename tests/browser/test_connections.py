"""The first start, PBX connections and what the doctor finds, in the page on the whole product with a simulated PBX."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import violations
from support.installed import PASSWORD, Installed, Served, served
from support.page_rows import still
from support.waiting import wait_until

WORD = "a long word of mine"
TITLES = {
    "en": "PBX connections",
    "ru": "Подключения к АТС",
    "pl": "Połączenia z centralami",
    "uk": "Підключення до АТС",
}
FIRST = {"en": "The set-up code", "ru": "Код установки", "pl": "Kod instalacji", "uk": "Код встановлення"}
TOO_WIDE = """[...document.querySelectorAll('main *, [role=dialog] *')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && !one.closest('nav')
        && !['auto', 'scroll', 'hidden'].includes(getComputedStyle(one).overflowX)
        && getComputedStyle(one).display !== 'inline' && one.clientWidth > 0
        && !one.classList.contains('unseen'))
    .map(one => `${one.tagName}: ${one.textContent.trim().slice(0, 60)}`)"""


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, set_up=True) as found:
        yield found


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, projects=("One", "Two")) as found:
        yield found


def open_page(page: Page, site: Installed, path: str = "/", language: str = "en") -> None:
    page.add_init_script(f"localStorage.setItem('callfloor.language', '{language}')")
    page.goto(site.url + path)


def sign_in(page: Page, site: Installed, path: str, language: str = "en") -> None:
    answer = page.request.post(f"{site.url}/api/v1/session", data={"login": "anna", "password": PASSWORD})
    assert answer.ok, answer.text()
    open_page(page, site, path, language)


def write_pbx(page: Page, where: Served, *, secret: str | None = None, port: int | None = None) -> None:
    page.get_by_role("textbox", name="Address").fill(where.pbx.hostname or "")
    page.get_by_role("spinbutton", name="Port").fill(str(port or where.pbx.port))
    page.get_by_label("Manager user", exact=True).fill(where.pbx.username or "")
    page.get_by_label("Secret", exact=True).fill(secret or where.pbx.password or "")


def test_from_the_code_to_the_first_live_call(fresh: Served, page: Page) -> None:
    site = fresh.site
    open_page(page, site)
    code = page.get_by_label("Set-up code")
    code.fill("AAAA-BBBB-CCCC")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_contain_text("not the code")
    code.fill(site.setting_up.code.lower())
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.get_by_role("textbox", name="Name").fill("Morning Cafés")
    page.get_by_label("Time zone").select_option("Europe/Warsaw")
    page.get_by_label("Country").select_option("PL")
    assert violations(page) == []
    page.get_by_role("button", name="Next").click()
    page.locator("input[type=password]").first.fill(WORD)
    page.get_by_label("The password once more").fill(WORD + "!")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("alert")).to_contain_text("differ")
    page.get_by_label("The password once more").fill(WORD)
    page.get_by_role("button", name="Next").click()

    write_pbx(page, fresh, secret="wrong")
    page.get_by_role("button", name="Test the connection").click()
    expect(page.get_by_text("refused the manager user")).to_be_visible()
    expect(page.locator("pre").filter(has_text="permit = 127.0.0.1")).to_be_visible()
    assert violations(page) == []
    write_pbx(page, fresh)
    page.get_by_role("button", name="Test the connection").click()
    expect(page.locator(".verdict")).to_contain_text("Asterisk 22")
    expect(page.locator("dl div").filter(has_text="People")).to_contain_text("1")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("is live")).to_be_visible()
    page.get_by_role("button", name="To the live floor").click()
    expect(page.locator("[role=row][data-id]").first).to_be_visible()
    (project,) = site.store.projects.all()
    assert (project.name, project.timezone, project.country) == ("Morning Cafés", "Europe/Warsaw", "PL")
    page.reload()
    expect(page.get_by_text("Morning Cafés").first).to_be_visible()


def test_the_pbx_may_wait_and_the_floor_says_so(fresh: Served, page: Page) -> None:
    site = fresh.site
    project = {"name": "P", "timezone": "UTC", "country": "PL", "language": "en"}
    administrator = {"login": "anna", "password": PASSWORD}
    body = {"code": site.setting_up.code, "project": project, "administrator": administrator}
    assert page.request.post(f"{site.url}/api/v1/setup", data=body).ok
    sign_in(page, site, "/calls")
    page.get_by_role("region", name="No PBX is connected").get_by_role("button").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("PBX connections")
    expect(page.get_by_text("No PBX is connected yet.", exact=True)).to_be_visible()


def test_a_connection_is_made_paused_changed_examined_and_removed(two: Served, page: Page) -> None:
    site = two.site
    sign_in(page, site, "/settings/connections")
    page.get_by_role("button", name="Connect a PBX").click()
    write_pbx(page, two)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("textbox", name="Name", exact=True).fill("Head office")
    assert violations(page) == []
    page.get_by_role("button", name="Connect", exact=True).click()
    row = page.get_by_role("listitem", name="Head office")
    expect(row).to_contain_text("Live")

    row.get_by_role("button", name="Examine").click()
    expect(row.locator(".verdict")).to_be_visible()
    assert violations(page) == []
    row.get_by_role("button", name="Pause").click()
    expect(row).to_contain_text("Paused")
    row.get_by_role("button", name="Watch again").click()
    expect(row).to_contain_text("Live")

    expect(row).to_contain_text("People: 12")  # told a moment after it is live: the buttons stand still from then on
    still(page)
    row.get_by_role("button", name="Change").click()
    secret = page.get_by_label("Secret", exact=True)
    expect(secret).to_have_value("")
    page.get_by_role("textbox", name="Address").fill("127.0.0.9")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").filter(has_text="enter the secret again")).to_be_visible()
    page.get_by_role("textbox", name="Address").fill(two.pbx.hostname or "")
    page.get_by_role("textbox", name="Name", exact=True).fill("Central")
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("listitem", name="Central")
    expect(row).to_contain_text("Live")

    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Keep it").click()
    expect(row).to_be_visible()
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No PBX is connected yet.", exact=True)).to_be_visible()
    project = site.store.projects.all()[0]
    wait_until(lambda: site.store.project(project.id).links.all() == (), "no connection is kept")
    assert (two.pbx.password or "") not in page.content()


def test_projects_are_switched_in_the_top_line(two: Served, page: Page) -> None:
    sign_in(page, two.site, "/employees?status=dnd")
    expect(page.locator(".project")).to_have_text("One")
    page.get_by_role("button", name="Project").click()
    page.get_by_role("menuitemradio", name="Two").click()
    expect(page.locator(".project")).to_have_text("Two")
    expect(page).to_have_url(f"{two.site.url}/employees")
    page.reload()
    expect(page.locator(".project")).to_have_text("Two")


@pytest.mark.parametrize(
    ("language", "theme", "size"),
    [
        ("en", "light", (1440, 900)),
        ("ru", "dark", (390, 844)),
        ("pl", "light", (390, 844)),
        ("uk", "dark", (1440, 900)),
    ],
)
def test_in_every_language_and_both_themes(
    fresh: Served, page: Page, language: str, theme: str, size: tuple[int, int]
) -> None:
    site = fresh.site
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_page(page, site, "/", language)
    expect(page.get_by_role("heading", level=1)).to_have_text(FIRST[language])
    assert violations(page) == []
    project = {"name": "P", "timezone": "UTC", "country": "PL", "language": language}
    body = {"code": site.setting_up.code, "project": project, "administrator": {"login": "anna", "password": PASSWORD}}
    assert page.request.post(f"{site.url}/api/v1/setup", data=body).ok
    sign_in(page, site, "/settings/connections", language)
    expect(page.get_by_role("heading", level=2)).to_have_text(TITLES[language])
    pbx = {"name": "PBX", "host": fresh.pbx.hostname, "port": fresh.pbx.port, "user": fresh.pbx.username}
    token = page.request.get(f"{site.url}/api/v1/session").json()["csrf_token"]
    made = page.request.post(
        f"{site.url}/api/v1/projects/1/connections",
        data={**pbx, "secret": fresh.pbx.password},
        headers={"X-CSRF-Token": token},
    )
    assert made.ok, made.text()
    row = page.get_by_role("listitem", name="PBX")
    row.get_by_role("button").first.click()
    expect(row.locator(".verdict")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate(TOO_WIDE) == []
    row.get_by_role("button").nth(1).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(TOO_WIDE) == []
