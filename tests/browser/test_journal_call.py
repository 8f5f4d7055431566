"""A call of the journal in its panel, the keys, and the page for everyone: four languages, phone, themes, axe."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.floor.calls import CallRecord
from support.axe import violations
from support.journal_page import JournalSite, Open
from support.page_rows import ROW, still
from support.waiting import wait_until

TITLES = {"en": "Journal", "ru": "Журнал", "pl": "Dziennik", "uk": "Журнал"}
LANGUAGES = {"en": "English", "ru": "Русский", "pl": "Polski", "uk": "Українська"}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def past(journal: JournalSite) -> list[CallRecord]:
    """A few hours of calls, newest first."""
    return journal.fill(60)


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary")


def test_a_row_opens_its_call_with_an_address_and_esc_closes_it(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    page = opened()
    page.locator(ROW).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{journal.address}/journal?call={past[1].call_id}&days=7d")
    expect(panel(page)).to_contain_text("Outbound")
    expect(panel(page)).to_contain_text("Working hours")
    page.keyboard.press("j")
    expect(page).to_have_url(f"{journal.address}/journal?call={past[2].call_id}&days=7d")
    expect(panel(page)).to_contain_text("Left the queue")
    page.keyboard.press("k")
    expect(panel(page)).to_contain_text("Outbound")
    page.reload()
    expect(panel(page)).to_contain_text("Working hours")
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{journal.address}/journal?days=7d")
    expect(panel(page)).to_have_count(0)
    page.go_back()
    expect(panel(page)).to_be_visible()


def test_the_course_of_the_call_is_read_by_keys_beside_the_list_of_steps(past: list[CallRecord], opened: Open):
    page = opened(f"days=7d&call={past[0].call_id}")
    course = panel(page).get_by_role("slider", name="The course of the call")
    lanes = panel(page).locator(".names li")
    expect(lanes).to_have_text(["sales", "Boris"])
    course.focus()
    page.keyboard.press("ArrowRight")
    expect(course).to_have_attribute("aria-valuetext", re.compile("^sales: in the queue, 23:12:21 – 23:12:23, 0:02"))
    page.keyboard.press("End")
    expect(course).to_have_attribute("aria-valuetext", re.compile("^Boris: talking, 23:12:29"))
    page.keyboard.press("ArrowLeft")
    expect(course).to_have_attribute("aria-valuetext", re.compile("^Boris: on hold, 23:12:26 – 23:12:29, 0:03"))
    steps = panel(page).locator("ol li")
    expect(steps).to_have_count(len(past[0].story))
    expect(panel(page).get_by_text("answered by Boris")).to_be_visible()


def test_notes_are_written_and_ones_own_taken_away_and_brought_back(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    journal.site.store.project(journal.site.ours).annotations.add_note(
        past[0].call_id, journal.site.users["analyst"], "Analyst", "Wants a discount", past[0].started_at + 30
    )
    page = opened(f"days=7d&call={past[0].call_id}")
    expect(panel(page)).to_contain_text("Wants a discount")
    field = panel(page).get_by_role("textbox", name="Write a note")
    field.fill("Called back.\nAgreed.")
    page.keyboard.press("Control+Enter")
    expect(panel(page).locator(".text")).to_have_text(["Wants a discount", "Called back.\nAgreed."])
    expect(field).to_have_value("")
    remove = panel(page).get_by_role("button", name="Remove the note")
    expect(remove).to_have_count(1)
    remove.click()
    expect(panel(page).locator(".text")).to_have_text(["Wants a discount"])
    panel(page).get_by_role("button", name="Undo").click()
    expect(panel(page).locator(".text")).to_have_text(["Wants a discount", "Called back.\nAgreed."])
    asked = f"/journal/calls/{past[0].call_id}"
    kept = ["Wants a discount", "Called back.\nAgreed."]
    wait_until(lambda: [one["text"] for one in journal.ask(asked)["notes"]] == kept, "both are kept")


def test_tags_in_use_are_offered_and_the_row_shows_them(past: list[CallRecord], opened: Open, journal: JournalSite):
    journal.site.store.project(journal.site.ours).annotations.set_tags(past[5].call_id, ["vip", "complaint"])
    page = opened(f"days=7d&call={past[0].call_id}")
    field = panel(page).get_by_role("combobox", name="Add a tag")
    field.click()
    expect(page.get_by_role("option")).to_have_text(["complaint", "vip"])
    field.fill("vi")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("button", name="Remove the tag: vip")).to_be_visible()
    field.fill("urgent,  today")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("button", name="Remove the tag: urgent, today")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Tags").check()
    page.keyboard.press("Escape")
    expect(page.locator(f"[data-id={past[0].call_id}] .td.tags")).to_contain_text("vip")
    page.goto(f"{journal.address}/journal?days=7d&tag=urgent%252C+today")
    expect(page.locator(ROW)).to_have_count(1)


def test_success_is_said_by_hand_and_left_to_the_rule_again(past: list[CallRecord], opened: Open, journal: JournalSite):
    name = past[3].call_id
    page = opened(f"days=7d&call={name}")
    yes = panel(page).get_by_role("group", name="Success").get_by_role("button", name="Successful", exact=True)
    yes.click()
    expect(yes).to_have_attribute("aria-pressed", "true")
    expect(page.locator(f"[data-id={name}] .td.marks").get_by_role("img", name="Successful")).to_be_attached()
    yes.click()
    expect(yes).to_have_attribute("aria-pressed", "false")
    asked = f"/journal/calls/{name}"
    wait_until(lambda: "successful" not in journal.ask(asked)["row"]["marks"], "the rule has the last word")


def test_the_client_is_told_and_may_be_marked_as_spam(past: list[CallRecord], opened: Open, journal: JournalSite):
    page = opened(f"days=7d&call={past[0].call_id}")
    block = panel(page).locator(".client-block")
    expect(block).to_be_visible()
    block.get_by_role("button").last.click()
    expect(block.locator(".spam")).to_be_visible()


def test_a_call_that_is_not_there_is_said_so(past: list[CallRecord], opened: Open):
    page = opened("days=7d&call=nobody")
    expect(panel(page).get_by_role("alert")).to_contain_text("There is no such call, or you may not see it.")


def test_a_supervisor_does_not_see_another_departments_call(past: list[CallRecord], opened: Open):
    theirs = next(one for one in past if one.employees[0].account == "201")
    page = opened(f"days=7d&call={theirs.call_id}", login="supervisor")
    expect(panel(page).get_by_role("alert")).to_contain_text("There is no such call, or you may not see it.")


def test_the_profile_lies_over_the_call_and_leads_to_the_journal(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    page = opened(f"days=7d&call={past[1].call_id}")
    panel(page).get_by_role("link", name="Anna").click()
    profile = page.get_by_role("complementary", name="Anna")
    expect(profile).to_be_visible()
    profile.get_by_role("link", name="Open in the journal").click()
    expect(page).to_have_url(f"{journal.address}/journal?from=2023-11-14&to=2023-11-14&employee={journal.site.anna}")
    expect(page.get_by_role("list", name="Filters")).to_contain_text("Anna")
    expect(page.get_by_role("button", name="Today")).to_have_attribute("aria-pressed", "true")


def test_totals_are_another_view_of_the_same_question_and_back_leads_back(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    page = opened("days=7d&type=inbound")
    page.get_by_role("button", name="Totals").click()
    expect(page).to_have_url(f"{journal.address}/journal?view=totals&days=7d&type=inbound")
    expect(page.get_by_role("grid", name="Journal")).to_have_count(0)
    page.go_back()
    expect(page.locator(ROW).first).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_nothing(theme: str, size: tuple[int, int], past: list[CallRecord], opened: Open, page: Page):
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    opened("days=7d&type=inbound,outbound&talk=-600")
    expect(page.locator(ROW).first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Filters").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    if size[0] > 720:
        page.get_by_role("button", name="Columns").click()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Filter: Waiting").click()
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.locator(ROW).first.click(position={"x": 5, "y": 5})
    expect(panel(page).locator("ol li").first).to_be_visible()
    assert violations(page) == []


def test_on_a_phone_rows_are_cards_and_nothing_sticks_out(past: list[CallRecord], opened: Open, page: Page):
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    opened()
    row = page.locator(ROW).first
    expect(row).to_contain_text("+48 601 000 000")
    expect(row).to_contain_text("Answered")
    expect(row).to_contain_text("Boris")
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    row.click(position={"x": 5, "y": 5})
    expect(panel(page)).to_be_visible()
    still(page)
    box = panel(page).bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(PHONE["width"], abs=0.5)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_words(language: str, past: list[CallRecord], opened: Open):
    page = opened()
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitemradio", name=LANGUAGES[language]).click()
    expect(page.get_by_role("grid", name=TITLES[language])).to_be_visible()
    expect(page).to_have_title(re.compile(f"^{TITLES[language]}"))


def test_the_help_lists_the_journals_keys(past: list[CallRecord], opened: Open):
    page = opened()
    expect(page.locator(ROW).first).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("The next and the last call")
