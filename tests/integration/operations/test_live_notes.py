"""Notes of live calls while these go on changing: whenever it is killed, no leg is in two of them."""

import asyncio
from pathlib import Path

from callfloor.floor import facts, keeping
from callfloor.floor.facts import Born, Side
from callfloor.floor.floor import Floor
from callfloor.project import live_notes
from callfloor.project.live_notes import AT_ONCE, LiveNotes
from callfloor.store.store import Store
from callfloor.store.writer import JournalWriter
from support.databases import sqlite_in

PAIRS = 2 * AT_ONCE


def began(number: int, side: Side) -> facts.LegStarted:
    name = f"pbx1-{number}"
    return facts.LegStarted(at=1000.0 + number, leg=name, call=name, side=side, born=Born.CALLING, account=None)


async def test_calls_that_become_one_while_they_are_noted_are_noted_once(tmp_path: Path) -> None:
    store = Store.open(sqlite_in(tmp_path))
    try:
        project = store.project(store.projects.add("One", timezone="UTC", country="RU", language="en", now=1.0).id)
        floor, path = Floor(), tmp_path / "floor.notes"
        rows = JournalWriter(store, project.journal, tmp_path / "calls.spill")
        notes = LiveNotes(path, floor=floor, links=(), rows=rows, clock=lambda: 2000.0)
        for number in range(2 * PAIRS):
            floor.apply(began(number, Side.OUTSIDE))
        floor.books.changed = set(floor.books.calls)
        noting = asyncio.create_task(notes.note())
        await asyncio.sleep(0)  # some have been noted, some not: others have a turn
        assert not path.exists()
        for number in range(PAIRS):
            floor.apply(facts.CallsJoined(1500.0, f"pbx1-{number}", f"pbx1-{number + PAIRS}"))
        await noting
        read = live_notes.read(path)
    finally:
        store.close()
    assert read is not None
    taken = Floor()
    keeping.take_up(taken.books, [note.floor for note in read.calls.values()])
    legs = [leg.id for call in taken.books.calls.values() for leg in call.legs]
    assert sorted(legs) == sorted(set(legs)), "a leg is in two calls"
    assert any(len(call.legs) == 2 for call in taken.books.calls.values()), "nothing became one meanwhile"
    assert any(len(call.legs) == 1 for call in taken.books.calls.values()), "nothing had been noted before"
