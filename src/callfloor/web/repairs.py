"""Repairs as the web has them, and what it needs of whoever makes them."""

from collections.abc import Mapping
from typing import Annotated, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from callfloor.store.repairs import Repair

_PLAIN = r"^[^\x00-\x1f\x7f]*$"
_Instant = Annotated[float, msgspec.Meta(ge=0, le=32_503_680_000)]


class RecordPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where one PBX's own records are read from. Passwords never leave."""

    link_id: int
    link_name: str
    zone: str | None  # None: the project's
    database: str | None  # with its user and without the password; None: none
    has_password: bool
    implied: bool  # nobody said so: it lies beside FreePBX's own database, which is read for its settings
    folder: str | None  # of the PBX's logs, as Callfloor's machine has it; set where Callfloor is started


class RepairList(msgspec.Struct, frozen=True, kw_only=True):
    """What is being repaired and what was, unended ones first, and where each PBX's records lie."""

    repairs: tuple[Repair, ...]
    places: tuple[RecordPlace, ...]
    timezone: str  # the project's: the one of records where nothing else is said


class RepairAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A period of a PBX connection that is to be repaired. What the journal has whole stays as it is."""

    link_id: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    began_at: _Instant
    ended_at: _Instant


class RecordPlaceChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a PBX's records are read from. ``database`` left out stays; one without a password keeps the kept one."""

    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=_PLAIN)] | None = None
    database: Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=_PLAIN)] | UnsetType | None = UNSET


class Repairs(Protocol):
    """A project's repairs, while it runs."""

    @property
    def told(self) -> Mapping[str, int]:
        """How many there are by state, a moment ago. Never waits."""

    async def places(self) -> tuple[RecordPlace, ...]:
        """Of every connection."""

    async def set_place(self, link_id: int, asked: RecordPlaceChange) -> RecordPlace:
        """It is this from now on, and what waits for it is tried at once.

        Raises:
            NotFoundError: the project has no such connection.
            InvalidInputError: it cannot be.
        """

    async def ask(
        self, link_id: int, began: float, ended: float, *, user_id: int | None, user_name: str | None
    ) -> Repair:
        """Have a period repaired.

        Raises:
            NotFoundError: the project has no such connection.
            InvalidInputError: nobody said where its records lie, or the period is none.
        """


REPAIR_SHAPES = (RepairList, RecordPlace, Repair, RepairAsked, RecordPlaceChange)
REPAIR_ASKED = frozenset({"RepairAsked", "RecordPlaceChange"})
