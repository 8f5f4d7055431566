"""What FreePBX's tables say, as what was found: who is who, and by which numbers the company is called."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from callfloor.asterisk.discovery_tables import Row, Tables
from callfloor.asterisk.numbers import kind_of, to_e164
from callfloor.floor.found import Found, FoundEmployee, FoundHours, FoundNumber, FoundQueue, FoundRoute, FoundTrunk

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)")
_CALLERID: Final = re.compile(r"<([^<>]*)>")
_EVERYBODY: Final = frozenset({"all users", "user manager group"})
"""Groups that FreePBX makes by itself, and puts everybody in: no departments."""
_WHOLE: Final = {
    "employees": ("users", "devices"),
    "queues": ("queues_config",),
    "numbers": ("incoming",),
    "trunks": ("trunks",),
    "routes": ("outbound_routes",),
}
MOST_PATTERNS: Final = 200
"""Of one route; a list of a country's prefixes may have thousands, which nobody reads."""
_NO_EXTENSION: Final = frozenset({"", "none"})
_TECHNOLOGIES: Final = frozenset({"pjsip", "sip", "iax2", "dahdi", "zap"})


def understood(tables: Tables, country: str | None) -> Found:
    """All of it. ``country`` is the project's, by which national numbers are read."""
    employees = tuple(_employees(tables))
    # An empty table says nothing of what is gone: a module that is being installed anew has one.
    whole = [
        kind for kind, names in _WHOLE.items() if all(tables.whole(name) for name in names) and tables.of(names[0])
    ]
    return Found(
        employees=employees,
        queues=tuple(
            FoundQueue(name=row["extension"], label=row["descr"] or None, source="database")
            for row in tables.of("queues_config")
            if row["extension"]
        ),
        numbers=tuple(_numbers(tables, country)),
        hours=tuple(_hours(tables)),
        trunks=tuple(_trunks(tables)),
        routes=tuple(_routes(tables)),
        whole=tuple(whole),
        notes=tuple(tables.notes),
    )


# --- people -----------------------------------------------------------------------------------------------------


def _employees(tables: Tables) -> Iterator[FoundEmployee]:
    """A user is a person with an extension; devices are theirs, whatever they are called (device and user mode)."""
    devices: dict[str, list[str]] = {}
    for row in tables.of("devices"):
        if row["id"] and row["user"] not in _NO_EXTENSION and row["tech"].lower() != "virtual":
            devices.setdefault(row["user"], []).append(row["id"])
    names, departments = _user_manager(tables)
    mobiles = _mobiles(tables)
    for row in tables.of("users"):
        extension = row["extension"]
        if extension in _NO_EXTENSION:
            continue
        accounts = dict.fromkeys([extension, *devices.pop(extension, ())])
        name = row["name"] if row["name"] not in ("", extension) else names.get(extension)
        yield FoundEmployee(
            key=extension,
            accounts=tuple(accounts),
            name=name,
            department=departments.get(extension),
            mobiles=tuple(mobiles.get(extension, ())),
            source="database",
        )
    # Devices of users that there are none of, or whose table was refused: accounts without a name.
    for extension, theirs in devices.items():
        yield FoundEmployee(key=extension, accounts=tuple(theirs), name=names.get(extension), source="database")


def _user_manager(tables: Tables) -> tuple[dict[str, str], dict[str, str]]:
    """By extension: the name, and the department.

    A department is what the user's own field says, else the one group of User Manager or Contact Manager that is not
    everybody's. FreePBX itself has no departments.
    """
    users = {row["id"]: row for row in tables.of("userman_users") if row["default_extension"] not in _NO_EXTENSION}
    names, departments = {}, {}
    groups = _groups(tables, frozenset(users))
    for user, row in users.items():
        extension = row["default_extension"]
        name = row.get("displayname") or f"{row.get('fname', '')} {row.get('lname', '')}".strip()
        if name and name != extension:
            names[extension] = name
        department = row.get("department") or groups.get(user)
        if department:
            departments[extension] = department
    return names, departments


def _groups(tables: Tables, users: frozenset[str]) -> dict[str, str]:
    """The group of each user who is in exactly one that says something, User Manager's first."""
    named = {row["id"]: row["name"] for row in tables.of("contactmanager_groups")}
    contacts: dict[str, set[str]] = {}
    for row in tables.of("contactmanager_group_entries"):
        if row["groupid"] in named:
            contacts.setdefault(named[row["groupid"]], set()).add(row["user"])
    managed = {row["groupname"]: _members(row["users"]) for row in tables.of("userman_groups")}
    found: dict[str, str] = {}
    for of_source in (managed, contacts):
        of_user: dict[str, list[str]] = {}
        for name, members in sorted(of_source.items()):
            there = members & users
            if name and name.lower() not in _EVERYBODY and (len(there) < len(users) or len(users) == 1):
                for user in there:
                    of_user.setdefault(user, []).append(name)
        for user, theirs in of_user.items():
            if len(theirs) == 1:
                found.setdefault(user, theirs[0])
    return found


