"""A capture in which the PBX died, as one capture for each of its lives: no call is in two of them."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.replay import Recording, to_line
from callfloor.asterisk.translate import Translator
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import CallChanged, CallFinished
from callfloor.floor.floor import Floor
from support.pbx.agreement import Disagreement, of_capture
from support.pbx.telling import chunks
from support.soak.deaths import Death

RECORDS = ("cel.csv", "cdr.csv", "queue_log")


@dataclass(frozen=True)
class Life:
    """From the PBX's start to its death, which the last has not. ``folder`` is a capture of its own."""

    folder: Path
    death: Death | None
    since: float
    until: float

    def calls(self, country: str) -> tuple[list[CallRecord], dict[str, float]]:
        """What a floor that nothing disturbed saw; what went on at the death has no end.

        And which calls became part of others, and when.
        """
        codec, floor = Codec(), Floor()
        recording = Recording(Translator("pbx", Parties(), country=country))
        records: list[CallRecord] = []
        joined: dict[str, float] = {}
        at = 0.0
        for received_at, data in chunks(self.folder, "ami"):
            at = max(at, received_at)
            for message in codec.feed(data):
                for fact in recording.facts(at, message):
                    changes = floor.apply(fact)
                    over = [change.record for change in changes if isinstance(change, CallFinished)]
                    ended = {row.call_id for row in over}
                    gone = {one.call_id for one in changes if isinstance(one, CallChanged) and one.after is None}
                    records += over
                    joined |= dict.fromkeys(gone - ended, fact.at)
        return records + floor.unfinished(at), joined

    def differences(self, told: Sequence[CallRecord]) -> list[Disagreement]:
        """Where those of the calls told that began in it differ from the phones and the PBX's own records."""
        mine = [to_line(row) for row in told if self.since <= row.started_at < self.until]
        return of_capture(self.folder, mine)


def lives_of(capture: Path, deaths: Sequence[Death]) -> list[Life]:
    """The capture parted at each death, in folders beside it; a capture without deaths is one life."""
    if not deaths:
        return [Life(capture, None, float("-inf"), float("inf"))]
    truth = (capture / "truth.jsonl").read_text().splitlines(keepends=True)
    found: list[Life] = []
    for number, death in enumerate([*deaths, None]):
        folder = capture.with_name(f"{capture.name}-{number}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        before = deaths[number - 1] if number else None
        since, until = before.back_at if before else float("-inf"), death.back_at if death else float("inf")
        (folder / "truth.jsonl").write_text("".join(one for one in truth if since <= json.loads(one)["t"] < until))
        for name in RECORDS:
            written = (capture / name).read_bytes() if (capture / name).exists() else b""
            (folder / name).write_bytes(
                written[before.ends[name] if before else 0 : death.ends[name] if death else len(written)]
            )
        prefix = f"ami-{number}" if number else "ami"
        for end in ("raw", "chunks.jsonl"):
            shutil.copyfile(capture / f"{prefix}.{end}", folder / f"ami.{end}")
        found.append(Life(folder, death, since, until))
    return found
