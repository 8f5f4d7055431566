"""What a program's token may do: scopes, each some of the actions. A token does what its user may, its project has and
its scopes name: never more than each of the three.
"""

from collections.abc import Collection

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.web.access import Action


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """One scope: which actions, and whether by them something may be changed."""

    actions: frozenset[Action]
    writes: bool


def _scope(*actions: Action, writes: bool = False) -> Scope:
    return Scope(actions=frozenset({*actions, Action.READ_DIRECTORY}), writes=writes)


SCOPES: dict[str, Scope] = {
    "floor:read": _scope(Action.WATCH_FLOOR),
    "calls:read": _scope(Action.READ_CALLS, Action.READ_PROFILE, Action.CALL_BACK, Action.MARK_SPAM),
    "calls:write": _scope(Action.READ_CALLS, Action.ANNOTATE, Action.CALL_BACK, Action.MARK_SPAM, writes=True),
    "calls:control": _scope(Action.WATCH_FLOOR, Action.SUPERVISE, Action.CONTROL_CALLS, writes=True),
    "recordings:read": _scope(Action.LISTEN),
    "messages:read": _scope(Action.READ_MESSAGES),
    "messages:write": _scope(Action.READ_MESSAGES, writes=True),
    "people:write": _scope(Action.WATCH_FLOOR, Action.SWITCH_STATUS, Action.COMMAND_PBX, writes=True),
    "reports:write": _scope(Action.EXPORT, writes=True),
    "settings:read": _scope(Action.CHANGE_SETTINGS),
    "settings:write": _scope(Action.CHANGE_SETTINGS, writes=True),
    "audit:read": _scope(Action.READ_AUDIT),
}

NOT_FOR_TOKENS = frozenset({Action.MANAGE_USERS, Action.HANDLE_PERSONAL_DATA, Action.ARCHIVE})
"""People's own business: a token that leaked makes no users, and takes out no client and no project."""


def granted(scopes: Collection[str], *, writes: bool) -> frozenset[Action]:
    """The actions that a token of these scopes may take; of an unsafe request, those of scopes that may change."""
    found: set[Action] = set()
    for name in scopes:
        scope = SCOPES.get(name)  # one that a newer Callfloor had grants nothing
        if scope is not None and (scope.writes or not writes):
            found |= scope.actions
    return frozenset(found)


def checked_scopes(names: Collection[str]) -> tuple[str, ...]:
    """The scopes, sorted, once each.

    Raises:
        InvalidInputError: there are none, or there is none of such a name.
    """
    unknown = sorted(set(names) - SCOPES.keys())
    if unknown or not names:
        raise InvalidInputError("A token has one or more of the scopes there are.", scopes=sorted(SCOPES))
    return tuple(sorted(set(names)))
