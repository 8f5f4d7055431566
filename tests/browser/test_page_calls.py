"""The Calls page: what it shows, how it filters and sorts, what it copies, and its panel."""

import time
from collections.abc import Callable

import msgspec
from playwright.sync_api import Page, expect

from callfloor.floor.calls import CallStatus, CallType, LiveCall
from support import page_floor
from support.page_floor import call
from support.page_rows import ROW, ids, rows_are
from support.page_server import PageServer

Open = Callable[..., Page]


def row(page: Page, number: int):
    return page.locator(f'[data-id="call-{number}.5"]')


def cell(page: Page, number: int, column: str):
    return row(page, number).locator(f".td.{column}")


def three(server: PageServer) -> list[LiveCall]:
    """One who waits in a queue, one who talks, one dialled out."""
    now = time.time()
    made = [
        call(1, now=now, status=CallStatus.QUEUE, age_s=30, queue="support"),
        call(2, now=now, status=CallStatus.TALKING, employees=(1,), age_s=90),
        call(3, now=now, status=CallStatus.DIALLING, kind=CallType.OUTBOUND, employees=(7,), age_s=9),
    ]
    server.calls = {one.id: one for one in made}
    return made


def test_counters_say_how_many_are_active_waiting_and_talking_with_the_inbound_among_them(
    server: PageServer, calls: Open
):
    three(server)
    page = calls()
    counters = page.locator(".counters")
    expect(counters).to_contain_text("3 Active")
    expect(counters).to_contain_text("2 Waiting for answer")
    expect(counters).to_contain_text("1 Talking")
    expect(counters.get_by_role("button", name="1 inbound")).to_have_count(2)


def test_a_row_has_every_column(server: PageServer, calls: Open):
    three(server)
    page = calls()
    expect(cell(page, 2, "type")).to_have_text("Inbound")
    expect(cell(page, 2, "employee")).to_have_text("Анна Кузнецова")
    expect(cell(page, 2, "department")).to_have_text("Sales")
    expect(cell(page, 2, "status")).to_have_text("Talking")
    expect(cell(page, 2, "client")).to_contain_text("+7 916")
    expect(cell(page, 2, "number")).to_contain_text("+7 800 555 35 35")
    expect(cell(page, 2, "queue")).to_have_text("Sales")
    expect(cell(page, 2, "waiting")).to_have_text("0:30")
    expect(cell(page, 2, "route")).to_have_text("Working hours → Main menu → Sales")
    expect(cell(page, 1, "status")).to_have_text("In queue, no. 2")
    expect(cell(page, 1, "talk")).to_have_text("–")


def test_times_tick_without_a_message_and_the_waiting_stops_at_the_answer(server: PageServer, calls: Open):
    three(server)
    page = calls()
    shown = cell(page, 2, "talk").inner_text()
    expect(cell(page, 2, "talk")).not_to_have_text(shown)
    expect(cell(page, 2, "waiting")).to_have_text("0:30")
    assert len(server.opened) == 1


def test_rows_come_change_and_go_as_the_server_says(server: PageServer, calls: Open):
    waiting, talking, _ = three(server)
    page = calls()
    server.change(call(4, now=time.time(), status=CallStatus.IVR, age_s=1))
    expect(cell(page, 4, "status")).to_have_text("In the menu")
    server.change(msgspec.structs.replace(talking, status=CallStatus.HOLD, talk_since=None, talk_s=61.0))
    expect(cell(page, 2, "status")).to_have_text("On hold")
    expect(cell(page, 2, "talk")).to_have_text("1:01")
    server.change(removed=[waiting.id])
    expect(row(page, 1)).to_have_count(0)
    expect(page.locator(".counters")).to_contain_text("3 Active")


