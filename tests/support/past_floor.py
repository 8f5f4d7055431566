"""Law L7: the floor of any past second, made of what was kept, equals what was live then."""

from collections.abc import Iterable, Sequence
from typing import Any

from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import Translator
from callfloor.floor import facts
from callfloor.floor.changes import Change, Snapshot
from callfloor.floor.facts import Fact
from callfloor.floor.past import PlainFloor, Reading, line_of, ms_up
from callfloor.project.simulated_past import hear
from callfloor.service import simulated_directory
from callfloor.simulator import Simulator, history


def shown(snapshot: Snapshot) -> dict[str, Any]:
    """Everything a page shows of a floor, by its ids."""
    return {
        "calls": {call.id: call for call in snapshot.calls},
        "employees": {employee.id: employee for employee in snapshot.employees},
        "links": {link.id: link for link in snapshot.links},
        "supervisions": {supervision.id: supervision for supervision in snapshot.supervisions},
        "directory": snapshot.directory,
    }


class KeptPast:
    """Keeps a floor's past as blocks do, and what was live beside it."""

    def __init__(self, snapshot: Snapshot, at: float = 0.0) -> None:
        self._floor = PlainFloor.of(snapshot)
        self._began_ms = self._last_ms = ms_up(at)
        self._lines = [self._floor.line()]
        self._live: list[tuple[int, Snapshot]] = [(self._began_ms, snapshot)]

    def saw(self, at: float, changes: Iterable[Change], snapshot: Snapshot) -> None:
        """The floor changed at ``at``, and reads so now. An instant before the last one is told as the last one."""
        at_ms = max(ms_up(at), self._live[-1][0])
        for change in changes:
            took = self._floor.take(change)
            if took is not None:
                self._lines.append(line_of(at_ms - self._last_ms, *took))
                self._last_ms = at_ms
        self._live.append((at_ms, snapshot))

    def holds(self) -> None:
        """L7, at every instant that something was told."""
        reading = Reading(b"\n".join(self._lines), self._began_ms)
        for place, (at_ms, live) in enumerate(self._live):
            if place + 1 < len(self._live) and self._live[place + 1][0] == at_ms:
                continue  # the last state of a millisecond is what was shown
            reading.go(at_ms)
            assert shown(reading.floor.snapshot(live.at)) == shown(live), f"L7 broken at {at_ms}"


def simulated_facts(*, until: float, days: float, employees: int, seed: int = 1) -> Iterable[Sequence[Fact]]:
    """What a floor is told of a simulated company's life, in time order; who is who first."""
    directory = simulated_directory(Simulator(seed=seed, employees=employees, timezone="Europe/Kyiv").directory())
    accounts = [account for employee in directory.employees for account in employee.accounts]
    messages = history(until=until, days=days, seed=seed, employees=employees, timezone="Europe/Kyiv")
    yield [facts.DirectorySet(until - days * 86_400, directory)]
    yield from hear(Translator("pbx", Parties(accounts), country="UA"), messages, name="PBX", watched=True)
