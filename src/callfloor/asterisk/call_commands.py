"""What one PBX can be asked to do with a call: hang up, send on, ring somebody for it and let them have it.

Every channel is named by its unique id, which no other channel ever has: a name may be a part of another's, or
change in a masquerade. Only ``Bridge`` looks for the beginnings of names alone; it is given whole names that begin no
other. Measured on Asterisk 22 (docs/decisions/0139): ``Redirect`` moves a channel out of a bridge, a queue, a
ring or parking, whether it runs a dialplan of its own or was called; ``Bridge`` does so too, and hangs up whoever
stays behind.

Rights of the manager user: write classes ``call`` and ``originate``; read ``config`` or ``reporting`` for looking at
the dialplan before anybody is sent there.
"""

import contextlib
import logging
import re
from collections.abc import Iterable
from typing import Final

from callfloor.asterisk.connection import Connection
from callfloor.asterisk.translate import Translator
from callfloor.errors import AmiActionFailedError, CallGoneError, NoSuchExtensionError

logger = logging.getLogger(__name__)

PARK_S: Final = 10
"""A phone that was picked up waits so long at most for its call; then the PBX itself hangs it up."""
USUAL_CONTEXT: Final = "from-internal"
"""FreePBX's and Issabel's for everything that phones dial."""

_GONE: Final = "no such channel"
_NOT_THERE: Final = "did not find"  # "Did not find extension 999@from-internal", "Did not find context …"
_SHOWN: Final = re.compile(r"[^0-9+*#]")