def test_in_ring_all_everyone_who_rings_is_told(server: PageServer, calls: Open):
    server.calls = {"call-1.5": call(1, now=time.time(), status=CallStatus.RINGING, employees=(1, 2, 3))}
    page = calls()
    expect(cell(page, 1, "employee")).to_contain_text("Анна Кузнецова")
    row(page, 1).get_by_role("button", name="Everyone in this call").click()
    listed = page.get_by_role("dialog", name="Everyone in this call")
    for name in page_floor.NAMES[:3]:
        expect(listed).to_contain_text(name)
    expect(page).to_have_url(f"{server.address}/calls")


def test_filters_combine_live_in_the_address_and_survive_a_reload(busy: PageServer, calls: Open):
    page = calls()
    page.get_by_role("button", name="Filter: Type").click()
    page.get_by_role("checkbox", name="Inbound").check()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filter: Status").click()
    page.get_by_role("checkbox", name="Talking").check()
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{busy.address}/calls?type=inbound&status=talking")
    matching = [c for c in busy.calls.values() if c.type == CallType.INBOUND and c.status == CallStatus.TALKING]
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(len(matching) + 1))
    page.reload()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(len(matching) + 1))
    expect(page.get_by_text(f"{len(matching)} calls of 60")).to_be_visible()
    page.get_by_role("button", name="Clear filters").click()
    expect(page).to_have_url(f"{busy.address}/calls")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "61")


def test_the_employee_filter_has_a_search_of_its_own(busy: PageServer, calls: Open):
    page = calls()
    page.get_by_role("button", name="Filter: Employee").click()
    page.get_by_role("searchbox", name="Find in the list").fill("szcz")
    page.get_by_role("checkbox", name="Jakub Szczepański").first.check()
    expect(page).to_have_url(f"{busy.address}/calls?employee=8")


def test_a_department_takes_those_below_it(busy: PageServer, calls: Open):
    page = calls("/calls?department=1")
    inside = {e.id for e in busy.directory.employees if e.department_id in {1, 2}}
    matching = [c for c in busy.calls.values() if any(p.employee_id in inside for p in c.parties)]
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", str(len(matching) + 1))
    page.get_by_role("button", name="Department 1", exact=True).click()
    expect(page.get_by_role("checkbox", name="Sales", exact=False).first).to_be_checked()


def test_a_counter_is_a_filter_and_a_second_click_takes_it_off(busy: PageServer, calls: Open):
    page = calls()
    waiting = page.get_by_role("button", name="Waiting for answer")
    waiting.click()
    expect(page).to_have_url(f"{busy.address}/calls?state=waiting")
    expect(waiting).to_have_attribute("aria-pressed", "true")
    page.locator(".tile.waiting .share").click()
    expect(page).to_have_url(f"{busy.address}/calls?state=waiting&type=inbound")
    page.locator(".tile.waiting .share").click()
    expect(page).to_have_url(f"{busy.address}/calls")


def test_slash_searches_people_and_numbers(server: PageServer, calls: Open):
    made = three(server)
    page = calls()
    page.keyboard.press("/")
    page.keyboard.type("katarzyna")
    expect(page.locator(ROW)).to_have_count(1)
    expect(cell(page, 3, "employee")).to_have_text("Katarzyna Wiśniewska")
    page.keyboard.press("Escape")
    expect(page.locator(ROW)).to_have_count(3)
    page.get_by_role("searchbox").fill((made[0].client_e164 or "")[-7:])
    expect(page.locator(ROW)).to_have_count(1)


def test_any_column_sorts_up_down_and_back_and_the_address_keeps_it(busy: PageServer, calls: Open):
    page = calls()
    head = page.get_by_role("columnheader", name="Waiting")
    sort = page.get_by_role("button", name="Waiting", exact=True)
    sort.click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    sort.click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(f"{busy.address}/calls?sort=-waiting")
    now = time.time()
    longest = max(busy.calls.values(), key=lambda c: (c.answered_at or now) - c.started_at)
    expect(page.locator(ROW).first).to_have_attribute("data-id", longest.id)
    sort.click()
    expect(head).not_to_have_attribute("aria-sort", "descending")
    expect(page).to_have_url(f"{busy.address}/calls")


