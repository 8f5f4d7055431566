"""A whole site in a thread of its own, for a browser: the real app on a real store, with a week of made calls."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import uvloop
from playwright.sync_api import Locator, Page

from callfloor.floor.calls import (
    CallRecord,
    CallResult,
    CallStatus,
    CallType,
    EmployeePart,
    LiveCall,
    QueuePart,
    StoryStep,
)
from callfloor.web.ports import WebSettings
from callfloor.web.sessions import COOKIE
from support.page_server import PAGE
from support.web_floor import NOW
from support.web_site import PASSWORD, Site, site

T = TypeVar("T")

DAY_S = 86_400.0
CALLS = 1_300
"""More than the page keeps at once."""

ROW = "[role=row][data-id]"
Open = Callable[..., Page]

_RESULTS = (
    (CallType.INBOUND, CallResult.ANSWERED, None),
    (CallType.OUTBOUND, CallResult.ANSWERED, None),
    (CallType.INBOUND, CallResult.ABANDONED, "queue"),
    (CallType.OUTBOUND, CallResult.BUSY, None),
    (CallType.INBOUND, CallResult.MISSED, None),
    (CallType.INBOUND, CallResult.ANSWERED, None),
    (CallType.CALLBACK, CallResult.NO_ANSWER, None),
)


def past_call(n: int, started_at: float, *, call_id: str | None = None) -> CallRecord:
    """One made call, the same for the same number."""
    kind, result, abandoned_in = _RESULTS[n % len(_RESULTS)]
    account = "101" if n % 3 else "201"
    waiting, talk = 3.0 + n % 40, 10.0 + n % 170
    answered = started_at + waiting if result is CallResult.ANSWERED else None
    ended = started_at + waiting + (talk if answered else 0)
    client = f"+48601{n % 400:06}"
    story = [StoryStep(at=started_at, what="arrived", number="+48221000001")]
    story.append(StoryStep(at=started_at + 1, what="queue_joined", queue="sales", detail="1"))
    story.append(StoryStep(at=started_at + 2, what="ringing", account=account))
    if answered:
        story.append(StoryStep(at=answered, what="answered", account=account, duration_s=waiting - 2))
        story.append(StoryStep(at=answered + 3, what="hold", account=account))
        story.append(StoryStep(at=answered + 6, what="unhold", account=account))
    story.append(StoryStep(at=ended, what="left", account=account))
    return CallRecord(
        call_id=call_id or f"made-{n}",
        type=kind,
        result=result,
        abandoned_in=abandoned_in,
        client_number=client,
        client_e164=client,
        business_number=f"+4822100000{n % 3}",
        started_at=started_at,
        answered_at=answered,
        ended_at=ended,
        waiting_s=waiting,
        ivr_s=0.0,
        queue_s=waiting,
        ringing_s=waiting,
        talk_s=talk if answered else 0.0,
        hold_s=3.0 if answered else 0.0,
        duration_s=ended - started_at,
        employees=(
            EmployeePart(
                account=account,
                ring_s=waiting,
                answered=answered is not None,
                answered_at=answered,
                talk_s=talk if answered else 0.0,
                missed=False,
                taken_elsewhere=False,
            ),
        ),
        external=(),
        queues=(
            QueuePart(
                queue="sales",
                joined_at=started_at + 1,
                left_at=started_at + waiting,
                wait_s=waiting - 1,
                outcome="answered" if answered else "abandoned",
                answered_by=account if answered else None,
                position=1,
            ),
        ),
        route=("sales",),
        scheme="Working hours",
        hung_up_by="client" if n % 2 else "employee",
        recording=None,
        forwarded_from=None,
        story=tuple(story),
    )


class JournalSite:
    """Everything is called from the test's thread; what the site does, it does in its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = uvloop.new_event_loop()
        self._ready = threading.Event()
        self._done: asyncio.Event | None = None
        self._failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._site: Site | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(60):
            raise TimeoutError("the journal's site did not start")
        if self._failed is not None:
            raise self._failed
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        done = self._done
        if done is not None:
            self._loop.call_soon_threadsafe(done.set)
        self._thread.join(20)

    def _run(self) -> None:
        async def live() -> None:
            self._done = asyncio.Event()
            async with site(self._folder, WebSettings(static=PAGE)) as found:
                self._site = found
                self._ready.set()
                await self._done.wait()

        try:
            self._loop.run_until_complete(live())
        except BaseException as error:  # noqa: BLE001  # told to the thread that waits for it
            self._failed = error
        finally:
            self._ready.set()
            self._loop.close()

    @property
    def site(self) -> Site:
        if self._site is None:
            raise RuntimeError("the site has not started")
        return self._site

    @property
    def address(self) -> str:
        return self.site.url

    def do(self, work: Callable[[], T]) -> T:
        """In the site's loop, where its floor lives."""

        async def run() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(30)

    def write(self, *records: CallRecord) -> None:
        """These calls are written down."""
        self.site.store.project(self.site.ours).journal.write(records)

    def fill(self, count: int = CALLS, *, apart_s: float = 400.0) -> list[CallRecord]:
        """So many calls until a minute ago, newest first."""
        made = [past_call(n, NOW - 60 - n * apart_s) for n in range(count)]
        self.write(*made)
        return made

    def live(self, call_id: str, started_at: float) -> None:
        """A call is on the floor."""
        call = LiveCall(
            id=call_id,
            type=CallType.INBOUND,
            status=CallStatus.QUEUE,
            status_since=started_at,
            started_at=started_at,
        )
        self.do(lambda: self.site.floor.put(call))

    def end(self, record: CallRecord) -> None:
        """A call leaves the floor, and is written down."""
        self.write(record)
        self.do(lambda: self.site.floor.end(record.call_id))

    def cookie(self, login: str = "administrator") -> dict[str, Any]:
        """A browser's cookie of a session of this user's."""
        answer = httpx.post(
            f"{self.address}/api/v1/session", json={"login": login, "password": PASSWORD}, trust_env=False
        )
        assert answer.status_code == 200, answer.text
        return {"name": COOKIE, "value": answer.cookies[COOKIE], "url": self.address}

    def ask(self, path: str, login: str = "administrator") -> Any:
        """What the server itself says."""
        cookie = self.cookie(login)
        answer = httpx.get(
            f"{self.address}/api/v1/projects/{self.site.ours}{path}",
            cookies={COOKIE: cookie["value"]},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


def table(page: Page) -> Locator:
    return page.get_by_role("grid", name="Journal")


def scroll(page: Page, to: str) -> None:
    """To a height that the table's own measures are spoken in: ``box.scrollHeight``, a number."""
    table(page).evaluate(f"box => box.scrollTop = {to}")


def scroll_up_to(page: Page, call_id: str) -> None:
    """Up and up, as often as a page that came above has kept the reader where they were."""
    page.wait_for_function(
        """id => {
            document.querySelector('[role=grid]').scrollTop = 0
            return document.querySelector(`[data-id="${id}"]`) !== null
        }""",
        arg=call_id,
    )


def drawn(page: Page) -> None:
    """Waits until every row that is in sight is drawn."""
    page.wait_for_function(
        """() => {
            const grid = document.querySelector('[role=grid]')
            if (!grid) return false // a page that is loaded anew has its words first
            const box = grid.getBoundingClientRect()
            const rows = [...document.querySelectorAll('[role=row][data-id]')].map(row => row.getBoundingClientRect())
            const [top, end] = [Math.min(...rows.map(row => row.top)), Math.max(...rows.map(row => row.bottom))]
            return !document.querySelector('.gap') && top <= box.top + 37 && end >= box.bottom - 1
        }"""
    )


def first(page: Page) -> str:
    """The first row that is wholly in sight."""
    drawn(page)
    return str(
        table(page).evaluate(
            """box => [...box.querySelectorAll('[role=row][data-id]')].find(
                row => row.getBoundingClientRect().top >= box.getBoundingClientRect().top + 35).dataset.id"""
        )
    )
