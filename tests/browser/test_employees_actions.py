"""What can be done for an employee, by whom, and that it is done only when the stream says so."""

import time
from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.floor.employees import Switch
from callfloor.store.memberships import Role
from callfloor.web.contract import AddToQueue, Pause, RemoveFromQueue, SetDnd, SetSwitch, Unpause
from support.page_answers import refusal
from support.page_people import employee, seat
from support.page_server import PageServer
from support.waiting import wait_until

ROW = "[role=row][data-id]"
Open = Callable[..., Page]


@pytest.fixture
def one(server: PageServer) -> PageServer:
    """Anna, in the sales queue."""
    now = time.time()
    server.employees = {1: employee(1, now=now, queues=(seat(1, "sales", now=now),))}
    return server


def actions(page: Page) -> Locator:
    row = page.locator(ROW).first
    row.hover()
    row.get_by_role("button", name="Actions").click()
    return page.get_by_role("dialog", name="Actions")


def test_a_pause_is_on_its_way_until_the_stream_tells_it(one: PageServer, calls: Open):
    page = calls("/employees")
    box = actions(page)
    box.get_by_role("combobox", name="Reason of the pause").fill("Lunch")
    box.get_by_role("button", name="Pause in Sales").click()
    expect(box.get_by_role("img", name="Waiting until the PBX confirms it")).to_be_visible()
    expect(page.locator(ROW).get_by_role("img", name="Waiting until the PBX confirms it")).to_be_visible()
    expect(box).to_contain_text("takes calls")
    expect(box.get_by_role("button", name="Pause in Sales")).to_be_disabled()
    wait_until(lambda: one.actions == [(1, Pause(queue="sales", reason="Lunch"))], "the pause is asked for")
    now = time.time()
    one.people(employee(1, now=now, queues=(seat(1, "sales", now=now, paused=True, reason="Lunch"),)))
    expect(page.locator(".toast")).to_contain_text("Анна Кузнецова: paused in Sales")
    expect(box).to_contain_text("paused: Lunch")
    expect(page.get_by_role("img", name="Waiting")).to_have_count(0)
    box.get_by_role("button", name="Resume in Sales").click()
    one.people(employee(1, now=now, queues=(seat(1, "sales", now=now),)))
    expect(page.locator(".toast")).to_contain_text("takes calls of Sales again")
    wait_until(lambda: one.actions[-1] == (1, Unpause(queue="sales")), "the pause's end is asked for")


def test_a_queue_is_joined_and_left(one: PageServer, calls: Open):
    page = calls("/employees")
    box = actions(page)
    box.get_by_role("combobox", name="Queue").select_option("Support, first line")
    box.get_by_role("button", name="Add to the queue").click()
    now = time.time()
    one.people(employee(1, now=now, queues=(seat(1, "sales", now=now), seat(1, "support", now=now))))
    expect(page.locator(".toast")).to_contain_text("added to Support, first line")
    box.get_by_role("button", name="Remove from Sales").click()
    one.people(employee(1, now=now, queues=(seat(1, "support", now=now),)))
    expect(page.locator(".toast")).to_contain_text("removed from Sales")
    wanted = [
        AddToQueue(queue="support", account="101"),
        RemoveFromQueue(queue="sales"),
    ]
    wait_until(lambda: [action for _, action in one.actions] == wanted, "all of it is asked for, in order")


def test_a_seat_that_the_pbx_holds_itself_is_not_offered_for_removal(one: PageServer, calls: Open):
    now = time.time()
    fixed = msgspec.structs.replace(seat(1, "sales", now=now), dynamic=False)
    one.employees = {1: employee(1, now=now, queues=(fixed,))}
    box = actions(calls("/employees"))
    expect(box.get_by_role("button", name="Pause in Sales")).to_be_visible()
    expect(box.get_by_role("button", name="Remove from Sales")).to_have_count(0)


