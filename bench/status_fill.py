"""Two years of statuses for ``bench.years``: each employee's and their account's, some 60 stretches a working day."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench.journal_fill import DAYS, EMPLOYEES, FIRST, Sink
from callfloor.floor.employees import Status, Why
from callfloor.store import Store

STRETCHES = 60  # of a day
_BEGINS_S, _ENDS_S = 8 * 3600, 17 * 3600  # the working day in UTC, give or take some minutes
_COLUMNS = ("began_at", "ended_at", "status", "why", "through_account", "device", "call_id", "by")
_DAY_MS = 86_400_000


def fill_statuses(store: Store, opened: Callable[[], Sink]) -> int:
    """All stretches of everybody, the last one running; how many there are of employees."""
    project = store.project(1)
    people = {employee.id: employee.accounts for employee in project.directory.load().employees}
    sink = opened()
    sink.run("DELETE FROM employee_statuses")
    sink.run("DELETE FROM account_statuses")
    count = 0
    for table, subject in (("employee_statuses", "employee_id"), ("account_statuses", "account")):
        for employee_id in sorted(people)[:EMPLOYEES]:
            account = people[employee_id][0]
            rows = list(_stretches(employee_id, account))
            who: Any = employee_id if subject == "employee_id" else account
            sink.put(table, ("project_id", subject, *_COLUMNS), ((1, who, *row) for row in rows))
            count += len(rows) if subject == "employee_id" else 0
    sink.close()
    return count


def _stretches(employee_id: int, account: str) -> Iterator[tuple[Any, ...]]:
    """Online and talking by turns while they work, now and then not to be disturbed; offline until the next morning."""
    chance = np.random.default_rng(employee_id)
    turns = STRETCHES - 1
    changes = np.sort(chance.integers(_BEGINS_S * 1000, _ENDS_S * 1000, (DAYS, turns)), axis=1) + np.arange(turns)
    changes += round(FIRST * 1000) + np.arange(DAYS)[:, None] * _DAY_MS
    began = changes.ravel().tolist()
    dnd = (chance.random(len(began)) < 0.05).tolist()
    for place, at in enumerate(began):
        turn = place % turns
        until = began[place + 1] if place + 1 < len(began) else None
        if turn == turns - 1:
            yield at, until, Status.OFFLINE.value, Why.SIGNED_OFF.value, account, None, None, None
        elif turn % 2:
            device, call_id = f"PJSIP/{account}-{place:08x}", f"{at // 1000}.{place}"
            yield at, until, Status.TALKING.value, Why.CALL.value, account, device, call_id, None
        elif dnd[place]:
            yield at, until, Status.DND.value, Why.DND_ON.value, account, None, None, None
        else:
            why = Why.CALL_ENDED if turn else Why.REGISTERED
            yield at, until, Status.ONLINE.value, why.value, account, None, None, None
