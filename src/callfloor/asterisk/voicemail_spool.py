"""The voicemail spool: ``context/box/folder/msgNNNN.txt`` with its sound beside it. The files are the only record.

Asterisk moves a message from INBOX to Old when it was heard, and renumbers what is left, so a name says nothing: a
message is known by the ``msg_id`` in its text, else by time, caller and the sound's size. A scan looks at the time of
each folder's last change and reads those that changed; a text that was read is not read again while it lies unaltered,
under whatever name. A folder that changed within the last moments is read once more, for its time is coarse.

A message that is missed is looked for once more before it is said to be gone: it may have been on its way.
"""

import itertools
import os
import re
import stat
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import msgspec

from callfloor.asterisk import voicemail_text
from callfloor.asterisk.below import open_below, read_below
from callfloor.asterisk.voicemail_text import Told
from callfloor.floor.messages import VoicemailMessage

SOUNDS: Final = ("wav", "WAV", "gsm", "mp3", "ulaw", "alaw", "ogg")
"""As app_voicemail's ``format`` may name them, the best to hear first. ``wav49`` is written as ``.WAV``."""

NOT_MESSAGES: Final = frozenset({"tmp", "unavail", "busy", "greet", "temp"})
"""Folders of a box that hold recordings in the making, or greetings."""

COARSE_S: Final = 2.0  # a folder's time may be so coarse (old NFS, FAT), and two changes in it look like one
SETTLES_S: Final = 60.0  # so long a text may stay half written before it is taken as it is
GONE_AFTER_S: Final = 0.8  # so long a missed message may be on its way from one folder to another
MOST_NAMES: Final = 30_000  # of one folder; Asterisk itself has 9,999 messages at most (MAXMSGLIMIT)
MOST_BOXES: Final = 20_000


class SpoolUnreachableError(Exception):
    """The spool cannot be read: not mounted, empty, or not ours."""


class SpoolChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan found other than the one before."""

    put: tuple[VoicemailMessage, ...]  # new, moved, or read otherwise
    gone: tuple[str, ...]  # keys


class _Folder(msgspec.Struct):
    mtime_ns: int
    settled: bool  # False: to be read again whatever its time says
    messages: tuple[VoicemailMessage, ...]


class Spool:
    """One spool, and what was last found in it. Blocking: each call reads the disk; one at a time."""

    def __init__(self, root: Path, known: Collection[str] = ()) -> None:
        """``known``: the keys of messages that were there when an earlier process last looked."""
        self.root = root
        self._boxes: dict[tuple[str, str], dict[str, _Folder]] = {}
        self._texts: dict[tuple[int, int, int], Told] = {}  # by inode, time and size: the same under any name
        self._seen: dict[str, VoicemailMessage] = {}
        self._missed: dict[str, float | None] = dict.fromkeys(known)  # by key: since when; None is from the next scan

    def scan(self, now: float | None = None, *, box: tuple[str, str] | None = None) -> SpoolChanges:
        """Look at the whole spool, or at one ``(context, box)`` of it.

        Raises:
            SpoolUnreachableError: it cannot be read; nothing is gone for that.
        """
        now = time.time() if now is None else now
        if box is not None:
            self._contexts()
            if all(part not in {"", ".", ".."} and "/" not in part and _is_text(part) for part in box):
                self._scan_box(box, now, again=True)
            return self._compare(now)
        there = self._find_boxes()
        for one in there:
            self._scan_box(one, now, again=False)
        for gone in self._boxes.keys() - there:
            del self._boxes[gone]
        self._forget_texts()
        return self._compare(now)

    @property
    def pending(self) -> bool:
        """Whether something missed may still be found, or a text is half written: look again soon."""
        return bool(self._missed) or any(not one.settled for box in self._boxes.values() for one in box.values())

    def open_sound(self, message: VoicemailMessage) -> int:
        """The sound's descriptor, which the caller closes; surely this message's, whatever it is called by now.

        Raises:
            OSError: it is not there any more, or there is no sound to it.
        """
        current = self._seen.get(message.key, message)
        try:
            return self._open_sure(current)
        except OSError:
            self._scan_box((message.context, message.box), time.time(), again=True)
            for found in self._boxes.get((message.context, message.box), {}).values():
                for one in found.messages:
                    if one.key == message.key:
                        return self._open_sure(one)
            raise

    def _open_sure(self, message: VoicemailMessage) -> int:
        """Opened first, then the text beside it is read: were they renumbered in between, the text is another's."""
        if message.sound is None:
            raise FileNotFoundError("there is no sound")
        *folders, stem = message.place.split("/")
        fd = open_below(self.root, (*folders, f"{stem}.{message.sound}"))
        try:
            told = voicemail_text.read(read_below(self.root, (*folders, f"{stem}.txt"), voicemail_text.MOST_BYTES))
            key = _key(message.context, message.box, told, os.fstat(fd).st_size)
            if message.key != key and not message.key.startswith(f"{key}#"):
                raise FileNotFoundError("another message lies there now")
        except OSError:
            os.close(fd)
            raise
        return fd

    # --- reading ----------------------------------------------------------------------------------------------

    def _contexts(self) -> list[str]:
        try:
            contexts = _folders(self.root)
        except OSError as error:
            raise SpoolUnreachableError(error.strerror or "cannot be read") from None
        if not contexts and (self._seen or self._missed):
            raise SpoolUnreachableError("the folder is empty; is it mounted?")
        return contexts

    def _find_boxes(self) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        for context in self._contexts():
            try:
                found.update((context, box) for box in _folders(self.root / context))
            except OSError:  # what cannot be read for a moment is not gone
                found.update(box for box in self._boxes if box[0] == context)
        return set(sorted(found)[:MOST_BOXES]) if len(found) > MOST_BOXES else found

    def _scan_box(self, box: tuple[str, str], now: float, *, again: bool) -> None:
        """``again``: every folder is read, whatever its time says."""
        path = self.root.joinpath(*box)
        known = self._boxes.setdefault(box, {})
        try:
            linked = path.is_symlink() or path.parent.is_symlink()
            names = [] if linked else [name for name in _folders(path) if name not in NOT_MESSAGES]
        except FileNotFoundError:
            names = []
        except OSError:
            return
        for gone in known.keys() - set(names):
            del known[gone]
        for name in names:
            try:
                mtime_ns = (path / name).stat(follow_symlinks=False).st_mtime_ns
                before = known.get(name)
                if before is None or again or not before.settled or before.mtime_ns != mtime_ns:
                    known[name] = self._read_folder(box, name, mtime_ns, now)
            except FileNotFoundError:
                known.pop(name, None)
            except OSError:
                continue

    def _read_folder(self, box: tuple[str, str], name: str, mtime_ns: int, now: float) -> _Folder:
        context, number = box
        path = self.root / context / number / name
        texts: dict[str, tuple[int, int, int]] = {}
        sounds: dict[tuple[str, str], int] = {}
        with os.scandir(path) as entries:
            for entry in itertools.islice(entries, MOST_NAMES):
                stem, _, ending = entry.name.rpartition(".")
                if not _MESSAGE.fullmatch(stem) or ending not in _ENDINGS:
                    continue
                try:
                    found = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                if not stat.S_ISREG(found.st_mode):
                    continue
                if ending == "txt":
                    texts[stem] = (found.st_ino, found.st_mtime_ns, found.st_size)
                else:
                    sounds[stem, ending] = found.st_size
        settled = now - mtime_ns / 1e9 > COARSE_S
        messages: list[VoicemailMessage] = []
        for stem in sorted(texts):
            told = self._told((context, number, name, f"{stem}.txt"), texts[stem])
            changed_at = texts[stem][1] / 1e9
            sound = next((one for one in SOUNDS if (stem, one) in sounds), None)
            left_at = told.left_at if told is not None else None
            if told is None or left_at is None or told.duration_s is None or sound is None:
                if now - changed_at < SETTLES_S:
                    settled = False  # still being written; in a minute it is taken as it is
                    if told is None or left_at is None or told.msg_id is None:
                        continue
                if told is None:
                    continue
            size = sounds[stem, sound] if sound is not None else 0
            messages.append(
                VoicemailMessage(
                    key=_key(context, number, told, size),
                    context=context,
                    box=number,
                    folder=name,
                    place=f"{context}/{number}/{name}/{stem}",
                    sound=sound,
                    bytes=size,
                    caller_number=told.caller_number,
                    caller_name=told.caller_name,
                    channel=told.channel,
                    left_at=float(int(changed_at)) if left_at is None else left_at,
                    duration_s=told.duration_s,
                )
            )
        return _Folder(mtime_ns=mtime_ns, settled=settled, messages=tuple(messages))

    def _told(self, parts: tuple[str, ...], mark: tuple[int, int, int]) -> Told | None:
        known = self._texts.get(mark)
        if known is not None:
            return known
        try:
            told = voicemail_text.read(read_below(self.root, parts, voicemail_text.MOST_BYTES))
        except OSError:
            return None
        self._texts[mark] = told
        return told

    def _forget_texts(self) -> None:
        """Those of messages long gone; what is there is read once more."""
        there = sum(len(one.messages) for box in self._boxes.values() for one in box.values())
        if len(self._texts) > 2 * there + 1000:
            self._texts.clear()

    # --- comparing --------------------------------------------------------------------------------------------

    def _compare(self, now: float) -> SpoolChanges:
        there: dict[str, VoicemailMessage] = {}
        for box in self._boxes.values():
            for folder in box.values():
                for message in folder.messages:
                    there.setdefault(_apart(message.key, there), message)
        put = [_under(key, message) for key, message in there.items() if self._seen.get(key) != _under(key, message)]
        for key in self._seen.keys() - there.keys():
            self._missed.setdefault(key, now)
        gone = []
        for key, since in list(self._missed.items()):
            if key in there:
                del self._missed[key]
            elif since is None:
                self._missed[key] = now
            elif now - since >= GONE_AFTER_S:
                del self._missed[key]
                self._seen.pop(key, None)
                gone.append(key)
        self._seen |= {message.key: message for message in put}
        return SpoolChanges(put=tuple(put), gone=tuple(sorted(gone)))