class CallCommands:
    """For the calls of one PBX. Every method raises ``AmiError`` where it refuses, or cannot be asked."""

    def __init__(self, connection: Connection, translator: Translator) -> None:
        self._connection = connection
        self._translator = translator

    async def hang_up(self, uids: Iterable[str]) -> int:
        """End these channels; how many there still were."""
        ended = 0
        for uid in uids:
            try:
                await self._connection.action("Hangup", {"Channel": uid, "Cause": "16"})
                ended += 1
            except AmiActionFailedError as error:
                if _GONE not in str(error).lower():
                    raise
        return ended

    async def send(self, uid: str, context: str, extension: str) -> None:
        """Take a channel out of whatever it is in, and have it go on there.

        Raises:
            CallGoneError: there is no such channel any more.
        """
        where = {"Channel": uid, "Context": context, "Exten": extension, "Priority": "1"}
        try:
            await self._connection.action("Redirect", where)
        except AmiActionFailedError as error:
            if _GONE in str(error).lower() or "not exist" in str(error).lower():
                raise CallGoneError from error
            raise

    async def ring(
        self, uid: str, dialled: str, *, shown: str, timeout_s: float, conference: str | None = None
    ) -> None:
        """Ring ``PJSIP/101`` by a leg of this unique id; it shows this number. Events tell what comes of it.

        Once picked up it waits, or enters a conference of that name.
        """
        number = _SHOWN.sub("", shown)[:32]
        application, data = ("Wait", str(PARK_S)) if conference is None else ("ConfBridge", conference)
        await self._connection.action(
            "Originate",
            [
                ("Channel", dialled),
                ("Application", application),
                ("Data", data),
                ("ChannelId", uid),
                ("CallerID", f'"{number}" <{number}>' if number else '"" <>'),
                ("Timeout", str(round(timeout_s * 1000))),
                ("Async", "true"),
            ],
        )

    async def join(self, uid: str, leg: str) -> None:
        """Let a channel talk with a leg of ours; whomever it talked with is hung up by that.

        Raises:
            CallGoneError: one of the two is there no more, or cannot be told from others by its name.
        """
        names = [self._name(each) for each in (uid, leg)]
        try:
            await self._connection.action("Bridge", {"Channel1": names[0], "Channel2": names[1], "Tone": "no"})
        except AmiActionFailedError as error:
            raise CallGoneError from error
        for each in (uid, leg):
            # Who is taken out of a queue would go on in the dialplan behind it once this talk is over: to voicemail.
            over = {"Channel": each, "Variable": "CHANNEL(after_bridge_goto)", "Value": ""}
            with contextlib.suppress(AmiActionFailedError):  # it is over already
                await self._connection.action("Setvar", over)

    async def conference_of(self, uid: str) -> str | None:
        """The name of the ConfBridge that a channel is in; None for one that is in none.

        Out of those the PBX lets no channel be moved into another bridge (``AST_BRIDGE_FLAG_MASQUERADE_ONLY`` in
        ``app_confbridge.c``: ``Bridge`` fails there); whoever is to talk with one in it, has to come in.
        """
        channel = self._translator.plumbing.channels.get(uid)
        if channel is None or channel.bridge is None:
            return None
        try:
            events = await self._connection.list_action("BridgeInfo", {"BridgeUniqueid": channel.bridge})
        except AmiActionFailedError:
            return None  # it is there no more
        for event in events:
            if event.get("BridgeCreator") == "ConfBridge":
                return event.get("BridgeName") or None
        return None

    def _name(self, uid: str) -> str:
        channels = self._translator.plumbing.channels
        channel = channels.get(uid)
        if channel is None or any(
            other.name.startswith(channel.name) for other in channels.values() if other is not channel
        ):
            raise CallGoneError
        return channel.name

    # --- the dialplan -------------------------------------------------------------------------------------------

    async def context_of(self, account: str) -> str | None:
        """The context in which an account's phone dials; None where the PBX does not tell."""
        try:
            for event in await self._connection.list_action("PJSIPShowEndpoint", {"Endpoint": account}):
                if event.event == "EndpointDetail" and event.get("Context"):
                    return event.get("Context")
        except AmiActionFailedError as error:
            logger.debug("no such PJSIP endpoint", extra={"answer": str(error)})
        try:
            return (await self._connection.action("SIPshowpeer", {"Peer": account})).get("Context") or None
        except AmiActionFailedError:
            return None

    async def has(self, context: str, extension: str) -> bool:
        """Whether this extension can be dialled in this context, patterns and included contexts among it.

        A user who may not look, and a context that asks another system (``switch``), are told yes.
        """
        where = {"Context": context, "Extension": extension}
        try:
            return bool(await self._connection.list_action("ShowDialPlan", where))
        except AmiActionFailedError as error:
            if _NOT_THERE not in str(error).lower():
                return True
        try:
            whole = await self._connection.list_action("ShowDialPlan", {"Context": context})
        except AmiActionFailedError:
            return False
        return any(event.get("Switch") for event in whole)

    async def extension_of(self, account: str, context: str) -> str:
        """By what an account is dialled in a context: its own name, or the extension whose hint has it.

        Raises:
            NoSuchExtensionError: by nothing.
        """
        if await self.has(context, account):
            return account
        try:
            hints = await self._connection.list_action("ExtensionStateList")
        except AmiActionFailedError:
            hints = []
        device = self._translator.people.phone_of(account).lower()
        for event in hints:
            devices = event.get("Hint").partition(",")[0].lower().split("&")
            if device in devices and await self.has(context, event.get("Exten")):
                return event.get("Exten")
        raise NoSuchExtensionError(extension=account, context=context)

    async def entrance_of(self, queue: str, context: str) -> tuple[str, str]:
        """The context and the extension by which a queue is entered.

        As callers were seen to enter it; else the number that is its name, as on FreePBX; else as the dialplan says.

        Raises:
            NoSuchExtensionError: nobody can tell.
        """
        entrances = self._translator.interventions.entrances
        known = entrances.get(queue)
        if known is not None and await self.has(*known):
            return known
        if queue.isdigit() and await self.has(context, queue):
            return context, queue
        try:
            plan = await self._connection.list_action("ShowDialPlan")
        except AmiActionFailedError:
            plan = []
        for event in plan:
            extension = event.get("Exten") or event.get("Extension")
            enters = event.get("Application") == "Queue" and event.get("AppData").partition(",")[0] == queue
            if enters and extension and not extension.startswith("_"):
                entrances[queue] = event.get("Context"), extension
                return entrances[queue]
        raise NoSuchExtensionError(extension=queue, context=context)
