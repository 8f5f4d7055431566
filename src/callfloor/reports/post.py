"""Letters with reports go out: schedules fall due, reports are made for who gets them, the mail server is spoken to.

At most once (docs/decisions/0120): a letter is written down as being sent before the server is spoken to, and what
became of it after. What nobody knows the fate of is shown as doubtful, and is not sent again by itself.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from callfloor.errors import CallfloorError, MailNotSetUpError, NoAddressError, NoLongerAllowedError, StoreError
from callfloor.reports import letter_files, saying
from callfloor.reports.letter_files import LetterFiles
from callfloor.reports.mail import Attachment, Outcome, SmtpServer, letter, send
from callfloor.reports.making import About, Made, Seen, make
from callfloor.reports.words import words
from callfloor.store.deliveries import Delivery, DeliveryState
from callfloor.store.masking import Masking
from callfloor.store.report_asks import ReportAsk
from callfloor.store.store import ProjectStore, Store

logger = logging.getLogger(__name__)

BACK_OFF_S: Final = (60.0, 300.0, 900.0, 3600.0, 4 * 3600.0)
"""How long a letter waits after each attempt that may succeed later; after these it is given up."""

LATE_S: Final = 300.0
"""A report that goes out so long after its time is marked late."""

ATTACHED_BYTES: Final = 10 * 1024 * 1024
"""What is larger becomes a link: a third is added on the way, and many servers refuse 20 MB."""

ENDED_KEPT_S: Final = 90 * 86_400.0
REMOVED_KEPT_S: Final = 86_400.0
LOOK_S: Final = 30.0  # at least so often: clocks may be set
STORE_RETRY_S: Final = 2.0
HOUSEKEEPING_S: Final = 3600.0


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A user who may have reports, and what they see."""

    seen: Seen
    email: str | None
    name: str


ReaderOf = Callable[[int], Reader | None]
"""The reader with a user's id; None: disabled, no longer in the project, or not allowed reports. Blocking."""


