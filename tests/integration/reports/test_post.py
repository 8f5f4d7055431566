"""Letters go out: each recipient gets what they may see, once; what failed is tried again and told."""

import asyncio
import contextlib
import csv
import io
import re
import ssl
import zipfile
from collections.abc import AsyncIterator, Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
import pypdf
import pytest

from callfloor.errors import ConflictError
from callfloor.floor.days import day_bounds
from callfloor.project.reporting import reader_of
from callfloor.reports.mail import smtp_server
from callfloor.reports.making import About
from callfloor.reports.post import BACK_OFF_S, Post
from callfloor.store import Role, Store
from callfloor.store.call_filter import CallFilter
from callfloor.store.deliveries import Delivery, DeliveryState
from callfloor.store.report_asks import Every, Form, Period, ReportAsk, What, When
from callfloor.store.rules import Rules
from callfloor.store.schedules import Recipients
from support.call_records import call
from support.mail_server import LOGIN, PASSWORD, MailServer, certificate, mail_server

ZONE = ZoneInfo("Europe/Warsaw")
CALLED_AT = 1_700_000_000.0  # 14 November 2023, 23:13 in Warsaw
NEXT_MORNING = 1_700_031_600.0  # 08:00
ASK = ReportAsk(
    what=What.CALLS, form=Form.CSV, filter=CallFilter(started_from=CALLED_AT - 60, started_to=CALLED_AT + 60)
)
DAILY = When(every=Every.DAY, minute=8 * 60, period=Period.YESTERDAY)


class Company:
    """Anna's calls (Sales) and Boris's (Help); ``boss`` sees all, ``sales`` Anna's, ``gone`` is disabled."""

    def __init__(self, store: Store, mail: MailServer, trust: ssl.SSLContext, folder: Path) -> None:
        self.store, self.mail, self.now = store, mail, NEXT_MORNING
        made = store.projects.add("One", timezone="Europe/Warsaw", country="PL", language="en", now=1.0)
        self.project = store.project(made.id)
        sales = self.project.directory.add_department("Sales").id
        self.project.directory.add_employee("Anna", department_id=sales, account_names=("101",))
        helping = self.project.directory.add_department("Help").id
        self.project.directory.add_employee("Boris", department_id=helping, account_names=("201",))
        self.project.journal.write([call(1, accounts=("101",)), call(2, accounts=("201",))])
        self.users = {}
        for name, role in (("boss", Role.ADMINISTRATOR), ("sales", Role.SUPERVISOR), ("gone", Role.ANALYST)):
            user = store.users.add(name, name=name.title(), password_hash=None, now=1.0)
            departments = (sales,) if role is Role.SUPERVISOR else ()
            store.memberships.grant(user.id, made.id, role, department_ids=departments)
            store.users.set_email(user.id, f"{name}@example.com")
            self.users[name] = user.id
        store.users.disable(self.users["gone"], now=2.0)
        url = f"smtp://{LOGIN}:{quote(PASSWORD, safe='')}@127.0.0.1:{mail.port}"
        self.folder = folder / "letters"
        self.post = Post(
            store,
            self.project,
            lambda: About(project="One", zone=ZONE),
            lambda user_id: reader_of(store, made.id, user_id),
            server=smtp_server(url, "calls@example.com"),
            folder=self.folder,
            public_url="https://calls.example.com/",
            clock=lambda: self.now,
            trust=trust,
        )

    def to(self, *names: str, addresses: tuple[str, ...] = ()) -> Recipients:
        return Recipients(user_ids=tuple(self.users[name] for name in names), addresses=addresses)

    def send(self, *names: str, by: str = "boss", addresses: tuple[str, ...] = ()) -> None:
        to = self.to(*names, addresses=addresses)
        self.project.deliveries.put("Report", user_id=self.users[by], ask=ASK, recipients=to, now=self.now)

    def letters(self) -> list[Delivery]:
        return sorted(self.project.deliveries.list(), key=lambda each: each.id)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def company(
    sqlite_url: str, tls: tuple[ssl.SSLContext, ssl.SSLContext], tmp_path: Path
) -> AsyncIterator[Company]:
    store = Store.open(sqlite_url)
    try:
        async with mail_server(tls[0]) as mail:
            yield Company(store, mail, tls[1], tmp_path)
    finally:
        store.close()