def test_one_click_copies_the_number_in_full(server: PageServer, calls: Open):
    made = three(server)
    page = calls()
    row(page, 1).hover()
    row(page, 1).locator(".td.client").get_by_role("button").click()
    expect(page.locator(".toast")).to_contain_text(f"Copied {made[0].client_e164}")
    assert page.evaluate("navigator.clipboard.readText()") == made[0].client_e164
    expect(page).to_have_url(f"{server.address}/calls")


def test_the_order_is_held_while_the_pointer_rests_on_the_table(server: PageServer, calls: Open):
    three(server)
    page = calls()
    before = ids(page)
    row(page, 2).hover()
    expect(page.get_by_text("Order held")).to_be_visible()
    server.change(call(9, now=time.time(), status=CallStatus.QUEUE, age_s=300), removed=["call-1.5"])
    expect(row(page, 9)).to_be_visible()
    rows_are(page, *before, "call-9.5")
    expect(cell(page, 1, "status")).to_have_text("Ended")
    page.mouse.move(5, 5)
    expect(page.get_by_text("Order held")).to_be_hidden()
    expect(row(page, 1)).to_have_count(0)
    expect(page.locator(ROW).first).to_have_attribute("data-id", "call-9.5")


def test_a_row_opens_its_story_which_follows_the_call_to_its_end(server: PageServer, calls: Open):
    _, talking, _ = three(server)
    page = calls("/calls?type=inbound")
    row(page, 2).click()
    expect(page).to_have_url(f"{server.address}/calls/call-2.5?type=inbound")
    panel = page.get_by_role("complementary", name="Call")
    expect(panel).to_contain_text("Heard the menu")
    expect(panel).to_contain_text("Анна Кузнецова")
    held = msgspec.structs.replace(talking, status=CallStatus.HOLD, talk_since=None)
    server.stories["call-2.5"] = [
        *page_floor.story(talking),
        msgspec.convert({"at": time.time(), "what": "hold"}, page_floor.StoryStep),
    ]
    server.change(held)
    expect(panel).to_contain_text("Put on hold")
    server.change(removed=["call-2.5"])
    expect(panel).to_contain_text("The call has ended.")
    server.records["call-2.5"] = page_floor.record(talking)
    expect(panel).to_contain_text("Hung up by")
    expect(panel).to_contain_text("talked 0:41")
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(page).to_have_url(f"{server.address}/calls?type=inbound")


def test_a_panels_address_opens_it_and_one_that_is_not_there_is_said_so(server: PageServer, calls: Open):
    three(server)
    page = calls("/calls/call-1.5")
    panel = page.get_by_role("complementary", name="Call")
    expect(panel).to_contain_text("Joined the queue")
    page.goto(f"{server.address}/calls/never-heard-of")
    expect(panel).to_contain_text("There is no such call")


def test_everything_goes_by_keyboard(server: PageServer, calls: Open):
    made = three(server)
    page = calls()
    rows = page.locator(ROW)
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(rows.nth(2)).to_be_focused()
    page.keyboard.press("Home")
    expect(rows.first).to_be_focused()
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text(made[0].client_e164 or "")
    page.keyboard.press("Enter")
    expect(page.get_by_role("complementary", name="Call")).to_be_focused()
    page.keyboard.press("Escape")
    expect(rows.first).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_have_count(0)


def test_a_thousand_calls_are_a_few_dozen_rows_in_the_document(server: PageServer, calls: Open):
    server.calls = {one.id: one for one in page_floor.floor(1000, now=time.time())}
    page = calls()
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "1001")
    assert page.locator(ROW).count() < 60
    page.locator(ROW).first.focus()
    page.keyboard.press("End")
    expect(page.locator(f'{ROW}[aria-rowindex="1001"]')).to_be_focused()
