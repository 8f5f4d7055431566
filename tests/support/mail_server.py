"""A real SMTP server on a real socket, with STARTTLS and AUTH, which can be told to refuse, to put off and to cut."""

import asyncio
import contextlib
import ssl
import subprocess
import warnings
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

LOGIN, PASSWORD = "callfloor", "s3cret/@:"


class MailServer:
    """Takes letters as aiosmtpd does; ``answers`` are given to the next texts in place of its own, "cut" cuts."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answers: list[str] = []
        self.refuses: dict[str, str] = {}  # recipients, with the words
        self.sessions = 0
        self.taken = asyncio.Event()

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server
        session.host_name = hostname
        self.sessions += 1
        return responses

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer == "cut":
            transport: Any = server.transport
            transport.abort()
            return "250 never told"
        if answer.startswith("2"):
            content = envelope.content
            assert isinstance(content, bytes)
            letter = message_from_bytes(content, policy=default)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
            self.envelopes.append(envelope)
            self.taken.set()
        return answer


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side of TLS for 127.0.0.1, and a client's that trusts it alone."""
    key, made = folder / "key.pem", folder / "cert.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=mail"
    names = f"-addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {made}"
    subprocess.run(["openssl", *f"{words} {names}".split()], check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made, key)
    return server, ssl.create_default_context(cafile=str(made))


@contextlib.asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None, *, from_the_start: bool = False) -> AsyncIterator[MailServer]:
    """The server for as long as the block lasts; without ``tls`` it has neither STARTTLS nor AUTH."""
    found = MailServer()

    def known(_server: SMTP, _session: Session, _envelope: Envelope, mechanism: str, told: Any) -> AuthResult:
        good = isinstance(told, LoginPassword) and told == LoginPassword(LOGIN.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    def protocol() -> SMTP:
        if tls is None:
            return SMTP(found, hostname="mail.test")
        with warnings.catch_warnings():
            # It takes TLS for STARTTLS alone, and warns of a login without it: here the whole line is TLS.
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS", UserWarning)
            return SMTP(
                found,
                hostname="mail.test",
                tls_context=None if from_the_start else tls,
                require_starttls=not from_the_start,
                auth_required=True,
                auth_require_tls=not from_the_start,
                authenticator=known,
            )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls if from_the_start else None)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()
