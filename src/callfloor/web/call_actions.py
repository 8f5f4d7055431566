"""What a supervisor may ask for a live call: the shapes, and what the PBX's side of it must be able to do."""

from typing import Annotated, Protocol

import msgspec

NUMBER = r"^\+?[0-9*#]{1,32}$"
"""What can be dialled; nothing in it is more than a number to a dialplan."""

Named = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]


class HangUp(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="hang_up"):
    """End the call for everybody in it."""


class TransferCall(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="transfer"
):
    """Send the client on, at once, to exactly one of these; who talked with them is let go.

    Of a conference the others stay, as long as two are left who hear each other.
    """

    employee_id: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1)] | None = None
    queue: Named | None = None
    number: Annotated[str, msgspec.Meta(pattern=NUMBER)] | None = None


class TakeCall(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="take"):
    """Ring one of one's own phones; once it is picked up, the client is there."""

    account: Named


class RemoveParty(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type", tag="remove"
):
    """Take one person out of a conference; the others go on talking."""

    party: Named | None = None
    """Their account, or the number of whoever has none; nobody's: the client."""


CallAction = HangUp | TransferCall | TakeCall | RemoveParty


class CallControl(Protocol):
    """What a project's PBXes can do with a call. What came of it is told by the stream.

    Every method raises ``CallGoneError`` where the call is over, ``CallCannotMoveError`` and
    ``TargetUnavailableError`` where it cannot be done just now, ``ActionUnderWayError`` where something else was just
    asked for, and ``AmiError`` where the PBX refuses or cannot be asked. The same asked twice in a moment is done once.
    """

    async def hang_up(self, call_id: str, *, by: str) -> None:
        """End it."""

    async def transfer_to_employee(self, call_id: str, employee_id: int, *, by: str) -> None:
        """Send it to whichever of the employee's phones can be rung."""

    async def transfer_to_queue(self, call_id: str, queue: str, *, by: str) -> None:
        """Send it to a queue."""

    async def transfer_to_number(self, call_id: str, number: str, *, by: str) -> None:
        """Send it wherever phones of the company come by dialling this."""

    async def take(self, call_id: str, account: str, *, by: str) -> None:
        """Ring this phone, and give it the call once it is picked up. Until then the call goes on as it was."""

    async def remove(self, call_id: str, party: str | None, *, by: str) -> None:
        """Take this account, number or the client out of a conference; ``NotInConferenceError`` where none is there."""
