"""Invitations and forgotten passwords, by a real mail server: links that count once, and nobody is told who is here."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from callfloor.reports.account_letters import AccountLetters
from callfloor.reports.mail import smtp_server
from callfloor.web.one_time import ASKED_FREE, LETTERS_FREE
from callfloor.web.ports import WebSettings
from support.mail_server import LOGIN, MailServer, certificate, mail_server
from support.mail_server import PASSWORD as MAIL_PASSWORD
from support.web_floor import NOW
from support.web_site import PASSWORD, Site, site

GOOD = "seven green bottles"
PUBLIC = "https://calls.example.com"


class Mailed(NamedTuple):
    """A site that can write letters, and what takes them."""

    ours: Site
    mail: MailServer


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def mailed(tmp_path: Path, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Mailed]:
    async with mail_server(tls[0]) as mail:
        address = f"smtp://{LOGIN}:{quote(MAIL_PASSWORD, safe='')}@127.0.0.1:{mail.port}"
        letters = AccountLetters(smtp_server(address, "calls@example.com"), clock=lambda: NOW, trust=tls[1])
        settings = WebSettings(static=tmp_path / "static", public_url=PUBLIC)
        async with site(tmp_path, settings, letters=letters) as ours:
            for login in ("analyst", "supervisor"):
                ours.store.users.set_email(ours.users[login], f"{login}@example.com")
            yield Mailed(ours, mail)


async def letter(mail: MailServer) -> tuple[str, str, str]:
    """The next letter: to whom, about what, and its link's token."""
    async with asyncio.timeout(20):
        await mail.taken.wait()
    mail.taken.clear()
    made = mail.letters[-1]
    link = re.search(re.escape(PUBLIC) + r"/welcome#([\w-]{43})\s", made.get_content())
    assert link is not None, made.get_content()
    return str(made["To"]), str(made["Subject"]), link[1]


async def post(ours: Site, end: str, **body: Any) -> Any:
    return await ours.client().post(f"/api/v1/sign-in/{end}", json=body)


async def test_an_invited_user_sets_a_password_once_and_signs_in(mailed: Mailed) -> None:
    ours, mail = mailed
    admin = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}/users"
    wanted = {"login": "olena", "name": "Olena", "email": "olena@example.com", "role": "analyst", "locale": "uk"}
    made = (await admin.post(base, json=wanted)).json()
    assert made["password"] == "none"
    told = (await admin.post(f"{base}/{made['id']}/link", json={"by": "mail"})).json()
    assert (told["purpose"], told["address"], told["link"]) == ("invitation", "olena@example.com", None)
    to, subject, token = await letter(mail)
    assert (to, subject) == ("olena@example.com", "Ваш обліковий запис у Callfloor")
    found = (await post(ours, "link", token=token)).json()
    assert (found["purpose"], found["login"], found["least_length"]) == ("invitation", "olena", 10)
    weak = await ours.client().put("/api/v1/sign-in/link", json={"token": token, "password": "olena12345"})
    assert weak.json()["error_id"] == "weak_password"
    spent = {"token": token, "password": GOOD}
    assert (await ours.client().put("/api/v1/sign-in/link", json=spent)).status_code == 204
    again = await ours.client().put("/api/v1/sign-in/link", json=spent)
    assert (again.status_code, again.json()["error_id"]) == (409, "link_spent")
    signed = await ours.client().post("/api/v1/session", json={"login": "olena", "password": GOOD})
    assert signed.json()["pending"] == []
    assert token.encode() not in b"".join(path.read_bytes() for path in ours.folder.glob("callfloor.db*"))


