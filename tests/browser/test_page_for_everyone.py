"""Languages, themes, sizes, accessibility: the page for everyone, on whatever they have."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from support.axe import violations
from support.page_rows import ROW, still
from support.page_server import PAGE, PageServer
from support.waiting import wait_until

Open = Callable[..., Page]
LANGUAGES = {"en": "English", "ru": "Русский", "pl": "Polski", "uk": "Українська"}
CALLS = {"en": "Calls", "ru": "Звонки", "pl": "Połączenia", "uk": "Дзвінки"}
# Not `wait_for_function`: it polls by eval, which the page's content security policy refuses.
PHONE = {"width": 390, "height": 844}


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest, page: Page) -> str:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return str(request.param)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_axe_finds_nothing_on_the_calls(theme: str, size: tuple[int, int], busy: PageServer, calls: Open, page: Page):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    calls()
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    assert violations(page) == []


def test_axe_finds_nothing_in_panel_menus_and_dialogs(theme: str, busy: PageServer, calls: Open):
    page = calls("/calls/call-1.5")
    expect(page.locator("aside ol li").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filter: Employee").click()
    expect(page.locator(".filter-menu li").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Filter: Client").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Your account").click()
    assert violations(page) == []
    page.get_by_role("menuitem", name="Where you are signed in").click()
    expect(page.get_by_text("Chrome, Windows").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert violations(page) == []


def test_axe_finds_nothing_when_things_go_wrong(theme: str, busy: PageServer, calls: Open):
    page = calls("/calls?q=nobody", rows=False)
    expect(page.get_by_text("No call matches the filters.")).to_be_visible()
    assert violations(page) == []
    busy.refuse_streams = True
    busy.drop(1012)
    expect(page.get_by_text("The connection to Callfloor is lost.")).to_be_visible()
    assert violations(page) == []


def test_the_first_load_is_small_and_speaks_one_language():
    """What the page's head asks for, as it is sent; the words of the language come beside it."""
    sent = {path.name.removesuffix(".br"): path.stat().st_size for path in (PAGE / "assets").glob("*.br")}
    first = re.findall(r'"/assets/([^"]+)"', (PAGE / "index.html").read_text())
    words = {one: [name for name in sent if re.fullmatch(rf"{one}-.{{8}}\.js", name)] for one in LANGUAGES}
    assert all(len(scripts) == 1 for scripts in words.values()), words
    assert not {name for scripts in words.values() for name in scripts} & set(first)
    assert sum(sent.get(name, 0) for name in first) < 150_000  # it is 132 kB, and was 253 with all words and screens
    assert max(sent[scripts[0]] for scripts in words.values()) < 35_000


def test_axe_finds_nothing_at_the_sign_in(theme: str, server: PageServer, calls: Open):
    server.signed_in = False
    page = calls(rows=False)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    assert violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_chosen_from_the_menu_and_kept(language: str, busy: PageServer, calls: Open):
    page = calls()
    page.get_by_role("button", name="Language").click()
    page.get_by_role("menuitemradio", name=LANGUAGES[language]).click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("navigation").get_by_role("link", name=CALLS[language])).to_be_visible()
    page.reload()
    page.wait_for_selector(ROW)
    expect(page.get_by_role("heading", level=1)).to_have_text(CALLS[language])
    expect(page).to_have_title(f"{CALLS[language]} · Northwind Trading")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_head_and_no_counter_is_cut_off_in_any_language(language: str, busy: PageServer, calls: Open):
    page = calls()
    page.evaluate(f"localStorage.setItem('callfloor.language', '{language}')")
    page.reload()
    page.wait_for_selector(ROW)
    still(page)
    cut = """[...document.querySelectorAll('.th .cut, .counters .word, nav a span')]
        .filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"""
    assert page.evaluate(cut) == []
    page.set_viewport_size(PHONE)
    expect(page.locator(".th")).to_have_count(0)
    still(page)
    assert page.evaluate(cut) == []


def test_the_theme_is_chosen_and_kept_and_never_flashes(busy: PageServer, calls: Open):
    page = calls()
    page.get_by_role("button", name="Theme").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    # The theme stands before the page's own script has run at all.
    page.route("**/assets/*.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.unroute("**/assets/*.js")


def test_the_systems_theme_is_followed_as_it_changes(busy: PageServer, calls: Open):
    page = calls()
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


@pytest.mark.parametrize("size", [(390, 844), (768, 1024), (1440, 900), (1920, 1080), (3840, 2160)])
def test_nothing_sticks_out_from_phone_to_wall(size: tuple[int, int], busy: PageServer, calls: Open, page: Page):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    calls("/calls/call-1.5")
    expect(page.get_by_role("complementary", name="Call")).to_be_visible()
    still(page)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) == 0
    high = "document.documentElement.scrollHeight - document.documentElement.clientHeight"
    assert page.evaluate(high) == 0


def test_on_a_phone_a_call_is_a_card_and_all_filters_are_at_hand(busy: PageServer, calls: Open, page: Page):
    page.set_viewport_size(PHONE)
    calls()
    expect(page.get_by_role("columnheader")).to_have_count(0)
    for name in ("Department", "Status", "Employee", "Type", "Queue", "Client"):
        expect(page.get_by_role("group", name="Filters").get_by_role("button", name=name)).to_be_attached()
    page.locator(ROW).first.click()
    expect(page.get_by_role("complementary", name="Call")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("complementary", name="Call")).to_have_count(0)


def test_what_rings_and_waits_moves_for_those_who_did_not_ask_for_rest(busy: PageServer, calls: Open, page: Page):
    page.emulate_media(reduced_motion="no-preference")
    calls()
    wait_until(lambda: page.evaluate("document.getAnimations().length") > 0, "something moves")


def test_nothing_moves_for_those_who_asked_for_rest(busy: PageServer, calls: Open, page: Page):
    page.emulate_media(reduced_motion="reduce")
    calls()
    still(page)
    wait_until(lambda: page.evaluate("document.getAnimations().length") == 0, "nothing moves")


def test_the_first_tab_stop_skips_to_the_page(busy: PageServer, calls: Open):
    page = calls()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#page")).to_be_focused()
