"""The voicemail spool: messages are known whatever they are called, and nothing in it is trusted."""

import os
from pathlib import Path

import pytest

from callfloor.asterisk import voicemail_text
from callfloor.asterisk.below import open_below
from callfloor.asterisk.voicemail_spool import GONE_AFTER_S, Spool, SpoolUnreachableError

AT = 1_795_290_000.0
OLD = AT - 3600  # when the folders and files were last changed


def text(number: int = 1, *, msg_id: bool = True, **more: str) -> str:
    said = {
        "origmailbox": "101",
        "callerchan": f"PJSIP/trunk-a-{number:08}",
        "callerid": f'"Anna" <7916123450{number}>',
        "origtime": str(int(AT) - 600 + number),
        "msg_id": f"{int(AT)}-{number:08x}" if msg_id else "",
        "duration": "7",
    } | more
    lines = [f"{name}={value}" for name, value in said.items() if value]
    return "\n".join([";", "[message]", *lines, ""])


class Disk:
    """A spool on disk whose changes have times of their own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, place: str, content: str | bytes | None = None, *, sound: bytes = b"RIFF" * 10) -> None:
        file = self.root / f"{place}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        body = text() if content is None else content
        file.write_bytes(body.encode() if isinstance(body, str) else body)
        file.with_suffix(".wav").write_bytes(sound)
        self.settle()

    def move(self, place: str, to: str) -> None:
        for ending in ("txt", "wav"):
            target = self.root / f"{to}.{ending}"
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.root / f"{place}.{ending}").rename(target)
        self.settle()

    def delete(self, place: str) -> None:
        for ending in ("txt", "wav"):
            (self.root / f"{place}.{ending}").unlink()
        self.settle()

    def settle(self, at: float = OLD) -> None:
        """Nothing of it was changed lately, and each folder at another time than before."""
        self._moment = getattr(self, "_moment", 0) + 1
        for folder, _, files in os.walk(self.root):
            for name in files:
                os.utime(Path(folder, name), (at, at))
            os.utime(folder, (at + self._moment, at + self._moment))


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_a_message_is_told_once_with_all_that_its_text_says(disk: Disk) -> None:
    disk.put("default/101/INBOX/msg0000")
    spool = Spool(disk.root)
    (message,) = spool.scan(AT).put
    assert (message.context, message.box, message.folder, message.place) == (
        "default", "101", "INBOX", "default/101/INBOX/msg0000",
    )  # fmt: skip
    assert (message.caller_number, message.caller_name, message.channel) == (
        "79161234501", "Anna", "PJSIP/trunk-a-00000001",
    )  # fmt: skip
    assert (message.left_at, message.duration_s, message.sound, message.bytes) == (AT - 599, 7.0, "wav", 40)
    assert spool.scan(AT).put == ()


@pytest.mark.parametrize("msg_id", [True, False], ids=["by its id", "by time, caller and size"])
def test_a_message_is_the_same_after_it_was_heard_and_the_rest_renumbered(disk: Disk, msg_id: bool) -> None:
    for number in (0, 1):
        disk.put(f"default/101/INBOX/msg{number:04}", text(number, msg_id=msg_id))
    spool = Spool(disk.root)
    first, second = spool.scan(AT).put
    disk.move("default/101/INBOX/msg0000", "default/101/Old/msg0000")
    disk.move("default/101/INBOX/msg0001", "default/101/INBOX/msg0000")
    changes = spool.scan(AT + 1)
    assert {message.key: message.place for message in changes.put} == {
        first.key: "default/101/Old/msg0000",
        second.key: "default/101/INBOX/msg0000",
    }
    assert spool.scan(AT + 9).gone == ()


def test_what_is_deleted_is_gone_after_a_second_look(disk: Disk) -> None:
    disk.put("default/101/INBOX/msg0000")
    disk.put("default/101/INBOX/msg0001", text(2))
    spool = Spool(disk.root)
    first, _ = spool.scan(AT).put
    disk.delete("default/101/INBOX/msg0000")
    assert spool.scan(AT + 1).gone == ()
    assert spool.pending
    assert spool.scan(AT + 1 + GONE_AFTER_S / 2).gone == ()
    assert spool.scan(AT + 1.01 + GONE_AFTER_S).gone == (first.key,)
    assert spool.scan(AT + 9).gone == ()


def test_what_an_earlier_process_saw_and_is_not_there_is_gone(disk: Disk) -> None:
    disk.put("default/101/INBOX/msg0000")
    spool = Spool(disk.root, ["default/101/long ago"])
    spool.scan(AT)
    assert spool.scan(AT + 5).gone == ("default/101/long ago",)


def test_a_spool_that_is_not_mounted_has_lost_nothing(disk: Disk) -> None:
    disk.put("default/101/INBOX/msg0000")
    spool = Spool(disk.root)
    (message,) = spool.scan(AT).put
    away = disk.root.parent / "away"
    disk.root.rename(away)
    for box in (None, ("default", "101")):
        with pytest.raises(SpoolUnreachableError):
            spool.scan(AT + 5, box=box)
    disk.root.mkdir()  # the mount point, empty
    for box in (None, ("default", "101")):
        with pytest.raises(SpoolUnreachableError):
            spool.scan(AT + 10, box=box)
    disk.root.rmdir()
    away.rename(disk.root)
    changes = spool.scan(AT + 15)
    assert (changes.put, changes.gone) == ((), ())
    os.close(spool.open_sound(message))


def test_the_sound_that_is_opened_is_the_messages_own_whatever_it_is_called_by_now(disk: Disk) -> None:
    disk.put("default/101/INBOX/msg0000", text(1), sound=b"one")
    disk.put("default/101/INBOX/msg0001", text(2), sound=b"two")
    spool = Spool(disk.root)
    first, second = spool.scan(AT).put
    disk.delete("default/101/INBOX/msg0000")
    disk.move("default/101/INBOX/msg0001", "default/101/INBOX/msg0000")
    with os.fdopen(spool.open_sound(second), "rb") as sound:
        assert sound.read() == b"two"
    with pytest.raises(OSError, match=r".*"):
        spool.open_sound(first)


def test_a_half_written_text_waits_and_is_taken_as_it_is_after_a_while(disk: Disk) -> None:
    disk.put("default/101/INBOX/msg0000", "[message]\ncallerid=")
    disk.settle(AT - 1)
    spool = Spool(disk.root)
    assert spool.scan(AT).put == ()
    assert spool.pending
    (message,) = spool.scan(AT + 120).put
    assert (message.left_at, message.caller_number, message.duration_s) == (AT - 1, None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 200_000,
        bytes(range(256)) * 4000,
        b"[message]\ncallerid=" + b"A" * 5_000_000,
        b"[message]\norigtime=99999999999999999999\nduration=-5\ncallerid=\x00\x1b[31m<\xff\xfe>\n",
        "[message]\r\norigtime=1e9\r\nmsg_id=\u202e../../etc/passwd\r\n".encode(),
    ],
)
def test_no_text_does_harm(disk: Disk, content: bytes) -> None:
    disk.put("default/101/INBOX/msg0000", content)
    disk.put("default/102/INBOX/msg0000")
    found = {message.box: message for message in Spool(disk.root).scan(AT).put}
    assert found["102"].duration_s == 7.0
    hostile = found["101"]
    assert hostile.left_at == OLD
    for value in (hostile.caller_number, hostile.caller_name, hostile.channel):
        assert value is None or (len(value) <= voicemail_text.LONGEST and value.isprintable())


def test_only_plain_files_in_real_folders_are_read(disk: Disk, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    Disk(outside).put("secret/INBOX/msg0000")
    disk.put("default/101/INBOX/msg0000")
    inbox = disk.root / "default/101/INBOX"
    (disk.root / "device").symlink_to(disk.root / "default")
    (disk.root / "default/102").symlink_to(outside / "secret")
    (inbox / "msg0001.txt").symlink_to(outside / "secret/INBOX/msg0000.txt")
    os.mkfifo(inbox / "msg0002.txt")
    (inbox / "msg0003.txt").mkdir()
    (inbox / "greet.txt").write_text(text(9))
    (disk.root / "default/101/tmp").mkdir()
    (disk.root / "default/101/tmp/msg0009.txt").write_text(text(9))
    disk.settle()
    spool = Spool(disk.root)
    assert [message.place for message in spool.scan(AT).put] == ["default/101/INBOX/msg0000"]
    for box in (
        ("device", "101"),
        ("default", "102"),
        ("..", "outside"),
        ("default", "../../outside/secret"),
        ("", ""),
    ):
        assert spool.scan(AT + 1, box=box).put == ()


def test_a_folder_that_changed_a_moment_ago_is_read_again(disk: Disk) -> None:
    disk.put("default/101/INBOX/msg0000")
    disk.settle(AT - 1.5)
    spool = Spool(disk.root)
    spool.scan(AT)
    inbox = disk.root / "default/101/INBOX"
    before = inbox.stat().st_mtime_ns
    (inbox / "msg0001.txt").write_text(text(2))
    (inbox / "msg0001.wav").write_bytes(b"x")
    os.utime(inbox, ns=(before, before))  # as a file system with coarse times has it
    assert len(spool.scan(AT + 0.1).put) == 1


@pytest.mark.parametrize(
    ("told", "number", "name"),
    [
        ('"Anna Keller" <79161234567>', "79161234567", "Anna Keller"),
        ("Anna <101>", "101", "Anna"),
        ("79161234567", "79161234567", None),
        ('"79161234567" <79161234567>', "79161234567", None),
        ("Unknown", None, None),
        ('"Anonymous" <anonymous>', None, None),
        ("", None, None),
    ],
)
def test_a_caller_is_read_in_all_of_asterisks_ways(told: str, number: str | None, name: str | None) -> None:
    found = voicemail_text.read(text(callerid=told).encode())
    assert (found.caller_number, found.caller_name) == (number, name)


@pytest.mark.parametrize("parts", [(), ("..", "x"), ("a/b",), ("",), (".", "x"), ("a\0b",)])
def test_a_name_that_leads_elsewhere_opens_nothing(tmp_path: Path, parts: tuple[str, ...]) -> None:
    with pytest.raises(OSError, match="elsewhere"):
        open_below(tmp_path, parts)
