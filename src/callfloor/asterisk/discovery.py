"""What the PBX knows of its people, through AMI alone: accounts, their names, queues."""

import re

from callfloor.asterisk.connection import Connection
from callfloor.asterisk.parties import Parties
from callfloor.errors import AmiActionFailedError
from callfloor.floor.directory import Directory, Employee, Queue

MOST_ACCOUNTS = 2000  # one question each; a PBX has no more phones than this
_CALLERID = re.compile(r'^\s*"?([^"<]*?)"?\s*(?:<[^>]*>)?\s*$')


async def discover(connection: Connection, parties: Parties) -> Directory:
    """Employees and queues, as a proposal for the directory: one employee for each account.

    A name is what the queue calls the member, else the endpoint's own caller id, else the account itself.

    Raises:
        AmiDisconnectedError, AmiTimeoutError: the link broke meanwhile.
    """
    names = parties.names
    people = []
    for number, account in enumerate(sorted(parties.accounts)[:MOST_ACCOUNTS], start=1):
        name = names.get(account) or await _endpoint_name(connection, account) or account
        people.append(Employee(id=number, name=name, accounts=(account,)))
    return Directory(employees=tuple(people), queues=await _queues(connection))


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


async def _queues(connection: Connection) -> tuple[Queue, ...]:
    try:
        events = await connection.list_action("QueueStatus")
    except AmiActionFailedError:
        return ()
    return tuple(Queue(name=event.get("Queue")) for event in events if event.event == "QueueParams")
