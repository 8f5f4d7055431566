"""Listening in, whispering and joining from the page: one click, the bar that stays, and every way in which it ends."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.floor.calls import CallStatus, LiveCall
from callfloor.floor.supervisions import Ending, Mode, Phase, Way
from callfloor.store.memberships import Role
from support import page_floor
from support.axe import violations
from support.page_answers import refusal
from support.page_listening import session
from support.page_people import employee
from support.page_server import PageServer
from support.waiting import wait_until

Open = Callable[..., Page]
ROW = "[role=row][data-id]"
BAR = "section.listening"
PHONE = {"width": 390, "height": 844}
LOUD = re.compile(r"scaleX\((0\.[1-9]|1)")
"""A meter that is at least a tenth full."""
WORDS = {
    "en": ("Listen in: Анна Кузнецова", "Nobody hears you"),
    "ru": ("Слушать разговор: Анна Кузнецова", "Вас никто не слышит"),
    "pl": ("Posłuchaj rozmowy: Анна Кузнецова", "Nikt Cię nie słyszy"),
    "uk": ("Слухати розмову: Анна Кузнецова", "Вас ніхто не чує"),
}


@pytest.fixture
def talk(server: PageServer, page: Page) -> LiveCall:
    """Anna (employee 1) talks with a client; the browser may use the microphone."""
    page.context.grant_permissions(["microphone"])
    now = time.time()
    call = page_floor.call(1, now=now, status=CallStatus.TALKING, employees=(1,), age_s=90)
    server.calls = {call.id: call}
    server.employees = {n: employee(n, now=now) for n in range(1, 4)}
    return call


def headphones(page: Page) -> Locator:
    page.locator(ROW).first.hover()
    return page.get_by_role("button", name="Listen in: Анна Кузнецова")


def on(page: Page) -> Locator:
    """One click, and the bar once there is something to hear."""
    headphones(page).click()
    bar = page.locator(BAR)
    expect(bar).to_contain_text("You hear them")
    return bar


def mode(bar: Locator, name: str) -> Locator:
    return bar.get_by_role("button", name=name, exact=True)


def test_one_click_listens_in_and_the_bar_stays_across_pages(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    bar = on(page)
    expect(bar).to_contain_text("Анна Кузнецова with +7 916")
    expect(bar).to_contain_text("Nobody hears you")
    expect(mode(bar, "Listen")).to_have_attribute("aria-pressed", "true")
    assert server.listening.started == [{"call_id": talk.id, "way": "browser"}]
    page.get_by_role("link", name="Employees").click()
    expect(page.get_by_role("button", name="Stop listening in: Анна Кузнецова").first).to_be_attached()
    assert server.listening.lines == 1
    bar.get_by_role("button", name="Leave").click()
    expect(bar).to_have_count(0)
    wait_until(lambda: not server.listening.sessions, "the session has ended")


def test_both_sides_have_a_meter(talk: LiveCall, calls: Open) -> None:
    bar = on(calls())
    for name in ("Voice of Анна Кузнецова", "Voice of the client"):
        expect(bar.get_by_role("img", name=name).locator("i")).to_have_attribute("style", LOUD)


def test_the_microphone_opens_on_whisper_and_is_muted_at_first(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    bar = on(page)
    expect(bar.get_by_role("button", name="Mute me")).to_be_disabled()
    mode(bar, "Whisper").click()
    expect(mode(bar, "Whisper")).to_have_attribute("aria-pressed", "true")
    expect(bar).to_contain_text("You are muted: nobody hears you")
    assert server.listening.commands == [{"type": "mute", "muted": True}, {"type": "mode", "mode": "whisper"}]
    assert server.listening.heard == 0
    bar.get_by_role("button", name="Unmute me").click()
    expect(bar).to_contain_text("Only Анна Кузнецова hears you")
    wait_until(lambda: server.listening.heard > 5, "the microphone is heard")
    mode(bar, "Join").click()
    expect(bar).to_contain_text("Everyone in the call hears you")
    mode(bar, "Listen").click()
    expect(bar).to_contain_text("Nobody hears you")
    expect(bar.locator("[role=status]")).to_contain_text("You listen. Nobody hears you.")


def test_modes_mute_and_leaving_have_keys(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    bar = on(page)
    page.keyboard.press("3")
    expect(mode(bar, "Join")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    expect(bar).to_contain_text("Everyone in the call hears you")
    page.keyboard.press("2")
    expect(bar).to_contain_text("Only Анна Кузнецова hears you")
    page.keyboard.press("/")
    page.keyboard.type("1030")
    expect(mode(bar, "Whisper")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("searchbox", name="Search").press("Escape")
    page.get_by_role("link", name="Calls", exact=True).focus()
    page.keyboard.press("0")
    expect(bar).to_have_count(0)


def test_a_microphone_that_is_refused_says_what_to_do(
    server: PageServer, talk: LiveCall, page: Page, calls: Open
) -> None:
    page.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError') }"
    )
    bar = on(calls())
    mode(bar, "Whisper").click()
    expect(bar).to_contain_text("The microphone is blocked for this page. Allow it")
    expect(mode(bar, "Listen")).to_have_attribute("aria-pressed", "true")
    assert server.listening.commands == []
    expect(bar.get_by_role("button", name="Try again")).to_be_visible()


def test_the_way_is_chosen_once_and_the_phone_rings(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    page.locator(ROW).hover()
    page.get_by_role("button", name="What to do with the call").click()
    page.get_by_role("menuitemradio", name="On my phone 190").click()
    bar = page.locator(BAR)
    expect(bar).to_contain_text("Your phone 190 rings. Pick it up to listen in.")
    expect(mode(bar, "Whisper")).to_be_disabled()
    assert server.listening.started[0]["phone"] == "190"
    server.listening.become("s1", phase=Phase.ON)
    expect(bar).to_contain_text("You hear them")
    mode(bar, "Whisper").click()
    expect(bar).to_contain_text("Only Анна Кузнецова hears you")
    expect(bar.get_by_role("slider")).to_have_count(0)
    page.reload()
    expect(bar).to_contain_text("You hear them")
    page.keyboard.press("0")
    expect(bar).to_have_count(0)
    headphones(page).click()
    wait_until(lambda: len(server.listening.started) == 2, "it is asked for once more")
    assert server.listening.started[1]["phone"] == "190", "the choice is remembered"


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending.CALL_OVER, "The call is over."),
        (Ending.NOT_ALLOWED, "You may not listen to this call any more"),
        (Ending.PAGE_GONE, "out of reach for longer than a moment"),
        (Ending.LINK_LOST, "The link to the PBX was lost. The call itself goes on."),
        (Ending.STOPPED, "Callfloor was restarted."),
        (Ending.FAILED, "It ended by an error: boom."),
        (Ending.REFUSED, "The PBX refused: boom"),
    ],
)
def test_why_it_ended_is_said(server: PageServer, talk: LiveCall, calls: Open, ending: Ending, words: str) -> None:
    page = calls()
    bar = on(page)
    server.listening.end("s1", ending, "boom")
    expect(bar).to_contain_text(words)
    again = bar.get_by_role("button", name="Listen in again")
    expect(again).to_have_count(0 if ending is Ending.NOT_ALLOWED else 1)
    bar.get_by_role("button", name="Close").click()
    expect(bar).to_have_count(0)


@pytest.mark.parametrize(
    ("ending", "words"),
    [
        (Ending.NO_ANSWER, "did not answer within 30 s"),
        (Ending.BUSY, "is busy or refused the call"),
        (Ending.OFFLINE, "is not registered"),
    ],
)
def test_a_phone_that_fails_leaves_the_browser(
    server: PageServer, talk: LiveCall, page: Page, calls: Open, ending: Ending, words: str
) -> None:
    page.add_init_script("localStorage.setItem('callfloor.listening-way', '190')")
    page = calls()
    headphones(page).click()
    bar = page.locator(BAR)
    expect(bar).to_contain_text("Your phone 190 rings")
    server.listening.end("s1", ending)
    expect(bar).to_contain_text(words)
    bar.get_by_role("button", name="In the browser").click()
    expect(bar).to_contain_text("You hear them")
    assert server.listening.started[-1]["way"] == "browser"


@pytest.mark.parametrize("way", ["190", "browser"])
def test_why_it_ended_is_said_though_its_line_was_not_open_yet(
    server: PageServer, talk: LiveCall, page: Page, calls: Open, way: str
) -> None:
    page.add_init_script(f"localStorage.setItem('callfloor.listening-way', '{way}')")
    server.listening.ends_at_once = Ending.BUSY
    page = calls()
    headphones(page).click()
    expect(page.locator(BAR)).to_contain_text("is busy or refused the call")


@pytest.mark.parametrize(
    ("status", "error_id", "words"),
    [
        (403, "supervision_forbidden", "The project’s rules let nobody listen to this employee."),
        (409, "supervision_limit", "As many people listen as the project allows."),
        (404, "not_found", "The call is over."),
        (502, "unreachable", "Callfloor does not answer."),
    ],
)
def test_a_start_that_is_refused_says_why(
    server: PageServer, talk: LiveCall, calls: Open, status: int, error_id: str, words: str
) -> None:
    server.listening.refused = refusal(status, error_id)
    page = calls()
    headphones(page).click()
    bar = page.locator(BAR)
    expect(bar).to_contain_text(words)
    server.listening.refused = None
    bar.get_by_role("button", name="Listen in again").click()
    expect(bar).to_contain_text("You hear them")


def test_a_reason_is_asked_for_where_the_project_wants_one(server: PageServer, talk: LiveCall, calls: Open) -> None:
    server.listening.ask_reason = True
    page = calls()
    headphones(page).click()
    reason = page.get_by_role("textbox", name="Reason")
    expect(reason).to_be_focused()
    assert server.listening.started == []
    reason.fill("first week")
    reason.press("Enter")
    expect(page.locator(BAR)).to_contain_text("You hear them")
    assert server.listening.started[0]["reason"] == "first week"


def test_the_session_follows_the_call(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    bar = on(page)
    server.listening.become("s1", phase=Phase.FOLLOWING, account=None)
    expect(bar).to_contain_text("The call goes from hand to hand")
    server.listening.become("s1", phase=Phase.ON, employee_id=2, account="102")
    expect(bar).to_contain_text("Борис Ефимов with")
    expect(bar).to_contain_text("You hear them")


def test_a_line_that_is_lost_comes_back(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    bar = on(page)
    server.listening.cut()
    wait_until(lambda: server.listening.opened == 2, "the line is opened anew")
    expect(bar).to_contain_text("You hear them")
    assert len(server.listening.started) == 1
    server.listening.lets_back = False
    server.listening.cut()
    expect(bar).to_contain_text("The page was out of reach for longer than a moment")


def test_a_mode_that_is_refused_stays_as_it_was(server: PageServer, talk: LiveCall, calls: Open) -> None:
    bar = on(calls())
    server.listening.refuses_mode = "no such channel"
    mode(bar, "Whisper").click()
    expect(bar).to_contain_text("The mode was not changed: no such channel")
    expect(mode(bar, "Listen")).to_have_attribute("aria-pressed", "true")


def test_a_reload_goes_on_and_another_tab_takes_over(server: PageServer, talk: LiveCall, calls: Open) -> None:
    first = calls()
    on(first)
    # Chromium warns that a page plays nothing before it is clicked; the bar says so too.
    second = first.context.new_page()
    second.goto(server.address + "/calls")
    there = second.locator(BAR)
    expect(there).to_contain_text("You listen in from another tab")
    there.get_by_role("button", name="Bring it here").click()
    expect(there).to_contain_text("You hear them")
    expect(first.locator(BAR)).to_contain_text("You listen in from another tab")
    wait_until(lambda: server.listening.lines == 1, "one tab holds the line")
    second.reload()
    expect(there).to_contain_text(re.compile("You hear them|holds the sound back"))
    assert len(server.listening.started) == 1
    first.bring_to_front()
    first.locator(BAR).get_by_role("button", name="Leave").click()
    expect(first.locator(BAR)).to_have_count(0)
    expect(there).to_have_count(0)
    second.close()


def test_who_signs_out_leaves(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    on(page)
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    wait_until(lambda: not server.listening.sessions, "the session has ended at once")
    assert server.listening.commands == [{"type": "leave"}]


def test_nobody_listens_to_their_own_call(server: PageServer, talk: LiveCall, calls: Open) -> None:
    server.employee_id = 1
    page = calls()
    page.locator(ROW).hover()
    expect(page.get_by_role("button", name="What to do with the call")).to_be_visible()
    expect(page.get_by_role("button", name="Listen in")).to_have_count(0)


def test_administrators_see_who_supervises_whom(server: PageServer, talk: LiveCall, calls: Open) -> None:
    page = calls()
    expect(page.locator(ROW)).to_have_count(1)
    server.listening.put(
        session(7, talk.id, now=time.time(), user_id=5, user_name="Olga", mode=Mode.WHISPER, phase=Phase.ON)
    )
    expect(page.locator(ROW).get_by_role("img", name="Listened to by Olga whispers")).to_be_visible()
    page.locator(ROW).click()
    expect(page.get_by_role("list", name="Listened to")).to_contain_text("Olga whispers")
    server.listening.end("s7", Ending.LEFT)
    expect(page.get_by_role("img", name="Listened to by")).to_have_count(0)


def test_an_employee_is_told_on_their_own_page(server: PageServer, talk: LiveCall, page: Page) -> None:
    server.role, server.employee_id = Role.EMPLOYEE, 1
    server.listening.sessions["s1"] = session(1, talk.id, now=time.time(), phase=Phase.ON, way=Way.PHONE)
    page.goto(server.address)
    expect(page.get_by_role("heading", name="Анна Кузнецова")).to_be_visible()
    expect(page.get_by_text("Somebody listens to your call now")).to_have_count(0)
    server.listening.tells = True
    expect(page.get_by_text("Somebody listens to your call now")).to_be_visible()


def test_an_analyst_listens_to_nobody(server: PageServer, talk: LiveCall, calls: Open) -> None:
    server.role = Role.ANALYST
    page = calls()
    page.locator(ROW).hover()
    expect(page.get_by_role("button", name="Listen in")).to_have_count(0)
    expect(page.get_by_role("button", name="What to do with the call")).to_have_count(0)


@pytest.mark.parametrize("language", WORDS)
def test_the_bar_speaks_every_language(talk: LiveCall, page: Page, calls: Open, language: str) -> None:
    page.add_init_script(f"localStorage.setItem('callfloor.language', '{language}')")
    button, hears = WORDS[language]
    calls()
    page.locator(ROW).hover()
    page.get_by_role("button", name=button).click()
    expect(page.locator(BAR)).to_contain_text(hears)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(server: PageServer, talk: LiveCall, calls: Open, theme: str) -> None:
    page = calls()
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    bar = on(page)
    mode(bar, "Whisper").click()
    expect(bar).to_contain_text("You are muted")
    assert violations(page) == []
    page.locator(ROW).hover()
    page.get_by_role("button", name="What to do with the call").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    expect(bar.get_by_role("button", name="Leave")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    server.listening.end("s1", Ending.REFUSED, "no")
    expect(bar).to_contain_text("The PBX refused")
    assert violations(page) == []
