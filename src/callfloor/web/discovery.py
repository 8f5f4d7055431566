"""What a project's PBXes were found to have, as the web has it, and what it needs of whoever looks."""

from typing import Annotated, Protocol

import msgspec

from callfloor.floor.found import FoundNote, FoundRoute, FoundTrunk, Source
from callfloor.store.changes_found import Proposal
from callfloor.store.discoveries import Refusal, TakenOver

MOST_IDS = 20_000
MOST_ROUTES = 200

_Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{20}$")]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class FoundCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a kind came from which source."""

    kind: str  # employees | queues | numbers | hours | trunks
    source: Source
    count: int


class LookReport(msgspec.Struct, frozen=True, kw_only=True):
    """The last look at one PBX."""

    connection_id: int
    name: str
    looked_at: float | None  # None: never
    looking: bool
    connected: bool
    database: bool  # whether one is given to be read
    takes_new: bool  # what is new is taken over unasked
    counts: tuple[FoundCount, ...]
    trunks: tuple[FoundTrunk, ...]
    routes: tuple[FoundRoute, ...]
    notes: tuple[FoundNote, ...]  # what could not be looked at


class DiscoveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found at the project's PBXes, and what it would change."""

    looks: tuple[LookReport, ...]
    proposals: tuple[Proposal, ...]
    refused: tuple[Refusal, ...]


class Chosen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Proposals, by their ids."""

    ids: Annotated[tuple[_Id, ...], msgspec.Meta(min_length=1, max_length=MOST_IDS)]


class Reconsidered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that was refused, and is to be proposed again."""

    connection_id: int
    kind: _Key
    key: _Key


class TakesNew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether what is new at a PBX is taken over unasked."""

    takes_new: bool


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a choice: how many were carried out or refused, and how many were others by then."""

    done: int
    stale: int


DISCOVERY_SHAPES = (DiscoveryReport, Settled, Chosen, Reconsidered, TakesNew)
DISCOVERY_ASKED = frozenset({"Chosen", "Reconsidered", "TakesNew"})


class Discovery(Protocol):
    """Looks at a project's PBXes: each decision holds at once."""

    async def report(self) -> DiscoveryReport:
        """What was found, and what is proposed."""
        ...

    async def look(self, connection_id: int) -> None:
        """Look now, and return when it is done; a look that goes on already is waited for.

        Raises:
            NotFoundError: the project has no such connection.
            AmiDisconnectedError: the PBX is not connected.
            AmiError: it did not answer.
        """
        ...

    async def accept(self, ids: tuple[str, ...]) -> TakenOver:
        """Carry proposals out."""
        ...

    async def refuse(self, ids: tuple[str, ...]) -> TakenOver:
        """Propose these no more."""
        ...

    async def reconsider(self, connection_id: int, kind: str, key: str) -> None:
        """Propose again what was refused.

        Raises:
            NotFoundError: nothing of the kind was refused.
        """
        ...

    async def take_new(self, connection_id: int, *, takes_new: bool) -> None:
        """Whether what is new there is taken over unasked; what is new now, too.

        Raises:
            NotFoundError: the project has no such connection.
        """
        ...
