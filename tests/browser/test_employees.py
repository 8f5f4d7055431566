"""The Employees page: what it shows, counts, filters and sorts, its devices, and its way to the profile."""

import re
import time
from collections.abc import Callable, Iterable

import msgspec
import pytest
from playwright.sync_api import Page, expect

from callfloor.floor.calls import CallStatus
from callfloor.floor.changes import LinkState
from callfloor.floor.employees import Badge, BadgeKind, LiveEmployee, Status, Switch, Why
from support import page_floor
from support.page_floor import call
from support.page_people import AGENTS, device, employee, people, seat
from support.page_rows import ROW, rows_are, rows_begin, still
from support.page_server import PageServer, link

Open = Callable[..., Page]


def row(page: Page, number: int):
    return page.locator(f'{ROW}[data-id="{number}"]')


def cell(page: Page, number: int, column: str):
    return row(page, number).locator(f".td.{column}")


def seated(server: PageServer, rows: Iterable[LiveEmployee]) -> None:
    server.employees = {one.id: one for one in rows}


@pytest.fixture
def four(server: PageServer) -> PageServer:
    """One who talks with two devices, one who is on a break and rings, one not to be disturbed, one away."""
    now = time.time()
    two = (
        device(1, now=now, status=Status.TALKING),
        msgspec.structs.replace(
            device(2, now=now, agent="Zoiper v2.10.20"), round_trip_ms=41.6, address="192.0.2.9:6001"
        ),
    )
    lunch = Badge(kind=BadgeKind.PAUSED, since=now - 65, queue="sales", reason="Lunch")
    seated(
        server,
        (
            employee(1, now=now, status=Status.TALKING, since_s=754, devices=two, queues=(seat(1, "vip", now=now),)),
            employee(
                2,
                now=now,
                queues=(seat(2, "sales", now=now, paused=True, reason="Lunch"), seat(2, "support", now=now)),
                badges=(Badge(kind=BadgeKind.RINGING, since=now - 2), lunch),
            ),
            employee(3, now=now, status=Status.DND, dnd=True),
            employee(4, now=now, status=Status.OFFLINE, since_s=3600, why=Why.SIGNED_OFF),
        ),
    )
    server.calls = {"call-7.5": call(7, now=now, employees=(1,), client="79161112233")}
    return server


def test_counters_say_how_many_are_in_each_status_and_who_else_does_what(four: PageServer, calls: Open):
    page = calls("/employees")
    counters = page.locator(".counters")
    for text in ("4 Employees", "1 Talking", "1 Online", "1 Do not disturb", "1 Offline"):
        expect(counters).to_contain_text(text)
    expect(counters).not_to_contain_text("Not known")
    expect(page.get_by_role("button", name="Ringing 1")).to_be_visible()
    expect(page.get_by_role("button", name="On a break: Lunch 1")).to_be_visible()
    four.people(employee(4, now=time.time(), status=Status.UNKNOWN))
    expect(counters).to_contain_text("0 Offline")
    expect(counters).to_contain_text("1 Not known")


def test_a_row_has_every_column(four: PageServer, calls: Open):
    page = calls("/employees")
    expect(cell(page, 1, "name")).to_have_text("Анна Кузнецова")
    expect(cell(page, 1, "department")).to_have_text("Sales")
    expect(cell(page, 1, "status")).to_have_text("Talking")
    expect(cell(page, 1, "in-status")).to_contain_text("12:3")
    expect(cell(page, 1, "agent")).to_contain_text(AGENTS[0])
    expect(cell(page, 1, "agent")).to_contain_text("+1")
    expect(cell(page, 1, "call")).to_have_text("+7 916 111 22 33")
    expect(cell(page, 1, "queues")).to_have_text("vip")
    expect(cell(page, 2, "status")).to_contain_text("Online Ringing Paused: Lunch")
    expect(cell(page, 4, "agent")).to_have_text("–")
    expect(cell(page, 4, "status").locator(".word")).to_have_attribute("title", re.compile("the phone signed off"))


