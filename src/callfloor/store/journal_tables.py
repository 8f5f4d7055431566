"""What the journal keeps beside its calls: clients, words, notes, tags, marks by hand, spam, and the calls in columns.

``tables.py`` says what holds for every table; ``blocks.py`` what a block of columns is.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from callfloor.store.columns import key, metadata, project


def _owner() -> Column[int]:
    return Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False)


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, autoincrement=False)


clients = Table(
    "clients",
    metadata,
    _owner(),
    _number("id"),  # from 1, in the order in which they first called
    Column("name", Text, nullable=False),  # E.164; the number as the PBX gave it where that is not known
    Column("last_inbound", BigInteger, nullable=True),  # their newest inbound call, where the name is E.164
    PrimaryKeyConstraint("project_id", "id"),
    UniqueConstraint("project_id", "name"),
)

call_words = Table(
    "call_words",
    metadata,
    _owner(),
    _number("id"),  # from 1; only ever added to
    Column("word", Text, nullable=False),  # a business number, scheme, queue, tag or currency of some call
    PrimaryKeyConstraint("project_id", "id"),
    UniqueConstraint("project_id", "word"),
)

# A call that comes again keeps these: ingest moves them with it (they name the call without a reference).

call_notes = Table(
    "call_notes",
    metadata,
    key(),
    project(),
    Column("call", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=True),  # no reference: it says who it was, whatever became of them
    Column("user_name", Text, nullable=True),  # as it was then
    Column("text", Text, nullable=False),
    Index(None, "project_id", "call"),
    sqlite_autoincrement=True,
)

call_tags = Table(
    "call_tags",
    metadata,
    _owner(),
    _number("call"),
    Column("tag", Text, nullable=False),
    PrimaryKeyConstraint("project_id", "call", "tag"),
    Index(None, "project_id", "tag"),
)

call_hands = Table(
    "call_hands",
    metadata,
    _owner(),
    _number("call"),
    Column("success", Boolean, nullable=True),  # as somebody said; None: nobody did
    Column("spam", Boolean, nullable=True),
    PrimaryKeyConstraint("project_id", "call"),
)

spam_numbers = Table(
    "spam_numbers",
    metadata,
    _owner(),
    Column("number", Text, nullable=False),  # as clients.name
    Column("source", Text, nullable=False),  # list | pbx | hand
    Column("by", Text, nullable=True),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("project_id", "number"),
)

# --- calls in columns -------------------------------------------------------------------------------------------

call_fresh = Table(
    "call_fresh",
    metadata,
    _owner(),
    _number("call"),  # its rows hold, not what the blocks have of it: new, changed, or gone
    PrimaryKeyConstraint("project_id", "call"),
    sqlite_with_rowid=False,
)

call_blocks = Table(
    "call_blocks",
    metadata,
    _owner(),
    _number("block"),  # its first call; it reaches to the next block's first
    _number("last"),
    _number("rows"),
    _number("stamp"),  # another one each time it is written
    PrimaryKeyConstraint("project_id", "block"),
)

call_columns = Table(
    "call_columns",
    metadata,
    _owner(),
    Column("name", Text, nullable=False),
    _number("block"),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("project_id", "name", "block"),
)

journal_heads = Table(
    "journal_heads",
    metadata,
    # Another number after each change of call_fresh, call_blocks or call_words: what was read of them holds till then.
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    _number("revision"),
)

client_pages = Table(
    "client_pages",
    metadata,
    _owner(),
    _number("first"),  # clients from this id on
    _number("count"),
    Column("digits", LargeBinary, nullable=False),  # of each, and a line's end
    PrimaryKeyConstraint("project_id", "first"),
)
