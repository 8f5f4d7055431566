"""The Messages page in a real browser on the real app: as messages come, are heard, viewed, marked; for everyone."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect

from callfloor.floor.calls import StoryStep
from callfloor.floor.messages import FaxResult
from support.axe import violations
from support.journal_page import JournalSite, past_call
from support.message_site import Left, tiff
from support.waiting import wait_until
from support.web_floor import NOW
from support.web_messages import fax

pytestmark = pytest.mark.browser

ROW = "[role=row][data-id]"
PHONE = {"width": 390, "height": 844}
LANGUAGES = {
    "en": ("Voicemail", "Faxes", "2 messages", "Mark as dealt with"),
    "ru": ("Голосовая почта", "Факсы", "2 сообщения", "Отметить как обработанное"),
    "pl": ("Poczta głosowa", "Faksy", "2 wiadomości", "Oznacz jako załatwione"),
    "uk": ("Голосова пошта", "Факси", "2 повідомлення", "Позначити опрацьованим"),
}
CUT = """[...document.querySelectorAll('aside .button, aside dt, .tabs a, .bar .period button, th .cut')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
    .map(one => one.textContent)"""


@pytest.fixture
def left(tmp_path: Path, page: Page) -> Iterator[Left]:
    """A site with two messages and two faxes, one of which the PBX had deleted; the browser is signed in."""
    with JournalSite(tmp_path) as journal:
        loop = journal.do(asyncio.get_running_loop)
        made = journal.do(lambda: Left(journal.site, tmp_path))
        made.leave("101", 0)
        made.leave("201", 1)
        (made.faxes / "a.tif").write_bytes(tiff(3))
        journal.do(made.start)
        kept = fax(None, key="a", files=("/pbx/fax/a.tif",), pages=3)
        lost = fax(None, key="b", at=kept.at - 60, files=("/pbx/fax/b.tif",), station="NOTARIUS")
        failed = fax(None, key="c", at=kept.at - 90, result=FaxResult.FAILED, pages=0, error="Timed out", files=())
        for record in (kept, lost, failed):
            journal.do(lambda record=record: made.messages.faxes.ended(record))
        page.context.add_cookies([journal.cookie("administrator")])
        wait_until(lambda: len(journal.ask("/voicemails")["messages"]) == 2, "two messages are in the journal")
        wait_until(lambda: len(journal.ask("/faxes")["faxes"]) == 3, "three faxes are in the journal")
        yield made
        asyncio.run_coroutine_threadsafe(made.stop(), loop).result(30)


def opened(page: Page, left: Left, path: str, language: str = "en") -> None:
    page.add_init_script(f"localStorage.setItem('callfloor.language', '{language}')")
    page.goto(left.site.url + path)
    page.wait_for_selector(ROW)


def test_a_call_leads_to_its_message_and_its_fax_and_back(left: Left, page: Page) -> None:
    project = left.site.store.project(left.site.ours)
    steps = tuple(StoryStep(at=NOW - 65, what=what) for what in ("voicemail", "fax"))
    number = "48601234567"
    record = msgspec.structs.replace(past_call(0, NOW - 70), client_number=number, story=steps, ended_at=NOW - 5)
    project.journal.write([record])
    project.voicemails.link(record.call_id, number, NOW - 70, NOW - 5)
    project.faxes.put(fax(record.call_id), keeping="missing", kept_files=(), kept_pages=None)
    page.goto(f"{left.site.url}/journal?days=7d&call={record.call_id}")
    for link, path in ((re.compile("^Fax"), "fax"), (re.compile("^Voicemail"), "voicemail")):
        page.get_by_role("complementary").get_by_role("link", name=link).first.click()
        expect(page).to_have_url(re.compile(rf"/messages/{path}/\d+$"))
        page.get_by_role("complementary").get_by_role("link", name="The call in the journal").click()
        expect(page).to_have_url(re.compile(r"/journal\?.*call="))
    assert violations(page) == []


def test_a_message_comes_by_itself_is_heard_and_is_marked(left: Left, page: Page) -> None:
    opened(page, left, "/messages")
    rows = page.locator(ROW)
    expect(rows).to_have_count(2)
    left.leave("101", 7)
    expect(rows).to_have_count(3)  # no PBX told of it: the next look finds it

    rows.filter(has_text="101").first.click()
    panel = page.get_by_role("complementary")
    expect(page).to_have_url(re.compile(r"/messages/voicemail/\d+$"))
    panel.get_by_role("button", name="Play").click()
    expect(panel.get_by_role("button", name=re.compile("Pause|Play"))).to_be_visible()
    expect(panel.get_by_text("0:01", exact=False).first).to_be_visible()
    panel.get_by_role("button", name="Mark as dealt with").click()
    expect(panel.get_by_text(re.compile("Dealt with by Administrator"))).to_be_visible()
    panel.get_by_label("Note").fill("rang back")
    panel.get_by_role("button", name="Save the note").click()
    expect(panel.get_by_role("button", name="Save the note")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(rows.filter(has_text="by Administrator")).to_have_count(1)

    page.get_by_role("button", name="Dealt with", exact=True).click()
    page.get_by_role("option", name="Open").or_(page.get_by_label("Open", exact=True)).first.click()
    page.keyboard.press("Escape")
    expect(rows).to_have_count(2)
    expect(page).to_have_url(re.compile("handled=no"))
    page.reload()
    expect(rows).to_have_count(2)


def test_what_is_deleted_at_the_pbx_stays_and_says_so(left: Left, page: Page) -> None:
    opened(page, left, "/messages/voicemail?state=new")
    rows = page.locator(ROW)
    expect(rows).to_have_count(2)
    for ending in ("txt", "wav"):
        (left.spool / f"default/201/INBOX/msg0001.{ending}").unlink()
    expect(rows).to_have_count(1)
    page.goto(f"{left.site.url}/messages/voicemail?state=gone")
    rows.click()
    expect(page.get_by_text("The message was deleted at the PBX")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_have_count(0)


def test_a_fax_is_turned_page_by_page_and_one_without_a_file_says_why(left: Left, page: Page) -> None:
    opened(page, left, "/messages/fax")
    rows = page.locator(ROW)
    expect(rows).to_have_count(3)
    rows.nth(0).click()
    panel = page.get_by_role("complementary")
    picture = panel.get_by_role("img", name="Page 1 of 3")
    expect(picture).to_be_visible()
    wait_until(lambda: picture.evaluate("one => one.complete && one.naturalWidth") == 1728, "the page is drawn")
    panel.get_by_role("button", name="The next page").click()
    expect(panel.get_by_role("img", name="Page 2 of 3")).to_be_visible()
    with page.expect_download() as download:
        panel.get_by_role("link", name="Download as PDF").click()
    assert download.value.suggested_filename.endswith(".pdf")
    page.keyboard.press("Escape")
    rows.filter(has_text="NOTARIUS").click()
    expect(panel.get_by_text("deleted it before it could be kept")).to_be_visible()
    expect(panel.get_by_role("img")).to_have_count(0)


def test_who_looks_for_a_caller_finds_them_and_an_empty_list_says_the_next_step(left: Left, page: Page) -> None:
    opened(page, left, "/messages/voicemail")
    field = page.get_by_role("searchbox", name="Number or name")
    field.fill("nobody at all")
    expect(page.get_by_text("Nothing matches these filters.")).to_be_visible()
    field.fill("anna")
    expect(page.locator(ROW)).to_have_count(2)
    page.keyboard.press("Escape")
    page.goto(f"{left.site.url}/messages/voicemail/999999")
    expect(page.get_by_text("There is no such message")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desk", "phone"])
def test_nothing_hinders_anybody(left: Left, page: Page, scheme: str, size: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    if size == "phone":
        page.set_viewport_size(PHONE)
    for path in ("/messages/voicemail", "/messages/fax"):
        opened(page, left, path)
        assert violations(page) == [], path
        page.locator(ROW).first.click()
        page.get_by_role("complementary").locator("dl").wait_for()
        assert violations(page) == [], f"{path}, open"
        if size == "phone":
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_every_language_has_its_own_words_and_room_for_them(left: Left, page: Page) -> None:
    opened(page, left, "/messages/voicemail")
    for language, (voicemail, faxes, amount, mark) in LANGUAGES.items():
        page.evaluate(f"localStorage.setItem('callfloor.language', '{language}')")
        page.add_init_script(f"localStorage.setItem('callfloor.language', '{language}')")
        page.goto(left.site.url + "/messages/voicemail")
        page.wait_for_selector(ROW)
        for text in (voicemail, faxes):
            expect(page.get_by_role("link", name=text, exact=True)).to_be_visible()
        expect(page.get_by_text(amount, exact=True)).to_be_visible()
        page.locator(ROW).first.click()
        expect(page.get_by_role("button", name=mark)).to_be_visible()
        assert page.evaluate(CUT) == [], language