def test_rows_change_come_and_go_as_the_server_says_and_times_tick(four: PageServer, calls: Open):
    page = calls("/employees")
    before = cell(page, 1, "in-status").inner_text()
    expect(cell(page, 1, "in-status")).not_to_have_text(before)
    four.people(employee(3, now=time.time(), since_s=0.5), employee(5, now=time.time()), removed=[4])
    expect(cell(page, 3, "status")).to_have_text("Online")
    expect(row(page, 5)).to_be_visible()
    expect(row(page, 4)).to_have_count(0)
    expect(page.locator(".counters")).to_contain_text("3 Online")
    assert len(four.opened) == 1


def test_counters_and_chips_are_filters_and_a_second_click_takes_them_off(four: PageServer, calls: Open):
    page = calls("/employees")
    online = page.get_by_role("button", name="1 Online")
    online.click()
    expect(page).to_have_url(f"{four.address}/employees?status=online")
    expect(online).to_have_attribute("aria-pressed", "true")
    rows_are(page, "2")
    page.get_by_role("button", name="On a break: Lunch 1").click()
    expect(page).to_have_url(f"{four.address}/employees?status=online&break=Lunch")
    page.reload()
    page.wait_for_selector(ROW)
    rows_are(page, "2")
    expect(page.get_by_text("1 employee of 4")).to_be_visible()
    page.get_by_role("button", name="1 Online").click()
    expect(page).to_have_url(f"{four.address}/employees?break=Lunch")
    page.get_by_role("button", name="On a break: Lunch 1").click()
    expect(page).to_have_url(f"{four.address}/employees")


def test_every_column_but_two_has_a_filter_and_they_combine(four: PageServer, calls: Open):
    page = calls("/employees")
    for name in ("Employee", "Department", "Status", "Call", "Queues"):
        expect(page.get_by_role("button", name=f"Filter: {name}")).to_be_visible()
    expect(page.get_by_role("button", name="Filter: User-Agent")).to_have_count(0)
    expect(page.get_by_role("button", name="Filter: In status")).to_have_count(0)
    page.get_by_role("button", name="Filter: Status").click()
    page.get_by_role("checkbox", name="Talking").check()
    page.get_by_role("checkbox", name="Paused").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filter: Queues").click()
    page.get_by_role("checkbox", name="Support, first line").check()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{four.address}/employees?status=talking,paused&queue=support")
    expect(page.locator(ROW)).to_have_count(1)
    rows_are(page, "2")
    page.keyboard.press("x")
    expect(page).to_have_url(f"{four.address}/employees")
    page.get_by_role("button", name="Filter: Call").click()
    page.get_by_role("searchbox", name="Part of a number").fill("111 22")
    expect(page.locator(ROW)).to_have_count(1)
    rows_are(page, "1")


def test_the_employee_filter_has_a_search_of_its_own_and_departments_take_those_below(server: PageServer, calls: Open):
    seated(server, people(40, now=time.time()))
    page = calls("/employees?department=1")
    inside = [e for e in server.directory.employees if e.department_id in {1, 2}]
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(len(inside) + 1))
    page.get_by_role("button", name="Clear filters").click()
    page.get_by_role("button", name="Filter: Employee").click()
    page.get_by_role("searchbox", name="Find in the list").fill("szcz")
    page.get_by_role("checkbox", name="Jakub Szczepański").first.check()
    expect(page).to_have_url(f"{server.address}/employees?employee=8")
    rows_are(page, "8")


def test_the_search_finds_people_by_name_account_and_queue(four: PageServer, calls: Open):
    page = calls("/employees")
    page.keyboard.press("/")
    page.keyboard.type("ефимов")
    expect(page.locator(ROW)).to_have_count(1)
    expect(page).to_have_url(f"{four.address}/employees?q=%D0%B5%D1%84%D0%B8%D0%BC%D0%BE%D0%B2")
    page.get_by_role("searchbox").first.fill("104")
    expect(page.locator(ROW)).to_have_count(1)
    rows_are(page, "4")


def test_names_are_the_order_and_any_column_sorts(four: PageServer, calls: Open):
    page = calls("/employees")
    by_name = sorted((page_floor.NAMES[n - 1], str(n)) for n in (1, 2, 3, 4))
    rows_are(page, *(number for _, number in by_name))
    page.get_by_role("button", name="Status", exact=True).click()
    expect(page).to_have_url(f"{four.address}/employees?sort=status")
    rows_are(page, "1", "2", "3", "4")
    page.get_by_role("button", name="In status", exact=True).click()
    page.get_by_role("button", name="In status", exact=True).click()
    expect(page).to_have_url(f"{four.address}/employees?sort=-in-status")
    rows_begin(page, ["4", "1"])


