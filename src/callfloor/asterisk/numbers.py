"""Telephone numbers as the PBX gives them, and in E.164."""

from functools import lru_cache

import phonenumbers

NOT_A_NUMBER = frozenset(
    {"", "<unknown>", "unknown", "anonymous", "restricted", "unavailable", "private", "asterisk", "s"}
)
SHORTEST_OUTSIDE_NUMBER = 7  # digits; shorter ones are extensions, queues, services


def known_number(value: str) -> str | None:
    """The number as given, or None where the PBX says in one of its ways that it has none."""
    value = value.strip()
    return None if value.lower() in NOT_A_NUMBER else value


def looks_outside(value: str | None) -> bool:
    """Could this be a number outside the company, rather than an extension?"""
    return (
        value is not None
        and len(value) >= SHORTEST_OUTSIDE_NUMBER
        and sum(map(str.isdigit, value)) >= SHORTEST_OUTSIDE_NUMBER
    )


def look_ahead(country: str) -> None:
    """Understand numbers of a country in vain: the rules for them are put together once, which takes a moment."""
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        example = phonenumbers.example_number_for_type(country, kind)
        if example is not None:
            to_e164(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL), country)


@lru_cache(maxsize=20_000)
def to_e164(value: str | None, country: str | None) -> str | None:
    """The number in E.164, or None where it cannot be told.

    Args:
        value: as the PBX gave it: ``+79161234567``, ``79161234567``, ``89161234567``, ``8 (916) 123-45-67``.
        country: the project's ISO 3166 code, by which national forms are read; None reads international ones only.
    """
    if not looks_outside(value) or value is None:
        return None
    digits = "".join(filter(str.isdigit, value))
    for text, region in ((value, country), (f"+{digits}", None)):
        if region is None and not text.startswith("+"):
            continue
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


_KINDS = {
    phonenumbers.PhoneNumberType.TOLL_FREE: "toll_free",
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
}


def kind_of(value: str, country: str | None) -> str:
    """What kind of number of the company's it is: internal, toll_free, mobile, else geographic."""
    if not looks_outside(value):
        return "internal"
    e164 = to_e164(value, country)
    if e164 is None:
        return "geographic"
    return _KINDS.get(phonenumbers.number_type(phonenumbers.parse(e164, None)), "geographic")
