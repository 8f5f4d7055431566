"""A scenario played where the whole product watches: its journal and its stream, held against phones and PBX."""

import json
import time
from pathlib import Path
from typing import Any

import msgspec

from callfloor.asterisk.replay import to_line
from callfloor.floor.calls import CallRecord
from callfloor.store.journal import JournalCall
from support.house import House
from support.pbx.agreement import disagreements
from support.pbx.delivery import lateness_s, later_s
from support.pbx.records import Records
from support.pbx.scenarios import SCENARIOS


def line_of(record: CallRecord) -> dict[str, Any]:
    """A journal's row as ``callfloor replay`` prints calls, which the witnesses are compared with."""
    line: dict[str, Any] = json.loads(msgspec.json.encode(to_line(record)))
    return line


async def played_and_agreed(house: House, name: str, folder: Path) -> None:
    """Plays the scenario of this name; its capture goes into a folder of that name.

    What differs is played once more: the machine may have stalled the PBX or the phones in the middle of it.

    Raises:
        AssertionError: the journal or the stream differ from what phones and PBX have, or came too late.
    """
    since, journal, wrong = await _played(house, name, folder / name)
    if wrong:
        print(wrong)
        await house.calm()
        since, journal, wrong = await _played(house, name, folder / f"{name}-again")
    assert not wrong, wrong
    for call in journal:
        accounts = {part.account for part in call.record.employees}
        assert {person.account for person in call.employees} == accounts
        assert all(person.employee_id == house.product.employee_id(person.account) for person in call.employees)
        await house.stream.gone(call.record.call_id)
        history = house.stream.calls[call.record.call_id]
        rows = [seen.row for seen in history[:-1] if seen.row is not None]
        assert len(rows) == len(history) - 1, "it was there once, from its beginning to its end"
        assert not any(row.stale or row.partial for row in rows)
        assert call.record.ended_at is not None
        house.soon(history[0].at, call.record.started_at, "the call is shown")
        house.soon(history[-1].at, call.record.ended_at, "its end is shown")
    known = {call.record.call_id for call in journal}
    for key, history in house.stream.calls.items():
        if (
            history[0].at >= since and key not in known
        ):  # a consultation, until it is part of the call that is passed on
            await house.stream.gone(key)


async def _played(house: House, name: str, folder: Path) -> tuple[float, list[JournalCall], str]:
    """Since when it was played, the journal's rows of it, and in what they differ; empty is well."""
    scenario = SCENARIOS[name]
    since = time.time()
    await house.lab.record(folder, name, scenario.about, scenario.script, {})
    said = scenario.calls or ()
    journal = await house.product.journal(since, len(said))
    records = Records.of(folder)
    told = [line_of(call.record) for call in journal]
    if [(line["type"], line["result"]) for line in told] != [(one.type, one.result) for one in said]:
        return since, journal, f"the product tells {told}, and it was {said}"
    # The PBX told the product when it did: what the phones saw is allowed that lag, measured on the product's own wire.
    late = lateness_s(folder, records.cel)
    for uniqueid, later in later_s(folder, house.wire.passed).items():
        late[uniqueid] = max(late.get(uniqueid, 0.0), later)
    wrong = disagreements(told, records, late)
    if not wrong:
        return since, journal, ""
    return since, journal, f"{'; '.join(map(str, wrong))}\nthe PBX was late by {late}\nthe product tells {told}"
