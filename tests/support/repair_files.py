"""A PBX's records in a folder, and repairs that are tried from them."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from callfloor.asterisk.history.slices import CompanySpec, SourceSpec
from callfloor.floor.calls import CallRecord
from callfloor.floor.directory import Directory
from callfloor.project.repair_once import Noted
from callfloor.project.repair_try import Now, Outcome, RepairTry, verdict
from callfloor.store import ProjectStore
from callfloor.store.links import LinkValues
from callfloor.store.repairs import Repair
from support.past_records import RECORDS, TRUNKS, names

FIRST, LAST = 1_795_200_000.0, 1_795_300_000.0
"""All recorded calls lie between."""
NOW = 1_900_000_000.0
LINK = "pbx1"


def time_of(line: str) -> str:
    """The first time in a line; the queue log's epoch seconds are as many digits each."""
    return next((part for part in line.split('"') if part[:3] == "202"), line[:10])


class RecordFiles:
    """``cel.csv``, ``cdr.csv`` and ``queue_log``, in the order in which they were written."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.paths = {
            kind: folder / name for kind, name in (("cel", "cel.csv"), ("cdr", "cdr.csv"), ("queue_log", "queue_log"))
        }
        self.lines = {
            kind: sorted(
                (
                    line
                    for name in names()
                    for file in [RECORDS / f"{name}.{kind}"]
                    if file.exists()
                    for line in file.read_text(encoding="utf-8").splitlines()
                ),
                key=time_of,
            )
            for kind in self.paths
        }
        for kind in self.paths:
            self.write(kind, self.lines[kind])

    def write(self, kind: str, lines: Sequence[str], end: str = "\n") -> None:
        self.paths[kind].write_text("\n".join(lines) + end, encoding="utf-8")

    def specs(self, zone: str = "UTC", kinds: Sequence[str] = ("cel", "cdr", "queue_log")) -> tuple[SourceSpec, ...]:
        return tuple(SourceSpec(kind=kind, zone=zone, path=str(self.paths[kind])) for kind in kinds)


def company() -> CompanySpec:
    return CompanySpec(
        link=LINK,
        country="RU",
        accounts=(),
        trunks=TRUNKS,
        directory=Directory(),
        missed_after_s=5.0,
        names={},
        mark="",
    )


def noted() -> Noted:
    """Nothing goes on, long after."""
    return Noted(now=Now(at=NOW, live=frozenset(), sure=True, ahead_s=0.0), trunks=TRUNKS)


def linked(project: ProjectStore) -> int:
    """The project's one connection."""
    have = project.links.all()
    return have[0].id if have else project.links.add(LinkValues(name="PBX", url="ami://a@b"), now=1.0).id


def tried(
    project: ProjectStore,
    specs: Sequence[SourceSpec],
    began: float = FIRST,
    ended: float = LAST,
    *,
    live: frozenset[str] = frozenset(),
    now: float = NOW,
    ahead_s: float = 0.0,
    processes: int = 0,
    repair: Repair | None = None,
) -> tuple[Repair, Outcome]:
    """Ask for a period, and try once."""
    asked = repair or project.repairs.ask(linked(project), began, ended, user_id=None, user_name=None, at=now)
    begun = project.repairs.begin(asked.id, at=now)
    at = Now(at=now, live=live, sure=True, ahead_s=ahead_s)
    one = RepairTry(project, begun, LINK, specs, company(), at, lambda done, of: None)
    came = one.run(processes)
    return project.repairs.set(begun.id, **verdict(begun, came, now)), came


def everything(project: ProjectStore) -> dict[str, CallRecord]:
    """The journal, without the mark."""
    found = project.journal.page(0.0, NOW, limit=1000).calls
    return {call.record.call_id: msgspec.structs.replace(call.record, repaired=False) for call in found}