_MESSAGE = re.compile(r"msg\d{4,5}")
_ENDINGS = frozenset({"txt", *SOUNDS})


def _key(context: str, box: str, told: Told, size: int) -> str:
    known = told.msg_id or f"{told.left_at or 0:.0f}/{told.caller}/{size}"
    return f"{context}/{box}/{known}"


def _apart(key: str, taken: Mapping[str, VoicemailMessage]) -> str:
    """The key; of two alike (a copy, or no id and the same second, caller and size) the second has another."""
    if key not in taken:
        return key
    return next(new for n in itertools.count(2) if (new := f"{key}#{n}") not in taken)


def _under(key: str, message: VoicemailMessage) -> VoicemailMessage:
    return message if message.key == key else msgspec.structs.replace(message, key=key)


def _folders(path: Path) -> list[str]:
    """The folders in a folder, but for links: FreePBX links one context's boxes into another, and once is enough.

    Raises:
        OSError: it cannot be read.
    """
    with os.scandir(path) as entries:
        found = itertools.islice(entries, MOST_NAMES)
        return sorted(one.name for one in found if one.is_dir(follow_symlinks=False) and _is_text(one.name))


def _is_text(name: str) -> bool:
    """Whether a name can be kept and shown; one with control characters or of no encoding is nobody's box."""
    return name.isprintable()
