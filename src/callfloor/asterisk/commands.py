"""Requests to the PBX. Nothing here changes the floor: a command is believed when its fact comes back.

Rights of the manager user: write class ``agent`` for queues, ``system`` and ``call`` for do-not-disturb.
"""

from callfloor.asterisk.connection import Connection
from callfloor.asterisk.people import PeopleTranslator
from callfloor.errors import AmiActionFailedError, NotFoundError

LONGEST_REASON = 80  # queue_log's column for it is no longer on most systems
_NOT_THERE = "not found"  # DBDel: "Database entry not found", 16 to 22


class Commands:
    """What one PBX can be asked to do for an employee. Every method raises ``AmiError`` where the PBX refuses."""

    def __init__(self, connection: Connection, people: PeopleTranslator) -> None:
        self._connection = connection
        self._people = people

    async def pause(self, account: str, queue: str, *, paused: bool, reason: str | None = None) -> None:
        """Pause or unpause a member of a queue.

        Raises:
            NotFoundError: the account is no member of this queue.
            InvalidInputError: a line break in the reason.
            AmiError: the PBX refused or did not answer.
        """
        headers = {"Queue": queue, "Interface": self._seat(account, queue), "Paused": "true" if paused else "false"}
        if paused and reason:
            headers["Reason"] = reason[:LONGEST_REASON]
        await self._connection.action("QueuePause", headers)

    async def add_to_queue(self, account: str, queue: str, *, name: str) -> None:
        """Make the account a dynamic member of a queue, in the shape that it has elsewhere, or that others have here.

        Raises:
            InvalidInputError: a line break in the name.
            AmiError: the PBX refused (it is a member already, there is no such queue) or did not answer.
        """
        interface, state_interface = self._people.new_interface(account, queue)
        headers = {"Queue": queue, "Interface": interface, "MemberName": name, "Penalty": "0", "Paused": "false"}
        if state_interface:
            headers["StateInterface"] = state_interface
        await self._connection.action("QueueAdd", headers)

    async def remove_from_queue(self, account: str, queue: str) -> None:
        """Take a dynamic member off a queue.

        Raises:
            NotFoundError: the account is no member of this queue.
            AmiError: the PBX refused: a member of the configuration file cannot be taken off.
        """
        await self._connection.action("QueueRemove", {"Queue": queue, "Interface": self._seat(account, queue)})

    async def set_dnd(self, account: str, *, on: bool) -> None:
        """Do-not-disturb the way FreePBX's feature code sets it: the database key, and the device states that tell.

        The key first: it is what the dialplan obeys, and the fact comes with the device state.

        Raises:
            InvalidInputError: the account is no key of the PBX's database.
            AmiError: the PBX refused or did not answer; asking again is harmless.
        """
        if on:
            await self._connection.action("DBPut", {"Family": "DND", "Key": account, "Val": "YES"})
        else:
            try:
                await self._connection.action("DBDel", {"Family": "DND", "Key": account})
            except AmiActionFailedError as error:
                if _NOT_THERE not in str(error).lower():  # it was off: anything else is a refusal
                    raise
        states = [f"Custom:DND{account}"]
        if account in self._people.device_dnd:
            states.append(f"Custom:DEVDND{account}")
        for state in states:
            value = "BUSY" if on else "NOT_INUSE"
            await self._connection.action("Setvar", {"Variable": f"DEVICE_STATE({state})", "Value": value})

    def _seat(self, account: str, queue: str) -> str:
        interface = self._people.interface_of(account, queue)
        if interface is None:
            raise NotFoundError("This employee is not a member of this queue.", account=account, queue=queue)
        return interface
