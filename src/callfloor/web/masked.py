"""Masked numbers over REST: whoever a request is of, its answer goes through that user's mask; and keys that come back.

``signed_in.Gate`` sets the mask as soon as it knows the viewer; ``Json`` and ``FileAnswer`` put every answer through
it, so no route has to think of it. ``None``: the user sees numbers whole, or it is nobody's project yet.
"""

from contextvars import ContextVar
from typing import Final, Literal

from callfloor.errors import InvalidInputError, NumbersMaskedError
from callfloor.store.masking import Masking, is_key
from callfloor.store.store import Store
from callfloor.web.access import Viewer

veil: ContextVar[Masking | None] = ContextVar("veil", default=None)
"""The mask of the request that runs."""

What = Literal["search", "order", "number", "file"]

_TOLD: Final[dict[What, str]] = {
    "search": "You see clients' numbers masked, so you cannot search by a part of one.",
    "order": "You see clients' numbers masked, so they are no order for you.",
    "file": "You see clients' numbers masked, and this file was made with whole ones: have it made again.",
    "number": "You see clients' numbers masked: name the client by the key that the list gives.",
}


async def veil_of(store: Store, viewer: Viewer) -> Masking | None:
    """The mask through which this viewer sees the project; None: they see it as it is.

    Raises:
        StoreError: the directory, which has the company's own numbers, cannot be read.
    """
    if viewer.mask is None:
        return None
    return Masking(viewer.mask, await store.run(store.project(viewer.project_id).directory.load))


def refused(viewer: Viewer, what: What) -> None:
    """Raise where the viewer sees numbers masked.

    Raises:
        NumbersMaskedError: they do.
    """
    if viewer.mask is not None:
        raise NumbersMaskedError(_TOLD[what])


async def number_of(store: Store, viewer: Viewer, given: str, *, at: str) -> str:
    """As ``found_number``, from the event loop."""
    return await store.run(found_number, store, viewer, given, at=at)


def found_number(store: Store, viewer: Viewer, given: str, *, at: str) -> str:
    """The number that a request names: as it is, or by the key that stands for it. Blocking.

    Raises:
        NumbersMaskedError: it is a number, and the viewer sees them masked.
        InvalidInputError: the key is none of the project's.
    """
    if not is_key(given):
        refused(viewer, "number")
        return given
    opened = Masking(store.project(viewer.project_id).rules.masking_key()).opened(given)
    if opened is None:
        raise InvalidInputError("This is no key of a client of this project.", at=[at])
    return opened


async def text_of(store: Store, viewer: Viewer, given: str | None, *, at: str) -> str | None:
    """As ``number_of`` for what an answer gave out sealed, as a place in a list; what is no key stays."""
    return await number_of(store, viewer, given, at=at) if given is not None and is_key(given) else given