def test_the_order_is_held_while_the_pointer_rests_on_the_table(four: PageServer, calls: Open):
    page = calls("/employees?sort=status")
    row(page, 2).hover()
    expect(page.get_by_text("Order held")).to_be_visible()
    four.people(employee(4, now=time.time(), status=Status.TALKING))
    expect(cell(page, 4, "status")).to_have_text("Talking")
    rows_are(page, "1", "2", "3", "4")
    page.mouse.move(5, 5)
    expect(page.locator(ROW).first).to_have_attribute("data-id", "4")


def test_nothing_moves_when_the_order_is_held(four: PageServer, calls: Open):
    four.people(employee(4, now=time.time(), status=Status.UNKNOWN))
    page = calls("/employees?status=talking,online,dnd,unknown&break=Lunch")
    still(page)
    box = row(page, 2).bounding_box()
    row(page, 2).hover()
    expect(page.get_by_text("Order held")).to_be_visible()
    assert row(page, 2).bounding_box() == box


def test_hovering_the_agent_shows_each_device(four: PageServer, calls: Open):
    page = calls("/employees")
    cell(page, 1, "agent").get_by_role("button").hover()
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("Account 101")
    expect(tip).to_contain_text("a conversation began")
    expect(tip.locator(".device")).to_have_count(2)
    expect(tip.locator(".device").nth(0)).to_contain_text("Talking since")
    expect(tip.locator(".device").nth(1)).to_contain_text("Zoiper v2.10.20")
    expect(tip.locator(".device").nth(1)).to_contain_text("Online since")
    expect(tip.locator(".device").nth(1)).to_contain_text("192.0.2.9:6001")
    expect(tip.locator(".device").nth(1)).to_contain_text("42 ms round trip")
    tip.hover()
    expect(tip).to_be_visible()
    now = time.time()
    four.people(employee(1, now=now, devices=(device(2, now=now, agent="Zoiper v2.10.20"),)))
    expect(tip.locator(".device")).to_have_count(1)
    page.mouse.move(5, 5)
    expect(tip).to_have_count(0)


def test_the_devices_are_there_for_the_keyboard_and_for_those_who_hear(four: PageServer, calls: Open):
    page = calls("/employees?employee=1")
    button = cell(page, 1, "agent").get_by_role("button")
    button.focus()
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("Zoiper v2.10.20")
    expect(button).to_have_attribute("aria-describedby", "devices")
    expect(button).to_have_accessible_name(
        "Devices of Анна Кузнецова: 2 devices, Yealink SIP-T46S 66.85.0.5, Zoiper v2.10.20"
    )
    page.keyboard.press("Escape")
    expect(tip).to_have_count(0)
    button.blur()
    row(page, 1).focus()
    expect(row(page, 1)).to_be_focused()


def test_the_call_leads_to_the_call(four: PageServer, calls: Open):
    page = calls("/employees?status=talking")
    page.get_by_role("link", name="+7 916 111 22 33").click()
    expect(page).to_have_url(f"{four.address}/calls/call-7.5")
    expect(page.get_by_role("complementary", name="Call")).to_be_visible()


def test_each_page_keeps_its_own_filters(four: PageServer, calls: Open):
    page = calls("/employees?status=online")
    rail = page.get_by_role("navigation", name="Pages")
    rail.get_by_role("link", name="Calls").click()
    expect(page).to_have_url(f"{four.address}/calls")
    expect(page.get_by_role("heading", level=1)).to_have_text("Calls")  # until then its people's counters are there
    page.get_by_role("button", name="Talking").first.click()
    expect(page).to_have_url(f"{four.address}/calls?state=talking")
    rail.get_by_role("link", name="Employees").click()
    expect(page).to_have_url(f"{four.address}/employees?status=online")
    rail.get_by_role("link", name="Calls").click()
    expect(page).to_have_url(f"{four.address}/calls?state=talking")


