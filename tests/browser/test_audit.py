"""The audit in a real browser on the product's own server: who supervised whom, who did what, filters and files."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from callfloor.floor.supervisions import Ending, Followed, Mode, ModeStretch, SupervisionRecord, Way
from support.axe import violations
from support.call_backs import BEGIN, talk
from support.page_site import page_site, sign_in
from support.web_floor import NOW
from support.web_site import Site

ROW = "[role=row][data-id]"
PHONE = {"width": 390, "height": 844}
EMPTY = {
    "en": "Nobody listened in on these days.",
    "ru": "В эти дни никто никого не слушал.",
    "pl": "W tych dniach nikt nikogo nie słuchał.",
    "uk": "У ці дні ніхто нікого не слухав.",
}


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Site]:
    with page_site(tmp_path) as (found, _):
        yield found


def record(of: Site, number: int, ending: Ending, way: Way, *modes: tuple[Mode, float]) -> SupervisionRecord:
    """A session that began ``number`` hours ago: in each mode for so many seconds, with Anna, then with Boris."""
    at = NOW - number * 3600
    stretches, began = [], at
    for mode, seconds in modes:
        stretches.append(ModeStretch(mode=mode, muted=False, began_at=began, ended_at=began + seconds))
        began += seconds
    half = at + (began - at) / 2
    return SupervisionRecord(
        id=f"s{number}",
        user_id=of.users["supervisor"],
        user_name="Supervisor",
        call_id=f"call-{number}",
        way=way,
        phone="190" if way is Way.PHONE else None,
        reason="first week" if number == 1 else None,
        started_at=at,
        connected_at=at if modes else None,
        ended_at=began,
        modes=tuple(stretches),
        followed=(
            Followed(employee_id=of.anna, account="101", began_at=at, ended_at=half),
            Followed(employee_id=of.boris, account="201", began_at=half, ended_at=began),
        )
        if len(modes) > 1
        else (Followed(employee_id=of.anna, account="101", began_at=at, ended_at=began),),
        ending=ending,
    )


@pytest.fixture
def written(ours: Site) -> Site:
    """Three sessions, and two deeds of which one failed."""
    store = ours.store.project(ours.ours)
    store.supervisions.close(
        record(ours, 1, Ending.LEFT, Way.BROWSER, (Mode.LISTEN, 40), (Mode.WHISPER, 80), (Mode.JOIN, 10))
    )
    store.supervisions.close(record(ours, 2, Ending.CALL_OVER, Way.BROWSER, (Mode.LISTEN, 30)))
    store.supervisions.close(record(ours, 3, Ending.NO_ANSWER, Way.PHONE))
    admin = ours.users["administrator"]
    store.audit.write(
        at=NOW - 600,
        user_id=admin,
        user_login="administrator",
        action="change_rules",
        outcome="done",
        details={"before": {"supervision": {"tone": False}}, "after": {"supervision": {"tone": True}}},
    )
    store.audit.write(
        at=NOW - 500,
        user_id=ours.users["supervisor"],
        user_login="supervisor",
        action="hang_up_call",
        outcome="call_gone",
        subject_kind="call",
        subject_id="call-1",
    )
    return ours


@pytest.fixture
def show(written: Site, page: Page) -> Callable[[str], Page]:
    def at(address: str) -> Page:
        sign_in(page, written, "administrator", address)
        expect(page.locator(ROW).first).to_be_visible()
        return page

    return at


def test_the_log_tells_who_whom_how_and_how_it_ended(show: Callable[[str], Page]) -> None:
    page = show("/audit")
    rows = page.locator(ROW)
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text("Anna → Boris")
    expect(rows.nth(0)).to_contain_text("first week")
    expect(rows.nth(0).get_by_role("img", name="listen 0:40, whisper 1:20, join 0:10")).to_be_visible()
    expect(rows.nth(1)).to_contain_text("Call over")
    expect(rows.nth(2)).to_contain_text("Phone 190")
    expect(rows.nth(2)).to_contain_text("Phone not answered")
    expect(page.get_by_text("Nobody listens in now.")).to_be_visible()


def test_a_session_opens_to_the_second_and_leads_to_its_call(show: Callable[[str], Page]) -> None:
    page = show("/audit")
    page.locator(ROW).nth(0).click()
    panel = page.get_by_role("complementary", name="Session of Supervisor")
    expect(panel).to_contain_text("whisper")
    expect(panel.get_by_role("link", name="Boris")).to_be_visible()
    page.reload()
    expect(panel).to_be_visible()
    panel.get_by_role("link", name="Open the call").click()
    expect(page).to_have_url(re.compile(r"/journal\?call=call-1$"))


def test_a_calls_panel_tells_who_listened_to_it(written: Site, page: Page) -> None:
    store = written.store.project(written.ours)
    call = talk(1, "+48600000001", NOW - BEGIN - 3600, rang=("101",))
    store.journal.write([call])
    listened = record(written, 5, Ending.CALL_OVER, Way.BROWSER, (Mode.LISTEN, 30))
    store.supervisions.close(msgspec.structs.replace(listened, call_id=call.call_id))
    sign_in(page, written, "administrator", f"/journal?call={call.call_id}")
    listed = page.get_by_role("region", name="Listened to")
    expect(listed).to_contain_text("Supervisor")
    listed.get_by_role("link", name="Listened to").click()
    expect(page).to_have_url(re.compile("/audit.*about_call="))


def test_filters_combine_live_in_the_address_and_are_cleared(show: Callable[[str], Page]) -> None:
    page = show("/audit?mode=whisper")
    rows = page.locator(ROW)
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Clear filters").click()
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="By", exact=True).click()
    page.get_by_role("checkbox", name="Phone").check()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("way=phone"))
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Today").click()
    expect(page).to_have_url(re.compile("days=today"))


def test_a_new_session_appears_by_itself(written: Site, show: Callable[[str], Page]) -> None:
    page = show("/audit")
    expect(page.locator(ROW)).to_have_count(3)
    written.store.project(written.ours).supervisions.close(
        record(written, 0, Ending.LEFT, Way.BROWSER, (Mode.LISTEN, 5))
    )
    expect(page.locator(ROW)).to_have_count(4)


def test_everything_shows_a_change_as_before_and_after(show: Callable[[str], Page]) -> None:
    page = show("/audit")
    page.get_by_role("button", name="Everything").click()
    changed = page.locator(ROW).filter(has_text="Rules changed")
    expect(changed).to_contain_text("listening in › a tone is heard: no → yes")
    changed.click()
    table = page.get_by_role("complementary", name="Rules changed").get_by_role("table")
    expect(table.get_by_role("row", name="listening in › a tone is heard no yes")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Outcome", exact=True).click()
    page.get_by_role("checkbox", name="Not done").check()
    page.keyboard.press("Escape")
    expect(page.locator(ROW)).to_have_count(1)
    expect(page.locator(ROW)).to_contain_text("Not done: the call is over")


def test_what_is_shown_is_taken_as_a_file(show: Callable[[str], Page]) -> None:
    page = show("/audit?way=browser")
    expect(page.locator(ROW)).to_have_count(2)
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as found:
        page.get_by_role("menuitem", name="CSV").click()
    text = Path(found.value.path()).read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))
    assert len(rows) == 3
    assert any("Anna" in cell for cell in rows[1])


def test_only_administrators_have_it(ours: Site, page: Page) -> None:
    sign_in(page, ours, "supervisor", "/audit")
    expect(page.get_by_text("Only administrators of the project read its audit.")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_role("link", name="Audit")).to_have_count(0)


@pytest.mark.parametrize("language", EMPTY)
def test_nothing_yet_is_said_in_every_language(ours: Site, page: Page, language: str) -> None:
    sign_in(page, ours, "administrator", "/audit", language)
    expect(page.get_by_text(EMPTY[language])).to_be_visible()


def test_the_policy_is_set_and_audited_with_before_and_after(written: Site, show: Callable[[str], Page]) -> None:
    page = show("/audit")
    page.goto(f"{written.url}/settings/listening")
    page.get_by_label("Ask for a reason each time").check()
    page.get_by_role("button", name="Choose employees").click()
    page.get_by_role("checkbox", name="Boris").check()
    page.keyboard.press("Escape")
    page.get_by_label("Dialplan context").fill("from-internal")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".toast")).to_contain_text("Saved")
    rules = written.store.project(written.ours).rules.load()
    assert (rules.supervision.ask_reason, rules.transfer_context) == (True, "from-internal")
    assert rules.supervision.forbidden_employee_ids == (written.boris,)
    page.get_by_role("button", name="Allow again: Boris").click()
    assert violations(page) == []
    page.goto(f"{written.url}/audit?view=deeds&action=change_rules")
    expect(page.locator(ROW).first).to_contain_text("dialplan context: none → from-internal")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(show: Callable[[str], Page], theme: str) -> None:
    page = show("/audit")
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    assert violations(page) == []
    page.locator(ROW).first.click()
    assert violations(page) == []
    page.get_by_role("button", name="Everything").click()
    page.locator(ROW).filter(has_text="Rules changed").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect(page.locator(ROW).first).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
