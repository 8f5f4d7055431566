"""Signing in, one's own account, users and tokens, as people do it at the page."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, expect

from callfloor.store.memberships import Role
from support.axe import violations
from support.page_site import page_site, sign_in
from support.waiting import wait_until
from support.web_site import PASSWORD, Site

GOOD = "seven green bottles"
Call = Callable[[Callable[[], object]], None]
LANGUAGES = {"en": "Users", "ru": "Пользователи", "pl": "Użytkownicy", "uk": "Користувачі"}
TOO_WIDE = """[...document.querySelectorAll('main *, [role=dialog] *')]
    .filter(one => one.scrollWidth > one.clientWidth + 1 && !one.closest('nav')
        && !['auto', 'scroll', 'hidden'].includes(getComputedStyle(one).overflowX)
        && getComputedStyle(one).display !== 'inline' && one.clientWidth > 0
        && !one.classList.contains('unseen') && !['INPUT', 'SELECT'].includes(one.tagName))
    .map(one => `${one.tagName}: ${one.textContent.trim().slice(0, 60)}`)"""


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Site]:
    with page_site(tmp_path) as (found, _):
        found.clock.now = time.time()
        yield found


def by_hand(page: Page, ours: Site, login: str, password: str = PASSWORD) -> None:
    page.goto(ours.url + "/calls")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_second_factor_is_set_up_and_asked_for(ours: Site, page: Page) -> None:
    sign_in(page, ours, "analyst", "/account")
    card = page.get_by_role("region", name="Second factor")
    card.get_by_role("button", name="Set up").click()
    card.get_by_label("Present password").fill("not it")
    card.get_by_role("button", name="Next").click()
    expect(card.get_by_role("alert")).to_have_text("This is not your present password.")
    card.get_by_label("Present password").fill(PASSWORD)
    card.get_by_role("button", name="Next").click()
    expect(card.get_by_role("img", name="QR code")).to_be_visible()
    app = pyotp.TOTP((card.locator("code").text_content() or "").replace(" ", ""))
    assert violations(page) == []
    card.get_by_label("Code").fill("000000")
    card.get_by_role("button", name="Turn on").click()
    expect(card.get_by_role("alert")).to_contain_text("wrong")
    card.get_by_label("Code").fill(app.at(int(ours.clock.now)))
    card.get_by_role("button", name="Turn on").click()
    expect(card.get_by_role("listitem")).to_have_count(10)
    recovery = card.get_by_role("listitem").first.text_content() or ""
    card.get_by_role("button", name="I have kept them").click()
    expect(card).to_contain_text("On. 10 recovery codes are left.")
    page.context.clear_cookies()
    by_hand(page, ours, "analyst")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    code = page.get_by_label("Code")
    expect(code).to_be_focused()
    code.fill("123456")
    code.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("wrong, too old, or was used before")
    code.fill(recovery)
    code.press("Enter")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def test_a_user_is_made_passes_the_link_on_and_chooses_a_password(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/users")
    page.get_by_role("button", name="Add a user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Olena")
    dialog.get_by_label("Login").fill("olena")
    dialog.get_by_label("Sales").check()
    expect(dialog.get_by_label("By a letter with a link")).to_be_disabled()
    dialog.get_by_role("button", name="Add a user").click()
    link = dialog.locator("code").text_content() or ""
    assert link.startswith(f"{ours.url}/welcome#")
    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name="Olena")).to_contain_text("no password yet")
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_text("For Olena, login olena.")).to_be_visible()
    assert "#" not in page.url, "the link is in the address no longer"
    assert violations(page) == []
    password = page.get_by_label("Your new password")
    password.fill("olena12345")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("made of the login")
    password.fill(GOOD)
    page.get_by_role("button", name="Set the password").click()
    page.get_by_role("button", name="To the sign-in").click()
    expect(page.get_by_label("Login")).to_have_value("olena")
    page.get_by_label("Password", exact=True).fill(GOOD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    page.goto(ours.url + "/healthz")
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("This link was used already")


def test_a_given_password_is_changed_before_anything_else(ours: Site, page: Page) -> None:
    ours.store.users.set_password_hash(
        ours.users["analyst"], ours.store.users.password_hash(ours.users["analyst"]), now=1.0, given=True
    )
    by_hand(page, ours, "analyst")
    expect(page.get_by_role("heading", name="Before you begin")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("alert")).to_contain_text("the password you have")
    page.get_by_label("New password").fill(GOOD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()


def test_a_user_is_changed_disabled_and_removed(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/users")
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="Edit Analyst").click()
    dialog.get_by_label("Role").select_option("employee")
    expect(dialog.get_by_role("button", name="Save")).to_be_disabled()
    dialog.get_by_label("Is the employee").select_option(label="Boris")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="analyst")).to_contain_text("EmployeeBoris")
    page.get_by_role("button", name="Edit Analyst").click()
    dialog.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("row", name="analyst")).to_contain_text("disabled")
    page.get_by_role("button", name="Edit Administrator").click()
    dialog.get_by_role("button", name="Remove from this project").click()
    expect(dialog.get_by_role("alert").last).to_contain_text("Make another one first.")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Edit Employee").click()
    dialog.get_by_role("button", name="Where they are signed in").click()
    expect(dialog).to_contain_text("Nowhere.")
    dialog.get_by_role("button", name="Remove from this project").click()
    expect(page.get_by_role("button", name="Edit Employee")).to_have_count(0)
    wait_until(lambda: ours.store.memberships.of_user(ours.users["employee"]) == (), "they are in no project")


def test_a_token_is_made_shown_once_and_revoked(ours: Site, page: Page) -> None:
    sign_in(page, ours, "employee", "/account")
    card = page.get_by_role("region", name="Tokens for programs")
    card.get_by_role("button", name="Make a token").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("What it is for").fill("Wall")
    dialog.get_by_label("Read the journal").check()
    dialog.get_by_role("button", name="Make it").click()
    token = dialog.locator("code").text_content() or ""
    assert token.startswith("cf_")
    assert violations(page) == []
    dialog.get_by_role("button", name="Close").last.click()
    expect(card.get_by_role("listitem")).to_contain_text("Ours · until")
    assert token not in page.content()
    answer = page.request.get(
        f"{ours.url}/api/v1/projects/{ours.ours}/directory", headers={"Authorization": f"Bearer {token}", "Cookie": ""}
    )
    assert answer.ok
    card.get_by_role("button", name="Revoke Wall").click()
    expect(card).to_contain_text("No program asks in your name.")


def test_language_and_theme_go_with_the_user(ours: Site, page: Page) -> None:
    by_hand(page, ours, "analyst")
    expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    page.get_by_role("button", name="Language").click()
    with page.expect_response("**/api/v1/account/look"):
        page.get_by_role("menuitemradio", name="Polski").click()
    page.get_by_role("button", name="Motyw").click()
    with page.expect_response("**/api/v1/account/look"):
        page.get_by_role("menuitemradio", name="Ciemny").click()
    page.evaluate("localStorage.clear()")  # another machine
    page.reload()
    expect(page.get_by_role("navigation", name="Strony")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_single_sign_on_is_for_who_administers_everything(ours: Site, page: Page) -> None:
    sign_in(page, ours, "administrator", "/settings/sign-in")
    expect(page.get_by_text("Only who administers every project")).to_be_visible()
    ours.store.memberships.grant(ours.users["administrator"], ours.theirs, Role.ADMINISTRATOR)
    page.reload()
    page.get_by_label("Offer it at the sign-in").check()
    page.get_by_label("Issuer").fill("http://127.0.0.1:9")
    page.get_by_label("Client id").fill("callfloor")
    page.get_by_label("Client secret").fill("s3cret")
    page.get_by_label("Words on the button").fill("Company")
    page.get_by_role("button", name="Try the issuer").click()
    expect(page.get_by_text("It does not work:")).to_be_visible()
    page.get_by_role("button", name="Save").last.click()
    expect(page.get_by_label("Client secret")).to_have_attribute("placeholder", "kept; write another to replace it")
    page.get_by_label("Analyst").check()
    page.get_by_role("button", name="Save").first.click()
    wait_until(lambda: ours.store.memberships.second_factor_roles(ours.ours) == (Role.ANALYST,), "it is required")
    page.context.clear_cookies()
    page.goto(ours.url + "/calls")
    page.get_by_role("link", name="Sign in with Company").click()
    expect(page.get_by_role("alert")).to_contain_text("does not answer as it must")


@pytest.mark.parametrize(("theme", "size"), [("light", (1440, 900)), ("dark", (390, 844))])
def test_axe_finds_nothing_and_nothing_is_too_wide(ours: Site, page: Page, theme: str, size: tuple[int, int]) -> None:
    ours.store.memberships.grant(ours.users["administrator"], ours.theirs, Role.ADMINISTRATOR)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": size[0], "height": size[1]})
    sign_in(page, ours, "administrator", "/settings/users")
    expect(page.get_by_role("row", name="Analyst")).to_be_visible()
    for open_ in ("Add a user", "Edit Analyst", "Let in a user of another project"):
        page.get_by_role("button", name=open_).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page) == [], open_
        assert page.evaluate(TOO_WIDE) == [], open_
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
    for path, seen in (("/settings/sign-in", "Single sign-on"), ("/account", "Tokens for programs")):
        page.goto(ours.url + path)
        expect(page.get_by_role("heading", name=seen)).to_be_visible()
        assert violations(page) == [], path
        assert page.evaluate(TOO_WIDE) == [], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_words_in_their_places(ours: Site, page: Page, language: str) -> None:
    ours.store.memberships.grant(ours.users["administrator"], ours.theirs, Role.ADMINISTRATOR)
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, ours, "administrator", "/settings/users", language)
    expect(page.get_by_role("heading", level=2)).to_have_text(LANGUAGES[language])
    page.locator(".doing .primary").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(TOO_WIDE) == []
    for path in ("/settings/sign-in", "/account"):
        page.goto(ours.url + path)
        expect(page.get_by_role("heading", level=2).nth(0)).to_be_visible()
        expect(page.locator("button.primary").first).to_be_visible()
        assert page.evaluate(TOO_WIDE) == [], path
