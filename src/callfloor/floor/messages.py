"""Voicemail and faxes: what is left for somebody, rather than said to them.

Instants are UTC epoch seconds. A voicemail is told by the PBX's spool, a fax by its events; both rooms that read them
and the store that keeps them speak in these words.
"""

from enum import StrEnum

import msgspec

NEW_FOLDERS = frozenset({"INBOX", "Urgent"})
"""Where a message lies that nobody has heard yet; any other folder is of messages that were (app_voicemail)."""


class VoicemailMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it lies in the spool now. Its place changes while it is moved and renumbered, its key never."""

    key: str
    context: str
    box: str
    folder: str  # INBOX, Urgent, Old, Work, …
    place: str  # context/box/folder/msgNNNN: below the spool, without an ending
    sound: str | None  # the sound's ending as it is spelled (wav, WAV, gsm); None: there is no sound beside the text
    bytes: int  # of the sound
    caller_number: str | None  # as the PBX gave it; None is anonymous or unknown
    caller_name: str | None
    channel: str | None  # the caller's, by which the call is found
    left_at: float  # when the recording began; whole seconds
    duration_s: float | None  # None: the text does not tell


class FaxDirection(StrEnum):
    """From the company's side."""

    RECEIVED = "received"
    SENT = "sent"


class FaxResult(StrEnum):
    """What the PBX said of it."""

    SUCCESS = "success"
    FAILED = "failed"


class FaxRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One fax, received or sent, when it was over."""

    key: str
    link: str
    direction: FaxDirection
    at: float
    call_id: str | None  # the call it was part of; None: the floor knew none
    account: str | None  # an employee's, where theirs is the channel
    number: str | None  # the other side's telephone number
    e164: str | None
    station: str | None  # what the other side's machine calls itself
    local_station: str | None
    pages: int | None
    resolution: str | None  # as the PBX gave it: 8031x7700 are pixels per metre
    rate: int | None  # bits per second
    result: FaxResult | None  # None: the PBX did not tell
    error: str | None  # the PBX's word for why
    files: tuple[str, ...]  # as the PBX named them
