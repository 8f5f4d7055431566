"""The strip of a day: read out by pointer and keys, zoomed every way, right on the days that are no 24 hours."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from callfloor.floor.employees import Cause, Status, StatusStretch, Why
from support.page_anna import FRIDAY, anna
from support.page_rows import still
from support.page_server import PageServer

THURSDAY = date(2026, 11, 19)


@pytest.fixture
def strip(server: PageServer, page: Page) -> Callable[..., Locator]:
    """Opens the strip of a day that is over, of Thursday by default."""

    def open_strip(day: date = THURSDAY, at: datetime = FRIDAY) -> Locator:
        anna(server, at)
        page.goto(f"{server.address}/employees/1?period={day}..{day}")
        return drawn(page)

    return open_strip


def drawn(page: Page) -> Locator:
    """The strip, once all of the panel is there: what comes later above it would move it under the pointer."""
    row = page.get_by_role("slider", name="Employee")
    expect(row.locator(".piece").first).to_be_attached()
    panel = page.get_by_role("complementary")
    expect(panel.get_by_role("region", name="Summary")).to_be_visible()
    row.scroll_into_view_if_needed()
    still(page)
    return row


def box_of(row: Locator) -> FloatRect:
    """Where it is now."""
    row.scroll_into_view_if_needed()
    box = row.bounding_box()
    assert box
    return box


def read_out(page: Page) -> Locator:
    return page.locator(".strip .read")


def ticks(page: Page) -> Locator:
    return page.locator(".strip .ticks span")


def test_arrows_go_from_stretch_to_stretch_and_read_each_out(strip: Callable[..., Locator], page: Page):
    row = strip()
    row.focus()
    expect(row).to_have_attribute("aria-valuetext", "Offline, 00:00:00–08:30:00, 8h 30m, the phone signed off")
    page.keyboard.press("ArrowRight")
    expect(row).to_have_attribute("aria-valuenow", "2")
    expect(read_out(page)).to_have_text("Online, 08:30:00–09:23:39, 53m 39s, a phone registered, account 101")
    page.keyboard.press("ArrowRight")
    expect(read_out(page)).to_have_text(
        "Talking, 09:23:39–09:32:05, 8m 26s, a conversation with +7 916 137 13 30, account 101"
    )
    page.keyboard.press("ArrowLeft")
    expect(row).to_have_attribute("aria-valuenow", "2")
    page.keyboard.press("End")
    expect(read_out(page)).to_contain_text("Offline, 20:00:00–00:00:00, 4h, the phone’s registration ran out")
    page.keyboard.press("Home")
    expect(row).to_have_attribute("aria-valuenow", "1")


def test_the_pointer_reads_out_what_is_under_it_and_dims_the_rest(strip: Callable[..., Locator], page: Page):
    row = strip()
    box = box_of(row)
    row.hover(position={"x": box["width"] * 16.1 / 24, "y": 20})
    expect(read_out(page)).to_have_text("Not known, 16:00:00–16:12:00, 12m, the link to the PBX was lost")
    expect(row.locator(".piece.unknown")).not_to_have_class("dimmed")
    expect(row.locator(".piece.dimmed").nth(5)).to_be_attached()
    assert (row.locator(".piece.unknown").get_attribute("fill") or "").startswith("url(#")
    page.mouse.move(5, 5)
    expect(read_out(page)).to_contain_text("Wheel or drag zooms")


def test_it_unfolds_a_row_for_each_account(strip: Callable[..., Locator], page: Page):
    strip()
    expect(page.get_by_role("slider")).to_have_count(1)
    page.get_by_role("button", name="By account").click()
    expect(page.get_by_role("slider")).to_have_count(3)
    page.get_by_role("slider", name="Account +7 903 111 22 33").focus()
    expect(read_out(page)).to_have_text("Offline, 00:00:00–00:00:00, 24h, the phone signed off")


def test_wheel_buttons_keys_and_dragging_zoom_and_a_double_click_comes_back(strip: Callable[..., Locator], page: Page):
    row = strip()
    whole = ticks(page).all_inner_texts()
    assert whole[0] == "00:00"
    assert whole[-1] == "00:00"
    back = page.get_by_role("button", name="The whole day", exact=True)
    expect(back).to_be_disabled()
    row.hover(position={"x": box_of(row)["width"] / 2, "y": 20})
    page.mouse.wheel(0, -240)
    expect(back).to_be_enabled()
    expect(ticks(page).filter(has_text="12:00")).to_have_count(1)
    row.dblclick()
    expect(back).to_be_disabled()
    expect(ticks(page)).to_have_text(whole)
    page.get_by_role("button", name="Zoom in").click()
    expect(ticks(page).first).not_to_have_text("00:00")
    page.get_by_role("button", name="Zoom out").click()
    expect(back).to_be_disabled()
    row.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    for _ in range(3):
        page.keyboard.press("+")
    expect(back).to_be_enabled()
    expect(read_out(page)).to_contain_text("Online, 08:30:00")
    page.keyboard.press("0")
    expect(back).to_be_disabled()
    # From nine to noon.
    box = box_of(row)
    page.mouse.move(box["x"] + box["width"] * 9 / 24, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 12 / 24, box["y"] + 20, steps=4)
    page.mouse.up()
    expect(back).to_be_enabled()
    still(page)
    shown = ticks(page).all_inner_texts()
    assert all("09:00" <= one <= "12:00" for one in shown), shown
    back.click()
    expect(ticks(page)).to_have_text(whole)


def test_of_today_nothing_is_drawn_after_now_and_what_runs_is_told_as_running(server: PageServer, page: Page):
    anna(server)
    page.goto(f"{server.address}/employees/1")
    row = drawn(page)
    row.focus()
    page.keyboard.press("End")
    expect(read_out(page)).to_contain_text("Online, 16:12:00")
    expect(read_out(page)).to_contain_text("– now")
    last = row.locator(".piece").last
    box, right = row.bounding_box(), last.bounding_box()
    assert box
    assert right
    share = (right["x"] + right["width"] - box["x"]) / box["width"]
    assert share == pytest.approx((17 * 60 + 47) / 1440, abs=0.005)


def test_thousands_of_stretches_are_drawn_as_few_pieces(server: PageServer, page: Page):
    begins_at = datetime(2026, 11, 19, tzinfo=ZoneInfo("Europe/Moscow")).timestamp()
    statuses = (Status.ONLINE, Status.TALKING)
    server.pasts.extra[THURSDAY] = [
        StatusStretch(
            status=statuses[n % 2],
            began_at=begins_at + n * 10,
            ended_at=begins_at + (n + 1) * 10 if n < 8639 else begins_at + 86400,
            cause=Cause(why=Why.CALL if n % 2 else Why.CALL_ENDED),
        )
        for n in range(8640)
    ]
    anna(server)
    page.goto(f"{server.address}/employees/1?period={THURSDAY}..{THURSDAY}")
    row = drawn(page)
    assert row.locator(".piece").count() < 720
    row.hover(position={"x": 200, "y": 20})
    expect(read_out(page)).to_contain_text("short stretches, mostly:")
    row.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(read_out(page)).to_have_text("Talking, 00:00:10–00:00:20, 10s, a conversation began")


@pytest.mark.parametrize(
    ("day", "hours", "once", "never"),
    [(date(2026, 3, 29), 23, "03:00", "02:00"), (date(2026, 10, 25), 25, "03:00", None)],
)
def test_days_of_23_and_25_hours_are_right(
    day: date, hours: int, once: str, never: str | None, server: PageServer, strip: Callable[..., Locator], page: Page
):
    server.pasts.timezone = "Europe/Berlin"
    page.set_viewport_size({"width": 1920, "height": 1080})
    row = strip(day)
    # Sunday: all of it is one stretch, as long as the day is.
    row.focus()
    expect(row).to_have_attribute("aria-valuetext", f"Offline, 00:00:00–00:00:00, {hours}h, the phone signed off")
    for _ in range(3):
        page.keyboard.press("+")
    page.keyboard.press("0")
    still(page)
    box = box_of(row)
    page.mouse.move(box["x"] + 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 6 / hours, box["y"] + 20, steps=3)
    page.mouse.up()
    expect(page.get_by_role("button", name="The whole day", exact=True)).to_be_enabled()
    still(page)
    shown = ticks(page).all_inner_texts()
    assert shown.count(once) == 1, shown
    assert shown.count("02:00") == (0 if never else 2), shown
