"""Legs by which supervisors hear and speak: made, aimed, switched and hung up; and what the PBX tells of them.

One leg serves a whole session (decision 0133). It runs ``ChanSpy(,bqdg(<group>))``, which hears whatever bridged
channel has the session's group in its variable SPYGROUP, and waits in silence while there is none. So a session is
aimed by setting that variable on one employee's channel, by unique id, and goes on to the next employee without a new
call; its mode is switched by the keys 4, 5 and 6, which the PBX is told to have received. Measured on Asterisk 16 and
22, docs/decisions/0133.
"""

import logging
import re
from collections.abc import Callable
from typing import Final, Protocol

from callfloor.asterisk.message import Message
from callfloor.errors import AmiActionFailedError, NotFoundError
from callfloor.floor.facts import EndCause
from callfloor.floor.supervisions import Ending, Mode

logger = logging.getLogger(__name__)

PREFIX: Final = "callfloor-spy-"
"""What unique ids of our legs begin with, by whichever Callfloor."""

KEYS: Final = {Mode.LISTEN: "4", Mode.WHISPER: "5", Mode.JOIN: "6"}
_MODES: Final = {key: mode for mode, key in KEYS.items()}
_NEXT: Final = "*"  # leave this channel, look for another
_OPTIONS: Final = {Mode.LISTEN: "", Mode.WHISPER: "w", Mode.JOIN: "B"}
_KEY_MS: Final = "80"  # the shortest that Asterisk takes for a key (AST_MIN_DTMF_DURATION)
_MARK: Final = PREFIX.encode()
_UNSAFE: Final = re.compile(r"[^\w .,:+()'-]")

LONGEST_S: Final = 6 * 3600
"""A leg's last guard: after so long the PBX itself ends it, whatever has become of Callfloor."""

_ENDINGS: Final = {
    EndCause.BUSY: Ending.BUSY,
    EndCause.REFUSED: Ending.BUSY,
    EndCause.NO_ANSWER: Ending.NO_ANSWER,
    EndCause.UNREACHABLE: Ending.OFFLINE,
}
# AST_CONTROL_… as OriginateResponse has them: 3 it rang, 5 busy, 8 congestion
_REASONS: Final = {"3": Ending.NO_ANSWER, "5": Ending.BUSY}


class SpyListener(Protocol):
    """Who is told of the legs of ours; ``uid`` is the leg's unique id. Nothing here waits."""

    def leg_rings(self, uid: str) -> None:
        """The supervisor's phone rings."""

    def leg_up(self, uid: str) -> None:
        """It was picked up, or the PBX's audio has come."""

    def leg_hears(self, at: float, uid: str, target: str) -> None:
        """It hears the channel of this unique id."""

    def leg_hears_no_more(self, uid: str, target: str) -> None:
        """It does not any more."""

    def leg_pressed(self, at: float, uid: str, mode: Mode) -> None:
        """A mode's key was pressed on it, by the supervisor or by us."""

    def leg_gone(self, at: float, uid: str, ending: Ending, detail: str | None) -> None:
        """It is no more, or could not be made."""


