"""What a PBX has: by FreePBX's tables where they may be read, else by Asterisk's database, and by what AMI lists.

The best source of a person is kept whole; what it does not say comes from the next one. Nothing here changes
anything: see ``store/discoveries`` for what becomes of it.
"""

import asyncio
import re
from collections.abc import Iterable

import msgspec

from callfloor.asterisk.connection import Connection
from callfloor.asterisk.discovery_freepbx import understood
from callfloor.asterisk.discovery_keys import keyed
from callfloor.asterisk.discovery_tables import read_tables
from callfloor.asterisk.message import Message
from callfloor.asterisk.numbers import looks_outside
from callfloor.asterisk.parties import Parties
from callfloor.errors import AmiActionFailedError, DiscoveryDatabaseError
from callfloor.floor.found import Found, FoundEmployee, FoundNote, FoundQueue, FoundTrunk

MOST_ACCOUNTS = 2000  # of which a name is asked one by one; a PBX has no more phones than this
MOST_TEXT = 200
_SAMPLE = "default"
"""A queue of this name that nobody is in is of Asterisk's sample configuration, which everybody keeps."""
_CALLERID = re.compile(r'^\s*"?([^"<]*?)"?\s*(?:<[^>]*>)?\s*$')


async def discover(
    connection: Connection, parties: Parties, *, database: str | None = None, country: str | None = None
) -> Found:
    """One look at everything.

    Args:
        connection: a link that is up.
        parties: who is an account there and who a trunk.
        database: FreePBX's, as a URL with its password; None: nobody gave one.
        country: ISO 3166, by which national numbers are read.

    Raises:
        AmiDisconnectedError, AmiTimeoutError: the link broke meanwhile.
    """
    found = await _of_database(database, country)
    found = _joined(found, await _of_keys(connection, needed="employees" not in found.whole))
    return _joined(found, await _of_listings(connection, parties, {a for e in found.employees for a in e.accounts}))


async def _of_database(database: str | None, country: str | None) -> Found:
    if database is None:
        return Found()
    try:
        return understood(await asyncio.to_thread(read_tables, database), country)
    except DiscoveryDatabaseError as error:
        return Found(notes=(FoundNote(id="database_unread", values={"reason": error.reason}),))


async def _of_keys(connection: Connection, *, needed: bool) -> Found:
    if not needed:
        return Found()
    employees = await keyed(connection)
    if employees is None:
        return Found(notes=(FoundNote(id="keys_refused"),))
    return Found(employees=employees, whole=("employees",) if employees else ())


async def _of_listings(connection: Connection, parties: Parties, known: set[str]) -> Found:
    """Accounts that the PBX tells of by hints, contacts and queue members; queues; lines to carriers."""
    seen, members, notes = await _seen(connection)
    parties = parties if seen is None else seen
    names = parties.names | await _voicemail_names(connection)
    employees = []
    for account in sorted(account for account in parties.accounts if parties.has_listed(account))[:MOST_ACCOUNTS]:
        name = names.get(account)
        if name is None and account not in known:
            name = await _endpoint_name(connection, account)
        said = name[:MOST_TEXT] if name else None
        employees.append(FoundEmployee(key=account, accounts=(account,), name=said, source="ami"))
    queues = [name for name, count in members.items() if count or name != _SAMPLE]
    return Found(
        employees=tuple(employees),
        queues=tuple(FoundQueue(name=name, source="ami") for name in queues),
        trunks=tuple(FoundTrunk(name=name, channel=name) for name in sorted(parties.trunks)),
        whole=("queues",) if queues else (),
        notes=tuple(notes),
    )


async def _seen(connection: Connection) -> tuple[Parties | None, dict[str, int], list[FoundNote]]:
    """Who is there this moment (a link remembers whom it has ever seen), and each queue with its number of members.

    None for the first where a listing was refused.
    """
    seen: Parties | None = Parties()
    members: dict[str, int] = {}
    notes: list[FoundNote] = []
    for action in ("ExtensionStateList", "PJSIPShowContacts", "QueueStatus", "PJSIPShowEndpoints"):
        try:
            events = await connection.list_action(action)
        except AmiActionFailedError:
            if action == "PJSIPShowEndpoints":  # a PBX of chan_sip
                continue
            seen = None
            notes.append(FoundNote(id="listing_refused", values={"listing": action}))
            continue
        for event in events:
            _learn(event, seen or Parties(), members)
    return seen, members, notes


