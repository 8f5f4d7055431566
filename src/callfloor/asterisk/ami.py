"""The AMI codec: bytes in, messages out, and actions into bytes. No socket, no clock.

AMI (Asterisk's ``main/manager.c``) is lines ``Name: value`` ended by CR LF, a message is ended by an empty line, and
the first line of a link is a banner, ``Asterisk Call Manager/x.y.z``. Names repeat (``ChanVariable``, ``Output``).

The codec is lazy, for most of the traffic is never asked for anything: it cuts messages in bulk, looks at the event's
name, drops by that name what nobody wants, and leaves everything else of the message as bytes. A header is searched
for when it is asked for, and decoded then.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NoReturn

from callfloor.asterisk.message import Message, decode
from callfloor.errors import AmiProtocolError, InvalidInputError

__all__ = ["Codec", "Headers", "Message", "encode", "encode_message", "pairs"]

Headers = Mapping[str, str | Sequence[str]] | Iterable[tuple[str, str]]
"""Headers in order: a mapping, where a sequence of values is a repeated header, or pairs."""

MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
"""The longest message: an answer of ``Command`` with 65,536 lines of 64 bytes."""

MAX_HEADERS: Final = 1024
"""Headers in an event. Asterisk's own have up to about 40, and one ``ChanVariable`` for each that is configured."""

MAX_RESPONSE_LINES: Final = 65_536
"""Lines in an answer: ``database show`` of 2,000 extensions has about 60,000."""

MAX_ACTION_LINE_BYTES: Final = 1022
"""Asterisk reads a line into ``inbuf[1025]`` and refuses a longer one ("Line too long"), CR LF included."""

MAX_ACTION_HEADERS: Final = 128
"""``AST_MAX_MANHEADERS``: Asterisk refuses an action of more ("Too many lines in message")."""

_LF: Final = 10
_FORBIDDEN: Final = re.compile(rb"[\r\n\0]")
_BANNER: Final = b"Asterisk Call Manager"
_EVENT: Final = b"Event: "
_RESPONSE: Final = b"Response: "
_END_COMMAND: Final = b"--END COMMAND--"
_FOLLOWS: Final = b"Response: Follows"
_FOLLOWS_HEADERS: Final = (b"Response:", b"Privilege:", b"ActionID:", b"Message:")
_REPLACEMENT: Final = "\ufffd".encode()
_MOST_NAMES: Final = 4096  # a hostile peer may invent names: past this many, or this length, they are not remembered
_LONGEST_NAME: Final = 128


