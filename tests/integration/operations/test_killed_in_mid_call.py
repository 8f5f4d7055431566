"""Callfloor is killed while calls go on at a PBX that keeps no records: what ends meanwhile is written all the same."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from callfloor.asterisk.connection import parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.floor.calls import CallRecord, CallResult, CallType, LiveCall, StoryStep
from callfloor.floor.changes import CallFinished
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.project import live_notes
from callfloor.project.live_notes import Noted
from callfloor.simulator import Simulator
from callfloor.store import Store
from callfloor.store.journal import JournalCall
from support.product import Product
from support.waiting import answer, until
from support.web_page import Page

USER, SECRET = "tests", "tests-secret"
SEEN = 24  # calls whose beginning was seen: so many that some of them end soon
ENDED = 2  # of them that end while nobody watches
LONG_S = 60.0
NEAR_S = 0.5


class Twin:
    """A floor that nothing disturbs."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.rows: dict[str, CallRecord] = {}

    def take(self, told: list[Fact]) -> None:
        """Facts of its link."""
        for fact in told:
            for change in self.floor.apply(fact):
                if isinstance(change, CallFinished):
                    self.rows[own(change.record.call_id)] = change.record


def own(call_id: str) -> str:
    """The PBX's own id of a call, whatever the link is called."""
    return call_id.partition("-")[2]


@asynccontextmanager
async def pbx_and_twin() -> AsyncIterator[tuple[tuple[str, int], Twin]]:
    simulator = Simulator(seed=3, employees=160, calls_per_minute=240, users={USER: SECRET})
    async with simulator.serve() as url:
        twin = Twin()
        link = PbxLink(link="twin", name="twin", url=parse_url(url), on_facts=lambda told: twin.take(list(told)))
        watching = asyncio.create_task(link.run(), name="twin")
        at = urlsplit(url)
        try:
            yield (str(at.hostname), int(at.port or 0)), twin
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    return {"CALLFLOOR_DATABASE_URL": database_url}


async def journal(product: Product, since: float) -> dict[str, CallRecord]:
    """Every call that ended, by its own id; none is there twice."""
    found = await product.rest.get(f"{product.api}/calls", params={"from": since, "to": time.time() + 60, "limit": 500})
    assert found.status_code == 200, found.text
    rows = [one.record for one in msgspec.convert(found.json()["calls"], list[JournalCall])]
    by_id = {own(row.call_id): row for row in rows}
    assert len(by_id) == len(rows), "a call is there twice"
    return by_id


async def test_calls_that_end_while_it_is_dead_are_written_in_part_and_once(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with pbx_and_twin() as (address, twin):
        product = Product(tmp_path / "product", address, settings)
        product.prepare()
        try:
            await back(product)
            since = time.time() - 3600
            notes = product.folder / f"floor-{product.project_id}.notes"

            def over() -> set[str]:
                """Those of which it saw the beginning, and not the end."""
                return {name for name in seen & twin.rows.keys() if (twin.rows[name].ended_at or 0.0) > killed_at}

            await product.stream.until(lambda page: len(whole(page)) >= SEEN, "it saw calls begin", within_s=LONG_S)
            seen = whole(product.stream.page) & await noted(notes)
            before = {own(call.id): call for call in product.stream.page.calls.values()}
            await product.kill()
            killed_at = time.time()
            await until(lambda: len(over()) >= ENDED, "some of them end", within_s=LONG_S)
            lost = over()
            await back(product)
            told = await answer(
                lambda: journal(product, since), lambda rows: lost <= rows.keys(), "they are written", within_s=LONG_S
            )
            for name in lost:
                row, should = told[name], twin.rows[name]
                assert row.partial
                assert is_as(row, should, before[name])
                assert abs(row.started_at - should.started_at) < NEAR_S
                assert row.ended_at is not None
                assert row.ended_at <= killed_at, "what came after the kill nobody knows"
                assert row.hung_up_by is None
            shown = {own(call.id): call for call in product.stream.page.calls.values()}
            for call in twin.floor.snapshot().calls:
                name = own(call.id)
                if name in seen & shown.keys():
                    assert is_as(shown[name], call, before[name]), "what goes on is what it was"
        finally:
            await product.close()


def whole(page: Page) -> set[str]:
    """The calls whose beginning was seen."""
    return {own(call.id) for call in page.calls.values() if not call.partial}


async def noted(notes: Path) -> set[str]:
    """The calls of which there are notes, once these are of a later instant than now."""
    now, read = time.time(), Noted()

    def are_later() -> bool:
        nonlocal read
        if notes.stat().st_mtime > now:
            read = live_notes.read(notes) or read
        return read.at > now

    await until(are_later, "calls are noted", within_s=LONG_S)
    return set(map(own, read.calls))


async def back(product: Product) -> None:
    """It is started, and its link is live."""
    await product.start()
    await product.stream.links("live", within_s=LONG_S)


def what(call: LiveCall | CallRecord) -> tuple[object, ...]:
    return call.type, call.client_number, call.business_number


def is_as(told: LiveCall | CallRecord, really: LiveCall | CallRecord, before: LiveCall) -> bool:
    """What was found out of a call while it was dead may be unknown yet: then it is what was seen before."""
    each = zip(what(told), what(really), what(before), strict=True)
    return all(said in (should, seen) for said, should, seen in each)


def record(call_id: str, *, partial: bool) -> CallRecord:
    return CallRecord(
        call_id=call_id,
        type=CallType.INBOUND,
        result=CallResult.ANSWERED,
        abandoned_in=None,
        client_number="79161234567",
        client_e164="+79161234567",
        business_number=None,
        started_at=1000.0,
        answered_at=1005.0,
        ended_at=1010.0 if partial else 1065.0,
        waiting_s=5.0,
        ivr_s=0.0,
        queue_s=0.0,
        ringing_s=5.0,
        talk_s=5.0 if partial else 60.0,
        hold_s=0.0,
        duration_s=10.0 if partial else 65.0,
        employees=(),
        external=(),
        queues=(),
        route=(),
        scheme=None,
        hung_up_by=None if partial else "client",
        recording=None,
        forwarded_from=None,
        story=(StoryStep(at=1000.0, what="arrived"),),
        partial=partial,
    )


def test_a_call_whose_row_is_whole_is_not_made_less_by_what_was_noted_of_it(store: Store) -> None:
    journal = store.project(
        store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0).id
    ).journal
    journal.write([record("pbx1-1.1", partial=False), record("pbx1-2.2", partial=True)])
    journal.write([record("pbx1-1.1", partial=True), record("pbx1-2.2", partial=False)])
    rows = {one.record.call_id: one.record for one in journal.page(0.0, 5000.0).calls}
    assert [(name, rows[name].partial, rows[name].talk_s) for name in sorted(rows)] == [
        ("pbx1-1.1", False, 60.0), ("pbx1-2.2", False, 60.0),
    ]  # fmt: skip