def _members(text: str) -> set[str]:
    """``["1","2"]``, ``[1,2]`` or ``{"0":"1"}``: PHP writes a list with holes as an object."""
    try:
        told = json.loads(text or "[]")
    except ValueError:
        return set()
    except RecursionError:  # somebody's riddle
        return set()
    listed = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return {str(one) for one in listed if isinstance(one, str | int)}


def _mobiles(tables: Tables) -> dict[str, list[str]]:
    """By extension: the mobile number of its user, by which calls may reach them, too (queues, follow-me)."""
    found: dict[str, list[str]] = {}
    for row in tables.of("userman_users"):
        number = re.sub(r"[\s().\-]", "", row.get("cell", ""))
        if row["default_extension"] not in _NO_EXTENSION and re.fullmatch(r"\+?\d{7,15}", number):
            found.setdefault(row["default_extension"], []).append(number)
    return found


# --- numbers, trunks, routes --------------------------------------------------------------------------------------


def _numbers(tables: Tables, country: str | None) -> Iterator[FoundNumber]:
    """Those of inbound routes, with the route's name; then those that trunks and outbound routes show."""
    seen: set[str] = set()
    for row in tables.of("incoming"):
        number = row["extension"]
        if re.fullmatch(r"\+?\d{2,20}", number) and number not in seen and not row.get("cidnum"):
            seen.add(number)
            scheme = row["description"] or None
            yield FoundNumber(number=number, scheme=scheme, source="database", **_read(number, country))
    bare = {number.lstrip("+") for number in seen}
    for row in (*tables.of("trunks"), *tables.of("outbound_routes")):
        shown = row.get("outcid", "")
        inside = _CALLERID.search(shown)
        number = (inside[1] if inside else shown).strip()
        if re.fullmatch(r"\+?\d{7,15}", number) and number.lstrip("+") not in bare:
            bare.add(number.lstrip("+"))
            label = row["name"] or None
            yield FoundNumber(number=number, label=label, source="database", **_read(number, country))


def _read(number: str, country: str | None) -> dict[str, Any]:
    return {"e164": to_e164(number, country), "kind": kind_of(number, country)}


def _trunks(tables: Tables) -> Iterator[FoundTrunk]:
    for row in tables.of("trunks"):
        tech = row["tech"].lower()
        if tech in _TECHNOLOGIES and row["channelid"]:
            yield FoundTrunk(
                name=row["name"] or row["channelid"],
                channel=row["channelid"],
                disabled=row.get("disabled") == "on",
                tech="dahdi" if tech == "zap" else tech,
                source="database",
            )


def _routes(tables: Tables) -> Iterator[FoundRoute]:
    for row in tables.of("incoming"):
        by = tuple(one for one in (row["extension"], row.get("cidnum", "")) if one)
        yield FoundRoute(name=row["description"] or " / ".join(by) or "*", inbound=True, by=by)
    lines = {row["trunkid"]: (row["name"] or row["channelid"], row["channelid"]) for row in tables.of("trunks")}
    of_route: dict[str, list[tuple[int, str]]] = {}
    for row in tables.of("outbound_route_trunks"):
        if row["trunk_id"] in lines and row["seq"].isdecimal():
            of_route.setdefault(row["route_id"], []).append((int(row["seq"]), row["trunk_id"]))
    outbound = [row for row in tables.of("outbound_routes") if row["name"]]
    places, patterns = _places(tables, {row["route_id"] for row in outbound}), _patterns(tables)
    for row in sorted(outbound, key=lambda row: places.get(row["route_id"], len(places))):
        key = row["route_id"]
        tried = [lines[trunk] for _, trunk in sorted(of_route.get(key, ()))]
        yield FoundRoute(
            name=row["name"],
            inbound=False,
            by=tuple(name for name, _ in tried),
            key=key,
            position=places.get(key),
            patterns=None if patterns is None else tuple(patterns.get(key, ())),
            trunks=tuple(dict.fromkeys(channel for _, channel in tried if channel)),
        )


