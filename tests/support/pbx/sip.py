"""SIP messages as the phones of the tests read and write them: RFC 3261, digest of RFC 2617, UDP only."""

import hashlib
import os
import re
from collections.abc import Sequence

Headers = Sequence[tuple[str, str]]
COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "c": "content-type", "l": "content-length",
    "r": "refer-to", "o": "event",
}  # fmt: skip
ALLOW = ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REFER, UPDATE, INFO")


def token(octets: int = 8) -> str:
    """A random word for tags, branches and Call-IDs."""
    return os.urandom(octets).hex()


class SipMessage:
    """One received message. ``code`` is None for a request; ``source`` is where it came from."""

    def __init__(self, data: bytes, source: tuple[str, int]) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = head.decode("utf-8", "replace").split("\r\n")
        self.start, self.source = lines[0], source
        self.headers: list[tuple[str, str]] = []
        for line in lines[1:]:
            if line[:1] in {" ", "\t"} and self.headers:  # a folded header
                name, value = self.headers[-1]
                self.headers[-1] = (name, f"{value} {line.strip()}")
                continue
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        self.code: int | None = None
        if self.start.startswith("SIP/2.0 "):
            self.code = int(self.start.split(" ", 2)[1])
            self.method = self.get("cseq", "0 ?").split()[1]
        else:
            self.method = self.start.split(" ", 1)[0]

    def get(self, name: str, default: str = "") -> str:
        return next((value for key, value in self.headers if key == name), default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def branch(self) -> str:
        return _found(r"branch=([^;,\s]+)", self.get("via"))

    @property
    def uri(self) -> str:
        """A request's own URI."""
        return self.start.split()[1]


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match.group(1) if match else ""


def tag_of(value: str) -> str:
    return _found(r";tag=([^;\s]+)", value)


def uri_of(value: str) -> str:
    return _found(r"<([^>]+)>", value) or value.split(";", maxsplit=1)[0].strip()


def user_of(uri: str) -> str:
    return _found(r"sips?:([^@;>]+)@", uri) or uri


def media_of(body: bytes) -> tuple[str, int] | None:
    """Where the other side wants its audio, by its session description."""
    text = body.decode("utf-8", "replace")
    address, port = _found(r"c=IN IP4 (\S+)", text), _found(r"m=audio (\d+)", text)
    return (address, int(port)) if address and port and int(port) else None


def session(host: str, port: int, version: int, direction: str = "sendrecv") -> str:
    """A session description: G.711 mu-law and RFC 4733 digits."""
    return (
        f"v=0\r\no=- 1 {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
        f"a=fmtp:101 0-16\r\na=ptime:20\r\na={direction}\r\n"
    )


def encode(start: str, headers: Headers, body: str = "", content_type: str = "application/sdp") -> bytes:
    """A whole message, its lengths right."""
    payload = body.encode()
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    if payload:
        lines.append(f"Content-Type: {content_type}")
    lines.append(f"Content-Length: {len(payload)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + payload


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def authorization(challenged: SipMessage, user: str, password: str, method: str, uri: str) -> tuple[str, str]:
    """The header that answers a 401 or 407."""
    challenge = challenged.get("www-authenticate") or challenged.get("proxy-authenticate")
    given = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', challenge)}
    first, second = _md5(f"{user}:{given['realm']}:{password}"), _md5(f"{method}:{uri}")
    words = f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", algorithm=MD5'
    if "auth" in given.get("qop", ""):
        own = token(4)
        answer = _md5(f"{first}:{given['nonce']}:00000001:{own}:auth:{second}")
        words += f', qop=auth, nc=00000001, cnonce="{own}", response="{answer}"'
    else:
        answer = _md5(f"{first}:{given['nonce']}:{second}")
        words += f', response="{answer}"'
    if "opaque" in given:
        words += f', opaque="{given["opaque"]}"'
    return ("Authorization" if challenged.code == 401 else "Proxy-Authorization"), words