class Post:
    """One project's letters. Its methods are for the event loop."""

    def __init__(
        self,
        store: Store,
        project: ProjectStore,
        about: Callable[[], About],
        reader_of: ReaderOf,
        *,
        server: SmtpServer | None,
        folder: Path,
        public_url: str | None,
        clock: Callable[[], float],
        trust: ssl.SSLContext | None = None,
        attached_bytes: int = ATTACHED_BYTES,
    ) -> None:
        """``folder`` is for this project's letters alone; ``public_url`` is where people reach the page."""
        self._store, self._project, self._about, self._reader_of = store, project, about, reader_of
        self._server, self._clock, self._trust = server, clock, trust
        self._files = LetterFiles(folder)
        self._url = None if public_url is None else public_url.rstrip("/")
        self._attached_bytes = attached_bytes
        self._woken = asyncio.Event()
        self._tidied_at = -HOUSEKEEPING_S
        self._made: dict[tuple[bytes, Seen], tuple[Path, Made]] = {}  # of one turn: equal sights share a file

    @property
    def is_set_up(self) -> bool:
        """Whether letters can be sent at all."""
        return self._server is not None

    def wake(self) -> None:
        """Something may be due now."""
        self._woken.set()

    def file(self, delivery_id: int) -> Path | None:
        """The file that a letter links to; None: it has none, or none any more."""
        return self._files.of(delivery_id)

    async def run(self) -> None:
        """Send what is due, for ever."""
        await self._surely(self._project.deliveries.recover, now=self._clock())
        await asyncio.to_thread(self._files.drop_halves)
        task = asyncio.current_task()
        while True:
            self._woken.clear()
            try:
                await self.turn()
                wait_s = await self._until_next()
            except StoreError as error:
                logger.warning("letters wait for the store", extra={"error_id": error.error_id})
                wait_s = STORE_RETRY_S
            if task is not None and task.cancelling():
                raise asyncio.CancelledError  # asked for in mid-letter, where a wait of Python 3.11's lost it
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._woken.wait()

    async def turn(self) -> None:
        """Everything that is due now, once.

        Raises:
            StoreError: the store cannot be reached.
        """
        await self._fall_due()
        try:
            for delivery in await self._store.run(self._project.deliveries.waiting, self._clock()):
                await self._deliver(delivery)
        finally:
            made, self._made = self._made, {}
            for path, _ in made.values():
                path.unlink(missing_ok=True)
        await self._tidy()

    # --- schedules --------------------------------------------------------------------------------------------

    async def _fall_due(self) -> None:
        now = self._clock()
        for schedule in await self._store.run(self._project.schedules.due, now):
            zone = self._about().zone
            due_at = schedule.when.latest_until(now, zone)  # of several that were missed, the last
            wanted = schedule.when.filter_of(schedule.ask.filter, due_at, zone)
            await self._store.change(
                self._project.deliveries.fall_due,
                schedule,
                ask=msgspec.structs.replace(schedule.ask, filter=wanted),
                due_at=due_at,
                next_at=schedule.when.next_after(now, zone),
                late=now - due_at > LATE_S,
                now=now,
            )

    async def _until_next(self) -> float:
        times = [
            await self._store.run(self._project.schedules.next_at),
            await self._store.run(self._project.deliveries.next_try_at),
        ]
        return min([LOOK_S, *(max(0.0, at - self._clock()) for at in times if at is not None)])

    # --- one letter -------------------------------------------------------------------------------------------

    async def _deliver(self, delivery: Delivery) -> None:
        if not await self._step(delivery, DeliveryState.WAITING, DeliveryState.MAKING, tries=delivery.tries + 1):
            return
        before = DeliveryState.MAKING
        try:
            server = self._server
            if server is None:
                raise MailNotSetUpError
            reader, to = await self._store.run(self._whom, delivery)
            path, made = await self._file_for(delivery.ask, reader.seen)
            name = await asyncio.to_thread(self._name, delivery, reader.seen)
            text, attachment, size = await asyncio.to_thread(self._text, delivery, name, made, path)
            message = letter(
                server,
                to=to,
                subject=words(delivery.ask.language)["mail.subject"].format(name, made.period),
                text=text,
                language=delivery.ask.language,
                now=self._clock(),
                message_id=f"callfloor.{self._project.project_id}.{delivery.id}.{delivery.asked_at:.0f}",
                attachment=attachment,
            )
            told = {"address": to, "file": made.name, "bytes": size, "rows": made.rows}
            if not await self._step(delivery, before, DeliveryState.SENDING, **told):
                return
        except StoreError as error:
            await self._later(delivery, before, str(error))
            return
        except (CallfloorError, OSError) as error:
            await self._ended(delivery, before, DeliveryState.FAILED, str(error))
            return
        except Exception:  # the last line: one letter's trouble is not the others'
            logger.exception("a letter could not be made", extra={"delivery": delivery.id})
            await self._ended(delivery, before, DeliveryState.FAILED, str(CallfloorError()))
            return
        before = DeliveryState.SENDING
        attempt = await send(server, message, to=to, trust=self._trust)
        match attempt.outcome:
            case Outcome.SENT:
                await self._ended(delivery, before, DeliveryState.SENT, attempt.words)
            case Outcome.LATER:
                await self._later(delivery, before, attempt.words)
            case Outcome.REFUSED:
                await self._ended(delivery, before, DeliveryState.FAILED, attempt.words)
            case Outcome.DOUBTFUL:
                await self._ended(delivery, before, DeliveryState.DOUBTFUL, attempt.words)

    def _whom(self, delivery: Delivery) -> tuple[Reader, str]:
        """Whose sight the report is made with, and the address."""
        asked_by = self._reader_of(delivery.user_id)
        if delivery.to_user_id is None:
            if asked_by is None or delivery.address is None:
                raise NoLongerAllowedError
            return asked_by, delivery.address
        reader = self._reader_of(delivery.to_user_id)
        if reader is None:
            raise NoLongerAllowedError
        if reader.email is None:
            raise NoAddressError
        return reader, reader.email

    async def _file_for(self, ask: ReportAsk, seen: Seen) -> tuple[Path, Made]:
        key = msgspec.json.encode(ask, order="deterministic"), seen
        found = self._made.get(key)
        if found is None:
            path = self._files.new(len(self._made))
            made = await asyncio.to_thread(
                make, self._project, self._about(), ask, seen, path, lambda _done, _of: None, now=self._clock()
            )
            found = self._made[key] = path, made
        return found

    def _name(self, delivery: Delivery, seen: Seen) -> str:
        """What the report is called: somebody who sees numbers may have written one into it."""
        if seen.mask is None:
            return delivery.name
        return Masking(seen.mask, self._project.directory.load()).text(delivery.name)

    def _text(self, delivery: Delivery, name: str, made: Made, path: Path) -> tuple[str, Attachment | None, int]:
        said, language = words(delivery.ask.language), delivery.ask.language
        zone = self._about().zone
        form = f"{saying.date_form(language)} %H:%M"
        reader = self._reader_of(delivery.user_id)
        text = said["mail.body"].format(name, made.period, made.filters, made.calls)
        if delivery.late:
            text += said["mail.late"].format(datetime.fromtimestamp(delivery.due_at, zone).strftime(form))
        size = path.stat().st_size
        attachment = None
        if size <= self._attached_bytes:
            attachment = Attachment(path=path, name=made.name, media_type=made.media_type.partition(";")[0])
            text += said["mail.attached"]
        else:
            kept = self._keep(delivery, path, size)
            until = datetime.fromtimestamp(self._clock() + letter_files.KEPT_S, zone).strftime(form)
            text += said["mail.link"].format(f"{size / 1e6:.0f}", until, kept)
        return text + "\n" + said["mail.foot"].format("–" if reader is None else reader.name), attachment, size

    def _keep(self, delivery: Delivery, path: Path, size: int) -> str:
        """The file of a letter that is too large: where its recipient finds it, once signed in."""
        if delivery.to_user_id is None or self._url is None:
            why = "an outside address cannot sign in" if self._url is not None else "CALLFLOOR_PUBLIC_URL is not set"
            raise NoAddressError(f"The report has {size / 1e6:.0f} MB, too much for a letter, and {why} for a link.")
        self._files.keep(delivery.id, path)
        return f"{self._url}/api/v1/projects/{self._project.project_id}/deliveries/{delivery.id}/file"

    async def _later(self, delivery: Delivery, before: DeliveryState, error: str) -> None:
        tries = delivery.tries + 1
        if tries > len(BACK_OFF_S):
            await self._ended(delivery, before, DeliveryState.FAILED, error)
            return
        next_try_at = self._clock() + BACK_OFF_S[tries - 1]
        await self._step(delivery, before, DeliveryState.WAITING, next_try_at=next_try_at, error=error)

    async def _ended(self, delivery: Delivery, before: DeliveryState, after: DeliveryState, error: str) -> None:
        await self._step(delivery, before, after, ended_at=self._clock(), error=error)

    async def _step(self, delivery: Delivery, before: DeliveryState, after: DeliveryState, **values: Any) -> bool:
        done: bool = await self._surely(self._project.deliveries.step, delivery.id, before, after, **values)
        return done

    async def _surely(self, fn: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """A change of the store; while it cannot be reached it is tried again: what became of a letter is not lost."""
        while True:
            try:
                return await self._store.change(fn, *args, **more)
            except StoreError as error:
                logger.warning("a letter waits for the store", extra={"error_id": error.error_id})
            await asyncio.sleep(STORE_RETRY_S)

    # --- the house --------------------------------------------------------------------------------------------

    async def _tidy(self) -> None:
        now = self._clock()
        if now < self._tidied_at + HOUSEKEEPING_S:
            return
        self._tidied_at = now
        await self._store.change(self._project.schedules.forget, removed_before=now - REMOVED_KEPT_S)
        await self._store.change(self._project.deliveries.forget, ended_before=now - ENDED_KEPT_S)
        await asyncio.to_thread(self._files.drop_old, now)
