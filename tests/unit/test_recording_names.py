"""What the PBX named a recording, and where it is looked for: a table of cases, and whatever a name may hold."""

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callfloor.asterisk.recording_files import RecordingFolders
from callfloor.asterisk.recording_names import LONGEST_PART, SOUNDS, extension_of, is_sound, wanted
from callfloor.errors import RecordingMissingError, RecordingsUnreachableError

NAME = "in-74951000040-79161234567-20261121-235958-1795306419.174"
LEG = "1795306419.174"
DAY = "2026/11/21"
TWO_DATES = "x-20261399-000000-20261121-101112.wav"
MONITOR = "/var/spool/asterisk/monitor"

# what the PBX named; the one file that is there; its call's oldest channel
FOUND: dict[str, tuple[str, str, str | None]] = {
    "a full path under the folder itself": (f"{MONITOR}/{DAY}/{NAME}.wav", f"{DAY}/{NAME}.wav", None),
    "a path of another machine": (f"/mnt/pbx2/calls/{DAY}/{NAME}.wav", f"{DAY}/{NAME}.wav", None),
    "a path, its folders not kept here": (f"{MONITOR}/{DAY}/{NAME}.wav", f"{NAME}.wav", None),
    "a bare name lies in its date's folder": (f"{NAME}.wav", f"{DAY}/{NAME}.wav", None),
    "a bare name without folders by date": (f"{NAME}.wav", f"{NAME}.wav", None),
    "over midnight: the date in the name, not the call's": (
        "q-800-7916-20261231-235959-1798761599.1.wav",
        "2026/12/31/q-800-7916-20261231-235959-1798761599.1.wav",
        None,
    ),
    "wav49 is written as .WAV": (f"{DAY}/{NAME}.wav49", f"{DAY}/{NAME}.WAV", None),
    "named wav, written as wav49": (f"{NAME}.wav", f"{DAY}/{NAME}.WAV", None),
    "converted to MP3 at night": (f"{NAME}.wav", f"{DAY}/{NAME}.mp3", None),
    "gsm": (f"{NAME}.gsm", f"{DAY}/{NAME}.gsm", None),
    "no extension": (NAME, f"{DAY}/{NAME}.gsm", None),
    "no extension, ulaw": (f"{MONITOR}/{DAY}/{NAME}", f"{DAY}/{NAME}.ulaw", None),
    "ConfBridge adds the second": (
        "conf-900-7916-20261121-101112-1795306419.174.wav",
        "2026/11/21/conf-900-7916-20261121-101112-1795306419.174-1795306425.wav",
        None,
    ),
    "ConfBridge, a name without a date": ("/var/spool/asterisk/meeting.wav", "meeting-1795306425.wav", None),
    "another name, the same channel in it": (f"{NAME}.wav", f"{DAY}/q-800-79161234567-20261121-235958-{LEG}.wav", None),
    "nothing named, the call's channel in it": ("", f"{NAME}.wav", LEG),
    "nothing named, in the folder of the channel's day": ("", f"2026/11/22/{NAME}.wav", LEG),
    "nothing named, the PBX's day ends later": ("", f"2026/11/23/{NAME}.wav", LEG),
    "a date that is none, and one that is": ("x-20261399-000000-20261121-101112.wav", f"{DAY}/{TWO_DATES}", None),
    "a dialled number that looks like a date": (f"out-20250101-{NAME}.wav", f"{DAY}/out-20250101-{NAME}.wav", None),
    "Cyrillic, blanks, quotes": ("Звонок №1 'срочно'.wav", "Звонок №1 'срочно'.wav", None),
    "a backslash is a letter here": ("a\\b.wav", "a\\b.wav", None),
    "dots and slashes too many": (f"//var/./spool//{DAY}/./{NAME}.wav", f"{DAY}/{NAME}.wav", None),
    "upwards is not gone, the name alone counts": (f"../../etc/{NAME}.wav", f"{DAY}/{NAME}.wav", None),
}  # fmt: skip

MISSED: dict[str, tuple[str, str]] = {
    "another call": (f"{NAME}.wav", f"{DAY}/in-74951000040-79161234567-20261121-235958-1795306419.175.wav"),
    "a channel that only begins so": ("", "in-20261121-101112-1795306419.1741.wav"),
    "a channel that only ends so": ("", "in-20261121-101112-21795306419.174.wav"),
    "not a recording": ("notes.txt", "notes.txt"),
    "a configuration": ("voicemail.conf", "voicemail.conf"),
    "hidden": (".wav", ".wav"),
    "a name that only begins so": ("conf-900.wav", "conf-900-x.wav"),
    "nothing": ("", "a.wav"),
    "only upwards": ("..", "a.wav"),
    "too long": ("a" * 2000 + ".wav", "a.wav"),
    "a NUL": (f"{NAME}\0.wav", f"{NAME}.wav"),
    "a line break": (f"{NAME}\r\n.wav", f"{NAME}.wav"),
    "bytes that are no text": ("\udcff.wav", "a.wav"),
}


def put(root: Path, path: str, content: bytes = b"sound") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def read(folders: RecordingFolders, named: str, leg: str | None = None) -> bytes:
    found = folders.find(named, leg)
    try:
        return os.read(found.fd, 1000)
    finally:
        os.close(found.fd)


@pytest.mark.parametrize("case", FOUND)
def test_found(case: str, tmp_path: Path):
    named, path, leg = FOUND[case]
    put(tmp_path, path)
    put(tmp_path, "2026/11/20/another-20261120-101112-1795206419.1.wav", b"another")
    assert read(RecordingFolders([tmp_path]), named, leg) == b"sound"


