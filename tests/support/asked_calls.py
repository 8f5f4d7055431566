"""What is asked for a live call, played where the whole product watches: its rows, held against phones and PBX."""

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from callfloor.asterisk.replay import to_line
from callfloor.floor.calls import CallRecord
from support.house import House
from support.pbx.agreement import disagreements
from support.pbx.delivery import lateness_s, later_s
from support.pbx.lab import Lab
from support.pbx.records import Records

Deed = Callable[[Lab], Awaitable[None]]


async def agreed(house: House, folder: Path, deed: Deed, calls: int = 1) -> list[CallRecord]:
    """Plays it; the journal's rows of it, which agree with the phones and with the PBX's own records.

    What differs is played once more: the machine may have stalled PBX or phones in the middle.
    """
    found, wrong = await played(house, folder, deed, calls)
    if wrong:
        print(wrong)
        await house.calm()
        found, wrong = await played(house, folder.with_name(f"{folder.name}-again"), deed, calls)
    assert not wrong, wrong
    return found


async def played(house: House, folder: Path, deed: Deed, calls: int) -> tuple[list[CallRecord], str]:
    """The journal's rows, and in what they differ from the phones and the PBX's own records."""
    since = time.time()
    await house.lab.record(folder, folder.name, "asked for by a supervisor", deed, {})
    found = [call.record for call in await house.product.journal(since, calls)]
    records = Records.of(folder)
    late = lateness_s(folder, records.cel)
    for uniqueid, later in later_s(folder, house.wire.passed).items():
        late[uniqueid] = max(late.get(uniqueid, 0.0), later)
    told: list[dict[str, Any]] = [json.loads(msgspec.json.encode(to_line(record))) for record in found]
    wrong = disagreements(told, records, late)
    if not wrong:
        return found, ""
    return found, f"{'; '.join(map(str, wrong))}\nthe PBX was late by {late}\nthe product tells {told}"


def story(record: CallRecord) -> list[tuple[str, str | None, str | None]]:
    """What supervisors did in it: what, to whom, and who asked."""
    return [
        (step.what, step.account or step.queue or step.number, step.detail)
        for step in record.story
        if step.what.startswith("supervisor_")
    ]
