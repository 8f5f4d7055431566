"""The player in a real browser on the real app: heard, sought, slowed, saved; and what is wrong said clearly."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from callfloor.floor.calls import StoryStep
from support.axe import violations
from support.journal_page import JournalSite, past_call
from support.sound_files import tone, torn, write
from support.waiting import wait_until
from support.web_floor import NOW

SECONDS = 40.0
NAME = "in-74951000040-7916-20261121-101112-1795306419.1.wav"
Open = Callable[..., Locator]

WORDS = {
    "en": ("Recording", "Play", "Download the recording", "The file is damaged"),
    "ru": ("Запись", "Воспроизвести", "Скачать запись", "Файл повреждён"),
    "pl": ("Nagranie", "Odtwórz", "Pobierz nagranie", "Plik jest uszkodzony"),
    "uk": ("Запис", "Відтворити", "Завантажити запис", "Файл пошкоджений"),
}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalSite]:
    with JournalSite(tmp_path) as running:
        yield running


@pytest.fixture
def monitor(journal: JournalSite) -> Path:
    """The folder of recordings."""
    return journal.site.recordings


@pytest.fixture
def stereo(monitor: Path) -> Path:
    """Forty seconds: the client speaks, then the employee."""
    half = round(SECONDS * 4000)
    sound = tone(440, 660, seconds=SECONDS)
    sound[:half, 1] = 0
    sound[half:, 0] = 0
    return write(monitor / "2026/11/21" / NAME, sound)


@pytest.fixture
def opened(journal: JournalSite, page: Page) -> Open:
    """Opens a call over the journal, whose recording the PBX named so; the player."""

    def open_call(named: str | None = NAME, *, language: str = "en") -> Locator:
        record = msgspec.structs.replace(past_call(0, NOW - 600, call_id="pbx1-1795306419.1"), recording=named)
        journal.write(record)
        page.context.add_cookies([journal.cookie("administrator")])
        page.add_init_script(f"localStorage.setItem('callfloor.language', '{language}')")
        page.goto(f"{journal.address}/journal?days=7d&call={record.call_id}")
        return page.get_by_role("group", name=WORDS[language][0])

    return open_call


def sounds(page: Page) -> list[str]:
    """The addresses of sound asked for from now on."""
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/recording") else None)
    return asked


def at(player: Locator) -> Locator:
    return player.get_by_role("slider", name="Position in the recording")


def plays(player: Locator, after: int = 0) -> None:
    """Waits until it has played on from that second."""
    seconds = "|".join(f"0:{second:02}" for second in range(after + 1, 41))
    expect(player.locator("time")).to_have_text(re.compile(f"^({seconds})$"))


def stands(player: Locator, second: int) -> None:
    expect(at(player)).to_have_attribute("aria-valuenow", str(second))


def test_it_is_drawn_first_and_fetched_when_somebody_plays_it(
    stereo: Path, opened: Open, page: Page, journal: JournalSite
):
    asked = sounds(page)
    player = opened()
    expect(player.locator("time")).to_have_text("0:00")
    expect(player).to_contain_text("/ 0:40")
    expect(player.locator("path.rest")).to_have_attribute("d", re.compile("V"))
    drawn = player.locator("path.rest").get_attribute("d") or ""
    heights = [float(b) - float(a) for a, b in re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)", drawn)]
    left, right = np.array_split(np.array(heights), 2)
    for channel, loud in ((left, slice(None, len(left) // 2 - 2)), (right, slice(len(right) // 2 + 2, None))):
        assert channel[loud].min() > 20 > 2 > np.delete(channel, range(len(channel))[loud])[4:-4].max()
    assert asked == []

    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    plays(player)
    player.get_by_role("button", name="Pause").click()
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    assert asked
    audit = journal.site.store.project(journal.site.ours).audit
    told = [one.action for one in audit.page(limit=50).entries]
    assert told.count("listen_recording") == 1


def test_keys_and_clicks_go_anywhere(stereo: Path, opened: Open, page: Page):
    player = opened()
    at(player).focus()
    for key, second in (
        ("ArrowRight", 5), ("ArrowRight", 10), ("ArrowLeft", 5), ("PageUp", 35), ("ArrowRight", 40), ("ArrowRight", 40),
        ("Home", 0), ("ArrowLeft", 0), ("End", 40), ("Home", 0),
    ):  # fmt: skip
        page.keyboard.press(key)
        stands(player, second)
    expect(at(player)).to_have_attribute("aria-valuetext", "0s of 40s")
    box = at(player).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)
    stands(player, 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 50)
    page.mouse.up()
    stands(player, 30)
    page.keyboard.press(" ")
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    plays(player, 30)
    page.keyboard.press(" ")
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    now = int(at(player).get_attribute("aria-valuenow") or 0)
    page.keyboard.press("ArrowLeft")
    expect(at(player)).to_have_attribute("aria-valuenow", re.compile(f"^({now - 6}|{now - 5}|{now - 4})$"))


def test_it_ends_and_begins_again(stereo: Path, opened: Open, page: Page):
    player = opened()
    at(player).focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    player.get_by_role("combobox", name="Speed").select_option("2×")
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    stands(player, 40)
    player.get_by_role("button", name="Play").click()
    plays(player)


def test_speed_and_volume_are_remembered_and_each_side_can_be_heard_alone(stereo: Path, opened: Open, page: Page):
    player = opened()
    player.get_by_role("combobox", name="Speed").select_option("1.75×")
    volume = player.get_by_role("slider", name="Volume")
    volume.fill("0.5")
    expect(volume).to_have_attribute("aria-valuetext", "50 %")
    balance = player.get_by_role("slider", name="Balance")
    expect(balance).to_have_attribute("aria-valuetext", "both sides")
    player.get_by_role("button", name="Play").click()
    balance.fill("-1")
    expect(balance).to_have_attribute("aria-valuetext", "Left 100 %")
    plays(player)
    page.reload()
    player = page.get_by_role("group", name="Recording")
    expect(player.get_by_role("combobox", name="Speed")).to_have_value("1.75")
    expect(player.get_by_role("slider", name="Volume")).to_have_value("0.5")


def test_one_channel_has_no_balance_and_one_row(monitor: Path, opened: Open):
    write(monitor / "one.gsm", tone(440, seconds=3))
    player = opened("one.wav")
    expect(player).to_contain_text("/ 0:03")
    expect(player.get_by_role("slider", name="Balance")).to_have_count(0)
    player.get_by_role("button", name="Play").click()
    plays(player)


def test_the_file_is_saved_as_the_pbx_wrote_it(monitor: Path, opened: Open, page: Page):
    file = write(monitor / "Звонок 1.gsm", tone(440, seconds=3))
    player = opened("Звонок 1.wav")
    with page.expect_download() as saving:
        player.get_by_role("link", name="Download the recording").click()
    assert saving.value.suggested_filename == "Звонок 1.gsm"
    assert Path(saving.value.path()).read_bytes() == file.read_bytes()


def test_what_is_wrong_is_said(monitor: Path, opened: Open, page: Page):
    player = opened("gone.wav")
    expect(player).to_contain_text("the file is not there")
    expect(player.get_by_role("button")).to_have_count(0)
    (monitor / "noise.wav").write_bytes(b"\1\2\3\4" * 999)
    player = opened("noise.wav")
    expect(player).to_contain_text("The file is damaged")
    with page.expect_download() as saving:
        player.get_by_role("link", name="Download the recording").click()
    assert saving.value.suggested_filename == "noise.wav"
    torn(write(monitor / "torn.wav", tone(440, seconds=5)), 24_044)
    player = opened("torn.wav")
    expect(player).to_contain_text("The file has no end")
    expect(player).to_contain_text("/ 0:01")


def test_sound_that_does_not_come_can_be_asked_for_again(stereo: Path, opened: Open, page: Page):
    player = opened()
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    page.route("**/recording", lambda route: route.abort())
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("alert")).to_contain_text("The sound cannot be fetched")
    expect(player.get_by_role("button", name="Play")).to_be_visible()
    page.unroute("**/recording")
    player.get_by_role("button", name="Try again").click()
    plays(player)
    expect(player.get_by_role("alert")).to_have_count(0)


def test_leaving_ends_it(stereo: Path, opened: Open, page: Page):
    player = opened()
    page.evaluate("""() => { const play = HTMLAudioElement.prototype.play
        HTMLAudioElement.prototype.play = function () { window.heard = this; return play.call(this) } }""")
    player.get_by_role("button", name="Play").click()
    plays(player)
    assert page.evaluate("heard.paused") is False
    page.keyboard.press("Escape")
    expect(player).to_have_count(0)
    wait_until(lambda: page.evaluate("heard.paused"), "it is silent")


def test_axe_finds_nothing_and_nothing_sticks_out(stereo: Path, opened: Open, page: Page):
    player = opened()
    player.get_by_role("button", name="Play").click()
    plays(player)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if theme == "dark" else "light", reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        for size in ((1440, 900), (390, 844)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert violations(page, ".player") == [], (theme, size)
            assert player.evaluate("one => one.scrollWidth - one.clientWidth") == 0, size
            assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_every_language_says_it(stereo: Path, monitor: Path, opened: Open, page: Page):
    (monitor / "noise.wav").write_bytes(b"\1\2\3\4" * 999)
    for language, (_, play, download, damaged) in WORDS.items():
        player = opened(language=language)
        expect(player.get_by_role("button", name=play)).to_be_visible()
        expect(player.get_by_role("link", name=download)).to_be_visible()
        expect(opened("noise.wav", language=language)).to_contain_text(damaged)


@pytest.mark.parametrize("language", WORDS)
def test_a_call_with_several_recordings_has_a_player_for_each(
    journal: JournalSite, monitor: Path, page: Page, language: str
):
    for name, pitch in (("first.wav", 440), ("second.wav", 660)):
        write(monitor / name, tone(pitch, pitch * 1.5, seconds=8))
    steps = (
        StoryStep(at=NOW - 600, what="recording", number="+48123456789", detail="/spool/first.wav"),
        StoryStep(at=NOW - 560, what="recording", account="101", detail="second.wav"),
        StoryStep(at=NOW - 550, what="recording", account="101", detail="third.g729"),
    )
    write(monitor / "third.wav", tone(440)).rename(monitor / "third.g729")
    (monitor / "third.g729").write_bytes(b"\x01\x02\x03\x04" * 2000)
    record = msgspec.structs.replace(
        past_call(0, NOW - 600, call_id="pbx1-1795306419.1"), recording="/spool/first.wav", story=steps,
        client_number="+48123456789", client_e164="+48123456789",
    )  # fmt: skip
    journal.write(record)
    page.context.add_cookies([journal.cookie("administrator")])
    page.add_init_script(f"localStorage.setItem('callfloor.language', '{language}')")
    page.goto(f"{journal.address}/journal?days=7d&call={record.call_id}")
    players = page.get_by_role("group").filter(has=page.get_by_role("button", name=WORDS[language][1]))
    expect(players).to_have_count(2)
    expect(players.nth(1)).to_contain_text("Anna")
    expect(page.get_by_text(re.compile(r"G\.729"))).to_be_visible()
    with page.expect_request(re.compile(r"/recording\?part=1$")):
        players.nth(1).get_by_role("button", name=WORDS[language][1]).click()
    assert violations(page) == []