class SpyWatch:
    """What one PBX's messages tell of legs of ours. Part of the translator; such legs are no calls."""

    def __init__(self, has_been: Callable[[str], bool]) -> None:
        """``has_been``: whether there is or was a channel of this unique id."""
        self._has_been = has_been
        self.listener: SpyListener | None = None
        self.handlers: dict[str, Callable[[float, Message], None]] = {
            "OriginateResponse": self._originated,
            "ChanSpyStop": self._stopped,
            "DTMFEnd": self._key,
        }

    @staticmethod
    def is_ours(uid: str) -> bool:
        """Is this unique id a leg's of ours?"""
        return uid.startswith(PREFIX)

    def state(self, uid: str, *, ringing: bool, up: bool) -> None:
        """A leg's state changed."""
        if self.listener is not None and ringing:
            self.listener.leg_rings(uid)
        elif self.listener is not None and up:
            self.listener.leg_up(uid)

    def started(self, at: float, message: Message) -> None:
        """ChanSpyStart of any leg."""
        uid = message.get("SpyerUniqueid")
        if self.is_ours(uid) and self.listener is not None:
            self.listener.leg_hears(at, uid, message.get("SpyeeUniqueid"))

    def gone(self, at: float, uid: str, cause: EndCause, detail: str | None = None) -> None:
        """A leg's channel is gone."""
        if self.listener is not None:
            self.listener.leg_gone(at, uid, _ENDINGS.get(cause, Ending.FAILED), detail)

    def _stopped(self, _at: float, message: Message) -> None:
        uid = message.get("SpyerUniqueid")
        if self.is_ours(uid) and self.listener is not None:
            self.listener.leg_hears_no_more(uid, message.get("SpyeeUniqueid"))

    def _key(self, at: float, message: Message) -> None:
        if _MARK not in message.raw:
            return
        uid, mode = message.get("Uniqueid"), _MODES.get(message.get("Digit"))
        if self.is_ours(uid) and mode is not None and message.get("Direction") == "Received" and self.listener:
            self.listener.leg_pressed(at, uid, mode)

    def _originated(self, at: float, message: Message) -> None:
        """Where no channel came to be, this is the only word of it."""
        if _MARK not in message.raw or message.get("Response") != "Failure" or self.listener is None:
            return
        uid = message.get("Uniqueid")
        if self.is_ours(uid) and not self._has_been(uid):  # else its Hangup tells more
            reason = message.get("Reason")
            phone = not message.get("Channel").startswith("AudioSocket/")
            ending = _REASONS.get(reason, Ending.OFFLINE) if phone else Ending.REFUSED
            self.listener.leg_gone(at, uid, ending, None if phone else "The PBX could not connect to Callfloor's port.")


class Connected(Protocol):
    """The part of a connection that is needed."""

    async def action(self, name: str, headers: dict[str, str] | list[tuple[str, str]] = ...) -> Message:
        """Send an action and wait for its response; raises ``AmiError``."""
        ...


