"""What every database here takes as text: no NUL (PostgreSQL), no half of a surrogate pair (UTF-8)."""

import re

_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def kept(text: str) -> str:
    """The text with U+FFFD for what cannot be kept."""
    # What is printable has neither; nearly everything is, and this is asked of twenty texts of each call.
    return text if text.isprintable() else _UNKEEPABLE.sub("\ufffd", text)


def kept_or_none(text: str | None) -> str | None:
    """``kept``, and None stays None."""
    return text if text is None or text.isprintable() else _UNKEEPABLE.sub("\ufffd", text)


def can_be_kept(text: str) -> bool:
    """Whether any row can have this text; asking for one that cannot is asking for nothing."""
    return _UNKEEPABLE.search(text) is None


def without_surrogates(value: object) -> object:
    """A JSON value with U+FFFD in its texts for what UTF-8 has no form for."""
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_surrogates(each) for each in value]
    return value