@pytest.mark.parametrize("case", MISSED)
def test_not_found(case: str, tmp_path: Path):
    named, path = MISSED[case]
    put(tmp_path, path)
    with pytest.raises(RecordingMissingError):
        read(RecordingFolders([tmp_path]), named, LEG)


def test_the_longest_path_wins_and_the_named_extension_before_the_others(tmp_path: Path):
    put(tmp_path, f"{NAME}.wav", b"elsewhere")
    put(tmp_path, f"{DAY}/{NAME}.wav", b"wav")
    put(tmp_path, f"{DAY}/{NAME}.gsm", b"gsm")
    folders = RecordingFolders([tmp_path])
    assert read(folders, f"{MONITOR}/{DAY}/{NAME}.wav") == b"wav"
    assert read(folders, f"{NAME}.gsm") == b"gsm"
    assert read(folders, NAME) == b"wav"


def test_the_first_folder_that_has_it_and_one_that_is_not_mounted(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    put(new, f"{NAME}.wav", b"new")
    assert read(RecordingFolders([old, new]), f"{NAME}.wav") == b"new"
    put(old, f"{NAME}.wav", b"old")
    assert read(RecordingFolders([old, new]), f"{NAME}.wav") == b"old"
    away = RecordingFolders([old, tmp_path / "not-mounted"])
    assert read(away, f"{NAME}.wav") == b"old"
    with pytest.raises(RecordingsUnreachableError):
        read(away, "other.wav")


def test_links_within_are_followed_and_links_out_are_not(tmp_path: Path):
    root, archive, outside = tmp_path / "monitor", tmp_path / "archive", tmp_path / "outside"
    put(outside, "secret.wav", b"secret")
    put(archive, "2025/01/02/kept-20250102-030405-1735787045.1.wav", b"kept")
    root.mkdir()
    (root / "2025").symlink_to(archive / "2025")
    (root / "a.wav").symlink_to(outside / "secret.wav")
    (root / "all").symlink_to(outside)
    (root / "round.wav").symlink_to(root / "round.wav")
    os.mkfifo(root / "pipe.wav")
    (root / "folder.wav").mkdir()
    kept = "kept-20250102-030405-1735787045.1.wav"
    assert read(RecordingFolders([root, archive]), kept) == b"kept"
    for named in (kept, "a.wav", "all/secret.wav", "round.wav", "pipe.wav", "folder.wav", str(outside / "secret.wav")):
        with pytest.raises(RecordingMissingError):
            read(RecordingFolders([root]), named)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings, and secrets that lie around them and are linked to from within."""
    base = tmp_path_factory.mktemp("tree")
    root = base / "monitor"
    for path in (
        "secret.wav",
        "etc/secret.wav",
        "monitor-old/secret.wav",
        "monitor2/a.wav",
        f"{DAY}/secret.wav",
        "a.wav",
    ):
        put(base, path, b"secret")
    for path in ("a.wav", f"{DAY}/{NAME}.wav", "monitor/a.wav", "２０２６/a.wav"):
        put(root, path)
    (root / "up").symlink_to("..")
    (root / "etc").symlink_to(base / "etc")
    (root / "secret.wav").symlink_to("../secret.wav")
    (root / "secret.gsm").symlink_to("monitor/../../secret.wav")
    (root / "rel.wav").symlink_to("up/secret.wav")
    return base


PIECES = st.sampled_from(
    [
        "..", ".", "", "/", "a.wav", "secret.wav", "secret", "secret.gsm", "rel.wav", "up", "etc", "monitor",
        "monitor2", "monitor-old", "2026", "11", "21", "２０２６", f"{NAME}.wav", "．．", "‥", "․․", "%2e%2e", "..%2f",
        "..\\", "~", "file:", "\u202e..", "..\u200b", "é", "e\u0301", "\0", "\udc80", "x" * 300, ".wav", "*", "?",
        "$(id)", "proc", "self", "root", "fd", "-", "--", "a.wav/", "|", "a.WAV", " ", "tmp",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    pieces=st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=14),
    between=st.sampled_from(["/", "//", "", "/./", "/../", "\\"]),
    absolute=st.sampled_from(["", "/", "{base}/", "{base}/monitor/", "{base}/monitor/../", "{base}/monitor/up/"]),
    leg=st.one_of(st.none(), st.just(LEG), st.text(max_size=12)),
)
def test_nothing_outside_is_ever_opened(tree: Path, pieces: list[str], between: str, absolute: str, leg: str | None):
    named = absolute.format(base=tree) + between.join(pieces)
    with contextlib.suppress(RecordingMissingError):
        assert read(RecordingFolders([tree / "monitor"]), named, leg) == b"sound", named


@given(named=st.text(max_size=1200), leg=st.one_of(st.none(), st.text(max_size=20)))
def test_no_place_has_a_part_that_leads_elsewhere(named: str, leg: str | None):
    places = wanted(named, leg)
    parts = [part for folder in places.folders for part in folder] + list(places.names)
    for part in parts:
        assert part not in {"", ".", ".."}
        assert "/" not in part
        assert part.isprintable() or all(ord(one) >= 32 for one in part)
        assert len(part.encode()) <= LONGEST_PART
    assert all(is_sound(name) for name in places.names)
    assert len(places.folders) <= 15
    assert len(places.names) <= len(SOUNDS) + 1


def test_the_tree_of_the_property_has_what_it_must_find(tree: Path):
    """The property would hold of an empty folder, too."""
    folders = RecordingFolders([tree / "monitor"])
    assert read(folders, "../monitor/a.wav") == b"sound"
    assert read(folders, f"{tree}/monitor/{DAY}/{NAME}.wav") == b"sound"
    assert (tree / "monitor" / "up" / "secret.wav").read_bytes() == b"secret"
    assert extension_of("x.WAV") == "wav"
