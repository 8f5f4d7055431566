"""Which message answers which action: unique ids, one future each, and the events of a listing gathered."""

import asyncio
import itertools
import re
import secrets
from collections.abc import Callable
from typing import Final

from callfloor.asterisk.ami import Message
from callfloor.errors import AmiDisconnectedError, AmiError, AmiProtocolError

MAX_WAITING: Final = 1024
"""Actions without an answer. Asterisk answers one at a time, so more than this is a PBX that has stopped."""

MAX_LISTED: Final = 200_000
"""Events of one listing: 1,000 employees with 20 devices and states each are 20,000."""

_MOST_FORGOTTEN: Final = 64

# Actions that list say "nothing" as an error: "No Contacts found", "No active conferences." (res_pjsip, app_confbridge)
_NOTHING: Final = re.compile(r"No (?:.+ found|active .+?)\.?\s*", re.IGNORECASE)


Listed = Callable[[float, list[Message]], None]
"""Is given a listing, and the instant at which its end was read, before anything that the PBX said after it is told."""


class Answer:
    """What one action waits for: its response, and for a listing the events up to the last."""

    __slots__ = ("events", "heard_at", "listing", "on_listed", "response")

    def __init__(self, *, listing: bool, now: float, on_listed: "Listed | None" = None) -> None:
        self.response: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.listing = listing
        self.events: list[Message] = []
        self.heard_at = now  # the loop's time of the newest message of a listing
        self.on_listed = on_listed


class Answers:
    """The actions of one link that wait."""

    def __init__(self) -> None:
        self._prefix = (
            f"cf-{secrets.token_hex(4)}-"  # another client's ids, or our last link's, are never taken for ours
        )
        self._numbers = itertools.count(1)
        self._waiting: dict[str, Answer] = {}
        self._listings = 0
        self._forgotten: dict[str, None] = {}  # listings given up whose events may still come
        self.listed: Answer | None = None
        """The listing that ended with the message that was claimed last, where somebody is to be given it at once."""

    @property
    def listing(self) -> bool:
        """Whether events with an ActionID matter now."""
        return bool(self._listings or self._forgotten)

    def open(self, *, listing: bool, on_listed: Listed | None = None) -> tuple[str, Answer]:
        """A new id, and what will hold its answer. ``close`` it whatever happens.

        Raises:
            AmiError: too many wait.
        """
        if len(self._waiting) >= MAX_WAITING:
            raise AmiError(f"more than {MAX_WAITING} actions wait for the PBX's answer")
        action_id = f"{self._prefix}{next(self._numbers)}"
        answer = Answer(listing=listing, now=asyncio.get_running_loop().time(), on_listed=on_listed)
        self._waiting[action_id] = answer
        self._listings += listing
        return action_id, answer

    def close(self, action_id: str) -> None:
        """Nobody waits for this any more; what still comes of it is swallowed."""
        answer = self._waiting.pop(action_id, None)
        if answer is None:
            return
        self._listings -= answer.listing
        if answer.listing and not answer.response.done():
            if len(self._forgotten) >= _MOST_FORGOTTEN:
                del self._forgotten[next(iter(self._forgotten))]
            self._forgotten[action_id] = None

    def fail(self, reason: str) -> None:
        """The link is down: whoever waits hears it."""
        for answer in self._waiting.values():
            if not answer.response.done():
                answer.response.set_exception(AmiDisconnectedError(reason))
                answer.response.exception()  # retrieved, though nobody may await it any more
        self._forgotten.clear()

    def claim(self, message: Message) -> bool:
        """Take a message that answers an action of ours; False is a live event, for others.

        Responses are never live: one that nobody waits for, or without an id, is swallowed.

        Raises:
            AmiProtocolError: a listing without an end.
        """
        if message.response is not None:
            answer = self._waiting.get(message.get("ActionID"))
            if answer is not None and not answer.response.done():
                self._respond(answer, message)
            return True
        if not self.listing:
            return False
        action_id = message.get("ActionID")
        answer = self._waiting.get(action_id)
        if answer is None or not answer.listing:
            if action_id not in self._forgotten:
                return False
            if _is_last(message):
                del self._forgotten[action_id]
            return True
        if not answer.response.done():
            self._gather(answer, message)
        return True

    def _respond(self, answer: Answer, message: Message) -> None:
        if answer.listing:
            answer.heard_at = asyncio.get_running_loop().time()
            if not is_refusal(message):
                return  # "… will follow"; the last event ends it
            if is_empty_listing(message):
                self._ended(answer)
        answer.response.set_result(message)

    def _gather(self, answer: Answer, message: Message) -> None:
        answer.heard_at = asyncio.get_running_loop().time()
        answer.events.append(message)
        if _is_last(message):
            self._ended(answer)
            answer.response.set_result(message)
        elif len(answer.events) >= MAX_LISTED:
            raise AmiProtocolError(f"a listing has more than {MAX_LISTED} events")

    def _ended(self, answer: Answer) -> None:
        if answer.on_listed is not None:
            self.listed = answer


def is_refusal(message: Message) -> bool:
    """Whether a response says that the action failed."""
    return (message.response or "").lower().startswith(("error", "fail"))


def is_empty_listing(message: Message) -> bool:
    """Whether a refusal only says that there is nothing to list."""
    return _NOTHING.fullmatch(message.get("Message")) is not None


def _is_last(message: Message) -> bool:
    """``EventList: Complete`` (or ``cancelled``); some actions of 16 only name the event ``…Complete``."""
    end = message.get("EventList").lower()
    return end.startswith(("complete", "cancel")) or (message.event or "").endswith("Complete")
