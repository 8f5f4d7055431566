"""What the web room needs of the others, stated narrowly; ``service`` hands over what fits."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from callfloor.floor.calls import LiveCall, StoryStep
from callfloor.floor.changes import Link, Snapshot
from callfloor.store.store import Store
from callfloor.web.push.hub import Hub


class FloorSource(Protocol):
    """The live floor of one project, read between two facts; nothing here waits."""

    def snapshot(self) -> Snapshot:
        """The whole floor now."""
        ...

    def call_detail(self, call_id: str) -> tuple[LiveCall, Sequence[StoryStep]] | None:
        """A live call and its story so far, in time order; None where there is no such live call."""
        ...

    def links(self) -> Sequence[Link]:
        """The PBX links."""
        ...


class LiveProject(msgspec.Struct, frozen=True, kw_only=True):
    """A project whose floor runs in this process."""

    source: FloorSource
    hub: Hub


class WebSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the installation decides about the web side. Durations in seconds."""

    static: Path = Path(__file__).parent / "static"
    origins: frozenset[str] = frozenset()  # beside the request's own host, e.g. "https://floor.example.com"
    secure_cookies: bool = False  # True: Secure even where the request came by http (a proxy that does not say)
    session_idle_s: float = 12 * 3600.0
    session_absolute_s: float = 14 * 86400.0


class Deps(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the app is made of."""

    store: Store
    projects: Mapping[int, LiveProject]  # looked into at each request: service may add to it
    backlog: Callable[[], int]  # finished calls that wait to be written
    clock: Callable[[], float]  # the UTC epoch second now
    version: str
    settings: WebSettings = WebSettings()
