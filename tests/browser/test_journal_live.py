"""Calls come into the journal by themselves, and what is being read stays where it is."""

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from callfloor.floor.calls import CallRecord
from support.journal_page import JournalSite, Open, past_call, scroll
from support.page_rows import ROW, rows_begin, still
from support.web_floor import NOW


@pytest.fixture
def past(journal: JournalSite) -> list[CallRecord]:
    """A day and a half of calls, newest first."""
    return journal.fill(300)


def test_calls_arrive_by_themselves_each_once_and_at_its_place(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    page = opened()
    journal.live("new-1", NOW - 30)
    journal.live("late-1", past[3].started_at + 5)
    journal.end(past_call(1, NOW - 30, call_id="new-1"))
    expect(page.locator(ROW).first).to_have_attribute("data-id", "new-1")
    journal.end(past_call(2, past[3].started_at + 5, call_id="late-1"))
    expect(page.locator("[data-id=late-1]")).to_be_visible()
    wanted = ["new-1", *[one.call_id for one in past[:3]], "late-1", *[one.call_id for one in past[3:18]]]
    rows_begin(page, wanted)


def test_what_is_being_read_does_not_move_and_a_pill_says_what_is_new(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    page = opened()
    scroll(page, "720")
    expect(page.locator(f"[data-id={past[25].call_id}]")).to_be_visible()
    row = page.locator(f"[data-id={past[22].call_id}]")
    still(page)
    before = row.bounding_box()
    for n in range(3):
        journal.live(f"new-{n}", NOW - 30 + n)
        journal.end(past_call(n, NOW - 30 + n, call_id=f"new-{n}"))
    pill = page.get_by_role("button", name="3 new")
    expect(pill).to_be_visible()
    assert row.bounding_box() == before
    pill.click()
    expect(page.locator(ROW).first).to_have_attribute("data-id", "new-2")
    expect(pill).to_have_count(0)


def test_under_a_resting_pointer_nothing_moves_until_it_leaves(
    past: list[CallRecord], opened: Open, journal: JournalSite
):
    page = opened()
    row = page.locator(f"[data-id={past[5].call_id}]")
    row.hover()
    still(page)
    before = row.bounding_box()
    journal.live("new-1", NOW - 30)
    journal.end(past_call(1, NOW - 30, call_id="new-1"))
    expect(page.get_by_role("button", name="1 new")).to_be_visible()
    assert row.bounding_box() == before
    page.mouse.move(600, 20)
    expect(page.locator("[data-id=new-1]")).to_be_in_viewport()
    expect(page.get_by_role("button", name="1 new")).to_have_count(0)


def test_after_a_lost_connection_nothing_is_missing(
    past: list[CallRecord], opened: Open, journal: JournalSite, page: Page
):
    streams: list[WebSocketRoute] = []

    def through(stream: WebSocketRoute) -> None:
        stream.connect_to_server()
        streams.append(stream)

    page.route_web_socket(re.compile("/stream"), through)
    opened()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    journal.write(past_call(1, NOW - 30, call_id="meanwhile"), past_call(2, past[4].started_at + 5, call_id="late"))
    streams[-1].close(code=1012)
    expect(page.locator("[data-id=meanwhile]")).to_be_visible()
    expect(page.locator("[data-id=late]")).to_be_visible()
