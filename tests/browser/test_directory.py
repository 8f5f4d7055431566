"""The directory in the settings of the page: employees, photos, departments, the project, the file; and the search."""

import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.axe import violations
from support.page_site import page_site, sign_in
from support.waiting import wait_until
from support.web_floor import record
from support.web_site import Site

SECTIONS = {
    "project": "Проект",
    "employees": "Сотрудники",
    "departments": "Отделы",
    "queues": "Очереди",
    "lines": "Транки и маршруты",
    "file": "Справочник файлом",
}
TOO_WIDE = """[...document.querySelectorAll('main *')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && !one.closest('nav')
        && !['auto', 'scroll', 'hidden'].includes(getComputedStyle(one).overflowX)
        && getComputedStyle(one).display !== 'inline' && one.clientWidth > 0
        && !one.classList.contains('unseen'))
    .map(one => `${one.tagName}: ${one.textContent.trim().slice(0, 60)}`)"""

Call = Callable[[Callable[[], object]], None]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Site, Call]]:
    with page_site(tmp_path) as found:
        yield found


@pytest.fixture
def ours(served: tuple[Site, Call]) -> Site:
    return served[0]


def names(site: Site) -> set[str]:
    return {each.name for each in site.floor.directory.employees}


def test_an_employee_gets_a_photo_and_accounts_leaves_and_is_brought_back(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/employees")
    page.get_by_role("button", name="Add an employee").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Cleo Novak")
    dialog.get_by_label("Department").select_option(label="Sales")
    dialog.get_by_role("button", name="Add an account").click()
    dialog.get_by_label("Account 1", exact=True).fill("101")  # Anna's
    photo = io.BytesIO()
    Image.new("RGB", (600, 400), "teal").save(photo, "PNG")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "cleo.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    )
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_have_text("101 is another employee’s. Take it away there first.")
    dialog.get_by_label("Account 1", exact=True).fill("301")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row", name="Cleo Novak")
    expect(row).to_contain_text("301")
    expect(row.locator("img")).to_have_js_property("naturalWidth", 256)
    wait_until(lambda: "Cleo Novak" in names(ours), "the live floor knows them")
    row.get_by_role("button", name="Edit").click()
    dialog.get_by_role("button", name="Has left").click()
    expect(row).to_have_count(0)
    wait_until(lambda: "Cleo Novak" not in names(ours), "they have left")
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("301")
    wait_until(lambda: "Cleo Novak" in names(ours), "they are back")


def test_somebody_elses_save_is_not_written_over(ours: Site, page: Page) -> None:
    edits = ours.store.project(ours.ours).directory_edits
    sign_in(page, ours, "administrator", "/settings/departments")
    page.get_by_role("button", name="Edit Help").click()
    dialog = page.get_by_role("dialog")
    help_ = next(each for each in edits.entries().departments if each.name == "Help")
    edits.put_department(help_.id, name="Care", parent_id=None)
    dialog.get_by_label("Name", exact=True).fill("Support")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has saved this meanwhile")
    dialog.get_by_role("button", name="Show as it is now").click()
    page.get_by_role("button", name="Edit Care").click()
    dialog.get_by_label("Merge into").select_option(label="Sales")
    dialog.get_by_role("button", name="Merge", exact=True).click()
    expect(page.get_by_text("Care was merged.")).to_be_visible()
    wait_until(lambda: [each.name for each in edits.entries().departments] == ["Sales"], "one department is left")


def test_a_file_is_looked_at_before_it_is_taken_over(ours: Site, page: Page, tmp_path: Path) -> None:
    sign_in(page, ours, "administrator", "/settings/file")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV with semicolons").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    file = tmp_path / "directory.csv"
    choose = page.get_by_label("A table: CSV")
    rest = ";" * (text.splitlines()[0].count(";") - 4)
    file.write_text(f"{text}employee;;;;{rest}\n", encoding="utf-8")
    choose.set_input_files(file)
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_text(
        "Line 6 · name: a name has 1 to 200 characters"
    )
    file.write_text(f"{text.replace('Boris', 'Борис')}employee;;Cleo;Sales / North;301{rest}\n", encoding="utf-8")
    choose.set_input_files(file)
    expect(page.get_by_role("status").filter(has_text="Added")).to_have_text(
        "This would change: Added: 2 · Changed: 1 · As they are: 3"
    )
    assert violations(page) == []
    page.get_by_role("button", name="Take it over").click()
    expect(page.get_by_text("The file was taken over.")).to_be_visible()
    wait_until(lambda: {"Борис", "Cleo"} <= names(ours), "the live floor knows them")


def test_the_project_is_called_otherwise_at_once(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/project")
    page.get_by_label("Name", exact=True).fill("Acme")
    zone = page.get_by_label("Time zone")
    zone.fill("Europe/Nowhere")
    expect(page.get_by_text("There is no such zone.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    zone.fill("Europe/Warsaw")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("banner")).to_contain_text("Acme")
    wait_until(lambda: ours.store.projects.get(ours.ours).timezone == "Europe/Warsaw", "it is kept")
    assert ours.store.projects.get(ours.ours).name == "Acme"


def test_the_search_leads_to_calls_people_and_pages(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/journal?type=inbound")
    field = page.get_by_role("combobox", name="Search people and numbers")
    expect(field).to_be_visible()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    field.fill("48 123")
    expect(page.get_by_role("option")).to_have_text(re.compile("Calls of numbers with 48123"))
    assert violations(page) == []
    field.press("Enter")
    expect(page).to_have_url(re.compile(r"/journal\?(?=.*part=48123)(?=.*type=inbound)"))
    field.fill("anna")
    expect(page.get_by_role("option")).to_have_count(2)
    field.press("ArrowDown")
    field.press("Enter")
    expect(page.get_by_role("complementary", name="Anna")).to_be_visible()
    page.keyboard.press("Escape")
    field.fill("tariff")
    page.get_by_role("option", name="Tariffs").click()
    expect(page).to_have_url(re.compile("/settings/tariffs$"))
    field.fill("zzz")
    expect(page.get_by_text("Nothing is found.")).to_be_visible()


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))])
def test_axe_finds_nothing_and_nothing_is_too_wide(ours: Site, page: Page, theme: str, size: tuple[int, int]) -> None:
    project = ours.store.project(ours.ours)
    sales = project.directory_edits.entries().departments[-1].id
    project.directory_edits.put_department(None, name="North and the regions beyond it", parent_id=sales)
    project.line_edits.put_queue("400", label="Sales line", department_id=sales)
    project.line_edits.put_trunk("kyivstar", label="Kyivstar", tech="pjsip")
    patterns = [f"0{code}XXXXXXX" for code in range(44, 60)]
    project.line_edits.put_route("1", label="Cities", position=1, patterns=patterns, lines=["kyivstar", "backup"])
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page, ours, "administrator", "/settings", "ru")
    for path, title in SECTIONS.items():
        page.goto(f"{ours.url}/settings/{path}")
        expect(page.get_by_role("heading", level=2)).to_have_text(title)
        expect(page.locator("section .block").first).to_be_visible()
        assert violations(page) == [], path
        assert page.evaluate(TOO_WIDE) == [], path
    page.goto(f"{ours.url}/settings/employees")
    page.get_by_role("button", name="Изменить: Anna").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page, ".dialog") == []


