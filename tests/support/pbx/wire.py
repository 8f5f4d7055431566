"""A SIP user agent's wire: one UDP socket, transactions with their repetitions, answers given twice the same."""

import asyncio
import socket as sockets
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from typing_extensions import override

from support.pbx.network import SIP_PORT
from support.pbx.sip import Headers, SipMessage, encode, tag_of

RECEIVE_BUFFER = 1 << 20
REMEMBERED = 500  # answers kept for requests that come again


class Wire(asyncio.DatagramProtocol):
    """What a phone stands on. ``deaf`` is a phone that fell off the network: nothing goes out or comes in."""

    def __init__(self, name: str, host: str, server: tuple[str, int], agent: str) -> None:
        self.wire_name, self.host, self.server, self.agent = name, host, server, agent
        self.deaf = False
        self._pending: dict[tuple[str, str], asyncio.Queue[SipMessage]] = {}
        self._replies: dict[tuple[str, str], bytes] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    async def open_wire(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, SIP_PORT))

    async def close_wire(self) -> None:
        """Leaves nothing running: no task, no socket."""
        await self.give_up()
        if self._transport is not None:
            self._transport.close()

    async def give_up(self) -> None:
        """Nothing is asked again, and nothing waited for: who was asked is gone."""
        while self._tasks:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def on_request(self, message: SipMessage) -> Coroutine[Any, Any, None]:
        """Handles a request that has not been seen before."""
        raise NotImplementedError

    def on_acknowledged(self, message: SipMessage) -> None:
        """An ACK came."""

    def on_response(self, message: SipMessage) -> None:
        """A response came, before whoever waits for it gets it."""

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work, name=f"phone {self.wire_name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def send(self, data: bytes, to: tuple[str, int] | None = None) -> None:
        if self._transport is not None and not self._transport.is_closing() and not self.deaf:
            self._transport.sendto(data, to or self.server)

    def lines(self, branch: str, own: str, far: str, call_id: str, sequence: str) -> Headers:
        """The headers of every request."""
        return (
            ("Via", f"SIP/2.0/UDP {self.host}:{SIP_PORT};rport;branch={branch}"), ("Max-Forwards", "70"),
            ("From", own), ("To", far), ("Call-ID", call_id), ("CSeq", sequence), ("User-Agent", self.agent),
        )  # fmt: skip

    async def transact(self, data: bytes, branch: str, within: float = 20.0) -> SipMessage | None:
        """Sends a request, again until anything comes back; its final response, or None."""
        method = data.split(b" ", 1)[0].decode()
        answers: asyncio.Queue[SipMessage] = asyncio.Queue()
        self._pending[branch, method] = answers
        end, again, heard = time.monotonic() + within, 0.5, False
        self.send(data)
        try:
            while (left := end - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(left if heard else min(again, left)):
                        response = await answers.get()
                    heard = True
                    if response.code is not None and response.code >= 200:
                        return response
                    continue
                again = min(again * 2, 4.0)
                if not heard:
                    self.send(data)
            return None
        finally:
            self._pending.pop((branch, method), None)

    def reply(
        self, request: SipMessage, code: int, reason: str, tag: str = "", headers: Headers = (), body: str = ""
    ) -> None:
        to = request.get("to")
        if tag and not tag_of(to):
            to += f";tag={tag}"
        lines = [("Via", via) for via in request.all("via")]
        lines += [(name, request.get(name.lower())) for name in ("From", "Call-ID", "CSeq")]
        data = encode(f"SIP/2.0 {code} {reason}", (*lines, ("To", to), ("User-Agent", self.agent), *headers), body)
        self._replies[request.branch, request.method] = data
        while len(self._replies) > REMEMBERED:
            del self._replies[next(iter(self._replies))]
        self.send(data, request.source)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket = transport.get_extra_info("socket")
        if socket is not None:
            socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, RECEIVE_BUFFER)

    @override
    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        if self.deaf or len(data) < 20:
            return
        message = SipMessage(data, addr)
        if message.code is not None:
            self.on_response(message)
            if waiting := self._pending.get((message.branch, message.method)):
                waiting.put_nowait(message)
        elif message.method == "ACK":
            self.on_acknowledged(message)
        elif earlier := self._replies.get((message.branch, message.method)):
            self.send(earlier, addr)
        else:
            self.spawn(self.on_request(message))
