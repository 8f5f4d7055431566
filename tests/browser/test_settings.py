"""The settings page, and the client at a call, on the product's own server."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from support.axe import violations
from support.page_site import page_site, sign_in
from support.waiting import wait_until
from support.web_floor import NOW, call, record
from support.web_site import Site

SECTIONS = ("marks", "rules", "numbers", "hours", "spam", "import", "work")
LANGUAGES = {"en": "Marks of calls", "ru": "Отметки звонков", "pl": "Oznaczenia połączeń", "uk": "Позначки дзвінків"}
# What is wider than its place and not meant to scroll.
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


def test_marks_are_set_and_kept(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/marks")
    save = page.get_by_role("button", name="Save")
    expect(save).to_be_disabled()
    page.get_by_label("New again after some days").check()
    page.get_by_label("Days", exact=True).fill("45")
    page.get_by_label("Seconds of talk").fill("90")
    page.get_by_label("Only calls that somebody marks").check()
    page.get_by_label("Count spam like other calls").check()
    save.click()
    expect(page.get_by_text("Saved")).to_be_visible()
    expect(save).to_be_disabled()
    rules = ours.store.project(ours.ours).rules.load()
    assert (rules.unique_depth_days, rules.target_talk_s, rules.success_is, rules.spam_counts) == (45, 90, "hand", True)
    page.reload()
    expect(page.get_by_label("Days", exact=True)).to_have_value("45")
    page.get_by_label("Once and for ever").check()
    page.get_by_role("button", name="Undo the changes").click()
    expect(page.get_by_label("Days", exact=True)).to_have_value("45")
    page.get_by_label("Days", exact=True).fill("0")
    save.click()  # the browser itself says what is wrong
    assert page.get_by_label("Days", exact=True).evaluate("one => one.validity.rangeUnderflow")
    assert ours.store.project(ours.ours).rules.load().unique_depth_days == 45


def test_working_hours_by_the_keyboard_are_in_force_at_once(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/hours")
    page.get_by_label("Work has hours").focus()
    page.keyboard.press("Space")
    add = page.get_by_role("button", name="Add hours: Saturday")
    add.focus()
    page.keyboard.press("Enter")
    begins = page.get_by_label("Saturday: From")
    begins.fill("19:30")
    begins.press("Tab")
    expect(page.get_by_role("alert").get_by_text("Saturday: each stretch ends after it begins.")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.get_by_label("Saturday: To").fill("00:00")
    page.get_by_label("Saturday: To").press("Tab")
    page.get_by_role("button", name="Remove 09:00–18:00: Monday").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved")).to_be_visible()
    rules = ours.live[ours.ours].rules
    assert rules is not None
    hours = [(each.weekday, each.begins_minute, each.ends_minute) for each in rules.working_hours or ()]
    assert hours == [(1, 540, 1080), (2, 540, 1080), (3, 540, 1080), (4, 540, 1080), (5, 1170, 1440)]


def test_a_number_is_added_described_and_removed(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/numbers")
    expect(page.get_by_text("No number is known yet.")).to_be_visible()
    page.get_by_role("button", name="Add a number").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Number", exact=True).fill("48 22")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("no spaces")
    dialog.get_by_label("Number", exact=True).fill("48221234567")
    dialog.get_by_label("Label").fill("Main")
    dialog.get_by_label("Advertising source").fill("Google")
    dialog.get_by_label("Kind").select_option("toll_free")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    row = page.get_by_role("row", name="+48 22 123 45 67")
    expect(row).to_contain_text("MainGoogleToll-free")
    wait_until(
        lambda: [(n.number, n.source) for n in ours.floor.directory.numbers] == [("48221234567", "Google")],
        "the live floor knows it",
    )
    row.get_by_role("button", name="Edit").click()
    expect(dialog.get_by_label("Label")).to_have_value("Main")
    dialog.get_by_role("button", name="Remove the number").click()
    expect(page.get_by_text("No number is known yet.")).to_be_visible()


def test_the_list_of_spam(ours: Site, page: Page) -> None:
    ours.store.project(ours.ours).spam.put("+48500600700", "pbx", None, NOW)
    sign_in(page, ours, "administrator", "/settings/spam")
    number = page.get_by_label("Telephone number")
    number.fill("hello")
    number.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is no telephone number.")
    number.fill("12 345 67 89")
    number.press("Enter")
    item = page.get_by_role("listitem").filter(has_text="+48 12 345 67 89")
    expect(item).to_contain_text("added by Administrator")
    at_pbx = page.get_by_role("listitem").filter(has_text="+48 500 600 700")
    expect(at_pbx).to_contain_text("from the PBX’s blacklist")
    expect(at_pbx.get_by_role("button")).to_have_count(0)
    item.get_by_role("button", name="Remove +48 12 345 67 89").click()
    expect(item).to_have_count(0)
    spam = ours.store.project(ours.ours).spam
    wait_until(lambda: [each.number for each in spam.numbers()] == ["+48500600700"], "the PBX's own is left")


def test_running_work_moves_and_is_cancelled(served: tuple[Site, Call], page: Page) -> None:
    ours, there = served
    started = ours.store.project(ours.ours).jobs
    sign_in(page, ours, "administrator", "/settings/work")
    expect(page.get_by_text("Nothing has run yet.")).to_be_visible()
    there(lambda: ours.work[ours.ours].start("wait", {}))
    item = page.get_by_role("listitem").filter(has_text="wait")
    expect(item.get_by_role("progressbar")).to_be_visible()
    expect(item).to_contain_text("1 of 2")
    item.get_by_role("button", name="Cancel: wait").click()
    expect(item).to_contain_text("cancelled")
    assert started.list()[0].error_id == "job_cancelled"


@pytest.mark.parametrize("who", ["analyst", "supervisor"])
def test_others_are_told_whose_it_is(ours: Site, page: Page, who: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    sign_in(page, ours, who, "/settings/marks")
    expect(page.get_by_text("Only administrators of the project change its settings.")).to_be_visible()
    assert not [url for url in asked if url.endswith("/rules")]


def test_what_cannot_be_loaded_says_so_and_is_tried_again(ours: Site, page: Page) -> None:
    def away(route: Route) -> None:
        route.abort()

    page.route("**/api/**/rules", away)
    sign_in(page, ours, "administrator", "/settings/rules")
    expect(page.get_by_role("alert")).to_contain_text("This could not be loaded.")
    page.unroute("**/api/**/rules", away)
    page.get_by_role("button", name=re.compile("again", re.IGNORECASE)).click()
    expect(page.get_by_label("Seconds of ringing")).to_have_value("5")
    page.route("**/api/**/rules", away)
    page.get_by_label("Seconds of ringing").fill("6")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Callfloor does not answer: nothing was saved.")).to_be_visible()
    expect(page.get_by_label("Seconds of ringing")).to_have_value("6")


def test_a_live_call_has_its_clients_earlier_calls_and_the_spam_mark(served: tuple[Site, Call], page: Page) -> None:
    ours, there = served
    ours.store.project(ours.ours).journal.write(
        [record("old", "101", started_at=NOW - 7200), record("older", started_at=NOW - 86_400)]
    )
    number = "+48123456789"
    there(lambda: ours.floor.put(call("now", ours.anna, client_number=number, client_e164=number)))
    sign_in(page, ours, "supervisor", "/calls/now")
    block = page.get_by_role("region", name="The client")
    expect(block.get_by_role("link", name="1", exact=True)).to_be_visible()  # Anna's; the other had nobody
    expect(block).to_contain_text("Last talked to Anna")
    block.get_by_role("button", name="Mark as spam").click()
    expect(block.get_by_text("Spam", exact=True)).to_be_visible()
    project = ours.store.project(ours.ours)
    wait_until(lambda: project.spam.is_spam(number), "the number is in the list")
    assert [(each.source, each.by) for each in project.spam.numbers()] == [("hand", "Supervisor")]
    block.get_by_role("button", name="Not spam").click()
    expect(block.get_by_text("Spam", exact=True)).to_have_count(0)
    assert violations(page) == []
    block.get_by_role("link", name="1", exact=True).click()
    expect(page).to_have_url(re.compile(r"/journal\?from=2023-11-14&to=2023-11-14&client=%2B48123456789"))


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))])
def test_axe_finds_nothing_and_nothing_is_too_wide(ours: Site, page: Page, theme: str, size: tuple[int, int]) -> None:
    project = ours.store.project(ours.ours)
    project.lines.put_number("48221234567", e164="+48221234567", label="Main", source="Google", scheme="Day")
    project.spam.put("+48500600700", "pbx", None, NOW)
    project.jobs.put("export", {}, user_id=1, user_name="Anna", at=NOW)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page, ours, "administrator", "/settings")
    for path in SECTIONS:
        page.goto(f"{ours.url}/settings/{path}")
        if path == "hours":
            page.get_by_label("Work has hours").check()
        expect(page.locator("section .block").first).to_be_visible()
        assert violations(page) == [], path
        assert page.evaluate(TOO_WIDE) == [], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_words_in_their_places(ours: Site, page: Page, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, ours, "administrator", "/settings/marks", language)
    expect(page.get_by_role("heading", level=2)).to_have_text(LANGUAGES[language])
    for path in SECTIONS:
        page.goto(f"{ours.url}/settings/{path}")
        expect(page.get_by_role("heading", level=2)).to_be_visible()
        expect(page.get_by_role("main").get_by_role("status").filter(has_text=re.compile("."))).to_have_count(0)
        assert page.evaluate(TOO_WIDE) == [], path
