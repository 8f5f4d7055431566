"""What signing in needs of the others, stated narrowly; ``service`` hands over what fits."""

from typing import Protocol

import msgspec
from typing_extensions import override


class AccountLetters(Protocol):
    """Letters to users about their accounts."""

    async def send_link(
        self, *, to: str, name: str, login: str, link: str, invitation: bool, expires_at: float, language: str
    ) -> None:
        """Send a one-time link, now.

        Raises:
            ReportError: the mail server refused, or could not be reached; the message has its words.
        """


class Secrets(Protocol):
    """Seals what the database must keep and nobody must read there."""

    def seal(self, text: str) -> str:
        """The text, sealed."""
        ...

    def open(self, sealed: str) -> str:
        """The text that was sealed.

        Raises:
            CallfloorError: it was sealed with another key.
        """
        ...


class GivenIssuer(msgspec.Struct, frozen=True, kw_only=True):
    """An OpenID Connect issuer, as it is given where Callfloor is started."""

    issuer: str
    client_id: str
    client_secret: str | None

    @override
    def __repr__(self) -> str:
        """Without the secret: this may end up in a log."""
        return f"GivenIssuer({self.issuer})"
