"""What a soak leaves in its folder, and the agreement made of it again: `python -m support.soak.kept FOLDER`."""

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from callfloor.floor.calls import CallRecord
from support.pbx.agreement import Disagreement
from support.soak.agreement import Tally, count_real, count_simulated, own_id
from support.soak.deaths import Death
from support.soak.faults import Stretch
from support.soak.lives import lives_of
from support.soak.shown import show

FIRST_LINK = "pbx1"
COUNTRY = "RU"


def keep(
    folder: Path, told: Sequence[CallRecord], twin: Sequence[CallRecord], joined: Mapping[str, float],
    stretches: Sequence[Stretch], deaths: Sequence[Death], since: float, until: float,
) -> None:  # fmt: skip
    """Write down what the journal had, what the simulated PBX's twin saw, and when what was unwatched."""
    (folder / "told.json").write_bytes(msgspec.json.encode(told))
    (folder / "twin.json").write_bytes(msgspec.json.encode(twin))
    (folder / "joined.json").write_bytes(msgspec.json.encode(joined))
    plain = [dataclasses.asdict(stretch) | {"links": sorted(stretch.links)} for stretch in stretches]
    (folder / "stretches.json").write_text(json.dumps({"since": since, "until": until, "stretches": plain}))
    (folder / "deaths.json").write_text(json.dumps([death.as_json() for death in deaths]))


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
    deaths = [Death(**one) for one in json.loads((folder / "deaths.json").read_text())]
    undisturbed: list[CallRecord] = []
    found: list[Disagreement] = []
    of_twin: list[Disagreement] = []
    cut: dict[str, Death] = {}
    parts: dict[str, float] = {}
    for life in lives_of(folder / "calls", deaths):
        calls, became = life.calls(COUNTRY)
        undisturbed += calls
        parts |= {own_id(call_id): at for call_id, at in became.items()}
        found += life.differences(real)
        of_twin += life.differences(calls)
        if life.death is not None:
            cut |= {own_id(row.call_id): life.death for row in calls if row.ended_at is None}
    return [
        count_real(real, undisturbed, found, of_twin, stretches, cut, parts),
        count_simulated(others, twin, joined, stretches, since, until),
    ]


if __name__ == "__main__":
    show(tallies_of(Path(sys.argv[1])), Console(width=160))
