"""What a scenario is: a script on the lab, and in plain words what calls must be told of it."""

from collections.abc import Callable
from dataclasses import dataclass

from support.pbx.lab import Lab, Script


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person who watched says of one call. None is "not asked"; ``by`` are the accounts that answered."""

    type: str
    result: str
    by: tuple[str, ...] = ()
    external: tuple[str, ...] = ()  # outside numbers beside the client that answered
    queues: tuple[str, ...] = ()
    abandoned_in: str | None = None
    forwarded_from: str | None = None
    ended_by: str | None = None  # client, employee, external, system


@dataclass(frozen=True)
class Scenario:
    """``about`` says it in a sentence; ``calls`` in the order they began; None where only the records decide."""

    name: str
    about: str
    script: Script
    calls: tuple[Said, ...] | None


SCENARIOS: dict[str, Scenario] = {}


def scenario(*calls: Said, records_decide: bool = False) -> Callable[[Script], Script]:
    """Registers a script under its name; its docstring is what it is about."""

    def register(script: Script) -> Script:
        name = getattr(script, "__name__", "")
        SCENARIOS[name] = Scenario(name, (script.__doc__ or "").strip(), script, None if records_decide else calls)
        return script

    return register


def said(
    type_: str,
    result: str,
    *by: str,
    external: tuple[str, ...] = (),
    queues: tuple[str, ...] = (),
    abandoned_in: str | None = None,
    forwarded_from: str | None = None,
    ended_by: str | None = None,
) -> Said:
    """A call of any type."""
    return Said(
        type=type_, result=result, by=by, external=external, queues=queues, abandoned_in=abandoned_in,
        forwarded_from=forwarded_from, ended_by=ended_by,
    )  # fmt: skip


def inbound(
    *by: str,
    external: tuple[str, ...] = (),
    queue: str | None = None,
    forwarded_from: str | None = None,
    ended_by: str | None = None,
) -> Said:
    """An inbound call that those accounts answered."""
    queues = (queue,) if queue else ()
    return said(
        "inbound", "answered", *by, external=external, queues=queues, forwarded_from=forwarded_from, ended_by=ended_by
    )


__all__ = ["SCENARIOS", "Lab", "Said", "Scenario", "inbound", "said", "scenario"]
