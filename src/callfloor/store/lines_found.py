"""What a look at a PBX says of trunks and outbound routes against the directory; see ``changes_found``.

Each has two things that change apart: its label, which people may have edited here, and what only the PBX knows of it
(a trunk's technology and whether it is switched off; a route's place, patterns and trunks).
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec

from callfloor.floor.found import Found, FoundRoute, FoundTrunk
from callfloor.store.directory_entries import RouteEntry, TrunkEntry


class Lines(Protocol):
    """What is known of them here."""

    @property
    def trunks(self) -> tuple[TrunkEntry, ...]: ...

    @property
    def routes(self) -> tuple[RouteEntry, ...]: ...


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided before, and how a proposal is made; see ``changes_found._Comparing``."""

    decided: Callable[[str, str], Any]
    made: Callable[..., Any]
    is_edited: Callable[[str, str, str | None, bool], bool]
    has_gone: Callable[[str, str], bool]


def said_trunk(tech: str | None, *, disabled: bool) -> str:
    """What the PBX says of a trunk, as a text to compare: ``pjsip``, ``sip off``."""
    return " ".join(filter(None, (tech, "off" if disabled else "")))


def said_route(position: int | None, patterns: tuple[str, ...], trunks: tuple[str, ...]) -> str:
    """What the PBX says of a route, as a text to compare and to show: ``2. 00X., 0ZXX → kyivstar, backup``."""
    place = "" if position is None else f"{position}. "
    return f"{place}{', '.join(patterns)} → {', '.join(trunks)}"


def outbound(found: Found) -> Iterator[FoundRoute]:
    """The routes that have a place in the directory."""
    return (route for route in found.routes if not route.inbound and route.key)


def told_trunk(trunk: FoundTrunk, have: TrunkEntry | None) -> str:
    """As ``said_trunk``; what the source does not say is as it is here."""
    tech, disabled = state_of(trunk, have)
    return said_trunk(tech, disabled=disabled)


def state_of(trunk: FoundTrunk, have: TrunkEntry | None) -> tuple[str | None, bool]:
    """Its technology, and whether it is switched off: FreePBX's tables alone know that."""
    if have is None or trunk.source == "database":
        return trunk.tech, trunk.disabled
    return trunk.tech or have.tech, have.disabled


def told_route(route: FoundRoute, have: RouteEntry | None) -> str:
    """As ``said_route``; patterns that could not be read are as they are here."""
    return said_route(route.position, patterns_of(route, have), route.trunks)


def patterns_of(route: FoundRoute, have: RouteEntry | None) -> tuple[str, ...]:
    """A route's patterns; where they could not be read, those that are here."""
    if route.patterns is None:
        return () if have is None else have.patterns
    return route.patterns


def label_of(trunk: FoundTrunk) -> str | None:
    """What the PBX calls it beside its channel."""
    return None if trunk.name == trunk.channel else trunk.name


def agreed_lines(found: Found, known: Lines) -> dict[tuple[str, str], Any]:
    """What the PBX says and the directory has, too."""
    out: dict[tuple[str, str], Any] = {}
    trunks = {each.name: each for each in known.trunks}
    for trunk in found.trunks:
        have = trunks.get(trunk.channel)
        if have is None:
            continue
        out["trunk", trunk.channel] = trunk.name
        if label_of(trunk) is not None and label_of(trunk) == have.label:
            out["trunk_name", trunk.channel] = have.label
        if told_trunk(trunk, have) == said_trunk(have.tech, disabled=have.disabled):
            out["trunk_state", trunk.channel] = told_trunk(trunk, have)
    routes = {each.name: each for each in known.routes}
    for route in outbound(found):
        there = routes.get(route.key)
        if there is None:
            continue
        out["route", route.key] = route.name
        if route.name == there.label:
            out["route_name", route.key] = route.name
        if told_route(route, there) == said_route(there.position, there.patterns, there.trunks):
            out["route_path", route.key] = told_route(route, there)
    return out


def line_proposals(found: Found, known: Lines, asked: Asked) -> Iterator[Any]:
    """What the look would change of trunks and routes."""
    yield from _trunks(found, known, asked)
    yield from _routes(found, known, asked)


def _trunks(found: Found, known: Lines, asked: Asked) -> Iterator[Any]:
    trunks = {each.name: each for each in known.trunks}
    for trunk in {each.channel: each for each in reversed(found.trunks)}.values():
        key, have, label = trunk.channel, trunks.get(trunk.channel), label_of(trunk)
        base = {"trunk": trunk, "source": trunk.source}
        if have is None:
            if asked.decided("trunk", key) is None:
                yield asked.made("trunk", "add", key, trunk.name, new=trunk.name, **base)
            continue
        subject = have.label or key
        if label is not None and label not in (have.label, asked.decided("trunk_name", key)):
            edited = asked.is_edited("trunk_name", key, have.label, have.label is None)
            yield asked.made(
                "trunk_name", "change", key, subject, old=have.label, new=label, edited=edited, source=trunk.source
            )
        old, new = said_trunk(have.tech, disabled=have.disabled), told_trunk(trunk, have)
        if new not in (old, asked.decided("trunk_state", key)):
            edited = asked.is_edited("trunk_state", key, old, not old)
            yield asked.made("trunk_state", "change", key, subject, old=old or None, new=new, edited=edited, **base)
    if "trunks" in found.whole:
        there = {trunk.channel for trunk in found.trunks}
        for name in sorted(trunks.keys() - there):
            if asked.has_gone("trunk", name):
                yield asked.made(
                    "trunk",
                    "gone",
                    name,
                    trunks[name].label or name,
                    old=trunks[name].label,
                    source="database",
                    by_itself=True,
                )


def _routes(found: Found, known: Lines, asked: Asked) -> Iterator[Any]:
    routes = {each.name: each for each in known.routes}
    for route in outbound(found):
        key, have = route.key, routes.get(route.key)
        base = {"route": route, "source": "database"}
        if have is None:
            if asked.decided("route", key) is None:
                yield asked.made("route", "add", key, route.name, new=route.name, **base)
            continue
        subject = have.label or key
        if route.name not in (have.label, asked.decided("route_name", key)):
            edited = asked.is_edited("route_name", key, have.label, have.label is None)
            yield asked.made(
                "route_name", "change", key, subject, old=have.label, new=route.name, edited=edited, source="database"
            )
        old, new = said_route(have.position, have.patterns, have.trunks), told_route(route, have)
        if new not in (old, asked.decided("route_path", key)):
            unsaid = have.position is None and not have.patterns and not have.trunks
            edited = asked.is_edited("route_path", key, old, unsaid)
            yield asked.made("route_path", "change", key, subject, old=old, new=new, edited=edited, **base)
    if "routes" in found.whole:
        there = {route.key for route in outbound(found)}
        for name in sorted(routes.keys() - there):
            if asked.has_gone("route", name):
                label = routes[name].label
                yield asked.made("route", "gone", name, label or name, old=label, source="database", by_itself=True)
