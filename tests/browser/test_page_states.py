"""The page when not all is well: signed out, forbidden, empty, loading, lost, stale; and that it heals by itself."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from callfloor.floor.calls import CallStatus
from callfloor.floor.changes import LinkState
from callfloor.store.memberships import Role
from callfloor.web.push.frames import WaitCause, Waits
from support import page_floor
from support.axe import violations
from support.page_floor import call
from support.page_server import PASSWORD, PageServer, link
from support.waiting import wait_until

ROW = "[role=row][data-id]"
Open = Callable[..., Page]


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Login").fill("anna")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_signing_in_leads_to_the_address_that_was_asked_for(busy: PageServer, calls: Open):
    busy.signed_in = False
    page = calls("/calls?state=waiting", rows=False)
    sign_in(page)
    page.wait_for_selector(ROW)
    expect(page).to_have_url(f"{busy.address}/calls?state=waiting")
    page.get_by_role("button", name="Your account").click()
    expect(page.get_by_text("Anna Keller")).to_be_visible()


def test_a_wrong_password_is_said_so_and_asked_for_again(server: PageServer, calls: Open):
    server.signed_in = False
    page = calls(rows=False)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("Write both the login and the password.")
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("The login or the password is wrong.")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


def test_a_throttled_sign_in_counts_the_seconds_and_lets_one_try_again(server: PageServer, calls: Open, page: Page):
    server.signed_in = False
    server.throttled_s = 59
    page.clock.install()
    calls(rows=False)
    sign_in(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"Too many attempts\. Try again in \d\d seconds\."))
    expect(page.get_by_role("button", name="Sign in")).to_be_disabled()
    shown = alert.inner_text()
    expect(alert).not_to_have_text(shown)
    expect(alert).to_contain_text("Try again in")
    page.clock.fast_forward(60_000)
    page.clock.run_for(2000)
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_server_that_does_not_answer_is_said_so(server: PageServer, calls: Open):
    server.signed_in = False
    page = calls(rows=False)
    expect(page.get_by_label("Login")).to_be_visible()
    page.route("**/api/v1/session", lambda route: route.abort())
    sign_in(page)
    expect(page.get_by_role("alert")).to_contain_text("Callfloor does not answer.")


def test_a_session_that_ends_leads_to_the_sign_in_and_back_to_the_same_place(busy: PageServer, calls: Open):
    page = calls("/calls/call-3.5?type=inbound,outbound")
    busy.signed_in = False
    busy.drop(4409)
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    sign_in(page)
    page.wait_for_selector(ROW)
    expect(page).to_have_url(f"{busy.address}/calls/call-3.5?type=inbound,outbound")
    expect(page.get_by_role("complementary", name="Call")).to_be_visible()


def test_signing_out(busy: PageServer, calls: Open):
    page = calls()
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_ones_sessions_are_listed_and_another_can_be_ended(busy: PageServer, calls: Open):
    page = calls()
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Where you are signed in").click()
    dialog = page.get_by_role("dialog", name="Where you are signed in")
    expect(dialog.get_by_text("Chrome, Windows")).to_have_count(2)
    dialog.get_by_role("button", name="Sign out there").click()
    expect(dialog.get_by_text("Chrome, Windows")).to_have_count(1)
    wait_until(lambda: [one.id for one in busy.sessions] == [1], "the other session is over")


def test_an_employee_is_told_that_the_live_pages_are_not_theirs(server: PageServer, calls: Open):
    server.role = Role.EMPLOYEE
    page = calls(rows=False)
    expect(page.get_by_role("heading", name="Your role does not open the live pages.")).to_be_visible()
    assert server.opened == []


def test_a_stream_that_is_forbidden_is_said_so(busy: PageServer, calls: Open):
    page = calls()
    busy.drop(4403)
    expect(page.get_by_role("heading", name="Your role does not open the live pages.")).to_be_visible()


def test_no_project_is_said_so(server: PageServer, calls: Open):
    server.projects = 0
    expect(calls(rows=False).get_by_role("heading", name="You are not in any project yet.")).to_be_visible()


def test_projects_are_chosen_from_a_menu_and_the_choice_is_kept(busy: PageServer, calls: Open):
    busy.projects = 2
    page = calls()
    page.get_by_role("button", name="Project").click()
    page.get_by_role("menuitemradio", name="Второй проект").click()
    expect(page.get_by_role("button", name="Project")).to_contain_text("Второй проект")
    page.reload()
    expect(page.get_by_role("button", name="Project")).to_contain_text("Второй проект")


def test_an_empty_floor_says_that_it_waits(server: PageServer, calls: Open):
    page = calls(rows=False)
    expect(page.get_by_text("No calls right now.")).to_be_visible()
    server.change(call(1, now=time.time(), status=CallStatus.IVR))
    expect(page.locator(ROW)).to_have_count(1)
    expect(page.get_by_text("No calls right now.")).to_have_count(0)


def test_filters_that_leave_nothing_offer_the_way_back(busy: PageServer, calls: Open):
    page = calls("/calls?q=nobody-of-this-name", rows=False)
    expect(page.get_by_text("No call matches the filters.")).to_be_visible()
    page.locator(".none").get_by_role("button", name="Clear filters").click()
    expect(page.locator(ROW).first).to_be_visible()


def test_before_the_first_frame_the_table_has_its_shape(server: PageServer, calls: Open):
    server.silent = True
    page = calls(rows=False)
    expect(page.get_by_text("Loading the calls")).to_be_attached()
    expect(page.locator(".skeleton")).to_be_visible()
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "connecting")
    expect(page.locator(".counters")).to_contain_text("–")


def test_a_lost_connection_shows_at_once_with_the_datas_age_and_heals_itself(busy: PageServer, calls: Open):
    page = calls()
    live_colour = page.locator(ROW).first.evaluate("row => getComputedStyle(row).color")
    busy.refuse_streams = True
    busy.drop(1012)
    expect(page.get_by_text("The connection to Callfloor is lost.")).to_contain_text("second")
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "lost")
    expect(page.locator(ROW).first).not_to_have_css("color", live_colour)
    busy.refuse_streams = False
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    expect(page.get_by_text("The connection to Callfloor is lost.")).to_have_count(0)
    expect(page.locator(ROW).first).to_have_css("color", live_colour)
    assert busy.opened[-1] == "epoch=e1&sequence=0"


def test_a_page_opened_while_the_server_is_away_comes_up_by_itself(busy: PageServer, page: Page):
    page.route("**/api/v1/session", lambda route: route.abort())
    page.goto(f"{busy.address}/calls")
    expect(page.get_by_role("heading", name="Callfloor does not answer.")).to_be_visible()
    page.unroute("**/api/v1/session")
    page.wait_for_selector(ROW)


def test_a_frame_that_was_lost_brings_a_new_snapshot(busy: PageServer, calls: Open):
    page = calls()
    busy.skip()
    busy.change(call(900, now=time.time(), status=CallStatus.IVR, age_s=300))
    expect(page.locator('[data-id="call-900.5"]')).to_be_visible()
    assert busy.opened == ["", ""]


def test_a_pbx_that_is_out_of_reach_marks_the_floor(busy: PageServer, calls: Open):
    page = calls()
    busy.change(links=[link(LinkState.STALE, 1_795_290_000.0, "Check the network to the PBX.")])
    line = page.get_by_text("The link to PBX Moscow is down since 22:40:00.")
    expect(line).to_contain_text("Check the network to the PBX.")
    expect(page.locator("[data-connection]")).to_have_text("PBX out of reach")
    busy.change(links=[link(LinkState.STALE, time.time() - 190, "Check the network to the PBX.")])
    expect(page.get_by_text("What you see is 3 minutes old, not current.")).to_be_visible()
    line = page.get_by_text("The link to PBX Moscow is down since")
    busy.change(links=[link(LinkState.LIVE, time.time())])
    expect(line).to_have_count(0)
    expect(page.locator("[data-connection]")).to_have_text("Live")


def test_what_cannot_be_written_down_is_said_to_everybody_and_why_to_administrators(busy: PageServer, calls: Open):
    at = 1_795_290_000.0
    busy.ahead_s = at + 60 - time.time()
    page = calls()
    line = page.get_by_role("region", name="Calls cannot be saved just now")
    busy.hold_up(Waits(since=at, cause=WaitCause.UNREACHABLE, calls=1, at_risk=0, lost=0))
    expect(line).to_have_text(
        "The database has been out of reach since 22:40:00: look at its server. "
        "Safe on disk, to be saved by themselves: 1 call."
    )
    busy.hold_up(Waits(since=at, cause=WaitCause.FULL, calls=1200, at_risk=1300, lost=2))
    expect(line).to_contain_text("full since 22:40:00: make room there. Only in memory: 1,300 entries.")
    expect(line).to_contain_text("There was no room left for: 2 calls.")
    busy.change(links=[link(LinkState.STALE, at)])
    expect(page.get_by_text("The link to PBX Moscow is down since 22:40:00.")).to_be_visible()
    expect(line).to_be_visible()
    assert violations(page) == []
    busy.hold_up(Waits(since=at))
    expect(line).to_contain_text("Calls have not been saved since 22:40:00. Live pages are right;")
    busy.hold_up(None)
    expect(line).to_have_count(0)


def test_a_pbx_that_has_never_been_reached_is_said_so(server: PageServer, calls: Open):
    server.links = (link(LinkState.CONNECTING, time.time()),)
    page = calls(rows=False)
    expect(page.get_by_text("No calls are known yet: the PBX is not connected.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/calls"])
def test_the_front_door_leads_to_the_calls(path: str, busy: PageServer, calls: Open):
    expect(calls(path)).to_have_url(f"{busy.address}/calls")


def test_an_address_of_no_page_leads_back(busy: PageServer, calls: Open):
    page = calls("/nowhere", rows=False)
    expect(page.get_by_role("heading", name="There is no such page.")).to_be_visible()
    page.get_by_role("button", name="To the calls").click()
    page.wait_for_selector(ROW)


def test_a_floor_of_the_whole_day_counts_right_after_many_changes(server: PageServer, calls: Open):
    page = calls(rows=False)
    for seed in range(12):
        server.show(page_floor.floor(40 + seed, now=time.time(), seed=seed))
    waiting = sum(c.answered_at is None for c in server.calls.values())
    expect(page.locator(".counters")).to_contain_text(f"51 Active {waiting} Waiting for answer")


def test_a_page_that_slept_for_an_hour_says_so_and_comes_back_by_itself(busy: PageServer, page: Page):
    page.clock.install()
    page.goto(f"{busy.address}/calls")
    page.wait_for_selector(ROW)
    before = len(busy.opened)
    page.clock.fast_forward("01:00:00")
    page.clock.run_for(2000)
    wait_until(lambda: len(busy.opened) > before, "the connection of before looks open, and is not believed")
    expect(page.locator("[data-connection]")).to_have_attribute("data-connection", "live")
    page.clock.resume()
    busy.change(call(900, now=time.time(), status=CallStatus.IVR, age_s=300))
    expect(page.locator('[data-id="call-900.5"]')).to_be_visible()
