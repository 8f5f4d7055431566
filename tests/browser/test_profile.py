"""The profile panel: who it is, the period in figures, charts that open days, live while it is open."""

import random
import re
import time
from collections.abc import Callable
from datetime import date, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.floor.employees import Status
from callfloor.web.contract import Profile
from support.page_anna import FRIDAY, anna
from support.page_answers import refusal
from support.page_people import employee
from support.page_profile import past_call
from support.page_server import PageServer


@pytest.fixture
def team(server: PageServer) -> PageServer:
    """A Friday afternoon of Anna's."""
    return anna(server)


@pytest.fixture
def profile(team: PageServer, page: Page) -> Callable[..., Locator]:
    """Opens a panel by its address and waits for its figures."""

    def open_panel(path: str = "/employees/1", *, loaded: bool = True) -> Locator:
        page.goto(team.address + path)
        panel = page.get_by_role("complementary")
        if loaded:
            expect(panel.get_by_role("region", name="Summary")).to_be_visible()
        return panel

    return open_panel


def counted(server: PageServer, first: str, last: str) -> Profile:
    """What the server says of Anna in these days."""
    return server.pasts.profile(
        server.directory.employees[0], None, date.fromisoformat(first), date.fromisoformat(last), server.now()
    )


def tile(panel: Locator, word: str) -> Locator:
    return panel.get_by_role("region", name="Summary").locator("dl > div", has=panel.page.get_by_text(word, exact=True))


def profiles(server: PageServer) -> int:
    """How often the figures were asked for."""
    return len([one for one in server.pasts.asked if "/profile" in one])


def clock(seconds: float) -> str:
    h, rest = divmod(int(seconds), 3600)
    return f"{h}:{rest // 60:02}:{rest % 60:02}" if h else f"{rest // 60}:{rest % 60:02}"


def column(panel: Locator, chart: str, day: str) -> Locator:
    return panel.get_by_role("toolbar", name=chart).get_by_role("button", name=day)


def test_the_head_says_who_it_is_what_they_do_and_why(profile: Callable[..., Locator]):
    panel = profile()
    expect(panel).to_have_accessible_name("Анна Кузнецова")
    head = panel.locator(".head").first
    expect(head).to_contain_text("Sales")
    expect(head).to_contain_text("Talking")
    expect(head).to_contain_text("a conversation with +7 916 100 79 19")
    expect(head).to_contain_text("101")
    expect(head).to_contain_text("+7 903 111 22 33")
    shown = head.locator("time").first.inner_text()
    expect(head.locator("time").first).not_to_have_text(shown)


def test_the_summary_has_calls_by_type_times_with_their_n_and_statuses(
    team: PageServer, profile: Callable[..., Locator]
):
    panel = profile("/employees/1?period=7d")
    summary = counted(team, "2026-11-14", "2026-11-20").summary
    for word, n in {
        "Answered inbound": summary.answered_inbound,
        "Outbound": summary.outbound,
        "Callback": summary.callback,
        "Missed": summary.missed,
        "Taken elsewhere": summary.taken_elsewhere,
        "Internal": summary.internal,
    }.items():
        assert n > 0
        expect(tile(panel, word).locator("b")).to_have_text(str(n))
    expect(tile(panel, "Total duration")).to_contain_text(clock(summary.calls_s))
    expect(tile(panel, "Average talk")).to_contain_text(clock(summary.average_talk_s or 0))
    expect(tile(panel, "Average talk")).to_contain_text(f"{summary.average_talk_n} calls")
    expect(tile(panel, "Average time to answer")).to_contain_text(f"{summary.average_answer_n} calls")
    expect(tile(panel, "Do not disturb")).to_contain_text(clock(summary.statuses.dnd_s))


def test_where_there_are_no_calls_a_mean_is_not_nought(profile: Callable[..., Locator]):
    panel = profile("/employees/1?period=2026-11-14..2026-11-15")
    expect(tile(panel, "Answered inbound").locator("b")).to_have_text("0")
    for word in ("Total duration", "Average talk", "Average time to answer"):
        expect(tile(panel, word)).to_contain_text("No calls")
    expect(panel).to_contain_text("No calls in these days.")