def test_do_not_disturb_and_callfloors_own_switch(one: PageServer, calls: Open):
    page = calls("/employees")
    box = actions(page)
    dnd = box.get_by_role("switch", name="101")
    expect(dnd).to_have_attribute("aria-checked", "false")
    dnd.click()
    expect(dnd).to_be_disabled()
    expect(dnd).to_have_attribute("aria-checked", "false")
    one.people(employee(1, now=time.time(), dnd=True))
    expect(dnd).to_have_attribute("aria-checked", "true")
    away = box.get_by_role("button", name="Offline")
    away.click()
    expect(away).to_have_attribute("aria-pressed", "false")
    switch = Switch(status="offline", since=time.time(), by="anna")  # type: ignore[arg-type]  # the enum's own text
    one.people(msgspec.structs.replace(one.employees[1], switch=switch))
    expect(away).to_have_attribute("aria-pressed", "true")
    expect(box).to_contain_text("Set by anna")
    box.get_by_role("button", name="By the phones").click()
    one.people(msgspec.structs.replace(one.employees[1], switch=None))
    expect(page.locator(".toast")).to_contain_text("status changed")
    wanted = [
        SetDnd(account="101", on=True),
        SetSwitch(status="offline"),
        SetSwitch(status=None),
    ]
    wait_until(lambda: [action for _, action in one.actions] == wanted, "all of it is asked for, in order")


@pytest.mark.parametrize(
    ("status", "error_id", "message", "said"),
    [
        (502, "ami_action_failed", "Unable to pause member: no such queue", "The PBX refused: Unable to pause member"),
        (503, "ami_disconnected", "down", "The PBX does not answer: nothing was changed."),
        (403, "forbidden", "no", "Your role does not allow this."),
        (404, "not_found", "They are in no such queue.", "This is no longer so: They are in no such queue."),
        (500, "internal", "It broke.", "This failed: It broke. · req-1"),
    ],
)
def test_a_refusal_is_said_plainly_and_nothing_is_pretended(
    status: int, error_id: str, message: str, said: str, one: PageServer, calls: Open
):
    one.refused = refusal(status, error_id, message)
    page = calls("/employees")
    box = actions(page)
    box.get_by_role("button", name="Pause in Sales").click()
    expect(page.locator(".toast .warning")).to_contain_text(said)
    expect(page.get_by_role("img", name="Waiting")).to_have_count(0)
    expect(box.get_by_role("button", name="Pause in Sales")).to_be_enabled()


def test_what_the_pbx_accepts_and_never_tells_is_not_called_done(one: PageServer, calls: Open, page: Page):
    page.clock.install()
    calls("/employees")
    box = actions(page)
    box.get_by_role("button", name="Pause in Sales").click()
    expect(box.get_by_role("img", name="Waiting")).to_be_visible()
    page.clock.run_for(11_000)
    expect(page.locator(".toast .warning")).to_contain_text("has not confirmed it yet: Анна Кузнецова: paused in Sales")
    expect(page.get_by_role("img", name="Waiting")).to_have_count(0)


def test_an_answer_of_no_server_at_all(one: PageServer, calls: Open, page: Page):
    calls("/employees")
    box = actions(page)
    page.route("**/actions", lambda route: route.abort())
    box.get_by_role("button", name="Pause in Sales").click()
    expect(page.locator(".toast .warning")).to_contain_text("Callfloor does not answer.")


@pytest.mark.parametrize(("role", "may"), [(Role.ADMINISTRATOR, 1), (Role.SUPERVISOR, 1), (Role.ANALYST, 0)])
def test_actions_are_for_those_who_may(role: Role, may: int, one: PageServer, calls: Open):
    one.role = role
    page = calls("/employees")
    page.locator(ROW).first.hover()
    expect(page.locator(ROW).first.get_by_role("button", name="Actions")).to_have_count(may)


def test_while_the_pbx_is_out_of_reach_only_callfloors_own_switch_works(one: PageServer, calls: Open):
    one.employees = {1: msgspec.structs.replace(one.employees[1], stale=True)}
    box = actions(calls("/employees"))
    expect(box).to_contain_text("The PBX is out of reach")
    expect(box.get_by_role("button", name="Pause in Sales")).to_be_disabled()
    expect(box.get_by_role("switch", name="101")).to_be_disabled()
    box.get_by_role("button", name="Do not disturb").click()
    wait_until(lambda: one.actions == [(1, SetSwitch(status="dnd"))], "the switch is asked for")


def test_the_keyboard_opens_walks_and_closes_the_actions(one: PageServer, calls: Open):
    page = calls("/employees")
    page.locator(ROW).first.focus()
    more = page.locator(ROW).first.get_by_role("button", name="Actions")
    more.focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog", name="Actions")
    expect(box).to_be_visible()
    expect(box.get_by_role("button", name="By the phones")).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(more).to_be_focused()
    expect(page).to_have_url(f"{one.address}/employees")
