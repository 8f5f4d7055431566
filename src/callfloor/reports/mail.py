"""Mail: where the server is, what a letter looks like, and one attempt to send it, with an outcome that can be told.

An attempt ends in one of four ways, by RFC 5321, section 4.2.1: the server took the letter; it refused for good (5yz),
or for now (4yz, or nobody answered); or the connection ended after the text and before the answer, and nobody knows.
"""

import asyncio
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import formatdate, parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import msgspec
from typing_extensions import override

from callfloor.errors import ConfigurationError, InvalidInputError
from callfloor.store.report_asks import checked_address

TIMEOUT_S: Final = 60.0
LONGEST_WORDS: Final = 500
_POLICY: Final = SMTP_POLICY.clone(cte_type="7bit")  # every server takes it


class SmtpServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed over, and by whom."""

    host: str
    port: int
    tls: bool  # from the first byte on (smtps)
    starttls: bool  # required before anything is said
    login: str | None
    password: str | None
    sender: str  # the envelope's and the header's address
    sender_name: str

    @override
    def __repr__(self) -> str:
        """Without the password: this may end up in a log."""
        return f"SmtpServer({self.host}:{self.port})"


def smtp_server(url: str, sender: str) -> SmtpServer:
    """The server of ``smtp://login:password@host:587`` (STARTTLS is required, unless ``?starttls=no``) or ``smtps://``.

    Raises:
        ConfigurationError: the URL or the sender cannot be understood. The message holds no password.
    """
    problem = "CALLFLOOR_SMTP_URL must be smtp://login:password@host:587 or smtps://login:password@host:465"
    try:
        parts = urlsplit(url)
        port = parts.port
        query = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise ConfigurationError(problem) from None
    wrong = parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}
    starttls = query.pop("starttls", ["yes"])[-1]
    if wrong or query or starttls not in {"yes", "no"} or (parts.username is None) != (parts.password is None):
        raise ConfigurationError(problem)
    name, address = parseaddr(sender)
    try:
        checked_address(address)
    except InvalidInputError:
        raise ConfigurationError("CALLFLOOR_SMTP_FROM must be an address, as Callfloor <calls@example.com>") from None
    tls = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname or "",
        port=port or (465 if tls else 587),
        tls=tls,
        starttls=not tls and starttls == "yes",
        login=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
        sender=address,
        sender_name=_line(name),
    )


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A file that goes with a letter."""

    path: Path
    name: str
    media_type: str


def letter(
    server: SmtpServer,
    *,
    to: str,
    subject: str,
    text: str,
    language: str,
    now: float,
    message_id: str,
    attachment: Attachment | None,
) -> EmailMessage:
    """The letter. Whatever the texts hold, each header stays one header.

    Args:
        server: tells the sender.
        to: the recipient's address.
        subject: one line; control characters become spaces.
        text: the body.
        language: of the text, as BCP 47.
        now: UTC epoch seconds.
        message_id: before the ``@``; the same letter sent again bears the same, so that mail systems know it.
        attachment: read whole; what is too large is not attached.

    Raises:
        InvalidInputError: ``to`` is no address.
        OSError: the attachment cannot be read.
    """
    made = EmailMessage(policy=_POLICY)
    made["From"] = Address(server.sender_name, addr_spec=server.sender)
    made["To"] = Address(addr_spec=checked_address(to))
    made["Subject"] = _line(subject)
    made["Date"] = formatdate(now, usegmt=True)
    made["Message-ID"] = f"<{message_id}@{server.sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers to it
    made["Content-Language"] = language
    made.set_content(text)
    if attachment is not None:
        main, _, sub = attachment.media_type.partition("/")
        content = attachment.path.read_bytes()
        made.add_attachment(content, maintype=main, subtype=sub, filename=_line(attachment.name))
    return made


class Outcome(StrEnum):
    """How an attempt ended."""

    SENT = "sent"
    REFUSED = "refused"  # for good
    LATER = "later"  # not now
    DOUBTFUL = "doubtful"  # nobody knows


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt's outcome, and the server's words."""

    outcome: Outcome
    words: str


async def send(server: SmtpServer, message: EmailMessage, *, to: str, trust: ssl.SSLContext | None = None) -> Attempt:
    """Hand the letter over, once.

    ``trust`` is for servers whose certificate a private authority signed; by default the machine's authorities count.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=False,
        tls_context=trust or ssl.create_default_context(),
        timeout=TIMEOUT_S,
    )
    told = False  # the text: from here on, silence is doubt
    try:
        await client.connect()
        if server.starttls:
            await client.ehlo()
            if not client.supports_extension("starttls"):
                words = (
                    "The server offers no STARTTLS: nothing was sent. Use smtps://, or ?starttls=no on a safe network."
                )
                return Attempt(outcome=Outcome.REFUSED, words=words)
            await client.starttls()
        if server.login is not None and server.password is not None:
            await client.login(server.login, server.password)
        await client.mail(server.sender)
        await client.rcpt(to)
        told = True
        answer = await client.data(message.as_bytes())
        return Attempt(outcome=Outcome.SENT, words=_words(answer.code, answer.message))
    except aiosmtplib.SMTPAuthenticationError as error:
        return Attempt(outcome=Outcome.REFUSED, words=_words(error.code, error.message))
    except aiosmtplib.SMTPRecipientsRefused as error:
        first = error.recipients[0]
        return _refused(first.code, first.message)
    except aiosmtplib.SMTPResponseException as error:
        if isinstance(error, aiosmtplib.SMTPConnectResponseError) or error.code > 0:
            return _refused(error.code, error.message)
        return Attempt(outcome=Outcome.DOUBTFUL if told else Outcome.LATER, words=str(error.message))
    except aiosmtplib.SMTPNotSupported as error:
        return Attempt(outcome=Outcome.REFUSED, words=str(error))
    except ssl.SSLCertVerificationError as error:
        return Attempt(outcome=Outcome.REFUSED, words=f"The server's certificate: {error.verify_message}")
    except aiosmtplib.SMTPException as error:
        certificate = error.__cause__
        if isinstance(certificate, ssl.SSLCertVerificationError):
            return Attempt(outcome=Outcome.REFUSED, words=f"The server's certificate: {certificate.verify_message}")
        return Attempt(outcome=Outcome.DOUBTFUL if told else Outcome.LATER, words=_line(str(error)))
    except (OSError, TimeoutError) as error:
        return Attempt(outcome=Outcome.DOUBTFUL if told else Outcome.LATER, words=_line(str(error) or "no answer"))
    finally:
        await _goodbye(client)


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    try:
        async with asyncio.timeout(5):
            if client.is_connected:
                await client.quit()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        pass  # the letter's fate is known already
    finally:
        client.close()


def _refused(code: int, message: str) -> Attempt:
    return Attempt(outcome=Outcome.LATER if 400 <= code < 500 else Outcome.REFUSED, words=_words(code, message))


def _words(code: int, message: str) -> str:
    return _line(f"{code} {message}")


def _line(text: str) -> str:
    """One line of printable text."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST_WORDS]
