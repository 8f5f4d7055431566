"""From a link's return until the channels are listed: what is said of channels that nobody has heard of yet, waits.

A called leg that appears then belongs to a caller who was there before; without the caller it would be taken for a call
of its own, of the wrong direction. Once the listing has told who is there, what waited is told in its order. What was
there at the return and is gone by the listing was never heard of, and is not made up from its last words.
"""

from typing import TYPE_CHECKING, Final

from callfloor.asterisk.message import Message
from callfloor.floor.facts import Fact

if TYPE_CHECKING:
    from callfloor.asterisk.translate import Translator

MOST: Final = 50_000
"""A PBX that says more than this before it answers the listing is followed without waiting."""
PREFIXES: Final = (
    *("", "Dest", "Parkee", "Retriever", "Transferer", "Transferee", "OrigTransferer", "SecondTransferer"),
    *("TransferTarget", "Target", "Spyer", "Spyee"),
)


class WaitingForListing:
    """What waits, of one PBX."""

    def __init__(self, translator: "Translator") -> None:
        self._translator = translator
        self.held: list[tuple[float, Message]] | None = None
        """What waits, in its order; None where nothing is waited for."""
        self._unknown: set[str] = set()
        self._ending: set[str] = set()

    def begin(self) -> None:
        """The link is back: the channels will be listed."""
        if self.held is None:
            self.held = []

    def lost(self) -> None:
        """There is no link: what is said first once it is back, before anything can be asked, waits as well."""
        self.held, self._unknown, self._ending = [], set(), set()

    def clock_set(self, by_s: float) -> None:
        """Our clock was put on by so much."""
        if self.held is not None:
            self.held = [(at + by_s, message) for at, message in self.held]

    def holds(self, at: float, message: Message) -> bool:
        """Whether a message waits; it is kept then."""
        if self.held is None or not self._is_of_unknown(message):
            return False
        if len(self.held) >= MOST:
            return False
        self.held.append((at, message))
        if message.event == "Hangup":
            self._ending.add(message.get("Uniqueid"))
        return True

    def end(self) -> list[Fact]:
        """The channels were listed, or will not be: the facts of what waited."""
        held, self.held = self.held, None
        self._unknown, self._ending = set(), set()
        if not held:
            return []
        plumbing = self._translator.plumbing
        born = {message.get("Uniqueid") for _, message in held if message.event == "Newchannel"}
        for _, message in held:
            for uid, linked in _channels(message):
                there = uid in plumbing.channels or plumbing.knows(linked)
                if not there and not (uid in born and (linked == uid or linked in born)):
                    plumbing.bury(uid)
        out: list[Fact] = []
        for at, message in held:
            out += self._translator.translate(at, message)
        return out

    @property
    def since(self) -> float | None:
        """The instant of the first message that waits; None: none does."""
        return self.held[0][0] if self.held else None

    def will_end(self, uid: str) -> bool:
        """Whether a channel's end waits to be told."""
        return uid in self._ending

    def _is_of_unknown(self, message: Message) -> bool:
        plumbing = self._translator.plumbing
        found = False
        for uid, linked in _channels(message):
            if uid in plumbing.channels or plumbing.is_gone(uid):
                found |= linked in self._unknown  # its call goes on, perhaps, by channels that are not known yet
                continue
            begins = message.event == "Newchannel" and uid not in self._unknown
            if begins and linked not in self._unknown and (linked in {"", uid} or plumbing.knows(linked)):
                continue
            self._unknown |= {uid, linked}
            found = True
        return found


def _channels(message: Message) -> list[tuple[str, str]]:
    """The unique and linked ids of the channels that a message speaks of."""
    found = [(message.get(f"{prefix}Uniqueid"), message.get(f"{prefix}Linkedid")) for prefix in PREFIXES]
    return [(uid, linked) for uid, linked in found if uid]
