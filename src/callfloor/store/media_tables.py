"""Voicemail and faxes. ``tables.py`` says what holds for every table."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, UniqueConstraint

from callfloor.store.columns import key, metadata, project


def _marks() -> tuple[Column[int] | Column[str], ...]:
    """Who has dealt with a message, and what they noted."""
    return (
        Column("handled_at", BigInteger, nullable=True),
        Column("handled_by_id", BigInteger, nullable=True),  # no reference: it says who it was, whatever became of them
        Column("handled_by", Text, nullable=True),  # their name then
        Column("note", Text, nullable=True),
    )


voicemails = Table(
    "voicemails",
    metadata,
    key(),
    project(),
    Column("message_key", Text, nullable=False),  # the message's own, wherever it lies
    Column("context", Text, nullable=False),
    Column("box", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("sound", Text, nullable=True),
    Column("bytes", BigInteger, nullable=False),
    Column("caller_number", Text, nullable=True),
    Column("caller_e164", Text, nullable=True),
    Column("caller_name", Text, nullable=True),
    Column("caller_search", Text, nullable=False),  # number and name, folded
    Column("left_at", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=True),
    Column("call_id", Text, nullable=True),  # no reference: it is known before the call's row is written
    Column("seen_at", BigInteger, nullable=False),  # when Callfloor first saw it
    Column("heard_at", BigInteger, nullable=True),  # when it was seen to leave the new ones
    Column("gone_at", BigInteger, nullable=True),  # when it was missed; the row stays
    *_marks(),
    UniqueConstraint("project_id", "message_key"),
    Index(None, "project_id", "left_at"),
    Index(None, "project_id", "call_id"),
    sqlite_autoincrement=True,
)

faxes = Table(
    "faxes",
    metadata,
    key(),
    project(),
    Column("fax_key", Text, nullable=False),
    Column("direction", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("call_id", Text, nullable=True),  # no reference: as above
    Column("account", Text, nullable=True),
    Column("number", Text, nullable=True),
    Column("e164", Text, nullable=True),
    Column("search", Text, nullable=False),  # number and station, folded
    Column("station", Text, nullable=True),
    Column("local_station", Text, nullable=True),
    Column("pages", BigInteger, nullable=True),  # as the PBX counted them
    Column("resolution", Text, nullable=True),
    Column("rate", BigInteger, nullable=True),
    Column("result", Text, nullable=True),
    Column("error", Text, nullable=True),
    Column("named", Text, nullable=False),  # a JSON list: the files as the PBX named them
    Column("keeping", Text, nullable=False),  # what became of them
    Column("kept", Text, nullable=False),  # a JSON list: ours, below the folder of faxes
    Column("kept_pages", BigInteger, nullable=True),  # in ours; None: they cannot be shown
    *_marks(),
    UniqueConstraint("project_id", "fax_key"),
    Index(None, "project_id", "at"),
    Index(None, "project_id", "call_id"),
    sqlite_autoincrement=True,
)
