"""What Prometheus gets, and who may ask for it."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from callfloor.web.ports import WebSettings
from support.waiting import answer
from support.web_floor import call
from support.web_site import Site, site

TOKEN = "a-token-of-the-tests"


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path, WebSettings(static=tmp_path / "static", metrics_token=TOKEN)) as found:
        yield found


async def values(ours: Site, **headers: str) -> dict[tuple[str, tuple[str, ...]], float]:
    """Each sample by its name and its labels' values in the order of the labels' names."""
    answer = await ours.client(**headers).get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, tuple(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_the_floor_is_told_in_numbers(ours: Site) -> None:
    ours.backlog = 7
    ours.floor.put(call("one"), call("two"))
    found = await values(ours)
    mine, theirs = str(ours.ours), str(ours.theirs)
    link = ours.floor.link.id
    assert found["callfloor_info", ("test",)] == 1
    assert found["callfloor_store_backlog_rows", ()] == 7
    assert found["callfloor_pbx_link_up", (link, mine)] == 1
    assert found["callfloor_pbx_inbox_bytes", (link, mine)] == 12
    assert found["callfloor_viewers", (mine,)] == 0
    assert (
        sum(
            value
            for (name, labels), value in found.items()
            if (name, labels[-2:-1]) == ("callfloor_live_calls", (mine,))
        )
        == 2
    )
    assert (
        sum(value for (name, labels), value in found.items() if name == "callfloor_employees" and labels[0] == mine)
        == 2
    )
    assert found["callfloor_calls_finished_total", (mine, "answered", "inbound")] == 3
    assert found["callfloor_viewers", (theirs,)] == 0
    assert found["process_resident_memory_bytes", ()] > 0


async def test_requests_are_counted_by_route_and_errors_by_their_id(ours: Site) -> None:
    await ours.client().get("/healthz")
    await ours.client().get(f"/api/v1/projects/{ours.ours}/floor")
    logging.getLogger("callfloor.tests").warning("a warning of the tests", extra={"error_id": "of_the_tests"})
    found = await values(ours)
    assert found["callfloor_http_request_duration_seconds_count", ("GET", "/healthz", "200")] == 1
    assert (
        found["callfloor_http_request_duration_seconds_count", ("GET", "/api/v1/projects/{project_id}/floor", "401")]
        == 1
    )
    assert found["callfloor_errors_total", ("of_the_tests", "warning")] == 1
    assert not any(f"/{ours.ours}/" in label for (_, labels) in found for label in labels)


async def test_the_loops_lag_is_measured(ours: Site) -> None:
    count = ("callfloor_event_loop_lag_seconds_count", ())
    await answer(lambda: values(ours), lambda found: found[count] > 0, "a tick of the loop was measured")


async def test_who_comes_through_a_proxy_is_not_of_this_machine(ours: Site) -> None:
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        answer = await ours.client(**{header: "203.0.113.7"}).get("/metrics")
        assert answer.status_code == 403
        assert "CALLFLOOR_METRICS_TOKEN" in answer.json()["message"]


async def test_where_there_is_a_token_it_must_be_brought(guarded: Site) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        assert (await guarded.client(**headers).get("/metrics")).status_code == 403
    found = await values(guarded, Authorization=f"Bearer {TOKEN}", **{"X-Forwarded-For": "203.0.113.7"})
    assert found["callfloor_info", ("test",)] == 1
