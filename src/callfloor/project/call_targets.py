"""Where a live call can be sent to: the phone of an employee that can ring, and the dialplan's context for it."""

from collections.abc import Callable
from typing import Final

from callfloor.asterisk.call_commands import USUAL_CONTEXT, CallCommands
from callfloor.asterisk.link import PbxLink
from callfloor.errors import CallCannotMoveError, TargetUnavailableError
from callfloor.floor.calls import LiveCall, PartyState
from callfloor.floor.employees import Status
from callfloor.floor.floor import Floor
from callfloor.store.rules import Rules

_THERE: Final = frozenset({PartyState.TALKING, PartyState.HOLDING, PartyState.CALLING})
MOST_DEVICES: Final = 5
_MOBILE_DIGITS: Final = 7  # an account so long is an outside number: it is dialled, and not registered


def not_in(call: LiveCall, is_it: Callable[[str | None, int | None], bool]) -> None:
    """Raise if anybody who is there now is meant: accounts (or outside numbers) and employees are asked about.

    Raises:
        CallCannotMoveError: somebody is.
    """
    for party in call.parties:
        if party.state in _THERE and is_it(party.account or party.number, party.employee_id):
            raise CallCannotMoveError("They are in this call already.")


class CallTargets:
    """Of one project."""

    def __init__(self, floor: Floor, rules: Callable[[], Rules]) -> None:
        self._floor, self._rules = floor, rules
        self._contexts: dict[tuple[str, str], str] = {}  # by link and account

    def phone(self, pbx: PbxLink, employee_id: int) -> tuple[str, str]:
        """The account of an employee that can be rung just now, as the project and as the PBX calls it.

        Raises:
            TargetUnavailableError: none can.
        """
        snapshot = self._floor.snapshot()
        employee = next((each for each in snapshot.directory.employees if each.id == employee_id), None)
        row = next((each for each in snapshot.employees if each.id == employee_id), None)
        if employee is None or row is None:
            raise TargetUnavailableError("This employee has no phone.")
        bare = {account: pbx.mark.off(account) for account in employee.accounts}
        there = [account for account in employee.accounts if bare[account] is not None]
        statuses = {each.account: each.status for each in row.accounts}
        for wanted in (Status.ONLINE, Status.TALKING):
            for account in there:
                if statuses.get(account) is wanted:
                    return account, bare[account] or account
        mobile = next((account for account in there if len(account.lstrip("+")) >= _MOBILE_DIGITS), None)
        if mobile is not None:
            return mobile, bare[mobile] or mobile
        if any(statuses.get(account) is Status.DND for account in there):
            raise TargetUnavailableError("This employee does not want to be disturbed.")
        raise TargetUnavailableError("No phone of this employee is registered at the PBX.")

    def devices(self, pbx: PbxLink, account: str, bare: str) -> tuple[str, ...]:
        """What is dialled to ring all devices of an account: for its name alone the PBX rings one of them."""
        channel = pbx.translator.people.phone_of(bare)
        rows = self._floor.snapshot().employees
        found = next((each for row in rows for each in row.accounts if each.account == account), None)
        devices = [each.id for each in (found.devices if found else ()) if each.id.startswith("sip")]
        if len(devices) < 2 or not channel.startswith("PJSIP/"):
            return (channel,)
        return tuple(f"{channel}/{device}" for device in devices[:MOST_DEVICES])

    def status(self, account: str) -> Status | None:
        """What an account does; None for one that the floor has no row of."""
        rows = self._floor.snapshot().employees
        return next((each.status for row in rows for each in row.accounts if each.account == account), None)

    async def context(self, pbx: PbxLink, call: LiveCall, *accounts: str) -> str:
        """Where calls are sent on: as the project says, else where the people in it dial, else as FreePBX has it."""
        given = self._rules().transfer_context
        if given is not None:
            return given
        there = [pbx.mark.off(party.account) for party in call.parties if party.account is not None]
        anybody = (pbx.mark.off(each) for row in self._floor.snapshot().directory.employees for each in row.accounts)
        for account in (*there, *accounts, next((each for each in anybody if each), None)):
            if account is None or len(account.lstrip("+")) >= _MOBILE_DIGITS:
                continue
            if (pbx.id, account) not in self._contexts:
                found = await CallCommands(pbx.connection, pbx.translator).context_of(account)
                if found is None:
                    continue
                self._contexts[pbx.id, account] = found
            return self._contexts[pbx.id, account]
        return USUAL_CONTEXT