def rows(letter: EmailMessage) -> Iterator[str]:
    """The employees of the calls in a letter's CSV."""
    (file,) = letter.iter_attachments()
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    return (row["Employee"] for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


async def test_each_recipient_gets_what_they_may_see(company: Company) -> None:
    company.send("boss", "sales", addresses=("out@example.org",))
    company.send(by="sales", addresses=("other@example.org",))
    await company.post.turn()
    assert {str(each["To"]): sorted(rows(each)) for each in company.mail.letters} == {
        "boss@example.com": ["Anna", "Boris"],
        "sales@example.com": ["Anna"],
        "out@example.org": ["Anna", "Boris"],
        "other@example.org": ["Anna"],
    }
    assert [envelope.rcpt_tos for envelope in company.mail.envelopes] == [
        ["boss@example.com"], ["sales@example.com"], ["out@example.org"], ["other@example.org"],
    ]  # fmt: skip
    assert {each.state for each in company.letters()} == {DeliveryState.SENT}
    assert not list(company.folder.iterdir())


@pytest.mark.parametrize("form", [Form.CSV, Form.XLSX, Form.PDF])
async def test_a_letter_masks_numbers_for_whom_it_is(company: Company, form: Form) -> None:
    company.project.rules.set(Rules(masked_roles=("supervisor",)))
    recipients = company.to("boss", "sales")
    ask = msgspec.structs.replace(ASK, form=form)
    company.project.deliveries.put(
        "About +48 600 000 001", user_id=company.users["boss"], ask=ask, recipients=recipients, now=company.now
    )
    await company.post.turn()
    numbers = {str(each["To"]): re.search(r"600[ ]?000[ ]?00[12]", whole(each)) for each in company.mail.letters}
    assert numbers["boss@example.com"] is not None
    assert numbers["sales@example.com"] is None


def whole(letter: EmailMessage) -> str:
    """All that can be read in a letter: its head, its words, its file."""
    (file,) = letter.iter_attachments()
    content = file.get_payload(decode=True)
    assert isinstance(content, bytes)
    words = letter.get_body()
    assert words is not None
    said = [*map(str, letter.values()), str(words.get_content()), str(file.get_filename())]
    if content.startswith(b"%PDF-"):
        said += [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    elif content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as sheet:
            said += [sheet.read(name).decode(errors="replace") for name in sheet.namelist()]
    else:
        said.append(content.decode())
    return "\n".join(said)


async def test_who_is_disabled_or_no_longer_of_the_project_gets_nothing(company: Company) -> None:
    company.send("gone", "sales")
    company.store.memberships.withdraw(company.users["sales"], company.project.project_id)
    company.send(by="gone", addresses=("out@example.org",))
    await company.post.turn()
    assert not company.mail.letters
    assert [each.state for each in company.letters()] == [DeliveryState.FAILED] * 3


async def test_a_letter_is_tried_again_and_told(company: Company) -> None:
    company.mail.answers += ["451 busy", "451 still busy"]
    company.send("boss")
    await company.post.turn()
    (waits,) = company.letters()
    assert (waits.state, waits.error, waits.tries) == (DeliveryState.WAITING, "451 busy", 1)
    assert waits.next_try_at == company.now + BACK_OFF_S[0]
    await company.post.turn()  # too early
    assert company.letters()[0].tries == 1
    company.now += BACK_OFF_S[0]
    await company.post.turn()
    company.now += BACK_OFF_S[1]
    await company.post.turn()
    (sent,) = company.letters()
    assert (sent.state, sent.tries, len(company.mail.letters)) == (DeliveryState.SENT, 3, 1)


async def test_a_letter_is_given_up_in_the_servers_words(company: Company) -> None:
    company.mail.answers += ["451 busy"] * 10
    company.send("boss")
    for wait_s in (*BACK_OFF_S, 0.0):
        await company.post.turn()
        company.now += wait_s
    (failed,) = company.letters()
    assert (failed.state, failed.error, failed.tries) == (DeliveryState.FAILED, "451 busy", len(BACK_OFF_S) + 1)
    company.mail.answers.clear()
    company.project.deliveries.again(failed.id, now=company.now)
    await company.post.turn()
    assert company.letters()[0].state is DeliveryState.SENT


async def test_a_connection_cut_after_the_text_is_doubt_and_not_sent_again(company: Company) -> None:
    company.mail.answers.append("cut")
    company.send("boss")
    await company.post.turn()
    company.now += 86_400
    await company.post.turn()
    assert [each.state for each in company.letters()] == [DeliveryState.DOUBTFUL]
    assert not company.mail.letters


async def test_what_was_being_sent_when_the_process_died_is_not_sent_again(company: Company) -> None:
    company.send("boss", "sales")
    first, second = company.letters()
    for states in ((DeliveryState.WAITING, DeliveryState.MAKING), (DeliveryState.MAKING, DeliveryState.SENDING)):
        assert company.project.deliveries.step(first.id, *states)
    assert company.project.deliveries.step(second.id, DeliveryState.WAITING, DeliveryState.MAKING)
    running = asyncio.create_task(company.post.run())
    await asyncio.wait_for(company.mail.taken.wait(), 30)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert company.letters()[0].state is DeliveryState.DOUBTFUL
    assert [str(each["To"]) for each in company.mail.letters] == ["sales@example.com"]
    company.send("boss")
    with pytest.raises(ConflictError):
        company.project.deliveries.again(company.letters()[2].id, now=company.now)


def _schedule(company: Company, next_at: float, when: When = DAILY) -> None:
    to = company.to("boss")
    owner = company.users["boss"]
    company.project.schedules.add("Daily", user_id=owner, when=when, ask=ASK, recipients=to, next_at=next_at, now=1.0)


async def test_a_schedule_goes_out_at_its_time_of_the_day_before(company: Company) -> None:
    _schedule(company, NEXT_MORNING)
    company.now = NEXT_MORNING - 1
    await company.post.turn()
    assert not company.letters()
    company.now = NEXT_MORNING
    await company.post.turn()
    await company.post.turn()
    (sent,) = company.letters()
    assert (sent.state, sent.late, sent.due_at) == (DeliveryState.SENT, False, NEXT_MORNING)
    begin, end = day_bounds(date(2023, 11, 14), ZONE)
    assert (sent.ask.filter.started_from, sent.ask.filter.started_to) == (begin, end)
    assert sorted(rows(company.mail.letters[0])) == ["Anna", "Boris"]
    assert company.project.schedules.next_at() == NEXT_MORNING + 86_400


async def test_times_missed_while_down_go_out_once_and_late(company: Company) -> None:
    _schedule(company, NEXT_MORNING)
    company.now = NEXT_MORNING + 3 * 86_400 + 7200
    await company.post.turn()
    await company.post.turn()
    (sent,) = company.letters()
    assert (sent.late, sent.due_at) == (True, NEXT_MORNING + 3 * 86_400)
    body = company.mail.letters[0].get_body()
    assert body is not None
    assert "This report is late" in body.get_content()


async def test_a_paused_or_removed_schedule_sends_nothing(company: Company) -> None:
    _schedule(company, NEXT_MORNING)
    _schedule(company, NEXT_MORNING)
    first, second = company.project.schedules.list()
    company.project.schedules.remove(first.id, now=company.now)
    company.project.schedules.change(
        second.id,
        name="x",
        when=second.when,
        ask=second.ask,
        recipients=second.recipients,
        paused=True,
        next_at=NEXT_MORNING,
    )
    await company.post.turn()
    assert not company.letters()
    company.project.schedules.restore(first.id, next_at=NEXT_MORNING)
    await company.post.turn()
    assert len(company.letters()) == 1


async def test_what_is_too_large_becomes_a_link_for_its_user_alone(company: Company) -> None:
    company.post._attached_bytes = 100
    company.send("boss", addresses=("out@example.org",))
    await company.post.turn()
    to_user, outside = company.letters()
    assert to_user.state is DeliveryState.SENT
    (letter,) = company.mail.letters
    assert not list(letter.iter_attachments())
    body = letter.get_body()
    assert body is not None
    link = f"https://calls.example.com/api/v1/projects/{company.project.project_id}/deliveries/{to_user.id}/file"
    assert link in body.get_content().splitlines()
    path = company.post.file(to_user.id)
    assert path is not None
    assert path.read_text(encoding="utf-8-sig").startswith("Date and time")
    assert (outside.state, company.post.file(outside.id)) == (DeliveryState.FAILED, None)
    assert "too much for a letter" in (outside.error or "")


async def test_a_report_that_cannot_be_made_hinders_no_other(company: Company) -> None:
    broken = msgspec.structs.replace(ASK, columns=("nothing",))
    to = company.to("boss")
    company.project.deliveries.put("x", user_id=company.users["boss"], ask=broken, recipients=to, now=company.now)
    company.send("boss")
    await company.post.turn()
    assert [each.state for each in company.letters()] == [DeliveryState.FAILED, DeliveryState.SENT]
