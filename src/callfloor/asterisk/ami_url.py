"""Where the PBX's manager interface is and who we are there, as one address that never shows the secret."""

import ssl
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec
from typing_extensions import override

from callfloor.errors import ConfigurationError

PORT = 5038  # manager.conf: port
TLS_PORT = 5039  # manager.conf: tlsbindaddr

Login = Literal["auto", "challenge", "plain"]


class Secret:
    """A text that no log, traceback or repr shows; ``reveal`` gives it to whoever must send it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Do not keep it."""
        return self._text

    @override
    def __repr__(self) -> str:
        return "***"

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    @override
    def __hash__(self) -> int:
        return hash(self._text)


class AmiUrl(msgspec.Struct, frozen=True, kw_only=True):
    """``ami://user:secret@host:5038``, or ``amis://`` for TLS, taken apart by ``parse_url``."""

    host: str
    port: int
    user: str
    secret: Secret
    tls: bool = False
    verify: bool = True  # the PBX's certificate and its name
    ca: str | None = None  # a file of certificates to trust instead of the system's
    login: Login = "auto"  # challenge (MD5) first, and plain where the PBX has no challenge

    @override
    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'amis' if self.tls else 'ami'}://{self.user}:***@{host}:{self.port}"


def parse_url(text: str) -> AmiUrl:
    """The parts of an address like ``amis://user:secret@host:5039?verify=no&ca=/path&login=plain``.

    User and secret are percent-encoded where they have ``@``, ``:``, ``/``, ``?``, ``#`` or ``%``. Options:
    ``verify=no`` trusts any certificate, ``ca=/path`` trusts the certificates of that file, ``login=plain`` or
    ``login=challenge`` allows that kind of login only.

    Raises:
        ConfigurationError: the address cannot be understood; the message never repeats any part of it.
    """
    try:
        parts = urlsplit(text.strip())
        port = parts.port
    except ValueError:
        raise ConfigurationError("the PBX's address cannot be read: look at its host and port") from None
    if parts.scheme not in {"ami", "amis"}:
        raise ConfigurationError("the PBX's address must begin with ami:// or amis://")
    if not parts.hostname:
        raise ConfigurationError("the PBX's address has no host: ami://user:secret@host:5038")
    if parts.path not in {"", "/"} or parts.fragment:
        raise ConfigurationError("the PBX's address has something after the port; is a / ? or # of the secret bare?")
    user, secret = _identity(parts)
    tls = parts.scheme == "amis"
    options = _options(parts.query)
    if not tls and {"verify", "ca"} & options.keys():
        raise ConfigurationError("the PBX's address: verify and ca are for amis:// only")
    if options.get("verify") == "no" and "ca" in options:
        raise ConfigurationError("the PBX's address: with verify=no a ca is of no use")
    return AmiUrl(
        host=parts.hostname,
        port=port if port is not None else (TLS_PORT if tls else PORT),
        user=user,
        secret=Secret(secret),
        tls=tls,
        verify=options.get("verify", "yes") == "yes",
        ca=options.get("ca"),
        login=_login(options.get("login", "auto")),
    )


def _identity(parts: SplitResult) -> tuple[str, str]:
    user, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if not user or not secret:
        raise ConfigurationError("the PBX's address needs a manager user and its secret: ami://user:secret@host:5038")
    if any(character in user + secret for character in "\r\n\0"):
        raise ConfigurationError("the PBX's address: a manager user or secret cannot have CR, LF or NUL")
    return user, secret


def _options(query: str) -> dict[str, str]:
    try:
        options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError:
        raise ConfigurationError("the PBX's address: its options are ?name=value&name=value") from None
    if options.keys() - {"verify", "ca", "login"}:
        raise ConfigurationError("the PBX's address: its options are verify, ca and login")
    if options.get("verify", "yes") not in {"yes", "no"}:
        raise ConfigurationError("the PBX's address: verify is yes or no")
    if options.get("ca") == "":
        raise ConfigurationError("the PBX's address: ca is a file's path")
    return options


def _login(text: str) -> Login:
    if text == "auto":
        return "auto"
    if text == "challenge":
        return "challenge"
    if text == "plain":
        return "plain"
    raise ConfigurationError("the PBX's address: login is auto, challenge or plain")


def bare_url(url: AmiUrl) -> str:
    """The address as text without its secret, for ``with_secret`` to read."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    options = {"ca": url.ca} if url.ca is not None else {}
    if url.tls and not url.verify:
        options["verify"] = "no"
    if url.login != "auto":
        options["login"] = url.login
    query = f"?{urlencode(options)}" if options else ""
    return f"{'amis' if url.tls else 'ami'}://{quote(url.user, safe='')}@{host}:{url.port}{query}"


def with_secret(text: str, secret: str) -> AmiUrl:
    """The parts of an address that has no secret in it, with this one.

    Raises:
        ConfigurationError: as ``parse_url``.
    """
    scheme, _, rest = text.partition("://")
    user, at, place = rest.rpartition("@")
    return parse_url(f"{scheme}://{user}:{quote(secret, safe='')}{at}{place}")


def tls_context(url: AmiUrl) -> ssl.SSLContext | None:
    """What to connect with; None for a link without TLS.

    Raises:
        ConfigurationError: the file of certificates cannot be read.
    """
    if not url.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=url.ca)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"the file of certificates that ca= names cannot be read: {error.strerror}") from None
    if not url.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