def _learn(event: Message, parties: Parties, members: dict[str, int]) -> None:
    match event.event:
        case "ExtensionStatus":
            parties.learn_hint(event.get("Hint"))
        case "ContactList":
            expires = event.get("ExpirationTime")
            parties.learn_contact(event.get("Endpoint"), registered=expires.isdigit() and 0 < int(expires) < 2**33)
        case "QueueParams" if event.get("Queue"):
            members.setdefault(event.get("Queue"), 0)
        case "QueueMember":
            members[event.get("Queue")] = members.get(event.get("Queue"), 0) + 1
            parties.learn_member(event.get("Location") or event.get("StateInterface"), event.get("Name"))
        case "EndpointList" if parties.is_account(event.get("ObjectName")):
            parties.learn_contact(event.get("ObjectName"), registered=True)
        case _:
            pass


async def _listed(connection: Connection, action: str, event: str) -> list[Message]:
    return [one for one in await connection.list_action(action) if one.event == event]


async def _voicemail_names(connection: Connection) -> dict[str, str]:
    """By box, which is the extension as a rule; none where nobody may ask."""
    try:
        boxes = await _listed(connection, "VoicemailUsersList", "VoicemailUserEntry")
    except AmiActionFailedError:
        return {}
    told = {box.get("VoiceMailbox"): box.get("Fullname").strip() for box in boxes}
    return {box: name for box, name in told.items() if name and name != box}


async def _endpoint_name(connection: Connection, endpoint: str) -> str | None:
    """``Callerid: "Alice" <101>`` of a PJSIP endpoint."""
    try:
        details = await connection.list_action("PJSIPShowEndpoint", {"Endpoint": endpoint})
    except AmiActionFailedError:
        return None
    for event in details:
        if event.event == "EndpointDetail":
            found = _CALLERID.match(event.get("Callerid"))
            name = found[1].strip() if found else ""
            return None if name in ("", "<unknown>", endpoint) else name
    return None


# --- one source after the other -----------------------------------------------------------------------------------


def _joined(better: Found, other: Found) -> Found:
    """What the better source says, and what only the other one does."""
    return Found(
        employees=tuple(_people(better.employees, other.employees)),
        queues=_by_name(better.queues, other.queues),
        numbers=better.numbers + other.numbers,
        hours=better.hours + other.hours,
        trunks=_lines(better, other),
        routes=better.routes + other.routes,
        whole=tuple(dict.fromkeys(better.whole + other.whole)),
        notes=better.notes + other.notes,
    )


def _people(better: Iterable[FoundEmployee], other: Iterable[FoundEmployee]) -> Iterable[FoundEmployee]:
    found = {person.key: person for person in better}
    owner = {account: person.key for person in found.values() for account in person.accounts}
    for person in other:
        here = next((owner[account] for account in person.accounts if account in owner), None)
        if here is None:
            if not looks_outside(person.key):
                found[person.key] = person
                owner |= dict.fromkeys(person.accounts, person.key)
            continue
        have = found[here]
        more = tuple(account for account in person.accounts if account not in owner)
        owner |= dict.fromkeys(more, here)
        name = have.name if have.name is not None else person.name
        found[here] = msgspec.structs.replace(have, accounts=have.accounts + more, name=name)
    return found.values()


def _by_name(better: tuple[FoundQueue, ...], other: tuple[FoundQueue, ...]) -> tuple[FoundQueue, ...]:
    named = {queue.name for queue in better}
    return better + tuple(queue for queue in other if queue.name not in named)


def _lines(better: Found, other: Found) -> tuple[FoundTrunk, ...]:
    known = {trunk.channel for trunk in better.trunks}
    known |= {account for person in better.employees for account in person.accounts}
    return better.trunks + tuple(trunk for trunk in other.trunks if trunk.channel not in known)
