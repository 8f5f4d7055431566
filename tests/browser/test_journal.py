"""The journal in a real browser on the real app and store: its table, its filters, its address."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from callfloor.floor.calls import CallRecord
from support.journal_page import (
    CALLS,
    JournalSite,
    Open,
    drawn,
    first,
    past_call,
    scroll,
    scroll_up_to,
    table,
)
from support.page_rows import ROW, ids, rows_begin, still
from support.waiting import wait_until
from support.web_floor import NOW


@pytest.fixture
def past(journal: JournalSite) -> list[CallRecord]:
    """Six days of calls, newest first."""
    return journal.fill()


def test_the_newest_stand_at_the_top_with_what_is_known_of_them(past: list[CallRecord], opened: Open):
    page = opened()
    rows_begin(page, [one.call_id for one in past[:20]])
    row = page.locator(ROW).first
    expect(row).to_contain_text("14/11/2023 23:12:20")  # the project's zone: UTC is 22:12; the year is not this one
    expect(row).to_contain_text("Inbound")
    expect(row).to_contain_text("+48 601 000 000")
    expect(row).to_contain_text("Boris")
    expect(row).to_contain_text("Answered")
    expect(row).to_contain_text("0:10")


def test_it_goes_on_to_the_last_call_and_draws_only_what_is_in_sight(past: list[CallRecord], opened: Open):
    page = opened()
    drawn(page)
    seen = dict.fromkeys(ids(page))
    expect(table(page)).to_have_attribute("aria-rowcount", "-1")
    last = page.locator(f"[data-id={past[-1].call_id}]")
    while not last.count():
        scroll(page, "box.scrollTop + box.clientHeight * 0.8")
        drawn(page)
        seen |= dict.fromkeys(ids(page))
    assert list(seen) == [one.call_id for one in past]
    assert page.locator(ROW).count() < 60
    expect(table(page)).to_have_attribute("aria-rowcount", str(CALLS + 1))
    # What was let go on the way is fetched again, and stands where it stood.
    scroll(page, "0")
    rows_begin(page, [one.call_id for one in past[:20]])


def test_any_column_sorts_and_turns_round(past: list[CallRecord], opened: Open, journal: JournalSite):
    page = opened()
    talk = page.get_by_role("columnheader", name="Talk")
    talk.get_by_role("button", name="Talk", exact=True).click()
    expect(talk).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(f"{journal.address}/journal?days=7d&sort=-talk")
    longest = max(past, key=lambda one: (one.talk_s, one.started_at))
    expect(page.locator(ROW).first).to_have_attribute("data-id", longest.call_id)
    talk.get_by_role("button", name="Talk", exact=True).click()
    expect(talk).to_have_attribute("aria-sort", "ascending")
    answer = journal.ask("/journal?from=2023-11-08&to=2023-11-14&sort=talk&limit=20")
    rows_begin(page, [one["call_id"] for one in answer["rows"]])


def test_filters_combine_live_in_the_address_and_show_as_chips(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    page = opened()
    page.get_by_role("button", name="Filter: Type").click()
    page.get_by_role("dialog").get_by_label("Inbound").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filter: Employee").click()
    page.get_by_role("dialog").get_by_label("Anna").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filter: Talk").click()
    page.get_by_label("Talk, at least, seconds").fill("60")
    page.keyboard.press("Escape")
    anna = journal.site.anna
    wanted = f"days=7d&employee={anna}&type=inbound&talk=60-"
    expect(page).to_have_url(f"{journal.address}/journal?{wanted}")
    right = [one.call_id for one in past if one.type == "inbound" and one.employees[0].account == "101"]
    right = [name for name in right if next(one for one in past if one.call_id == name).talk_s >= 60]
    rows_begin(page, right[:20])
    chips = page.get_by_role("list", name="Filters").get_by_role("listitem")
    expect(chips).to_have_text([re.compile("Type:.*Inbound"), re.compile("Employee:.*Anna"), re.compile("from 1:00")])
    page.reload()
    rows_begin(page, right[:20])
    page.get_by_role("button", name="Remove the filter: Talk").click()
    expect(page).to_have_url(f"{journal.address}/journal?days=7d&employee={anna}&type=inbound")
    page.get_by_role("button", name="Clear all").click()
    expect(page).to_have_url(f"{journal.address}/journal?days=7d")
    expect(page.locator(ROW).first).to_have_attribute("data-id", past[0].call_id)


def test_a_part_of_a_number_is_asked_from_three_digits(past: list[CallRecord], opened: Open):
    page = opened()
    field = page.get_by_role("searchbox", name="Part of a number")
    field.fill("01")
    expect(page.get_by_text("From 3 digits")).to_be_visible()
    expect(page.locator(ROW).first).to_have_attribute("data-id", past[0].call_id)
    field.fill("601000007")
    expect(page.get_by_text("From 3 digits")).to_be_hidden()
    expect(page.locator(ROW)).to_have_count(len([one for one in past if one.client_number == "+48601000007"]))


def test_a_link_with_every_filter_shows_what_the_server_says(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    filters = (
        f"department={journal.site.sales}&number={quote('+48221000001')}&queue=sales&type=inbound,outbound"
        "&result=answered,abandoned_queue&mark=unique,repeat,target&hung_up_by=client&talk=-150&waiting=3-&duration=5-"
        "&recorded=no&part=601&hour=8,9,10,11,12,13,14,15,16&weekday=0,1,2,3,4"
    )
    page = opened(f"from=2023-11-08&to=2023-11-14&{filters}&sort=duration")
    answer = journal.ask(f"/journal?from=2023-11-08&to=2023-11-14&{filters}&sort=duration&limit=200")
    assert len(answer["rows"]) > 3
    rows_begin(page, [one["call_id"] for one in answer["rows"]][:20])
    expect(page.get_by_role("list", name="Filters").get_by_role("listitem")).to_have_count(14)


def test_periods_are_chosen_by_word_and_by_day(past: list[CallRecord], opened: Open, journal: JournalSite):
    page = opened("")
    expect(page.get_by_role("button", name="Today")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Yesterday").click()
    expect(page).to_have_url(f"{journal.address}/journal?days=yesterday")
    expect(page.locator(ROW).first).to_contain_text("13/11/2023")
    page.get_by_role("button", name="Any dates").click()
    calendar = page.get_by_role("dialog", name="Choose the first and the last day")
    calendar.get_by_role("button", name="Friday, 10 November 2023").click()
    calendar.get_by_role("button", name="Sunday, 12 November 2023").click()
    expect(page).to_have_url(f"{journal.address}/journal?from=2023-11-10&to=2023-11-12")
    expect(page.locator(ROW).first).to_contain_text("12/11/2023")


def test_columns_are_chosen_and_ordered_by_keys_and_pointer_and_kept(past: list[CallRecord], opened: Open):
    page = opened()
    heads = page.get_by_role("columnheader")
    page.get_by_role("button", name="Columns").click()
    menu = page.get_by_role("dialog", name="Columns")
    menu.get_by_role("checkbox", name="Cost").check()
    menu.get_by_role("checkbox", name="Type").uncheck()
    client = menu.get_by_role("checkbox", name="Client")
    client.focus()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    expect(client).to_be_focused()
    expect(heads.nth(0)).to_contain_text("Client")
    still(page)
    grip, target = menu.locator("[data-column=talk] .grip"), menu.locator("[data-column=client]")
    begin, end = grip.bounding_box(), target.bounding_box()
    assert begin is not None
    assert end is not None
    page.mouse.move(begin["x"] + 8, begin["y"] + 8)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 40, steps=4)
    page.mouse.move(end["x"] + 20, end["y"] + 8, steps=4)
    page.mouse.up()
    expect(heads.nth(0)).to_contain_text("Talk")
    expect(heads.nth(1)).to_contain_text("Client")
    page.reload()
    expect(heads.nth(0)).to_contain_text("Talk")
    expect(page.get_by_role("columnheader", name="Cost")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Type")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    menu.get_by_role("button", name="As it was at first").click()
    expect(heads.nth(0)).to_contain_text("Date and time")


def test_an_answer_to_an_earlier_question_is_dropped(past: list[CallRecord], opened: Open):
    page = opened()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/journal\?.*type=inbound&"), hold)
    with page.expect_request(re.compile("type=inbound&")):
        page.get_by_role("button", name="Filter: Type").click()
        page.get_by_role("dialog").get_by_label("Inbound").check()
    with page.expect_request(re.compile("type=inbound,outbound")):
        page.get_by_role("dialog").get_by_label("Outbound").check()
    right = next(one for one in past if one.type in {"inbound", "outbound"})
    expect(page.locator(ROW).first).to_have_attribute("data-id", right.call_id)
    expect(table(page)).to_have_attribute("aria-busy", "false")
    shown = ids(page)
    for route in held:
        route.fulfill(json={"rows": [], "next_cursor": None, "previous_cursor": None})
    assert ids(page) == shown


def test_a_reload_and_coming_back_keep_the_place(past: list[CallRecord], opened: Open, journal: JournalSite):
    page = opened()
    while int(table(page).evaluate("box => box.scrollHeight")) < 5000:
        scroll(page, "box.scrollHeight")
        drawn(page)
    scroll(page, "3600")
    place = first(page)
    assert place == past[100].call_id
    page.reload()
    wait_until(lambda: first(page) == place, "the place is kept")
    # And from there up to the top, a page at a time: each keeps still what is read, so the reader scrolls on.
    for n in (50, 0):
        scroll_up_to(page, past[n].call_id)
    page.get_by_role("link", name="Employees").click()
    expect(page).to_have_url(re.compile("/employees"))
    page.go_back()
    expect(page.locator(ROW).first).to_be_visible()
    scroll(page, "0")
    expect(page.locator(f"[data-id={past[0].call_id}]")).to_be_attached()


def test_the_page_says_that_there_is_nothing_and_what_to_do(opened: Open, journal: JournalSite):
    page = opened("", rows=False)
    expect(page.get_by_text("No calls have ended today.")).to_be_visible()
    journal.live("new-1", NOW - 30)
    journal.end(past_call(1, NOW - 30, call_id="new-1"))
    expect(page.locator(ROW)).to_have_count(1)
    page.get_by_role("button", name="Filter: Result").click()
    page.get_by_role("dialog").get_by_label("Voicemail").check()
    page.keyboard.press("Escape")
    expect(page.get_by_text("No call matches the filters.")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page.locator(ROW)).to_have_count(1)


def test_what_fails_is_said_with_its_number_and_tried_again(past: list[CallRecord], opened: Open):
    page = opened(rows=False)
    failed = {"error_id": "unexpected", "message": "x", "details": {}, "request_id": "abc123"}
    page.route("**/journal?*type=internal*", lambda route: route.fulfill(status=500, json=failed))
    expect(page.locator(ROW).first).to_be_visible()
    page.get_by_role("button", name="Filter: Type").click()
    page.get_by_role("dialog").get_by_label("Internal").check()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alert")).to_contain_text("The journal could not be fetched.")
    expect(page.get_by_role("alert")).to_contain_text("Error abc123")
    page.unroute("**/journal?*type=internal*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("No call matches the filters.")).to_be_visible()


def test_a_supervisor_sees_their_department_alone(past: list[CallRecord], opened: Open):
    page = opened(login="supervisor")
    seen = [one.call_id for one in past if one.employees[0].account == "101"]
    rows_begin(page, seen[:20])
