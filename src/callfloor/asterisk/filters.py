"""What the PBX need not send at all: the ``Filter`` action's patterns, and the event classes of a login.

Asterisk matches each event's whole text (headers ended by CR LF, ``Event:`` first) with POSIX extended regular
expressions. An event passes if it matches any of the white patterns (or there are none) and none of the black ones,
which begin with ``!`` (``main/manager.c``, ``match_filter``, the same from 16 to 22). There is no "unless" in such
expressions, so "no VarSet but of these variables" is spelled out as "a VarSet whose name differs at some letter".
"""

import re
from collections.abc import Iterable, Sequence

from callfloor.errors import InvalidInputError

UNWANTED_EVENTS = ("RTCPSent", "RTCPReceived", "TestEvent", "ChallengeSent", "SuccessfulAuth", "ChannelTalkingStart")
"""Never of use to the floor. RTCP comes every 5 s for each leg; Debian's own build sends TestEvent."""

WANTED_VARIABLES = ("MIXMONITOR_FILENAME", "QUEUESTATUS", "FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING")
"""VarSet is a third of all traffic; a recording's path, and how a fax went, come in no other event."""

EVENT_CLASSES = "system,call,agent,user,dtmf,reporting,dialplan"
"""The login's ``Events``: without security, test, log, command, CEL's and AGI's. It needs no right to be asked for,
and names that a version does not know are passed over. ``system`` must stay: FullyBooted comes by it."""

_EVENT_NAME = re.compile(r"[A-Za-z0-9_]+")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_]+")


def filters(events: Sequence[str] = UNWANTED_EVENTS, variables: Sequence[str] | None = WANTED_VARIABLES) -> list[str]:
    """The ``Filter`` headers of as many ``Filter`` actions, each to be added.

    Args:
        events: names of events that the PBX should not send.
        variables: names of the channel variables whose VarSet is wanted; None is all, empty is none.

    Raises:
        InvalidInputError: a name that is none.
    """
    for name in events:
        if not _EVENT_NAME.fullmatch(name):
            raise InvalidInputError("an event's name has letters, digits and underscores only")
    black = []
    if events:
        black.append(f"!^Event: ({'|'.join(events)})[[:cntrl:]]")
    if variables is not None and not variables:
        black.append("!^Event: VarSet[[:cntrl:]]")
    elif variables:
        # [[:cntrl:]] is the LF before the header: a caller's name that says "Variable: x" is inside a value, and
        # Asterisk escapes control characters in values.
        black.append(f"!^Event: VarSet[[:cntrl:]].*[[:cntrl:]]Variable: {other_than(variables)}")
    return black


def other_than(names: Iterable[str]) -> str:
    """A POSIX extended pattern that matches the beginning of every line that is not just one of the names.

    Raises:
        InvalidInputError: a name that is none; the pattern could mean anything.
    """
    names = set(names)
    for name in names:
        if not _VARIABLE_NAME.fullmatch(name):
            raise InvalidInputError("a variable's name has letters, digits and underscores only")
    return _differs(names)


def _differs(rests: set[str]) -> str:
    """What differs from all of the rests of names that have begun alike."""
    firsts = sorted({rest[0] for rest in rests if rest})
    may_end = "[:cntrl:]" if "" in rests else ""  # the line's end, which would make it equal
    choices = [f"[^{''.join(firsts)}{may_end}]"]
    choices += [first + _differs({rest[1:] for rest in rests if rest and rest[0] == first}) for first in firsts]
    return f"({'|'.join(choices)})" if len(choices) > 1 else choices[0]