@pytest.mark.parametrize("how", ["analyst", "ANALYST", "Analyst@example.com"])
async def test_a_forgotten_password_is_set_by_a_link_which_ends_every_session(mailed: Mailed, how: str) -> None:
    ours, mail = mailed
    desk = await ours.signed_in("analyst")
    assert (await post(ours, "forgotten", login=how)).status_code == 202
    to, subject, token = await letter(mail)
    assert (to, subject) == ("analyst@example.com", "Another password for Callfloor")
    assert (await desk.get("/api/v1/session")).status_code == 200, "asking alone changes nothing"
    spent = {"token": token, "password": GOOD}
    assert (await ours.client().put("/api/v1/sign-in/link", json=spent)).status_code == 204
    assert (await desk.get("/api/v1/session")).status_code == 401
    answer = await ours.client().post("/api/v1/session", json={"login": "analyst", "password": PASSWORD})
    assert answer.status_code == 401


@pytest.mark.parametrize("who", ["nobody", "nobody@example.com", "employee", "gone", "both@example.com", "\x00"])
async def test_whether_there_is_such_a_user_is_not_told(mailed: Mailed, who: str) -> None:
    ours, mail = mailed
    gone = ours.store.users.add("gone", name="Gone", password_hash=None, now=1.0, email="gone@example.com")
    ours.store.users.disable(gone.id, now=2.0)
    for login in ("stranger", "administrator"):
        ours.store.users.set_email(ours.users[login], "both@example.com")
    known, answer = await post(ours, "forgotten", login="supervisor"), await post(ours, "forgotten", login=who)
    assert (answer.status_code, answer.content) == (known.status_code, known.content) == (202, b"")
    await letter(mail)
    await post(ours, "forgotten", login="analyst")
    assert (await letter(mail))[0] == "analyst@example.com"
    assert {str(each["To"]) for each in mail.letters} == {"supervisor@example.com", "analyst@example.com"}


async def test_letters_and_requests_are_throttled(mailed: Mailed) -> None:
    ours, mail = mailed
    for _ in range(LETTERS_FREE + 1):
        await post(ours, "forgotten", login="analyst")
        await letter(mail)
    for _ in range(3):
        await post(ours, "forgotten", login="analyst")
    await post(ours, "forgotten", login="supervisor")
    assert (await letter(mail))[0] == "supervisor@example.com"
    assert len(mail.letters) == LETTERS_FREE + 2, "the analyst's mailbox is not filled"
    codes = [(await post(ours, "forgotten", login="nobody")).status_code for _ in range(ASKED_FREE)]
    assert codes[-1] == 429


async def test_a_link_ends_by_its_age_by_a_newer_one_and_with_its_user(mailed: Mailed) -> None:
    ours, mail = mailed
    await post(ours, "forgotten", login="analyst")
    first = (await letter(mail))[2]
    await post(ours, "forgotten", login="analyst")
    second = (await letter(mail))[2]
    assert (await post(ours, "link", token=first)).status_code == 409
    assert (await post(ours, "link", token=second)).status_code == 200
    ours.clock.now += 3601
    assert (await post(ours, "link", token=second)).status_code == 409
    await post(ours, "forgotten", login="analyst")
    third = (await letter(mail))[2]
    ours.store.users.disable(ours.users["analyst"], now=ours.clock())
    assert (await post(ours, "link", token=third)).status_code == 409


async def test_a_mail_server_that_refuses_is_told_to_the_administrator(mailed: Mailed) -> None:
    ours, mail = mailed
    mail.answers.append("550 no such mailbox")
    admin = await ours.signed_in("administrator")
    address = f"/api/v1/projects/{ours.ours}/users/{ours.users['analyst']}/link"
    answer = await admin.post(address, json={"by": "mail"})
    assert (answer.status_code, answer.json()["error_id"]) == (409, "letter_not_sent")
    assert "550 no such mailbox" in answer.json()["message"]
    employee = f"/api/v1/projects/{ours.ours}/users/{ours.users['employee']}/link"
    assert (await admin.post(employee, json={"by": "mail"})).json()["error_id"] == "no_address"
    by_hand = (await admin.post(employee, json={"by": "hand"})).json()
    assert by_hand["link"].startswith(f"{PUBLIC}/welcome#")
