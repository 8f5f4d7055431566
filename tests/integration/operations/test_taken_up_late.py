"""Callfloor is down for long, in virtual time, and a call at a PBX without records goes on through it: one row."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from callfloor.asterisk.connection import parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import CallFinished
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.project.handover import HandOver
from callfloor.project.live_notes import LiveNotes
from callfloor.store.store import Store
from callfloor.store.writer import JournalWriter
from support.ami_peer import Action, AmiPeer, PeerLink, message
from support.ami_rig import URL
from support.databases import sqlite_in
from support.virtual_time import passes, settled, virtual_time

EPOCH = 1_700_000_000.0
DAY_S = 24 * 3600.0
LISTED = {
    "ExtensionStateList": "ExtensionStateListComplete",
    "PJSIPShowContacts": "ContactListComplete",
    "DeviceStateList": "DeviceStateListComplete",
    "PresenceStateList": "PresenceStateListComplete",
    "BridgeList": "BridgeListComplete",
    "Status": "StatusComplete",
    "CoreShowChannels": "CoreShowChannelsComplete",
    "QueueStatus": "QueueStatusComplete",
}


def caller(number: int) -> dict[str, str]:
    """The channel of somebody who calls in."""
    return {
        "Channel": f"PJSIP/trunk-a-0{number}", "ChannelState": "4", "CallerIDNum": f"7916123456{number}",
        "Exten": "74951000003", "Context": "from-trunk", "Uniqueid": f"1700000000.{number}",
        "Linkedid": f"1700000000.{number}",
    }  # fmt: skip


def now() -> float:
    return asyncio.get_running_loop().time() + EPOCH


class Pbx:
    """A scripted PBX with these channels."""

    def __init__(self) -> None:
        self.peer = AmiPeer()
        self.channels: list[dict[str, str]] = []
        for action, last in LISTED.items():
            self.peer.answers[action] = lambda link, asked, last=last: self._list(link, asked, last)

    def _list(self, link: PeerLink, asked: Action, last: str) -> None:
        rows = self.channels if last == "CoreShowChannelsComplete" else []
        shown = [
            {"Event": "CoreShowChannel", **row, "Duration": "00:00:09", "Application": "Wait"} for row in rows
        ]  # fmt: skip
        link.listing(asked, shown, last=last)

    async def rings(self, number: int) -> None:
        self.channels.append(caller(number))
        self.peer.link.send(message(Event="Newchannel", **caller(number)))
        await settled()

    async def hangs_up(self, number: int) -> None:
        self.channels.remove(caller(number))
        self.peer.link.send(message(Event="Hangup", Cause="16", **caller(number)))
        await settled()


class Process:
    """One process of Callfloor's, as far as a live call is concerned."""

    def __init__(self, folder: Path, pbx: Pbx, rows: list[CallRecord]) -> None:
        self.floor, self._rows = Floor(), rows
        self._notes = folder / "floor.notes"
        self._handover = HandOver(folder / "floor.handover", self._notes)
        self.link = PbxLink(link="pbx1", name="PBX", url=parse_url(URL), on_facts=self.take, clock=now)
        self.link.connection._dial = pbx.peer.dial

    def take(self, told: Iterable[Fact]) -> None:
        for fact in told:
            self._rows += [each.record for each in self.floor.apply(fact) if isinstance(each, CallFinished)]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        _, over = self._handover.take(self.floor, now())
        self.take(over)
        since = self._handover.give(self.link)
        ever = since is not None
        self.take([facts.LinkLost(now(), "pbx1", "PBX", "connecting", ever=ever, silent_since=since)])
        self.take(self._handover.ended(now()))
        task = asyncio.create_task(self.link.run())
        await settled()
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def ends(self) -> None:
        """In good order."""
        self._handover.leave(self.floor, [self.link], now())

    async def notes(self, store: Store) -> None:
        """What there is of it once it is killed."""
        project = store.project(store.projects.add("One", timezone="UTC", country="RU", language="en", now=1.0).id)
        rows = JournalWriter(store, project.journal, self._notes.with_name("calls.spill"))
        self.floor.books.changed = set(self.floor.books.calls)
        await LiveNotes(self._notes, floor=self.floor, links=[self.link], rows=rows, clock=now).note()


@pytest.mark.parametrize("killed", [False, True], ids=["ended", "killed"])
@pytest.mark.parametrize("down_s", [1000.0, 8 * 3600.0])
def test_a_call_that_goes_on_is_one_row_however_long_nobody_watched(
    tmp_path: Path, down_s: float, killed: bool
) -> None:
    @virtual_time
    async def calls_go_on() -> None:
        pbx = Pbx()
        rows: list[CallRecord] = []
        first = Process(tmp_path, pbx, rows)
        async with first.running():
            await pbx.rings(1)
            await pbx.rings(2)
            began_at = now()
            await passes(30.0)
            left_at = now()
            if killed:
                await first.notes(store)
            else:
                first.ends()
        assert rows == []
        pbx.channels.remove(caller(2))
        await passes(down_s)
        second = Process(tmp_path, pbx, rows)
        async with second.running():
            await passes(3.0)
            (call,) = second.floor.snapshot().calls
            assert (call.id, call.started_at) == ("pbx1-1700000000.1", pytest.approx(began_at, abs=1.0))
            await pbx.hangs_up(1)
            ended_at = now()
        ended = {row.call_id: row for row in rows}
        assert sorted(ended) == ["pbx1-1700000000.1", "pbx1-1700000000.2"]
        assert len(rows) == 2, "each once"
        assert all(row.partial for row in rows)
        assert ended["pbx1-1700000000.1"].ended_at == pytest.approx(ended_at, abs=0.1)
        assert ended["pbx1-1700000000.2"].ended_at == pytest.approx(left_at, abs=0.1), "where it was seen last"

    with contextlib.closing(Store.open(sqlite_in(tmp_path))) as store:
        calls_go_on()


@virtual_time
async def test_after_a_day_they_end_where_they_were_seen_last(tmp_path: Path) -> None:
    pbx = Pbx()
    rows: list[CallRecord] = []
    first = Process(tmp_path, pbx, rows)
    async with first.running():
        await pbx.rings(1)
        await passes(30.0)
        left_at = now()
        first.ends()
    await passes(DAY_S + 60.0)
    pbx.peer.refuses = ConnectionRefusedError(111, "Connection refused")
    async with Process(tmp_path, pbx, rows).running():
        (row,) = rows
        assert (row.call_id, row.partial) == ("pbx1-1700000000.1", True)
        assert row.ended_at == pytest.approx(left_at, abs=0.1)


@virtual_time
async def test_a_call_of_yesterday_at_a_pbx_that_does_not_answer_is_shown_as_old_until_it_is_a_ghost(
    tmp_path: Path,
) -> None:
    pbx = Pbx()
    rows: list[CallRecord] = []
    first = Process(tmp_path, pbx, rows)
    async with first.running():
        await pbx.rings(1)
        left_at = now()
        first.ends()
    await passes(8 * 3600.0)
    pbx.peer.refuses = ConnectionRefusedError(111, "Connection refused")
    second = Process(tmp_path, pbx, rows)
    async with second.running():
        (call,) = second.floor.snapshot().calls
        assert call.stale
        assert second.floor.snapshot().links[0].since == pytest.approx(left_at, abs=0.1)
        second.take([facts.Tick(left_at + DAY_S - 1.0)])
        assert rows == []
        second.take([facts.Tick(left_at + DAY_S + 1.0)])
        (row,) = rows
        assert row.ended_at == pytest.approx(left_at, abs=0.1)
