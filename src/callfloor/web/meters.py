"""What is measured of this process for Prometheus: beside what the floor says of itself, requests, errors and lag.

Names follow https://prometheus.io/docs/practices/naming/: seconds, bytes, ``_total`` for what only grows. No label
holds a number, a name of a person, or anything else that is personal.
"""

import asyncio
import logging
from collections import Counter as Tally
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from callfloor.floor.calls import WAITING
from callfloor.floor.changes import LinkState
from callfloor.web.ports import Deps

TICK_S = 0.25
_FAST = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Meters:
    """The registry, and what is counted as it happens."""

    def __init__(self, deps: Deps) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        self.registry.register(_FloorCollector(deps))
        self.requests = Histogram(
            "callfloor_http_request_duration_seconds",
            "Answers to HTTP requests, by route.",
            ("method", "route", "status"),
            buckets=_FAST,
            registry=self.registry,
        )
        self.errors = Counter(
            "callfloor_errors",
            "Log messages of level warning and above, by their error_id where they have one.",
            ("level", "error_id"),
            registry=self.registry,
        )
        self.lag = Histogram(
            "callfloor_event_loop_lag_seconds",
            "How late the event loop came to what was due: everything live waits so long.",
            buckets=_FAST,
            registry=self.registry,
        )

    def answered(self, method: str, route: str | None, status: int, duration_s: float) -> None:
        """An HTTP request got its answer; ``route`` is the path's template, None where there is no such route."""
        self.requests.labels(method, route or "", str(status)).observe(duration_s)

    async def watch(self) -> None:
        """Count what is logged, and measure the loop's lag, until cancelled."""
        loop = asyncio.get_running_loop()
        handler = _Counting(self.errors)
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            while True:
                due = loop.time() + TICK_S
                await asyncio.sleep(TICK_S)
                self.lag.observe(max(0.0, loop.time() - due))
        finally:
            root.removeHandler(handler)


class _Counting(logging.Handler):
    def __init__(self, errors: Counter) -> None:
        super().__init__(logging.WARNING)
        self._errors = errors

    @override
    def emit(self, record: logging.LogRecord) -> None:
        self._errors.labels(record.levelname.lower(), str(getattr(record, "error_id", ""))).inc()


class _FloorCollector(Collector):
    """Read from the projects at each scrape; nothing is kept between."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def describe(self) -> Iterator[Metric]:
        """Nothing: else the registry would scrape, to learn the names, before there is a floor."""
        return iter(())

    @override
    def collect(self) -> Iterator[Metric]:
        deps, now = self._deps, self._deps.clock()
        info = GaugeMetricFamily("callfloor_info", "Always 1; the version is the label.", labels=("version",))
        info.add_metric((deps.version,), 1)
        backlog = GaugeMetricFamily(
            "callfloor_store_backlog_rows", "Finished calls and statuses that wait to be written.", deps.backlog()
        )
        by_project = ("project",)
        by_link = ("project", "link")
        up = GaugeMetricFamily("callfloor_pbx_link_up", "1 while what comes from the PBX is current.", labels=by_link)
        since = GaugeMetricFamily(
            "callfloor_pbx_link_state_seconds", "How long the link has been as it is.", labels=by_link
        )
        inbox = GaugeMetricFamily(
            "callfloor_pbx_inbox_bytes", "Bytes from the PBX that wait to be read.", labels=by_link
        )
        viewers = GaugeMetricFamily("callfloor_viewers", "Open live streams.", labels=by_project)
        calls = GaugeMetricFamily("callfloor_live_calls", "Calls on the floor.", labels=("project", "phase", "type"))
        repairs = GaugeMetricFamily(
            "callfloor_repairs", "Repairs of what was not watched, by state.", labels=("project", "state")
        )
        employees = GaugeMetricFamily("callfloor_employees", "Employees by status.", labels=("project", "status"))
        finished = CounterMetricFamily(
            "callfloor_calls_finished", "Calls that ended since the start.", labels=("project", "type", "result")
        )
        for project_id, project in sorted(deps.projects.items()):
            name = str(project_id)
            snapshot = project.source.snapshot()
            for link in snapshot.links:
                up.add_metric((name, link.id), float(link.state is LinkState.LIVE))
                since.add_metric((name, link.id), max(0.0, now - link.since))
            for link_id, waiting in project.source.inbox().items():
                inbox.add_metric((name, link_id), waiting)
            viewers.add_metric((name,), project.hub.viewers)
            phases = Tally(("waiting" if c.status in WAITING else "talking", str(c.type)) for c in snapshot.calls)
            for (phase, kind), amount in sorted(phases.items()):
                calls.add_metric((name, phase, kind), amount)
            for status, amount in sorted(Tally(str(e.status) for e in snapshot.employees).items()):
                employees.add_metric((name, status), amount)
            for state, amount in sorted(project.repairs.told.items()) if project.repairs is not None else ():
                repairs.add_metric((name, state), amount)
            for (kind, result), amount in sorted(project.source.finished().items()):
                finished.add_metric((name, kind, result), amount)
        yield from (info, repairs, backlog, up, since, inbox, viewers, calls, employees, finished)
