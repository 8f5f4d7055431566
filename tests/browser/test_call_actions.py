"""What a supervisor does with a live call: asked first, told as asked until the stream shows it, refused in words."""

import re
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.floor.calls import CallStatus, LiveCall, PartyState
from callfloor.floor.employees import Status
from support import page_floor
from support.axe import violations
from support.page_answers import refusal
from support.page_people import employee
from support.page_server import PageServer
from support.waiting import wait_until

Open = Callable[..., Page]
ROW = "[role=row][data-id]"
PENDING = "Asked for; waiting until the PBX does it"


@pytest.fixture
def talk(server: PageServer) -> LiveCall:
    """Anna (employee 1) talks with a client; Boris is free, Victoria talks, nobody else is there."""
    now = time.time()
    call = page_floor.call(1, now=now, status=CallStatus.TALKING, employees=(1,), age_s=90)
    server.calls = {call.id: call}
    server.employees = {
        1: employee(1, now=now, status=Status.TALKING),
        2: employee(2, now=now),
        3: employee(3, now=now, status=Status.TALKING),
    }
    return call


def deeds(server: PageServer) -> list[dict[str, Any]]:
    """What was asked for, in order."""
    return [wanted for _, wanted in server.listening.acts]


def act(page: Page, name: str) -> Locator:
    """The dialog of something to be done with the only call."""
    page.locator(ROW).first.hover()
    page.get_by_role("button", name="What to do with the call").first.click()
    page.get_by_role("menuitem", name=name).click()
    return page.get_by_role("dialog")


