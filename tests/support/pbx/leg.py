"""One leg: a phone's side of a call. What a person can do with it, and the dialog underneath."""

import asyncio
import random
from typing import TYPE_CHECKING, Literal

from support.pbx.media import Audio
from support.pbx.sip import ALLOW, Headers, SipMessage, authorization, encode, media_of, session, token

if TYPE_CHECKING:
    from support.pbx.phone import Phone

RING_S, UP_S, END_S = 15.0, 20.0, 45.0
"""How long a script waits for each before it fails: generous, for two busy cores."""
DIGIT_GAP_S = 0.15
ANSWER_AGAIN_S = 0.5  # a 200 without its ACK is sent again: RFC 3261, 13.3.1.4


class Leg:
    """``state`` is new, ringing, up or ended; ``code`` is the final response's (200 after a BYE)."""

    def __init__(self, phone: "Phone", direction: Literal["in", "out"], peer: str) -> None:
        self.phone, self.direction, self.peer = phone, direction, peer
        self.call_id, self.own_tag, self.far_tag = token(12), token(6), ""
        self.own_uri = self.far_uri = self.target = self.request_uri = ""
        self.sequence = random.randint(1, 5000)
        self.state: Literal["new", "ringing", "up", "ended"] = "new"
        self.code: int | None = None
        self.called = ""
        self.audio = Audio(phone.host, phone.hertz)
        self.invite: SipMessage | None = None  # the request that made an incoming leg
        self.invite_branch, self.invite_sequence = "", 0  # of an outgoing one
        self.acknowledged = asyncio.Event()
        self._final: int | None = None
        self._version = 0
        self._ringing, self._up, self._ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    # --- what a script does ---------------------------------------------------------------------------------------

    async def rings(self, within: float = RING_S) -> None:
        """Waits until it rings (or is up, or has ended)."""
        async with asyncio.timeout(within):
            await self._ringing.wait()

    async def answered(self, within: float = UP_S) -> None:
        """Waits until it is up.

        Raises:
            TimeoutError: it is not, in time, or it has ended.
        """
        async with asyncio.timeout(within):
            await self._up.wait()

    async def over(self, within: float = END_S) -> None:
        """Waits until it has ended."""
        async with asyncio.timeout(within):
            await self._ended.wait()

    async def settled(self, within: float) -> bool:
        """Waits until it is up or has ended, at most so long; true if it is up."""
        waits = [asyncio.create_task(event.wait()) for event in (self._up, self._ended)]
        try:
            await asyncio.wait(waits, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        return self.state == "up"

    def answer(self) -> None:
        if self.direction == "in" and self.state in {"new", "ringing"} and self._final is None and self.invite:
            self._final = 200
            body = self.session()
            self.phone.reply(self.invite, 200, "OK", self.own_tag, (*self.phone.contact, ALLOW), body)
            self.phone.spawn(self._until_acknowledged(self.invite, body))
            self.become("up")

    def reject(self, code: int = 486, reason: str = "Busy Here", headers: Headers = ()) -> None:
        if self.direction == "in" and self._final is None and self.invite:
            self._final = self.code = code
            self.phone.reply(self.invite, code, reason, self.own_tag, headers)
            self.become("ended", code=code, by="me")

    def hang_up(self) -> None:
        """Ends it: BYE when up, CANCEL or a refusal when not."""
        if self.state == "up":
            data, branch = self.request("BYE")
            self.phone.spawn(self.phone.transact(data, branch))
            self.code = 200
            self.become("ended", code=200, by="me")
        elif self.state != "ended" and self.direction == "in":
            self.reject(603, "Decline")
        elif self.state != "ended" and self.invite_branch:
            self.phone.note("cancel", self)
            self.phone.spawn(self.phone.cancel(self))

    def lose(self) -> None:
        """The phone drops a leg that the PBX has forgotten."""
        if self.state != "ended":
            self.become("ended", code=None, by="lost")

    async def hold(self) -> None:
        await self._reinvite("sendonly", "hold")

    async def unhold(self) -> None:
        await self._reinvite("sendrecv", "unhold")

    async def refer(self, number: str, replacing: "Leg | None" = None) -> int | None:
        """Transfers the other side to a number: blind, or attended with the other leg of this phone.

        The answer's code; the leg hangs up by itself when the PBX reports success.
        """
        where = f"sip:{number}@{self.phone.server[0]}"
        if replacing is not None:
            words = f"{replacing.call_id};to-tag={replacing.far_tag};from-tag={replacing.own_tag}"
            where += "?Replaces=" + words.replace(";", "%3B").replace("=", "%3D").replace("@", "%40")
        self.phone.note("refer", self, to=number, attended=replacing is not None)
        headers = (("Refer-To", f"<{where}>"), ("Referred-By", f"<{self.own_uri}>"), *self.phone.contact)
        response = await self.transact("REFER", headers=headers)
        return response.code if response else None

    async def press(self, digits: str) -> None:
        """Presses keys at a person's tempo."""
        self.phone.note("dtmf", self, digits=digits)
        for digit in digits:
            await self.audio.say(digit)
            await asyncio.sleep(DIGIT_GAP_S)

    # --- the dialog -------------------------------------------------------------------------------------------------

    def become(self, state: Literal["ringing", "up", "ended"], **details: object) -> None:
        self.state = state
        self.phone.note(state, self, **details)
        if state == "up":
            self._up.set()
        if state == "ended":
            self._ended.set()
            self.acknowledged.set()
            self.phone.legs.pop(self.call_id, None)
            self.phone.spawn(self.audio.close())
        self._ringing.set()

    def session(self, direction: str = "sendrecv") -> str:
        self._version += 1
        return session(self.phone.host, self.audio.port, self._version, direction)

    def hear(self, body: bytes) -> None:
        if self.state != "ended":
            self.audio.send_to(media_of(body))

    def cancelled(self, request: SipMessage) -> None:
        """The caller took its INVITE back."""
        if self._final is None and self.invite:
            self._final = self.code = 487
            self.phone.reply(self.invite, 487, "Request Terminated", self.own_tag)
            self.become("ended", code=487, by="remote", reason=request.get("reason") or None)

    def request(self, method: str, body: str = "", headers: Headers = ()) -> tuple[bytes, str]:
        """A request inside the dialog, and its branch."""
        self.sequence += 1
        branch = "z9hG4bK" + token()
        far = f"<{self.far_uri}>" + (f";tag={self.far_tag}" if self.far_tag else "")
        lines = self.phone.lines(
            branch, f"<{self.own_uri}>;tag={self.own_tag}", far, self.call_id, f"{self.sequence} {method}"
        )
        return encode(f"{method} {self.target or self.far_uri} SIP/2.0", (*lines, *headers), body), branch

    def acknowledge(self, response: SipMessage, branch: str) -> None:
        refused = response.code is not None and response.code >= 300
        uri = self.request_uri if refused and self.state != "up" else (self.target or self.far_uri)
        sequence = response.get("cseq").split()[0]
        lines = self.phone.lines(
            branch if refused else "z9hG4bK" + token(),
            f"<{self.own_uri}>;tag={self.own_tag}", response.get("to"), self.call_id, f"{sequence} ACK",
        )  # fmt: skip
        self.phone.send(encode(f"ACK {uri} SIP/2.0", lines))

    async def transact(self, method: str, body: str = "", headers: Headers = ()) -> SipMessage | None:
        """A request in the dialog and its final response, answering one challenge; None is no answer."""
        response: SipMessage | None = None
        for _ in range(2):
            data, branch = self.request(method, body, headers)
            response = await self.phone.transact(data, branch)
            if response and method == "INVITE":
                self.acknowledge(response, branch)
            if response is None or response.code not in {401, 407} or not self.phone.password:
                break
            uri = self.target or self.far_uri
            headers = (*headers, authorization(response, self.phone.user, self.phone.password, method, uri))
        return response

    async def _reinvite(self, direction: str, what: str) -> None:
        response = await self.transact("INVITE", self.session(direction), self.phone.contact)
        self.phone.note(what, self, code=response.code if response else None)

    async def _until_acknowledged(self, invite: SipMessage, body: str) -> None:
        for attempt in range(5):
            try:
                async with asyncio.timeout(ANSWER_AGAIN_S * 2**attempt):
                    await self.acknowledged.wait()
                    return
            except TimeoutError:
                self.phone.reply(invite, 200, "OK", self.own_tag, (*self.phone.contact, ALLOW), body)
