"""What one PBX was found to have: people, queues, numbers, lines. Proposals for the directory are made of it."""

from typing import Literal

import msgspec

Source = Literal["database", "astdb", "ami", "traffic"]
"""FreePBX's own tables; Asterisk's database of keys; what the manager interface lists; calls that were seen."""


class FoundEmployee(msgspec.Struct, frozen=True, kw_only=True):
    """A person of the PBX. What it does not say is None, which is not the same as "none"."""

    key: str  # the extension, or the account where there is none
    accounts: tuple[str, ...]
    name: str | None = None
    department: str | None = None
    mobiles: tuple[str, ...] = ()  # numbers outside the company that are theirs
    source: Source


class FoundQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue of the PBX."""

    name: str
    label: str | None = None
    source: Source


class FoundNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number by which the company is called, or which it shows when it calls."""

    number: str  # as the PBX has it
    e164: str | None = None
    kind: str = "geographic"  # as OwnNumber's
    label: str | None = None
    scheme: str | None = None  # the inbound route's name
    source: Source


class FoundHours(msgspec.Struct, frozen=True, kw_only=True):
    """Working hours that repeat each week: (weekday from Monday 0, first minute, minute after the last)."""

    key: str
    name: str
    hours: tuple[tuple[int, int, int], ...]
    source: Source


class FoundTrunk(msgspec.Struct, frozen=True, kw_only=True):
    """A line to a carrier."""

    name: str
    channel: str  # the endpoint, as channels are named by it
    disabled: bool = False
    tech: str | None = None  # pjsip | sip | iax2 | dahdi; None: nobody said
    source: Source = "ami"


class FoundRoute(msgspec.Struct, frozen=True, kw_only=True):
    """An inbound or an outbound route."""

    name: str
    inbound: bool
    by: tuple[str, ...] = ()  # inbound: the number, the caller; outbound: trunks, in the order they are tried
    key: str = ""  # by which the PBX knows an outbound one
    position: int | None = None  # outbound: the PBX asks them in this order, from 1
    patterns: tuple[str, ...] | None = None  # outbound: what is dialled, as Asterisk writes it; None: nobody said
    trunks: tuple[str, ...] = ()  # outbound: as ``by``, by the trunks' channels


class FoundNote(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be looked at. ``id`` is stable, the page has its words by it."""

    id: str
    values: dict[str, str] = {}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One look at one PBX."""

    employees: tuple[FoundEmployee, ...] = ()
    queues: tuple[FoundQueue, ...] = ()
    numbers: tuple[FoundNumber, ...] = ()
    hours: tuple[FoundHours, ...] = ()
    trunks: tuple[FoundTrunk, ...] = ()
    routes: tuple[FoundRoute, ...] = ()
    whole: tuple[str, ...] = ()
    """Of which of ``employees``, ``queues``, ``numbers``, ``trunks``, ``routes`` nothing is missing: what is not there
    is gone."""
    notes: tuple[FoundNote, ...] = ()