def _places(tables: Tables, routes: set[str]) -> dict[str, int]:
    """By route: which of them the PBX asks first, from 1."""
    told = [row for row in tables.of("outbound_route_sequence") if row["seq"].isdecimal() and row["route_id"] in routes]
    in_order = dict.fromkeys(row["route_id"] for row in sorted(told, key=lambda row: int(row["seq"])))
    return {route: place for place, route in enumerate(in_order, 1)}


def _patterns(tables: Tables) -> dict[str, list[str]] | None:
    """By route: what is dialled, as FreePBX's own pages wrote it in one line: ``prepend+prefix|pattern/caller``."""
    if not tables.whole("outbound_route_patterns"):
        return None
    found: dict[str, list[str]] = {}
    for row in tables.of("outbound_route_patterns"):
        before = f"{row['prepend_digits']}+" if row.get("prepend_digits") else ""
        prefix = f"{row['match_pattern_prefix']}|" if row.get("match_pattern_prefix") else ""
        caller = f"/{row['match_cid']}" if row.get("match_cid") else ""
        found.setdefault(row["route_id"], []).append(f"{before}{prefix}{row['match_pattern_pass']}{caller}")
    for key, of_route in found.items():
        of_route.sort()
        if len(of_route) > MOST_PATTERNS:
            found[key] = [*of_route[: MOST_PATTERNS - 1], "…"]
    return found


# --- working hours ------------------------------------------------------------------------------------------------


def _hours(tables: Tables) -> Iterator[FoundHours]:
    """Time groups by which calls are routed and which repeat each week; one with a date in it is a holiday's."""
    used = {row["time"]: row["displayname"] for row in tables.of("timeconditions") if row.get("mode", "") in _BY_GROUP}
    named = {row["id"]: row["description"] for row in tables.of("timegroups_groups")}
    of_group: dict[str, list[Row]] = {}
    for row in tables.of("timegroups_details"):
        of_group.setdefault(row["timegroupid"], []).append(row)
    for group, condition in used.items():
        stretches = [week_of(row["time"]) for row in of_group.get(group, ())]
        if not stretches or None in stretches:
            continue
        hours = merged(each for stretch in stretches if stretch for each in stretch)
        if hours:
            yield FoundHours(key=group, name=named.get(group) or condition, hours=hours, source="database")


_BY_GROUP: Final = frozenset({"", "time-group"})


def week_of(text: str) -> list[tuple[int, int, int]] | None:
    """``09:00-18:00|mon-fri|*|*`` as stretches of a week; None: it is no weekly one, or cannot be read.

    Asterisk takes the last minute along, people who write it as a rule do not: ``09:00-17:59`` ends at 18:00, and so
    does ``09:00-18:00``.
    """
    parts = [part.strip().lower() for part in text.split("|")]
    if len(parts) < 4 or parts[2] != "*" or parts[3] != "*":
        return None
    days = _range(parts[1], _WEEKDAYS)
    if days is None:
        return None
    if parts[0] == "*":
        return [(day, 0, 1440) for day in days]
    begins, dash, ends = parts[0].partition("-")
    first, last = _minute(begins), _minute(ends if dash else begins)
    if first is None or last is None:
        return None
    end = last + 1 if last % 60 in (29, 59, 14, 44) else last
    if end > first:
        return [(day, first, end) for day in days]
    # Over midnight: Asterisk asks for day and minute apart, so that both parts are of the same day.
    return [(day, first, 1440) for day in days] + [(day, 0, end) for day in days if end > 0]


def _range(text: str, names: tuple[str, ...]) -> list[int] | None:
    if text == "*":
        return list(range(len(names)))
    days: list[int] = []
    for part in text.split("&"):
        first, dash, last = part.partition("-")
        if first not in names or (dash and last not in names):
            return None
        begin, end = names.index(first), names.index(last if dash else first)
        days += [day % len(names) for day in range(begin, end + 1 if end >= begin else end + 1 + len(names))]
    return days


def _minute(text: str) -> int | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    minute = int(found[1]) * 60 + int(found[2])
    return minute if minute <= 1440 else None


def merged(stretches: Iterator[tuple[int, int, int]]) -> tuple[tuple[int, int, int], ...]:
    """Stretches of a week in order, those that touch put together."""
    out: list[tuple[int, int, int]] = []
    for day, first, end in sorted(set(stretches)):
        if out and out[-1][0] == day and first <= out[-1][2]:
            out[-1] = (day, out[-1][1], max(end, out[-1][2]))
        else:
            out.append((day, first, end))
    return tuple(out)
