"""What the PBX is asked not to send: the patterns mean what they should, by the rules of POSIX."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.asterisk.ami import MAX_ACTION_LINE_BYTES, encode
from callfloor.asterisk.filters import filters, other_than
from callfloor.errors import InvalidInputError


def posix(pattern: str) -> re.Pattern[str]:
    """The pattern as POSIX has it without REG_NEWLINE: a dot and a negated bracket match line ends too."""
    return re.compile(pattern.replace("[:cntrl:]", r"\x00-\x1f\x7f"), re.DOTALL)


def passes(event: str, patterns: list[str]) -> bool:
    """Asterisk's own rule, for black patterns only."""
    assert all(pattern.startswith("!") for pattern in patterns)
    return not any(posix(pattern[1:]).search(event) for pattern in patterns)


def event(name: str, **headers: str) -> str:
    return f"Event: {name}\r\nPrivilege: x,all\r\n" + "".join(f"{key}: {value}\r\n" for key, value in headers.items())


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        (event("RTCPSent", Channel="x"), False),
        (event("RTCPReceived"), False),
        (event("TestEvent"), False),
        (event("RTCPSentence"), True),
        (event("Newchannel", CallerIDName="Event: RTCPSent"), True),
        (event("VarSet", Channel="x", Variable="MIXMONITOR_FILENAME", Value="/x.wav"), True),
        (event("VarSet", Channel="x", Variable="MIXMONITOR_FILENAME", Value=""), True),
        (event("VarSet", Channel="x", Variable="MIXMONITOR_FILENAMES", Value="/x.wav"), False),
        (event("VarSet", Channel="x", Variable="MIXMONITOR", Value="MIXMONITOR_FILENAME"), False),
        (event("VarSet", Channel="x", Variable="DIALSTATUS", Value="Variable: MIXMONITOR_FILENAME"), False),
        (event("VarSet", CallerIDName="Variable: x", Variable="MIXMONITOR_FILENAME", Value="Variable: x"), True),
        (event("UserEvent", Variable="x"), True),
        (event("Hangup"), True),
    ],
)
def test_the_bulk_is_not_sent_and_a_recordings_path_is(text: str, sent: bool) -> None:
    assert passes(text, filters()) == sent


def test_all_variables_or_none_may_be_wanted() -> None:
    varset = event("VarSet", Variable="MIXMONITOR_FILENAME")
    assert passes(varset, filters(variables=None))
    assert not passes(varset, filters(variables=()))
    assert filters((), None) == []


names = st.text("AB_1", min_size=1, max_size=4)


@given(st.sets(names, min_size=1, max_size=5), names)
def test_the_pattern_matches_every_name_but_those_given(wanted: set[str], name: str) -> None:
    pattern = posix("^" + other_than(wanted))
    for one in (name, *wanted):
        assert bool(pattern.search(f"{one}\r\nValue: A\r\n")) == (one not in wanted)


@pytest.mark.parametrize("bad", ["", "a b", "a|b", "x\r\nAction: y", "Ü", "a("])
def test_a_name_cannot_change_the_pattern(bad: str) -> None:
    with pytest.raises(InvalidInputError):
        filters(events=[bad])
    with pytest.raises(InvalidInputError):
        filters(variables=[bad])


def test_the_patterns_fit_into_a_line_that_asterisk_reads() -> None:
    for pattern in filters(variables=("MIXMONITOR_FILENAME", "FROM_DID", "__FROM_DID", "QUEUENAME")):
        assert len(encode("Filter", {"Filter": pattern})) < MAX_ACTION_LINE_BYTES