def test_the_period_is_chosen_kept_in_the_address_and_governs_every_block(
    team: PageServer, profile: Callable[..., Locator], page: Page
):
    panel = profile()
    expect(panel.get_by_role("button", name="Today")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name="3 days").click()
    expect(page).to_have_url(f"{team.address}/employees/1?period=3d")
    expect(panel.get_by_role("toolbar", name="Calls by day").get_by_role("button")).to_have_count(3)
    expect(panel.get_by_role("toolbar", name="Statuses by day").get_by_role("button")).to_have_count(3)
    expect(tile(panel, "Outbound").locator("b")).to_have_text(
        str(counted(team, "2026-11-18", "2026-11-20").summary.outbound)
    )
    panel.get_by_role("button", name="Any dates").click()
    calendar = page.get_by_role("dialog", name="Choose the first and the last day")
    calendar.get_by_role("button", name="Monday, 9 November 2026").click()
    calendar.get_by_role("button", name="Friday, 13 November 2026").click()
    expect(page).to_have_url(f"{team.address}/employees/1?period=2026-11-09..2026-11-13")
    expect(panel.get_by_role("toolbar", name="Calls by day").get_by_role("button")).to_have_count(5)
    page.reload()
    expect(panel.get_by_role("toolbar", name="Calls by day").get_by_role("button")).to_have_count(5)
    expect(panel.get_by_role("button", name=re.compile(r"Any dates: 9\s–\s13 Nov 2026"))).to_be_visible()
    expect(tile(panel, "Outbound").locator("b")).to_have_text(
        str(counted(team, "2026-11-09", "2026-11-13").summary.outbound)
    )


def test_calls_by_day_tell_their_figures_and_open_the_hours_and_calls_of_a_day(
    team: PageServer, profile: Callable[..., Locator]
):
    panel = profile("/employees/1?period=7d")
    thursday = counted(team, "2026-11-19", "2026-11-19").days[0]
    bar = column(panel, "Calls by day", "Thu 19 Nov")
    bar.hover()
    expect(panel.locator(".tip")).to_contain_text(f"Answered inbound {thursday.answered_inbound}")
    expect(panel.get_by_role("table", name="Calls by day").get_by_role("row", name="Thu 19 Nov")).to_contain_text(
        f"{thursday.answered_inbound}{thursday.outbound}{thursday.callback}{thursday.missed}{thursday.taken_elsewhere}"
    )
    bar.click()
    expect(bar).to_have_attribute("aria-pressed", "true")
    person = team.directory.employees[0]
    made = team.pasts.calls(person, date(2026, 11, 19), team.now())
    listed = panel.get_by_role("list", name="Calls on Thursday 19 November")
    expect(listed.get_by_role("listitem")).to_have_count(len(made))
    hours = panel.get_by_role("toolbar", name="Hours of Thursday 19 November").get_by_role("button")
    expect(hours).to_have_count(24)
    hours.nth(10).click()
    ten = [one for one in made if datetime.fromtimestamp(one.record.started_at, FRIDAY.tzinfo).hour == 10]
    expect(listed.get_by_role("listitem")).to_have_count(len(ten))
    panel.get_by_role("button", name="The whole day", exact=True).first.click()
    expect(listed.get_by_role("listitem")).to_have_count(len(made))


