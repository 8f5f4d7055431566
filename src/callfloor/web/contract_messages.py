"""The shapes of voicemail and faxes in the API; rows are the store's own."""

from typing import Annotated

import msgspec


class MessagesState(msgspec.Struct, frozen=True, kw_only=True):
    """Asked again and again: where ``revision`` is another than before, something in the lists is too."""

    revision: str
    voicemail_set_up: bool  # Callfloor was told where the spool is
    voicemail_reachable: bool | None  # null: nobody has looked yet
    fax_set_up: bool  # Callfloor was told where the PBX keeps faxes


class BoxList(msgspec.Struct, frozen=True, kw_only=True):
    """The boxes in sight that ever had a message."""

    boxes: tuple[str, ...]


class HandledChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether somebody has dealt with it."""

    handled: bool


class NoteChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands by it; empty is nothing."""

    note: Annotated[str, msgspec.Meta(max_length=2000)]
