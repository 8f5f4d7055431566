"""What a manager user may do and hear, as far as the PBX tells it, and the line that would allow the rest.

The classes that an action needs stand in the answer of ``ListCommands``, which lists only what this user may ask
(main/manager.c, ``action_listcommands``: no right needed). What it may hear stands in its own section of
``manager.conf`` (``GetConfig``, class system or config) or in ``manager show user`` (class command).
"""

import re
from collections.abc import Callable, Iterable, Mapping

import msgspec

from callfloor.asterisk.message import Message

NEEDED_READ = ("system", "call", "agent", "user", "reporting", "dialplan")
NEEDED_WRITE = ("system", "call", "agent", "originate", "reporting", "command")
EVENTS = {
    "system": ("FullyBooted", "ContactStatus", "PeerStatus", "Shutdown", "Reload"),
    "call": (
        *("Newchannel", "Newstate", "Hangup", "HangupRequest", "Rename", "NewCallerid", "DialBegin", "DialEnd"),
        *(
            "BridgeCreate",
            "BridgeEnter",
            "BridgeLeave",
            "BridgeDestroy",
            "BridgeMerge",
            "LocalBridge",
            "Hold",
            "Unhold",
        ),
        *("LocalOptimizationBegin", "LocalOptimizationEnd", "BlindTransfer", "AttendedTransfer", "Pickup"),
        *("DeviceStateChange", "PresenceStateChange", "ParkedCall", "UnParkedCall", "MessageWaiting"),
        *("ChanSpyStart", "ChanSpyStop"),
    ),
    "agent": (
        *("QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "QueueMemberAdded", "QueueMemberRemoved"),
        *("QueueMemberPause", "QueueMemberStatus", "AgentCalled", "AgentConnect", "AgentComplete"),
    ),
    "dialplan": ("VarSet", "Newexten"),
}
"""The events that the floor is made of, by the class that brings them."""

_PRIVILEGES = re.compile(r"\(Priv: ([a-z,<>]+)\)\s*$")
_PERMISSION = re.compile(r"^\s*(read|write) perm: (.*)$")
_NEW_FILTER = re.compile(r"eventfilter\((.*)\)$", re.IGNORECASE)


class Rights(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a user's rights; None: it could not be asked."""

    read: frozenset[str] | None
    write: frozenset[str]
    filters: tuple[str, ...] = ()  # in force before ours, as manager.conf has them


def write_classes(commands: Message) -> frozenset[str]:
    """The write classes that the commands on offer show: a command that needs one class alone proves it."""
    needs = []
    for name, text in commands.items():
        found = None if name == "ActionID" else _PRIVILEGES.search(text)
        if found is not None and found[1] != "<none>":
            needs.append(frozenset(found[1].split(",")) - {"all"})
    proven = {next(iter(classes)) for classes in needs if len(classes) == 1}
    for classes in needs:
        if len(classes) == 2 and not classes & proven and "reporting" in classes:
            proven.add("reporting")  # no action needs it alone: what is allowed without the other, is by it
    return frozenset(proven)


def own_section(config: Message) -> dict[str, list[str]]:
    """The settings of a section that ``GetConfig`` gave, by name; ``read=all`` is spelled out."""
    found: dict[str, list[str]] = {}
    for name, text in config.items():
        if name.lower().startswith("line-"):
            setting, _, value = text.partition("=")
            found.setdefault(setting.strip().lower(), []).append(value.strip())
    return found


def classes_of(texts: Iterable[str]) -> frozenset[str]:
    """The classes of ``read=`` lines; ``all`` is every class that is needed."""
    found = {word.strip().lower() for text in texts for word in text.split(",") if word.strip()}
    return frozenset({*NEEDED_READ, *NEEDED_WRITE, "dtmf", "config"} if "all" in found else found)


def shown_user(lines: Iterable[str]) -> dict[str, frozenset[str]]:
    """The permissions that ``manager show user`` prints."""
    found = (_PERMISSION.match(line) for line in lines)
    return {each[1]: classes_of([each[2]]) for each in found if each is not None}


def filters_of(section: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The section's event filters, old form and new (22.1: ``eventfilter(action(exclude),name(Newexten))=``)."""
    found = [*section.get("eventfilter", ())]
    for name, values in section.items():
        given = _NEW_FILTER.fullmatch(name)
        if given is not None:
            found += [f"{given[1]}={value}" for value in values]
    return tuple(found)


def hidden_by(filters: Iterable[str]) -> frozenset[str]:
    """The needed events that these filters keep from coming, whatever is in them."""
    names = {name for group in EVENTS.values() for name in group}
    black: list[Callable[[str], bool]] = []
    white: list[Callable[[str], bool]] = []
    for text in filters:
        excludes, test = _test_of(text)
        (black if excludes else white).append(test)
    passed = {name for name in names if not white or any(test(name) for test in white)}
    return frozenset(name for name in names if name not in passed or any(test(name) for test in black))


def _test_of(text: str) -> tuple[bool, Callable[[str], bool]]:
    """Whether a filter excludes, and the test of an event by its name alone, whatever it says of other headers."""
    criteria, equals, _ = text.partition("=")
    if equals and re.match(r"\s*(action|name|header|method)\(", criteria):
        said = dict(re.findall(r"(action|name|header|method)\(([^)]*)\)", criteria.lower()))
        excludes = said.get("action") == "exclude"
        if excludes and "header" in said:
            return True, lambda _: False
        wanted = said.get("name")
        return excludes, lambda name: wanted is None or name.lower() == wanted
    excludes = text.startswith("!")
    pattern = text.removeprefix("!").replace("[[:cntrl:]]", r"[\x00-\x1f]")
    try:
        compiled = re.compile(pattern)
    except re.error:
        return excludes, lambda _: not excludes
    return excludes, lambda name: compiled.search(f"Event: {name}\r\n") is not None