def test_a_call_of_a_day_opens_its_own_panel_and_back_comes_back(
    team: PageServer, profile: Callable[..., Locator], page: Page
):
    person = team.directory.employees[0]
    made = team.pasts.calls(person, date(2026, 11, 20), team.now())[0].record
    team.records[made.call_id] = made
    panel = profile("/employees/1")
    line = panel.get_by_role("list", name="Calls on Friday 20 November").get_by_role("link").first
    expect(line).to_contain_text("Answered")
    line.click()
    expect(page).to_have_url(f"{team.address}/calls/{made.call_id}")
    expect(page.get_by_role("complementary", name="Call")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(f"{team.address}/employees/1")
    expect(panel).to_have_accessible_name("Анна Кузнецова")


def test_the_calls_of_the_period_come_a_day_at_a_time(team: PageServer, profile: Callable[..., Locator]):
    panel = profile("/employees/1?period=7d")
    expect(panel.get_by_role("list", name="Calls on Friday 20 November")).to_be_visible()
    expect(panel.get_by_role("list", name="Calls on Thursday 19 November")).to_have_count(0)
    panel.get_by_role("button", name="Show earlier: Thursday 19 November").click()
    expect(panel.get_by_role("list", name="Calls on Thursday 19 November")).to_be_visible()


def test_statuses_by_day_have_figures_on_hover_and_focus_and_open_the_strip(
    team: PageServer, profile: Callable[..., Locator], page: Page
):
    panel = profile("/employees/1?period=3d")
    day = counted(team, "2026-11-19", "2026-11-19").days[0]
    bar = column(panel, "Statuses by day", "Thu 19 Nov")
    bar.hover()
    tip = panel.locator(".tip")
    expect(tip).to_contain_text(f"Talking {clock(day.talking_s)}")
    expect(tip).to_contain_text(f"Not known {clock(day.unknown_s)}")
    page.mouse.move(5, 5)
    expect(tip).to_have_count(0)
    bar.focus()
    expect(tip).to_contain_text(f"Offline {clock(day.offline_s)}")
    assert f"Online {clock(day.online_s)}" in (bar.get_attribute("aria-label") or "")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("slider", name="Employee")).to_be_visible()
    expect(panel.get_by_role("heading", name="Statuses on Thursday 19 November")).to_be_visible()


def test_a_bar_is_reached_and_opened_by_keys(profile: Callable[..., Locator], page: Page):
    panel = profile("/employees/1?period=7d")
    bars = panel.get_by_role("toolbar", name="Calls by day").get_by_role("button")
    bars.first.focus()
    page.keyboard.press("End")
    expect(bars.last).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(bars.nth(5)).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("heading", name="Calls on Thursday 19 November")).to_be_visible()
    panel.get_by_role("button", name="The day before").click()
    expect(panel.get_by_role("heading", name="Calls on Wednesday 18 November")).to_be_visible()
    panel.get_by_role("button", name="Close the details").click()
    expect(panel.get_by_role("heading", name="Calls on Wednesday 18 November")).to_have_count(0)


def test_time_in_the_status_that_runs_grows_by_the_clock_alone(team: PageServer, profile: Callable[..., Locator]):
    panel = profile()
    talking = tile(panel, "Talking").locator("dd")
    asked = profiles(team)
    shown = talking.inner_text()
    expect(talking).not_to_have_text(shown)
    assert profiles(team) == asked


def test_changes_are_fetched_but_not_each_of_them(team: PageServer, profile: Callable[..., Locator]):
    panel = profile()
    expect(panel.locator(".head").first).to_contain_text("Talking")
    before, began = profiles(team), time.monotonic()
    with panel.page.expect_response(lambda answer: "/profile?" in answer.url):
        for n in range(12):
            team.people(employee(1, now=team.now(), status=Status.DND if n % 2 == 0 else Status.ONLINE, since_s=0))
    expect(panel.locator(".head").first).to_contain_text("Online")
    assert 1 <= profiles(team) - before <= (time.monotonic() - began) / 3 + 1


def test_a_call_that_ended_is_counted_soon_after(team: PageServer, profile: Callable[..., Locator]):
    panel = profile()
    before = counted(team, "2026-11-20", "2026-11-20").summary
    expect(tile(panel, "Outbound").locator("b")).to_have_text(str(before.outbound))
    person = team.directory.employees[0]
    team.pasts.added.append(past_call(person, "late", "outbound", team.now() - 90, 60, random.Random(1)))
    team.change(removed=["call-1.5"])
    expect(tile(panel, "Outbound").locator("b")).to_have_text(str(before.outbound + 1))


