"""The import among the settings: files go up, the work is watched, and what was refused is told, in every language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from support.axe import violations
from support.page_site import page_site, sign_in
from support.past_records import RECORDS
from support.web_site import Site

WORDS = {
    "en": ("Import", "New calls: 1. Made whole: 0. Known before: 0. Refused: 2.", "What was refused, and why"),
    "ru": ("Импорт", "Новых звонков: 1. Дополнено: 0. Известно раньше: 0. Отклонено: 2.", "Что отклонено и почему"),
    "pl": ("Import", "Nowe rozmowy: 1. Uzupełnione: 0. Znane wcześniej: 0. Odrzucone: 2.", "Co odrzucono i dlaczego"),
    "uk": ("Імпорт", "Нових дзвінків: 1. Доповнено: 0. Відомо раніше: 0. Відхилено: 2.", "Що відхилено й чому"),
}


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Site]:
    with page_site(tmp_path) as (found, _):
        yield found


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Call records of one call, and two lines that are none."""
    path = tmp_path / "Master.csv"
    path.write_bytes((RECORDS / "inbound_queue_ringall.cdr").read_bytes() + b'"a","b"\n"c","d"\n')
    return path


@pytest.mark.parametrize("language", WORDS)
def test_records_are_imported_and_what_was_refused_is_told(
    ours: Site, page: Page, records: Path, language: str
) -> None:
    title, came, refused = WORDS[language]
    page.emulate_media(color_scheme="dark" if language in {"ru", "uk"} else "light", reduced_motion="reduce")
    if language in {"pl", "uk"}:
        page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, ours, "administrator", "/settings/import", language)
    expect(page.get_by_role("heading", level=2)).to_have_text(title)
    assert violations(page) == []
    page.locator("input[type=file]").nth(1).set_input_files(records)
    page.locator("input[list=import-zones]").fill("UTC")
    page.locator("form button[type=submit]").click()
    expect(page.get_by_role("status").filter(has_text=came)).to_be_visible()
    table = page.get_by_role("table", name=refused)
    expect(table).to_contain_text("2 columns of 21")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name=re.compile("CSV")).click()
    assert downloaded.value.suggested_filename == "import-refused.csv"
    assert Path(downloaded.value.path()).read_text().count("2 columns of 21") == 2
    expect(page.get_by_role("list").filter(has_text="Master.csv").or_(page.locator("ul.before"))).to_be_visible()
    assert violations(page) == []
    page.reload()  # what came of it is told to who comes back
    expect(page.get_by_role("status").filter(has_text=came)).to_be_visible()


def test_nothing_chosen_and_a_zone_that_is_plainly_wrong_are_told(ours: Site, page: Page, tmp_path: Path) -> None:
    records = tmp_path / "Master.csv"
    records.write_bytes(b"".join(path.read_bytes() for path in sorted(RECORDS.glob("*.cdr"))))
    sign_in(page, ours, "administrator", "/settings/import")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="Choose files")).to_be_visible()
    page.get_by_label("Call records (CDR)").set_input_files(records)
    page.get_by_label("Time zone of the PBX").fill("Europe/Moscow")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("-3 h off")
    assert ours.store.project(ours.ours).journal.page(0.0, 2e9, limit=5).calls == ()
