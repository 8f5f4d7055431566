"""Letters, handed to a real mail server over real sockets: TLS, login, refusals, and every way in which it may end."""

import ssl
from pathlib import Path
from urllib.parse import quote

import pytest

from callfloor.errors import ConfigurationError, InvalidInputError
from callfloor.reports.mail import Attachment, Outcome, SmtpServer, letter, send, smtp_server
from support.mail_server import LOGIN, PASSWORD, MailServer, certificate, mail_server

TO = "anna@example.com"


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path_factory.mktemp("tls"))


def at(mail: MailServer, *, scheme: str = "smtp", password: str = PASSWORD, query: str = "") -> SmtpServer:
    url = f"{scheme}://{LOGIN}:{quote(password, safe='')}@127.0.0.1:{mail.port}{query}"
    return smtp_server(url, "Звіти Callfloor <calls@example.com>")


def text(server: SmtpServer, **more: object) -> object:
    told = {
        "to": TO,
        "subject": "Журнал",
        "text": "Połączenia\n",
        "language": "uk",
        "now": 1_700_000_000.0,
        "message_id": "a.1",
        "attachment": None,
    }
    return letter(server, **(told | more))  # type: ignore[arg-type]


async def test_a_letter_goes_over_starttls_with_its_login_and_its_file(
    tls: tuple[ssl.SSLContext, ssl.SSLContext], tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_bytes(b"\xef\xbb\xbfa,b\r\n")
    async with mail_server(tls[0]) as mail:
        server = at(mail)
        attachment = Attachment(path=tmp_path / "r.csv", name="Журнал 2026.csv", media_type="text/csv")
        made = text(server, attachment=attachment)
        attempt = await send(server, made, to=TO, trust=tls[1])  # type: ignore[arg-type]
        assert attempt.outcome is Outcome.SENT, attempt.words
        assert attempt.words == "250 taken"
    (told,), (envelope,) = mail.letters, mail.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("calls@example.com", [TO])
    assert str(told["From"]) == "Звіти Callfloor <calls@example.com>"
    assert told["Subject"] == "Журнал"
    assert told["Message-ID"] == "<a.1@example.com>"
    assert told["Auto-Submitted"] == "auto-generated"
    body = told.get_body()
    assert body is not None
    assert body.get_content().splitlines() == ["Połączenia"]
    (file,) = told.iter_attachments()
    assert file.get_filename() == "Журнал 2026.csv"
    assert file.get_payload(decode=True) == b"\xef\xbb\xbfa,b\r\n"


async def test_a_server_that_speaks_tls_from_the_start(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with mail_server(tls[0], from_the_start=True) as mail:
        server = at(mail, scheme="smtps")
        attempt = await send(server, text(server), to=TO, trust=tls[1])  # type: ignore[arg-type]
        assert attempt.outcome is Outcome.SENT, attempt.words


async def test_a_login_that_is_refused_is_told_in_the_servers_words(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with mail_server(tls[0]) as mail:
        server = at(mail, password="wrong")
        attempt = await send(server, text(server), to=TO, trust=tls[1])  # type: ignore[arg-type]
    assert attempt.outcome is Outcome.REFUSED
    assert attempt.words.startswith("535")
    assert not mail.letters


async def test_without_starttls_nothing_is_said_to_a_server(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with mail_server(None) as mail:
        server = at(mail)
        attempt = await send(server, text(server), to=TO, trust=tls[1])  # type: ignore[arg-type]
        assert attempt.outcome is Outcome.REFUSED
        assert "STARTTLS" in attempt.words
        open_one = smtp_server(f"smtp://127.0.0.1:{mail.port}?starttls=no", "calls@example.com")
        assert (await send(open_one, text(open_one), to=TO)).outcome is Outcome.SENT  # type: ignore[arg-type]


async def test_a_certificate_that_nobody_signed_is_not_trusted(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async with mail_server(tls[0]) as mail:
        server = at(mail)
        attempt = await send(server, text(server), to=TO)  # type: ignore[arg-type]
    assert attempt.outcome is Outcome.REFUSED
    assert "certificate" in attempt.words
    assert not mail.letters


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 come back later", Outcome.LATER),
        ("554 not here", Outcome.REFUSED),
        ("cut", Outcome.DOUBTFUL),
    ],
)
async def test_what_a_server_says_to_the_text(
    tls: tuple[ssl.SSLContext, ssl.SSLContext], answer: str, outcome: Outcome
) -> None:
    async with mail_server(tls[0]) as mail:
        mail.answers.append(answer)
        server = at(mail)
        attempt = await send(server, text(server), to=TO, trust=tls[1])  # type: ignore[arg-type]
        assert attempt.outcome is outcome, attempt.words
        if answer != "cut":
            assert attempt.words == answer
        assert not mail.letters


@pytest.mark.parametrize(("answer", "outcome"), [("450 busy", Outcome.LATER), ("550 nobody", Outcome.REFUSED)])
async def test_a_recipient_that_a_server_does_not_take(
    tls: tuple[ssl.SSLContext, ssl.SSLContext], answer: str, outcome: Outcome
) -> None:
    async with mail_server(tls[0]) as mail:
        mail.refuses[TO] = answer
        server = at(mail)
        attempt = await send(server, text(server), to=TO, trust=tls[1])  # type: ignore[arg-type]
        assert (attempt.outcome, attempt.words) == (outcome, answer)


async def test_where_nobody_listens_it_is_tried_later(unused_tcp_port: int) -> None:
    server = smtp_server(f"smtp://127.0.0.1:{unused_tcp_port}", "calls@example.com")
    attempt = await send(server, text(server), to=TO)  # type: ignore[arg-type]
    assert attempt.outcome is Outcome.LATER


@pytest.mark.parametrize(
    "to",
    ["a@b.com\r\nBcc: x@y.com", "a@b.com, x@y.com", "a b@c.com", "<a@b.com>", "a@", "@b.com", "a\x00@b.com", "ж@b.com"],
)
def test_no_recipient_can_make_a_header_or_another_recipient(to: str) -> None:
    server = smtp_server("smtp://mail.test", "calls@example.com")
    with pytest.raises(InvalidInputError):
        text(server, to=to)


def test_no_text_can_make_a_header() -> None:
    server = smtp_server("smtp://mail.test", "calls@example.com")
    made = letter(
        server,
        to=TO,
        subject="Report\r\nBcc: x@y.com\n\nbody\u2028\x85Bcc: z",
        text="\r\n.\r\nMAIL FROM:<x>\r\n",
        language="en",
        now=0.0,
        message_id="a",
        attachment=None,
    )
    assert made.get_all("Bcc") is None
    head = made.as_bytes().partition(b"\r\n\r\n")[0]
    assert b"\nBcc" not in head


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.test",
        "smtp://",
        "smtp://a@mail.test",
        "smtp://mail.test/path",
        "smtp://mail.test?starttls=perhaps",
        "smtp://mail.test?x=1",
        "smtp://a:hunter2@mail.test:notaport",
    ],
)
def test_a_url_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        smtp_server(url, "calls@example.com")
    assert "hunter2" not in str(told.value)


def test_a_servers_password_is_not_shown() -> None:
    assert "hunter2" not in repr(smtp_server("smtp://a:hunter2@mail.test", "calls@example.com"))


def test_a_sender_is_an_address() -> None:
    with pytest.raises(ConfigurationError):
        smtp_server("smtp://mail.test", "Callfloor")