def test_over_the_calls_it_has_an_address_too_and_esc_closes_one_panel_at_a_time(team: PageServer, page: Page):
    page.goto(f"{team.address}/calls/call-1.5?type=inbound")
    party = page.get_by_role("complementary", name="Call").get_by_role("link", name="Анна Кузнецова")
    party.click()
    expect(page).to_have_url(f"{team.address}/calls/call-1.5?profile=1&type=inbound")
    profile = page.get_by_role("complementary", name="Анна Кузнецова")
    expect(profile.get_by_role("region", name="Summary")).to_be_visible()
    profile.get_by_role("button", name="7 days").click()
    expect(page).to_have_url(f"{team.address}/calls/call-1.5?period=7d&profile=1&type=inbound")
    page.keyboard.press("Escape")
    expect(profile).to_have_count(0)
    expect(page).to_have_url(f"{team.address}/calls/call-1.5?type=inbound")
    expect(party).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    page.locator('[data-id="call-1.5"]').get_by_role("link", name="Анна Кузнецова").click()
    expect(page).to_have_url(f"{team.address}/calls?profile=1&type=inbound")


def test_esc_in_the_calendar_closes_only_the_calendar(profile: Callable[..., Locator], page: Page):
    panel = profile()
    panel.get_by_role("button", name="Any dates").click()
    calendar = page.get_by_role("dialog", name="Choose the first and the last day")
    expect(calendar).to_be_visible()
    page.keyboard.press("Escape")
    expect(calendar).to_have_count(0)
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_filters_of_the_page_below_leave_the_panel_open(team: PageServer, profile: Callable[..., Locator], page: Page):
    panel = profile("/calls?profile=1&period=3d")
    page.keyboard.press("/")
    page.keyboard.type("anna")
    expect(page).to_have_url(f"{team.address}/calls?q=anna&profile=1&period=3d")
    expect(panel).to_be_visible()


def test_who_is_not_there_or_may_not_be_seen_is_said_so(profile: Callable[..., Locator]):
    panel = profile("/employees/999", loaded=False)
    expect(panel).to_contain_text("There is no such employee, or you may not see them.")


def test_an_error_says_what_to_do_and_its_number_and_trying_again_helps(
    team: PageServer, profile: Callable[..., Locator]
):
    team.pasts.refused = refusal(500, "internal_error")
    panel = profile(loaded=False)
    expect(panel.get_by_role("alert")).to_contain_text("The profile could not be fetched.")
    expect(panel.get_by_role("alert")).to_contain_text("req-1")
    team.pasts.refused = None
    panel.get_by_role("button", name="Try again").click()
    expect(panel.get_by_role("region", name="Summary")).to_be_visible()
    expect(panel.get_by_role("alert")).to_have_count(0)


def test_while_the_connection_is_lost_the_figures_stand_still(
    team: PageServer, profile: Callable[..., Locator], page: Page
):
    panel = profile()
    team.refuse_streams = True
    team.drop(1012)
    expect(page.get_by_text("The connection to Callfloor is lost.")).to_be_visible()
    talking = tile(panel, "Talking").locator("dd")
    clock_before = page.locator("header .clock").inner_text()
    shown = talking.inner_text()
    expect(page.locator("header .clock")).not_to_have_text(clock_before)
    assert talking.inner_text() == shown
    team.refuse_streams = False
    expect(talking).not_to_have_text(shown)


def test_a_chart_whose_code_does_not_come_still_has_its_figures(
    team: PageServer, profile: Callable[..., Locator], page: Page
):
    page.route("**/assets/echarts-*.js", lambda route: route.abort())
    panel = profile("/employees/1?period=3d")
    expect(panel.get_by_text("The chart could not be loaded.").first).to_be_visible()
    expect(panel.get_by_role("table", name="Calls by day").get_by_role("row")).to_have_count(4)
    expect(panel.get_by_role("table", name="Calls by day")).to_be_visible()


def test_charts_come_only_with_the_first_profile(team: PageServer, page: Page):
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{team.address}/employees")
    page.wait_for_selector("[role=row][data-id]")
    assert not [one for one in fetched if "echarts" in one or "Profile" in one]
    page.locator("[role=row][data-id='1']").click()
    expect(page.get_by_role("complementary").locator("canvas").first).to_be_visible()
    assert [one for one in fetched if "echarts" in one]
