"""What a soak leaves in its folder, and the agreement made of it again: `python -m support.soak.kept FOLDER`."""

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from callfloor.asterisk.replay import replay_chunks, to_line
from callfloor.floor.calls import CallRecord
from support.pbx.agreement import of_capture
from support.pbx.telling import chunks
from support.soak.agreement import Tally, count_real, count_simulated, show
from support.soak.faults import Stretch

FIRST_LINK = "pbx1"
COUNTRY = "RU"


def keep(
    folder: Path, told: Sequence[CallRecord], twin: Sequence[CallRecord], joined: Mapping[str, float],
    stretches: Sequence[Stretch], since: float, until: float,
) -> None:  # fmt: skip
    """Write down what the journal had, what the simulated PBX's twin saw, and when what was unwatched."""
    (folder / "told.json").write_bytes(msgspec.json.encode(told))
    (folder / "twin.json").write_bytes(msgspec.json.encode(twin))
    (folder / "joined.json").write_bytes(msgspec.json.encode(joined))
    plain = [dataclasses.asdict(stretch) | {"links": sorted(stretch.links)} for stretch in stretches]
    (folder / "stretches.json").write_text(json.dumps({"since": since, "until": until, "stretches": plain}))


def tallies_of(folder: Path) -> list[Tally]:
    """The agreement of a soak that is over."""
    told = msgspec.json.decode((folder / "told.json").read_bytes(), type=list[CallRecord])
    twin = msgspec.json.decode((folder / "twin.json").read_bytes(), type=list[CallRecord])
    joined = msgspec.json.decode((folder / "joined.json").read_bytes(), type=dict[str, float])
    said = json.loads((folder / "stretches.json").read_text())
    stretches = [Stretch(**one | {"links": frozenset(one["links"])}) for one in said["stretches"]]
    since, until = said["since"], said["until"]
    real = [row for row in told if row.call_id.startswith(f"{FIRST_LINK}-")]
    others = [row for row in told if not row.call_id.startswith(f"{FIRST_LINK}-")]
    calls = folder / "calls"
    undisturbed = list(replay_chunks(chunks(calls, "ami"), country=COUNTRY))
    found = of_capture(calls, [to_line(row) for row in real])
    of_twin = of_capture(calls, [to_line(row) for row in undisturbed])
    return [
        count_real(real, undisturbed, found, of_twin, stretches),
        count_simulated(others, twin, joined, stretches, since, until),
    ]


if __name__ == "__main__":
    show(tallies_of(Path(sys.argv[1])), Console(width=160))