class Spying:
    """What one PBX is asked to do. Every method raises ``AmiError`` where the PBX refuses or cannot be asked.

    Rights of the manager user: write classes ``originate`` for legs, ``call`` for everything else; read class ``dtmf``
    so that keys pressed on a phone are known of.
    """

    def __init__(self, connection: Connected) -> None:
        self._connection = connection
        self._groups: dict[str, list[str]] = {}  # our groups by the channel that has them
        self._others: dict[str, str] = {}  # what its variable was before
        self._may_hang_up = False

    async def dial(
        self, uid: str, channel: str, group: str, mode: Mode, *, shown: tuple[str, str], timeout_s: float, apart: bool
    ) -> None:
        """Have a leg made; what comes of it is told by events.

        Args:
            uid: its unique id to be; it is in ``PREFIX``.
            channel: what is dialled: ``PJSIP/110``, ``AudioSocket/…``.
            group: the session's.
            mode: the first mode.
            shown: name and number that the supervisor's phone shows.
            timeout_s: how long it rings.
            apart: both sides of the call come apart, where this ChanSpy can.
        """
        await self._connection.action(
            "Originate",
            [
                ("Channel", channel),
                ("Application", "ChanSpy"),
                ("Data", f",bqd{'D' if apart else ''}{_OPTIONS[mode]}g({group})"),
                ("ChannelId", uid),
                ("CallerID", f'"{_plain(shown[0])}" <{_plain(shown[1])}>'),
                ("Timeout", str(round(timeout_s * 1000))),
                ("Variable", f"TIMEOUT(absolute)={LONGEST_S}"),
                ("Async", "true"),
            ],
        )

    async def tone(self, uid: str, channel: str, target: str) -> None:
        """Have a leg made that only whispers to one channel, and ends with it: for a tone to the employee."""
        await self._connection.action(
            "Originate",
            [
                ("Channel", channel),
                ("Application", "ChanSpy"),
                ("Data", f"{target},uqwbES"),
                ("ChannelId", uid),
                ("Variable", "TIMEOUT(absolute)=5"),
                ("Async", "true"),
            ],
        )

    async def aim(self, group: str, target: str) -> None:
        """Let the session's leg hear a channel.

        Raises:
            NotFoundError: the channel is gone.
        """
        groups = self._groups.setdefault(target, [])
        try:
            if not groups:
                told = await self._connection.action("Getvar", {"Channel": target, "Variable": "SPYGROUP"})
                self._others[target] = told.get("Value")
            if group not in groups:
                groups.append(group)
            await self._set(target)
        except AmiActionFailedError as error:
            self.forget(target)
            if _is_forbidden(error):
                raise
            raise NotFoundError("The call has gone on.") from error

    async def unaim(self, uid: str, group: str, target: str, *, leave: bool) -> None:
        """Let it hear the channel no more. ``leave``: it hears it now, and has to be told."""
        groups = self._groups.get(target)
        if groups is not None and group in groups:
            groups.remove(group)
            try:
                await self._set(target)
            except AmiActionFailedError:  # the channel is gone, and with it all that was to be undone
                self.forget(target)
                return
            if not groups:
                self.forget(target)
        if leave:
            await self._press(uid, _NEXT)

    async def refresh(self, uid: str) -> None:
        """Let go of the channel and take hold of it anew: about 100 ms without sound.

        Joining speaks to whoever was the other side when it began, and a channel's hooks lose count of the frames
        where these come from somebody else (decision 0133).
        """
        await self._press(uid, _NEXT)

    async def switch(self, uid: str, mode: Mode) -> None:
        """Let the supervisor be heard so."""
        await self._press(uid, KEYS[mode])

    async def hang_up(self, uid: str) -> None:
        """End a leg. Harmless where it is gone."""
        try:
            await self._connection.action("Hangup", {"Channel": uid, "Cause": "16"})
        except AmiActionFailedError as error:
            logger.debug("a leg was gone already", extra={"leg": uid, "answer": str(error)})

    async def can(self, module: str) -> bool:
        """Whether the PBX has loaded a module; a user who may not ask is told yes."""
        try:
            await self._connection.action("ModuleCheck", {"Module": module})
        except AmiActionFailedError as error:
            return _is_forbidden(error)
        return True

    async def require_right(self) -> None:
        """Raise unless the manager user may do what a session needs: whoever cannot end a leg must not make one.

        Raises:
            AmiActionFailedError: it lacks write class ``call``.
        """
        if self._may_hang_up:
            return
        try:
            await self._connection.action("Hangup", {"Channel": f"{PREFIX}nobody"})
        except AmiActionFailedError as error:
            if _is_forbidden(error):
                raise AmiActionFailedError(
                    "The PBX's manager user lacks write class `call`: supervisors' legs could not be ended.",
                    action="Hangup",
                ) from error
        self._may_hang_up = True

    def forget(self, target: str) -> None:
        """The channel is gone."""
        self._groups.pop(target, None)
        self._others.pop(target, None)

    async def _set(self, target: str) -> None:
        groups = [name for name in (self._others.get(target, ""), *self._groups.get(target, ())) if name]
        words = {"Channel": target, "Variable": "SPYGROUP", "Value": ":".join(groups)}
        await self._connection.action("Setvar", words)

    async def _press(self, uid: str, key: str) -> None:
        words = {"Channel": uid, "Digit": key, "Receive": "true", "Duration": _KEY_MS}
        await self._connection.action("PlayDTMF", words)


def _is_forbidden(error: AmiActionFailedError) -> bool:
    return "permission" in str(error).lower()


def _plain(text: str) -> str:
    """Safe within a caller id's quotes."""
    return _UNSAFE.sub("", text)[:60].strip()