def test_a_hang_up_is_asked_and_done_when_the_stream_says_so(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    box = act(page, "Hang up")
    expect(box).to_contain_text(re.compile(r"\+7 916 .* and Анна Кузнецова are cut off"))
    expect(box.get_by_role("button", name="Cancel").last).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    assert server.listening.acts == []
    act(page, "Hang up").get_by_role("button", name="Hang up").click()
    expect(page.locator(ROW).get_by_role("img", name=PENDING)).to_be_visible()
    wait_until(lambda: server.listening.acts == [(talk.id, {"type": "hang_up"})], "it is asked for")
    server.change(removed=[talk.id])
    expect(page.locator(".toast")).to_contain_text("Hung up: +7 916")


def test_a_transfer_looks_for_people_by_what_they_do_now(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    box = act(page, "Transfer")
    find = box.get_by_role("combobox", name="Name, queue or number")
    expect(find).to_be_focused()
    find.fill("102")
    boris = box.get_by_role("option", name="Борис Ефимов")
    expect(boris).to_contain_text("Online")
    now = time.time()
    server.people(employee(2, now=now, status=Status.TALKING))
    expect(boris).to_contain_text("Talking")
    find.press("Enter")
    expect(boris).to_have_attribute("aria-selected", "true")
    expect(box.get_by_role("status")).to_contain_text("the phone of Борис Ефимов rings")
    assert server.listening.acts == []
    find.press("Enter")
    expect(box).to_have_count(0)
    wait_until(lambda: server.listening.acts == [(talk.id, {"type": "transfer", "employee_id": 2})], "it is asked for")
    rings = page_floor.party(2, PartyState.RINGING, now)
    server.change(msgspec.structs.replace(talk, status=CallStatus.TRANSFER, parties=(rings,)))
    expect(page.locator(".toast")).to_contain_text("transferred to Борис Ефимов")
    expect(page.get_by_role("img", name=PENDING)).to_have_count(0)


def test_a_call_goes_to_a_queue_or_to_any_number(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    box = act(page, "Transfer")
    box.get_by_role("option", name="Support, first line").click()
    box.get_by_role("button", name="Transfer").click()
    wait_until(lambda: deeds(server) == [{"type": "transfer", "queue": "support"}], "a queue")
    waits = msgspec.structs.replace(talk, status=CallStatus.QUEUE, queue="support", parties=())
    server.change(waits)
    expect(page.locator(".toast")).to_contain_text("transferred to Support, first line")
    box = act(page, "Transfer")
    box.get_by_role("combobox").fill("+7 (495) 123-45-67")
    box.get_by_role("option", name="+7 495 123 45 67").click()
    expect(box.get_by_role("status")).to_contain_text("the PBX dials +7 495 123 45 67")
    box.get_by_role("button", name="Transfer").click()
    wait_until(lambda: deeds(server)[1:] == [{"type": "transfer", "number": "+74951234567"}], "a number")


def test_a_waiting_call_is_taken_to_ones_own_phone(server: PageServer, talk: LiveCall, calls: Open) -> None:
    server.listening.phones = ("190", "191")
    now = time.time()
    waits = page_floor.call(1, now=now, status=CallStatus.QUEUE, age_s=30)
    server.calls = {waits.id: waits}
    page = calls()
    box = act(page, "Take the call")
    expect(box.get_by_role("status")).to_contain_text("Your phone 190 rings, and meanwhile nothing changes.")
    box.get_by_role("radio", name="191").check()
    expect(box.get_by_role("status")).to_contain_text("Your phone 191 rings")
    box.get_by_role("button", name="Take it").click()
    wait_until(lambda: server.listening.acts == [(waits.id, {"type": "take", "account": "191"})], "it is asked for")
    mine = msgspec.structs.replace(page_floor.party(1, PartyState.TALKING, now), account="191", employee_id=None)
    server.change(msgspec.structs.replace(waits, status=CallStatus.TALKING, parties=(mine,)))
    expect(page.locator(".toast")).to_contain_text("taken to your phone 191")


def test_of_a_conference_one_is_taken_out_and_its_client_moves_alone(
    server: PageServer, talk: LiveCall, calls: Open
) -> None:
    now = time.time()
    talking = tuple(page_floor.party(one, PartyState.TALKING, now) for one in (1, 3))
    meeting = msgspec.structs.replace(talk, status=CallStatus.CONFERENCE, parties=talking)
    server.calls = {meeting.id: meeting}
    page = calls()
    box = act(page, "Transfer")
    box.get_by_role("option", name="Support, first line").click()
    expect(box.get_by_role("status")).to_contain_text("The others go on talking with each other.")
    page.keyboard.press("Escape")
    box = act(page, "Take somebody out")
    expect(box.get_by_role("button", name="Take out")).to_be_disabled()
    expect(box.get_by_role("radio")).to_have_count(3)
    box.get_by_role("radio").nth(1).check()
    expect(box.get_by_role("status")).to_contain_text("is cut off at once; the others go on talking.")
    assert violations(page) == []
    box.get_by_role("button", name="Take out").click()
    account = talking[1].account
    wait_until(lambda: deeds(server) == [{"type": "remove", "party": account}], "it is asked for")
    left = msgspec.structs.replace(talking[1], state=PartyState.LEFT)
    server.change(msgspec.structs.replace(meeting, status=CallStatus.TALKING, parties=(talking[0], left)))
    expect(page.locator(".toast")).to_contain_text("Out of the conference:")
    alone = msgspec.structs.replace(meeting, client_number=None, client_e164=None)
    server.change(alone)
    page.locator(ROW).first.hover()
    page.get_by_role("button", name="What to do with the call").first.click()
    expect(page.get_by_role("menuitem", name="Transfer")).to_be_disabled()
    expect(page.get_by_role("menu")).to_contain_text("Only colleagues are in this conference")


def test_who_has_no_phone_is_told_what_to_do(server: PageServer, talk: LiveCall, calls: Open) -> None:
    server.listening.phones = ()
    box = act(calls(), "Take the call")
    expect(box).to_contain_text("No phone of yours is registered at the PBX.")
    expect(box.get_by_role("button", name="Take it")).to_be_disabled()


@pytest.mark.parametrize(
    ("status", "error_id", "words"),
    [
        (403, "forbidden", "Your role does not allow this."),
        (404, "call_gone", "This is no longer possible: it is over"),
        (502, "ami_refused", "The PBX refused: it is over"),
    ],
)
def test_a_refusal_is_said_and_nothing_stays_pending(
    server: PageServer, talk: LiveCall, calls: Open, status: int, error_id: str, words: str
) -> None:
    server.listening.refused = refusal(status, error_id, "it is over")
    page = calls()
    box = act(page, "Hang up")
    box.get_by_role("button", name="Hang up").click()
    expect(page.locator(".toast")).to_contain_text(words)
    expect(box).to_be_visible()
    expect(page.get_by_role("img", name=PENDING)).to_have_count(0)


def test_a_call_that_ends_meanwhile_ends_its_dialog(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    box = act(page, "Transfer")
    server.change(removed=[talk.id])
    expect(box).to_contain_text("This call is over.")
    expect(box.get_by_role("button", name="Transfer")).to_be_disabled()


def test_the_panel_acts_too(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls(f"/calls/{talk.id}")
    panel = page.get_by_role("complementary", name="Call")
    panel.get_by_role("button", name="What to do with the call").click()
    page.get_by_role("menuitem", name="Hang up").click()
    page.get_by_role("dialog").get_by_role("button", name="Hang up").click()
    expect(panel.get_by_role("status").filter(has_text=PENDING)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(talk: LiveCall, calls: Open, theme: str) -> None:
    page = calls()
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    box = act(page, "Transfer")
    box.get_by_role("option").first.click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    act(page, "Hang up")
    assert violations(page) == []
