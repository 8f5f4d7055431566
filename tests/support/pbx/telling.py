"""What Callfloor tells of a capture: the JSON objects of ``callfloor replay``, and of both links where one was lost."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from callfloor.asterisk.replay import replay_chunks, to_line


def chunks(folder: Path, prefix: str) -> Iterator[tuple[float, bytes]]:
    """The reads of one manager connection, with their times."""
    raw = (folder / f"{prefix}.raw").read_bytes()
    for line in (folder / f"{prefix}.chunks.jsonl").read_text().splitlines():
        chunk = json.loads(line)
        yield chunk["t"], raw[chunk["off"] : chunk["off"] + chunk["len"]]


def told(folder: Path) -> list[dict[str, Any]]:
    """The calls in the order they began. After a restart of the PBX the second link goes on with new calls."""
    prefixes = ["ami"]
    marks = (json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines())
    if any(line["phone"] is None and line["what"] == "restart" for line in marks):
        prefixes.append("ami-late")
    calls = [
        json.loads(msgspec.json.encode(to_line(record)))
        for prefix in prefixes
        for record in replay_chunks(chunks(folder, prefix))
    ]
    return sorted(calls, key=lambda call: str(call["started_at"]))