def test_a_row_of_a_lost_pbx_is_grey_and_says_what_was_known_last(four: PageServer, calls: Open):
    page = calls("/employees")
    four.people(msgspec.structs.replace(four.employees[2], stale=True))
    expect(page.locator(f'{ROW}.stale[data-id="2"]')).to_be_visible()
    expect(cell(page, 2, "status")).to_contain_text("Online")
    four.change(links=(link(LinkState.STALE, time.time() - 60),))
    expect(page.get_by_text("old, not current")).to_be_visible()


def test_a_lost_connection_says_so_and_heals(four: PageServer, calls: Open):
    page = calls("/employees")
    four.refuse_streams = True
    four.drop(1012)
    expect(page.get_by_text("The connection to Callfloor is lost.")).to_be_visible()
    expect(page.locator(".page.stale")).to_be_visible()
    seated(four, [employee(9, now=time.time())])
    four.epoch = "e2"
    page.get_by_role("button", name="Try now").click()  # in vain: it stays lost, and the page keeps trying by itself
    expect(page.get_by_text("The connection to Callfloor is lost.")).to_be_visible()
    four.refuse_streams = False
    expect(row(page, 9)).to_be_visible()
    expect(page.locator(ROW)).to_have_count(1)


def test_nobody_nothing_found_and_loading_say_what_to_do(server: PageServer, calls: Open):
    page = calls("/employees", rows=False)
    expect(page.get_by_text("An administrator adds employees")).to_be_visible()
    server.people(employee(1, now=time.time()))
    expect(row(page, 1)).to_be_visible()
    page.goto(f"{server.address}/employees?status=dnd")
    expect(page.get_by_text("Nobody matches the filters.")).to_be_visible()
    page.locator(".none").get_by_role("button", name="Clear filters").click()
    expect(row(page, 1)).to_be_visible()
    server.silent = True
    page.goto(f"{server.address}/employees")
    expect(page.get_by_text("Loading the employees")).to_be_attached()
    expect(page.locator(".skeleton")).to_be_visible()


def test_a_name_opens_the_profile_at_its_own_address_from_both_pages(four: PageServer, calls: Open):
    page = calls("/employees?status=talking")
    cell(page, 1, "name").get_by_role("link").click()
    expect(page).to_have_url(f"{four.address}/employees/1?status=talking")
    expect(page.get_by_role("complementary")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{four.address}/employees?status=talking")
    expect(page.get_by_role("complementary")).to_have_count(0)
    page.goto(f"{four.address}/calls")
    page.locator(ROW).get_by_role("link", name="Анна Кузнецова").click()
    expect(page).to_have_url(f"{four.address}/calls?profile=1")
    expect(page.get_by_role("complementary")).to_be_visible()


def test_a_row_is_walked_and_opened_by_keys(four: PageServer, calls: Open):
    page = calls("/employees?sort=status")
    row(page, 1).focus()
    page.keyboard.press("ArrowDown")
    expect(row(page, 2)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(row(page, 1)).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text("Copied +79161112233")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{four.address}/employees/1?sort=status")


def test_the_switch_of_callfloor_shows_who_set_it(four: PageServer, calls: Open):
    page = calls("/employees")
    switch = Switch(status=Status.DND, since=time.time(), by="boris")
    four.people(msgspec.structs.replace(four.employees[4], status=Status.DND, switch=switch))
    row(page, 4).hover()
    row(page, 4).get_by_role("button", name="Actions").click()
    box = page.get_by_role("dialog", name="Actions")
    expect(box).to_contain_text("Set by boris")
    expect(box.get_by_role("button", name="Do not disturb")).to_have_attribute("aria-pressed", "true")


def test_a_thousand_people_are_a_table_of_what_is_seen(server: PageServer, calls: Open):
    server.directory = page_floor.directory(1000)
    seated(server, people(1000, now=time.time()))
    page = calls("/employees")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "1001")
    assert page.locator(ROW).count() < 60
    waiting = call(1, now=time.time(), status=CallStatus.QUEUE)
    server.change(waiting)
    page.locator(ROW).first.focus()
    page.keyboard.press("End")
    expect(page.locator(ROW).last).to_be_focused()