class Codec:
    """Cuts one link's bytes into messages. One for each connection; dead after it has raised.

    Args:
        max_message_bytes: a longer message, or that many bytes without a message's end, is refused.
        max_headers: an event with more headers is refused.
        max_response_lines: a response with more lines is refused.
        keep: False for the name of an event that nobody wants; it is dropped before anything else of it is looked at.
            Must depend on the name alone, for its answers are remembered.
    """

    __slots__ = (
        "_command",
        "_command_size",
        "_dead",
        "_keep",
        "_max_bytes",
        "_max_headers",
        "_max_lines",
        "_names",
        "_parts",
        "_size",
        "_started",
        "banner",
        "keep_answers",
    )

    banner: str | None
    """The newest banner seen, ``Asterisk Call Manager/11.0.0``; None where there was none (a capture begun midway)."""
    keep_answers: bool
    """While true, an event with an ActionID is kept whatever its name: it may belong to a listing that is awaited."""

    def __init__(
        self,
        *,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        max_headers: int = MAX_HEADERS,
        max_response_lines: int = MAX_RESPONSE_LINES,
        keep: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.banner = None
        self.keep_answers = False
        self._keep = keep
        self._max_bytes = max_message_bytes
        self._max_headers = max_headers
        self._max_lines = max_response_lines
        self._names: dict[bytes, str] = {}  # an event's first line → its name; an empty text is unwanted
        self._parts: list[bytes] = []  # a message whose end has not come yet, LF line ends
        self._size = 0  # of the parts together
        self._started = False  # past the place where a banner may stand
        self._command_size = 0
        self._command: list[bytes] | None = None  # an old style command's answer, cut by its own empty lines
        self._dead: str | None = None

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete, in order.

        Raises:
            AmiProtocolError: a limit is passed; the link must be closed, and every further call raises the same.
        """
        if self._dead is not None:
            raise AmiProtocolError(self._dead)
        if b"\r" in data:  # CR LF and LF are alike; a CR inside a value is nothing that anybody means
            data = data.replace(b"\r", b"")
        if b"\0" in data:  # never from Asterisk, whose texts end at a NUL; PostgreSQL refuses it in a text
            data = data.replace(b"\0", _REPLACEMENT)
        if not self._started:
            data = self._start(data)
        if not data:
            return []
        parts = self._parts
        if b"\n\n" not in data and not (parts and data[0] == _LF and parts[-1][-1] == _LF):
            parts.append(data)
            self._size += len(data)
            messages = []
        else:
            if parts:
                data = b"".join((*parts, data))
            blocks = data.split(b"\n\n")
            rest = blocks.pop()
            self._parts = [rest] if rest else []
            self._size = len(rest)
            messages = self._messages(blocks)
        if self._size > self._max_bytes + 1:  # + 1: the LF of its last line
            self._refuse(f"an AMI message is longer than {self._max_bytes} bytes")
        return messages

    def _start(self, data: bytes) -> bytes:
        """Hold the first line until it is whole, and take it out if it is a banner. Returns what is left to cut."""
        if not self._parts:
            data = data.lstrip(b"\n")
        if b"\n" not in data:
            return data
        self._started = True
        data = b"".join((*self._parts, data))
        self._parts, self._size = [], 0
        line, _, rest = data.partition(b"\n")
        if b":" in line:
            return data
        self.banner = decode(line)
        return rest

    def _messages(self, blocks: list[bytes]) -> list[Message]:
        messages: list[Message] = []
        names = self._names
        # A header is at least a byte and an LF, so up to this length nothing need be counted.
        large = max(map(len, blocks)) > min(2 * self._max_headers, self._max_bytes)
        in_command = self._command is not None
        for block in blocks:
            end = block.find(b"\n")
            line = block[:end] if end >= 0 else block
            name = names.get(line)
            if in_command or (name is None and not line.startswith(_EVENT)):
                message = self._unusual(block, line)
                in_command = self._command is not None
                if message is not None:
                    messages.append(message)
                continue
            if name is None:
                name = self._name(line)
            if large:
                self._check(block, self._max_headers, "event")
            if name:
                messages.append(Message(block, name))
            elif self.keep_answers and b"\nActionID: " in block:
                messages.append(Message(block, decode(line[len(_EVENT) :])))
        return messages

    def _check(self, block: bytes, most_lines: int, what: str) -> None:
        if len(block) > self._max_bytes:
            self._refuse(f"an AMI message is longer than {self._max_bytes} bytes")
        if block.count(b"\n") >= most_lines:
            self._refuse(f"an AMI {what} has more than {most_lines} lines")

    def _name(self, line: bytes) -> str:
        """The name in an event's first line; an empty text where nobody wants it."""
        spelled = line[len(_EVENT) :]
        name = decode(spelled) if self._keep is None or self._keep(spelled) else ""
        if len(self._names) < _MOST_NAMES and len(line) < _LONGEST_NAME:
            self._names[line] = name
        return name

    def _unusual(self, block: bytes, line: bytes) -> Message | None:
        """What does not begin with ``Event: ``: responses, mostly."""
        if self._command is not None:
            return self._command_answer(self._command, block)
        if line.startswith(_RESPONSE) and line != _FOLLOWS:
            self._check(block, self._max_lines, "response")
            return Message(block, None, decode(line[len(_RESPONSE) :]))
        block = block.lstrip(b"\n")
        if block.startswith(_BANNER):  # a second link's bytes in one capture
            banner, _, block = block.partition(b"\n")
            self.banner = decode(banner)
        if not block:
            return None
        if block == _FOLLOWS or block.startswith(_FOLLOWS + b"\n"):
            self._command = []
            self._command_size = 0
            return self._command_answer(self._command, block)
        message = Message(block, None)
        first = block[: block.find(b":")].lower()
        if first != b"response" and "Event" in message:
            self._check(block, self._max_headers, "event")
            message.event = message.get("Event")
            wanted = self._keep is None or self._keep(message.event.encode())
            return message if wanted or (self.keep_answers and "ActionID" in message) else None
        self._check(block, self._max_lines, "response")
        message.response = message.get("Response") if "Response" in message else None
        return message

    def _command_answer(self, command: list[bytes], block: bytes) -> Message | None:
        """Collect an old style command's answer up to its own end, and write it in the new style."""
        command.append(block)
        self._command_size += len(block) + 2
        if self._command_size > self._max_bytes + 2:
            self._refuse(f"an AMI message is longer than {self._max_bytes} bytes")
        if not block.endswith(_END_COMMAND):
            return None
        self._command = None
        lines = b"\n\n".join(command).removesuffix(_END_COMMAND).removesuffix(b"\n").split(b"\n")
        if len(lines) > self._max_lines:
            self._refuse(f"an AMI response has more than {self._max_lines} lines")
        heads = 0
        while heads < len(lines) and lines[heads].startswith(_FOLLOWS_HEADERS):
            heads += 1
        output = [b"Output: " + line for line in lines[heads:]]
        return Message(b"\n".join((*lines[:heads], *output)), None, "Follows")

    def _refuse(self, why: str) -> NoReturn:
        self._dead = why
        self._parts, self._command = [], None
        raise AmiProtocolError(why)


def encode(action: str, headers: Headers = ()) -> bytes:
    """An action as bytes.

    Args:
        action: the action's name, ``CoreShowChannels``.
        headers: ``ActionID`` among them; a sequence of values is a repeated header (``Variable``).

    Raises:
        InvalidInputError: a name or value has CR, LF or NUL (it would be another header or action), is not UTF-8, or
            the line or the number of headers is above what Asterisk reads. The message never tells the value.
    """
    lines = _lines((("Action", action), *pairs(headers)))
    if len(lines) > MAX_ACTION_HEADERS:
        raise InvalidInputError(f"an AMI action may have {MAX_ACTION_HEADERS} headers, not {len(lines)}")
    for line in lines:
        if len(line) > MAX_ACTION_LINE_BYTES:
            name = decode(line.partition(b":")[0][:64])
            raise InvalidInputError(f"the AMI header {name} is longer than {MAX_ACTION_LINE_BYTES} bytes")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def encode_message(headers: Headers) -> bytes:
    """Any message as bytes, as a PBX sends it: for simulated peers and recorded messages. No limits but the form.

    A header named ``""`` is a line without a colon, as ``Message.items`` gives it.

    Raises:
        InvalidInputError: a name or value has CR, LF or NUL, or is not UTF-8.
    """
    return b"\r\n".join(_lines(pairs(headers))) + b"\r\n\r\n"


def pairs(headers: Headers) -> list[tuple[str, str]]:
    """Headers as pairs, a repeated one once for each value."""
    if not isinstance(headers, Mapping):
        return list(headers)
    pairs = []
    for name, value in headers.items():
        if isinstance(value, str):
            pairs.append((name, value))
        else:
            pairs.extend((name, one) for one in value)
    return pairs


def _lines(pairs: Iterable[tuple[str, str]]) -> list[bytes]:
    lines = []
    for name, value in pairs:
        try:
            line = f"{name}: {value}".encode() if name else value.encode()
        except UnicodeEncodeError:
            raise InvalidInputError("an AMI header's name or value is not UTF-8") from None
        if _FORBIDDEN.search(line):
            raise InvalidInputError("an AMI header's name or value may not have CR, LF or NUL")
        if ":" in name or (not name and (not value or ":" in value)):
            raise InvalidInputError("an AMI header's name may not be empty or have a colon")
        lines.append(line)
    return lines
