"""The past floor over REST: cut and masked as the live one, played, stepped through, and told where nobody watched."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from callfloor.floor.calls import StoryStep
from callfloor.store.rules import Rules
from support.past_site import BEGAN, CLIENT, PastSite
from support.web_floor import record
from support.web_site import Site

HOUR = 3600


class Viewer:
    """Somebody who looks back."""

    def __init__(self, client: httpx.AsyncClient, project_id: int) -> None:
        self.client = client
        self._at = f"/api/v1/projects/{project_id}/past"

    async def get(self, path: str = "", *, status: int = 200, **query: Any) -> Any:
        given = {"begin": "from", "end": "to"}
        answer = await self.client.get(self._at + path, params={given.get(name, name): query[name] for name in query})
        assert answer.status_code == status, answer.text
        return answer.json()

    async def calls(self, second: float) -> set[str]:
        return {row["id"] for row in (await self.get(at=BEGAN + second))["snapshot"]["calls"]}

    async def event(self, second: float, step: str = "next", of: str = "calls") -> float | None:
        found = (await self.get("/events", at=BEGAN + second, step=step, of=of))["at"]
        return None if found is None else found - BEGAN


async def looking(kept: PastSite, login: str) -> Viewer:
    return Viewer(await kept.site.signed_in(login), kept.site.ours)


@pytest.fixture
async def kept(ours: Site, tmp_path: Path) -> AsyncIterator[PastSite]:
    site = PastSite(ours, tmp_path / "past")
    await site.writer.start()
    site.lives()
    await site.writer.flush()
    yield site
    await site.writer.close()


async def test_each_role_sees_a_past_moment_as_it_saw_it_live(kept: PastSite) -> None:
    analyst, supervisor = await looking(kept, "analyst"), await looking(kept, "supervisor")
    assert await analyst.calls(5) == set()
    assert await analyst.calls(150) == {"anna", "boris", "waits"}
    assert await analyst.calls(299.999) == {"anna", "boris", "waits"}
    assert await analyst.calls(300) == {"boris", "waits"}
    assert await supervisor.calls(150) == {"anna", "waits"}, "Sales, and who waits in a queue"
    seen = (await supervisor.get(at=BEGAN + 500))["snapshot"]
    assert [(row["id"], row["status"]) for row in seen["employees"]] == [(kept.site.anna, "dnd")]
    assert seen["at"] == BEGAN + 500
    live = await supervisor.client.get(f"/api/v1/projects/{kept.site.ours}/floor")
    now = await supervisor.get(at=BEGAN + 900)
    assert now["snapshot"] == live.json(), "what is asked for now is what is live"


async def test_what_is_played_is_cut_too_and_leads_from_one_moment_to_the_other(kept: PastSite) -> None:
    supervisor = await looking(kept, "supervisor")
    played = await supervisor.get("/changes", begin=BEGAN + 5, end=BEGAN + 700)
    assert played["reached"] == BEGAN + 700
    told = [
        (
            frame["at"] - BEGAN,
            sorted(row["id"] for row in frame.get("calls", {}).get("added", ())),
            sorted(frame.get("calls", {}).get("removed", ())),
            [row["id"] for row in frame.get("employees", {}).get("changed", ())],
        )
        for frame in played["frames"]
    ]
    anna = kept.site.anna
    assert told == [
        (10, ["anna"], [], []),
        (100, ["waits"], [], []),
        (300, [], ["anna"], []),
        (420, [], [], [anna]),
        (600, [], ["waits"], []),
    ]
    slow = await supervisor.get("/changes", begin=BEGAN + 5, end=BEGAN + 700, every=350)
    assert [frame["at"] - BEGAN for frame in slow["frames"]] == [300, 600]
    for begin, end in ((BEGAN + 700, BEGAN + 5), (BEGAN, BEGAN + 2 * HOUR)):
        await supervisor.get("/changes", begin=begin, end=end, status=422)


async def test_stepping_stops_where_the_viewer_sees_something_happen(kept: PastSite) -> None:
    analyst, supervisor = await looking(kept, "analyst"), await looking(kept, "supervisor")
    assert [await analyst.event(at) for at in (0, 10, 70, 75.5, 100, 300, 600)] == [10, 70, 75.5, 100, 300, 600, None]
    assert [await supervisor.event(at) for at in (0, 10, 100, 300, 600)] == [10, 100, 300, 600, None]
    assert [await supervisor.event(at, "previous") for at in (700, 600, 300, 100, 10)] == [600, 300, 100, 10, None]
    assert [await analyst.event(at, of="employees") for at in (0, 200, 420)] == [200, 420, None]
    assert [await supervisor.event(at, of="employees") for at in (0, 420)] == [420, None]


async def test_the_line_counts_the_calls_in_sight_and_hatches_what_nobody_watched(kept: PastSite) -> None:
    begin = BEGAN - BEGAN % 60 - 600
    for login, first, busiest in (("analyst", 1, 3), ("supervisor", 1, 2)):
        line = await (await looking(kept, login)).get("/line", begin=begin, end=begin + 2 * HOUR, step=60)
        known = [number for number in line["calls"] if number is not None]
        assert line["calls"][:10] == [None] * 10
        assert known[0] == first
        assert max(known) == busiest
        assert line["unknown"] == [{"begins_at": begin, "ends_at": BEGAN}]
        assert line["first"] == BEGAN
        assert line["now"] == BEGAN + 900
    await (await looking(kept, "analyst")).get("/line", begin=begin, end=begin + 9 * 24 * HOUR, status=422)


async def test_a_call_is_told_up_to_the_moment_and_only_to_who_saw_it(kept: PastSite) -> None:
    site = kept.site
    told = msgspec.structs.replace(
        record("anna", "101", started_at=BEGAN + 10),
        story=(
            StoryStep(at=BEGAN + 10, what="arrived"),
            StoryStep(at=BEGAN + 12, what="answered", account="101", duration_s=2.0),
            StoryStep(at=BEGAN + 290, what="hold"),
        ),
    )
    site.store.project(site.ours).journal.write([told])
    analyst, supervisor = await looking(kept, "analyst"), await looking(kept, "supervisor")
    for second, steps in ((10, ["arrived"]), (150, ["arrived", "answered"]), (295, ["arrived", "answered", "hold"])):
        found = await supervisor.get("/calls/anna", at=BEGAN + second)
        assert [step["what"] for step in found["story"]] == steps
        assert found["call"]["id"] == "anna"
    await supervisor.get("/calls/anna", at=BEGAN + 301, status=404)
    await supervisor.get("/calls/boris", at=BEGAN + 150, status=404)
    # It goes on: its story is the floor's.
    assert (await analyst.get("/calls/boris", at=BEGAN + 150))["call"]["status"] == "talking"


async def test_before_and_after_what_is_known_the_answer_says_so(kept: PastSite) -> None:
    analyst = await looking(kept, "analyst")
    before = await analyst.get(at=BEGAN - 100)
    assert (before["snapshot"], before["unknown_from"], before["unknown_to"]) == (None, None, BEGAN)
    kept.at(5000)
    await kept.writer.close()  # as when Callfloor is stopped
    after = await analyst.get(at=BEGAN + 6000)
    assert after["snapshot"] is None
    assert after["unknown_from"] == pytest.approx(BEGAN + 5000, abs=0.01)
    assert after["unknown_to"] is None
    frames = (await analyst.get("/changes", begin=BEGAN + 4990, end=BEGAN + 5010))["frames"]
    kept.at(7000)
    assert frames == []
    frames = (await analyst.get("/changes", begin=BEGAN + 4990, end=BEGAN + 5010))["frames"]
    assert [(frame["known"], round(frame["at"] - BEGAN)) for frame in frames] == [(False, 5000)]


async def test_who_sees_numbers_masked_sees_them_masked_in_the_past(kept: PastSite) -> None:
    site = kept.site
    site.store.project(site.ours).rules.set(Rules(masked_roles=("supervisor",)))
    supervisor = await looking(kept, "supervisor")
    answers = [
        await supervisor.get(at=BEGAN + 150),
        await supervisor.get("/changes", begin=BEGAN + 5, end=BEGAN + 150),
        await supervisor.get("/calls/anna", at=BEGAN + 150),
    ]
    for answer in answers:
        said = msgspec.json.encode(answer).decode()
        assert CLIENT.removeprefix("+") not in said
        assert "48600" in said, "as much as tells one client from another"
    now = (await supervisor.client.get(f"/api/v1/projects/{site.ours}/floor")).json()
    assert {row["id"] for row in now["calls"]} == set()


async def test_a_client_who_is_erased_is_gone_from_the_past_at_once(kept: PastSite) -> None:
    site = kept.site
    told = msgspec.structs.replace(
        record("anna", "101", started_at=BEGAN + 10), ended_at=BEGAN + 300, client_number=CLIENT, client_e164=CLIENT
    )
    site.store.project(site.ours).journal.write([told])
    chief = await looking(kept, "administrator")
    assert CLIENT in msgspec.json.encode(await chief.get(at=BEGAN + 150)).decode()
    base = f"/api/v1/projects/{site.ours}"
    ask = {"client": CLIENT, "again": CLIENT}
    job = (await chief.client.post(f"{base}/personal-data/client-erasure", json=ask)).json()
    assert (await site.work[site.ours].ended(job["id"])).state == "done"
    for found in (
        await chief.get(at=BEGAN + 150),
        await chief.get("/changes", begin=BEGAN + 5, end=BEGAN + 400),
        await chief.get("/calls/anna", at=BEGAN + 150),
    ):
        said = msgspec.json.encode(found).decode()
        assert CLIENT.removeprefix("+48") not in said
        assert "+000" in said
