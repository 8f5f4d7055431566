"""Two PBXes of one project may both have a 101: the second's people and queues carry its mark, as ``101@north``.

Inside ``asterisk/`` a name is what its PBX calls it; the mark is put on as facts leave a link, and taken off again as
a command goes in. A link without a mark changes nothing: two such links share their names, as a pair does of which
one stands in for the other. An account that is a whole telephone number (an employee's mobile) carries no mark: it is
the same by whichever PBX it is called.
"""

import re
from collections.abc import Iterable

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.floor import facts
from callfloor.floor.directory import Directory
from callfloor.floor.facts import Fact
from callfloor.floor.found import Found

_MARK = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")
_TELEPHONE = re.compile(r"\+?\d{7,}")
_ACCOUNTS = (
    facts.LegStarted,
    facts.LegIdentified,
    facts.Forwarded,
    facts.FaxEnded,
    facts.DeviceSeen,
    facts.DeviceGone,
    facts.AccountReachable,
    facts.DndSet,
    facts.SeatTaken,
    facts.SeatLeft,
)
_QUEUES = (facts.QueueJoined, facts.QueueLeft, facts.SeatTaken, facts.SeatLeft)


class Mark:
    """How one PBX's names read in the project. ``""`` marks nothing."""

    def __init__(self, text: str = "") -> None:
        """A mark.

        Raises:
            InvalidInputError: it is none.
        """
        self.text = checked_mark(text)

    def on(self, name: str) -> str:
        """The PBX's name, as the project knows it."""
        return name if not self.text or _TELEPHONE.fullmatch(name) else f"{name}@{self.text}"

    def off(self, name: str) -> str | None:
        """The project's name, as the PBX knows it; None where it is another PBX's."""
        if not self.text or _TELEPHONE.fullmatch(name):
            return name
        bare, at, mark = name.rpartition("@")
        return bare if at and mark == self.text else None

    def marks(self, name: str) -> bool:
        """Whether the project's name carries this mark."""
        return bool(self.text) and name.endswith(f"@{self.text}")

    def facts(self, told: Iterable[Fact]) -> Iterable[Fact]:
        """Facts of this PBX, in the project's names."""
        return (self._fact(fact) for fact in told) if self.text else told

    def directory(self, found: Directory) -> Directory:
        """What was discovered at this PBX, in the project's names."""
        replace = msgspec.structs.replace
        return replace(
            found,
            employees=tuple(replace(e, accounts=tuple(self.on(a) for a in e.accounts)) for e in found.employees),
            queues=tuple(replace(queue, name=self.on(queue.name)) for queue in found.queues),
        )

    def found(self, found: Found) -> Found:
        """What a look at this PBX found, in the project's names."""
        replace, on = msgspec.structs.replace, self.on
        return replace(
            found,
            employees=tuple(
                replace(each, key=on(each.key), accounts=tuple(on(a) for a in each.accounts))
                for each in found.employees
            ),
            queues=tuple(replace(queue, name=on(queue.name)) for queue in found.queues),
            routes=tuple(replace(each, key=f"{each.key}@{self.text}") if each.key else each for each in found.routes)
            if self.text
            else found.routes,
        )

    def _fact(self, fact: Fact) -> Fact:
        changes = {}
        if isinstance(fact, _ACCOUNTS) and fact.account is not None:
            changes["account"] = self.on(fact.account)
        if isinstance(fact, _QUEUES):
            changes["queue"] = f"{fact.queue}@{self.text}"
        return msgspec.structs.replace(fact, **changes) if changes else fact


def checked_mark(text: str) -> str:
    """The mark, if it is one.

    Raises:
        InvalidInputError: it is not.
    """
    if text and not _MARK.fullmatch(text):
        raise InvalidInputError("a PBX's mark has small letters, digits and dashes, 16 at most")
    return text
