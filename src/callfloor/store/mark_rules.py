"""Marks: one formula, on columns, for the page, the filter, and totals.

*Unique* is an inbound call of a client (by E.164) who had not called within the project's depth, *repeat* one of a
client who had; of a client whose number is not known it is neither. *Target* is a call with talk of at least so many
seconds. A call is *spam* whose client is in the project's list; *successful* is what the setting says; what somebody
said of that very call by hand goes before both. Spam is neither unique nor repeat, target or successful, unless the
project says that it counts.
"""

from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection

from callfloor.floor.calls import CallType
from callfloor.store.block_reader import Mask
from callfloor.store.blocks import KNOWN, NEVER, NO_SPAM, NO_SUCCESS, SPAM, SUCCESS, TYPES, Block, Ints
from callfloor.store.call_filter import Mark
from callfloor.store.instants import to_ms
from callfloor.store.rules import Rules
from callfloor.store.scope import Scope
from callfloor.store.spam import spam_clients

_INBOUND, _CALLBACK = TYPES.index(CallType.INBOUND), TYPES.index(CallType.CALLBACK)
_DAY_MS = 86_400_000

COLUMNS = {
    Mark.UNIQUE: {"type", "flags", "since"},
    Mark.REPEAT: {"type", "flags", "since"},
    Mark.TARGET: {"talk", "flags"},
    Mark.CALLBACK: {"type"},
    Mark.SPAM: {"flags"},
    Mark.SUCCESSFUL: {"talk", "flags"},
    Mark.UNSUCCESSFUL: {"talk", "flags"},
}


class MarkRules(msgspec.Struct, frozen=True):
    """What the project's settings and its list of spam make of a call."""

    depth_ms: int | None
    target_ms: int
    by_talk: bool  # successful is a target call; else only what somebody said is
    spam_counts: bool
    spam: Ints  # clients' ids, ascending

    def stamp(self) -> list[Any]:
        """What sums were made by, to be compared."""
        return [self.depth_ms, self.target_ms, self.by_talk, self.spam_counts, self.spam.tolist()]

    def columns(self, marks: frozenset[Mark]) -> set[str]:
        """What ``of`` needs for these."""
        needed = {name for mark in marks for name in COLUMNS[mark]}
        return needed | {"client"} if len(self.spam) and marks != {Mark.CALLBACK} else needed

    def of(self, block: Block, marks: frozenset[Mark]) -> dict[Mark, Mask]:
        """Which calls have each of these marks."""
        found: dict[Mark, Mask] = {}
        if Mark.CALLBACK in marks:
            found[Mark.CALLBACK] = block["type"] == _CALLBACK
        rest = marks - {Mark.CALLBACK}
        if not rest:
            return found
        flags = block["flags"]
        spam = found[Mark.SPAM] = self._spam(block)
        counts = np.ones(len(flags), np.bool_) if self.spam_counts else ~spam
        if rest & {Mark.UNIQUE, Mark.REPEAT}:
            since = block["since"]
            known = (block["type"] == _INBOUND) & ((flags & KNOWN) != 0) & counts
            repeat = since != NEVER
            if self.depth_ms is not None:
                repeat &= since <= self.depth_ms
            found[Mark.REPEAT] = known & repeat
            found[Mark.UNIQUE] = known & ~repeat
        if rest & {Mark.TARGET, Mark.SUCCESSFUL, Mark.UNSUCCESSFUL}:
            target = (block["talk"] >= self.target_ms) & counts
            yes, no = (flags & SUCCESS) != 0, (flags & NO_SUCCESS) != 0
            found[Mark.TARGET] = target
            found[Mark.SUCCESSFUL] = counts & (yes | (target & ~no) if self.by_talk else yes)
            found[Mark.UNSUCCESSFUL] = counts & (no | (~target & ~yes) if self.by_talk else no)
        return found

    def counts(self, block: Block) -> Mask:
        """Which calls totals count."""
        return np.ones(len(block["flags"]), np.bool_) if self.spam_counts else ~self._spam(block)

    def _spam(self, block: Block) -> Mask:
        flags = block["flags"]
        spam = (flags & SPAM) != 0
        if len(self.spam):
            spam |= np.isin(block["client"], self.spam) & ((flags & NO_SPAM) == 0)
        return np.asarray(spam)


def load_marks(connection: Connection, scope: Scope, rules: Rules) -> MarkRules:
    """As they are now."""
    return marks_by(rules, spam_clients(connection, scope))


def marks_by(rules: Rules, spam: Ints) -> MarkRules:
    """By these settings, and these clients' ids, ascending."""
    return MarkRules(
        depth_ms=None if rules.unique_depth_days is None else rules.unique_depth_days * _DAY_MS,
        target_ms=to_ms(rules.target_talk_s),
        by_talk=rules.success_is == "target",
        spam_counts=rules.spam_counts,
        spam=spam,
    )
