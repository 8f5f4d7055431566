"""Old calls at today's prices: stopped and begun again, seen by the journal's totals, another project's untouched."""

import msgspec
import pytest

from callfloor.errors import JobCancelledError
from callfloor.floor.calls import CallRecord, CallResult, CallType, ExternalPart
from callfloor.floor.tariffs import MICRO, Tariff
from callfloor.store import ProjectStore, Store
from callfloor.store.call_filter import CallFilter
from support.call_backs import BEGIN, talk

CALLS = 1200
EVERY = CallFilter(started_from=BEGIN, started_to=BEGIN + 86_400)
UKRAINE = Tariff(prefix="380", price_micro=MICRO, first_step_s=1, next_step_s=1, currency="UAH")


def make_project(store: Store, name: str) -> ProjectStore:
    return store.project(store.projects.add(name, timezone="Europe/Kyiv", country="UA", language="uk", now=1.0).id)


def outbound(number: int) -> CallRecord:
    """Half a minute with a client, half a minute with a mobile it was sent on to."""
    made = talk(number, "+380671110001", float(number), kind=CallType.OUTBOUND, result=CallResult.ANSWERED)
    return msgspec.structs.replace(made, external=(ExternalPart(number="0501112233", talk_s=30.0),))


def test_stopped_and_begun_again_every_call_is_priced_and_the_totals_know(store: Store) -> None:
    ours, theirs = make_project(store, "Ours"), make_project(store, "Theirs")
    for project in (ours, theirs):
        project.journal.write([outbound(number) for number in range(CALLS)])
        assert project.journal.totals(EVERY).cost == ()
    ours.tariffs.take_in([UKRAINE], dry=False)

    def stop_after_some(done: int, _of: int | None) -> None:
        if done:
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        ours.repricing.apply(0.0, 4e9, stop_after_some)
    (some,) = ours.journal.totals(EVERY).cost
    assert 0 < float(some[1]) < CALLS
    told: list[tuple[int, int | None]] = []
    made = ours.repricing.apply(0.0, 4e9, lambda done, of: told.append((done, of)))
    assert (made.calls, made.priced) == (CALLS, CALLS)
    assert 0 < made.changed < CALLS
    assert told[0] == (0, CALLS)
    assert told[-1] == (CALLS, CALLS)
    (cost,) = ours.journal.totals(EVERY).cost
    assert (cost[0], float(cost[1])) == ("UAH", float(CALLS))
    assert theirs.journal.totals(EVERY).cost == ()
    assert ours.repricing.apply(0.0, 4e9).changed == 0