def test_a_trunk_is_called_otherwise_and_its_call_shows_it(ours: Site, page: Page) -> None:
    project = ours.store.project(ours.ours)
    project.line_edits.put_trunk("kyivstar", label="Kyivstar", tech="pjsip")
    project.line_edits.put_route("1", label="Cities", position=1, patterns=["0ZX."], lines=["kyivstar"])
    told = msgspec.structs.replace(record("by-trunk", "101", started_at=ours.clock.now - 60), trunk="kyivstar")
    project.journal.write([told])
    sign_in(page, ours, "administrator", "/settings/lines")
    expect(page.get_by_role("row", name="Cities")).to_contain_text("Kyivstar")
    page.get_by_role("button", name="Trunk Kyivstar").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("Our line")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("row", name="Cities")).to_contain_text("Our line")
    (trunk,) = project.directory_edits.entries().trunks
    assert (trunk.name, trunk.label, trunk.tech) == ("kyivstar", "Our line", "pjsip")
    page.goto(f"{ours.url}/journal?call=by-trunk")
    expect(page.get_by_role("complementary").get_by_text("Our line")).to_be_visible()
    page.goto(f"{ours.url}/settings/lines")
    page.get_by_role("button", name="Route Cities").click()
    dialog.get_by_role("button", name="Remove from the list").click()
    expect(page.get_by_text("No outbound route is known yet.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="Cities")).to_contain_text("0ZX.")


def test_a_photo_is_seen_among_the_employees_and_in_the_profile(served: tuple[Site, Call], page: Page) -> None:
    ours, there = served
    photo = io.BytesIO()
    Image.new("RGB", (256, 256), "teal").save(photo, "WEBP")
    ours.store.project(ours.ours).photos.put(ours.anna, photo.getvalue())
    there(ours.live[ours.ours].load_directory)
    sign_in(page, ours, "administrator", "/employees")
    shown = page.get_by_role("row", name="Anna").locator("img")
    expect(shown).to_have_js_property("naturalWidth", 256)
    expect(page.get_by_role("row", name="Boris").locator("img")).to_have_count(0)
    page.get_by_role("link", name="Anna").first.click()
    expect(page.get_by_role("complementary", name="Anna").locator("img")).to_have_js_property("naturalWidth", 256)
    wait_until(lambda: ours.floor.directory.employees[0].photo is not None, "the live floor knows it")
