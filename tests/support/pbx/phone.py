"""A scripted SIP phone: it registers, calls, rings, answers by its policy, and writes down what really happened.

    phone = Phone("101", network, truth)
    await phone.open(); await phone.register()
    phone.policy = Answer(1.0)
    leg = await phone.call("102"); await leg.answered(); leg.hang_up()

A provider's side of a trunk is the same without a password.
"""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from typing_extensions import override

from support.pbx.leg import Leg
from support.pbx.network import SIP_PORT, Network
from support.pbx.sip import ALLOW, Headers, SipMessage, authorization, encode, tag_of, token, uri_of, user_of
from support.pbx.truth import Truth
from support.pbx.wire import Wire


@dataclass(frozen=True)
class Ring:
    """Rings until something else happens."""


@dataclass(frozen=True)
class Answer:
    """Rings for so many seconds, then answers."""

    after: float = 1.0


@dataclass(frozen=True)
class Refuse:
    """Refuses with a code: 486 busy, 603 decline, 480 away, 404 unknown …; after ringing for a while, if asked."""

    code: int = 486
    after: float = 0.0


@dataclass(frozen=True)
class Redirect:
    """302 to another number: the phone's own call forwarding."""

    number: str


Manner = Ring | Answer | Refuse | Redirect
Policy = Manner | Callable[[Leg], Manner]


class Phone(Wire):
    """One device at ``host``. ``device`` is its name in the truth; ``came`` holds its incoming legs in order."""

    def __init__(
        self,
        user: str,
        host: str,
        network: Network,
        truth: Truth,
        *,
        password: str | None = None,
        agent: str = "Phone/1.0",
        device: str | None = None,
        aor: str | None = None,
    ) -> None:
        super().__init__(device or user, host, (network.pbx, SIP_PORT), agent)
        self.user, self.password = user, password
        self.device, self.aor = device or user, aor or user
        self.truth = truth
        self.policy: Policy = Ring()
        self.hertz = 0
        self.legs: dict[str, Leg] = {}
        self.came: list[Leg] = []
        self.registered = False
        self._incoming: asyncio.Queue[Leg] = asyncio.Queue()
        self._inviting: dict[str, Leg] = {}
        self._sequence, self._registration = random.randint(1, 1000), token(10)
        self.contact: Headers = (("Contact", f"<sip:{user}@{host}:{SIP_PORT}>"),)

    async def open(self) -> Self:
        await self.open_wire()
        return self

    async def close(self) -> None:
        for leg in list(self.legs.values()):
            await leg.audio.close()
        await self.close_wire()

    async def lose_all(self) -> None:
        """The PBX has gone, and all that this phone was about with it."""
        await self.give_up()
        self._inviting.clear()
        for leg in list(self.legs.values()):
            leg.lose()

    def reset(self) -> None:
        """As new for the next script; registrations stay."""
        self.policy, self.deaf, self.hertz = Ring(), False, 0
        self.came.clear()
        while not self._incoming.empty():
            self._incoming.get_nowait()

    # --- what a script does -------------------------------------------------------------------------------------------

    async def comes(self, within: float = 30.0) -> Leg:
        """The next incoming leg.

        Raises:
            TimeoutError: none came.
        """
        async with asyncio.timeout(within):
            return await self._incoming.get()

    async def call(self, number: str, caller: str | None = None, name: str | None = None) -> Leg:
        """Dials; the leg returned rings, is answered or ends by itself."""
        leg = Leg(self, "out", number)
        await leg.audio.open()
        self.legs[leg.call_id] = leg
        leg.own_uri = f"sip:{caller or self.user}@{self.server[0] if self.password else self.host}"
        leg.far_uri = leg.request_uri = f"sip:{number}@{self.server[0]}"
        self.note("dial", leg, caller=caller or self.user)
        self.spawn(self._invite(leg, f'"{name}" ' if name else ""))
        return leg

    async def register(self, expires: int = 7200, aor: str | None = None) -> bool:
        """Registers (or unregisters, with 0) at the PBX; true if it was accepted."""
        uri = f"sip:{self.server[0]}"
        address = f"<sip:{aor or self.aor}@{self.server[0]}>"
        own = f"<sip:{self.user}@{self.server[0]}>;tag={token(6)}"
        extra: Headers = (*self.contact, ("Expires", str(expires)), ALLOW)
        response: SipMessage | None = None
        proof: Headers = ()
        for _ in range(3):
            self._sequence += 1
            branch = "z9hG4bK" + token()
            lines = self.lines(branch, own, address, self._registration, f"{self._sequence} REGISTER")
            response = await self.transact(encode(f"REGISTER {uri} SIP/2.0", (*lines, *extra, *proof)), branch)
            if response is None or response.code not in {401, 407} or self.password is None:
                break
            proof = (authorization(response, self.user, self.password, "REGISTER", uri),)
        accepted = response is not None and response.code == 200
        self.registered = accepted and expires > 0
        self.note("registered" if expires else "unregistered", ok=accepted, expires=expires)
        return accepted

    # --- the wire -----------------------------------------------------------------------------------------------------

    def note(self, what: str, leg: Leg | None = None, **details: Any) -> None:
        if leg is not None:
            details = {"dir": leg.direction, "peer": leg.peer, "sip_call_id": leg.call_id, **details}
        self.truth.note(self.device, what, **details)

    async def cancel(self, leg: Leg) -> None:
        lines = self.lines(
            leg.invite_branch, f"<{leg.own_uri}>;tag={leg.own_tag}", f"<{leg.far_uri}>", leg.call_id,
            f"{leg.invite_sequence} CANCEL",
        )  # fmt: skip
        await self.transact(encode(f"CANCEL {leg.request_uri} SIP/2.0", lines), leg.invite_branch)

    async def _invite(self, leg: Leg, display: str) -> None:
        proof: Headers = ()
        response: SipMessage | None = None
        for _ in range(2):
            leg.sequence += 1
            leg.invite_sequence, leg.invite_branch = leg.sequence, "z9hG4bK" + token()
            self._inviting[leg.invite_branch] = leg
            lines = self.lines(
                leg.invite_branch, f"{display}<{leg.own_uri}>;tag={leg.own_tag}", f"<{leg.far_uri}>", leg.call_id,
                f"{leg.sequence} INVITE",
            )  # fmt: skip
            words = encode(f"INVITE {leg.request_uri} SIP/2.0", (*lines, *self.contact, *proof, ALLOW), leg.session())
            response = await self.transact(words, leg.invite_branch, 120.0)
            self._inviting.pop(leg.invite_branch, None)
            if response is None or leg.state == "ended":
                break
            leg.far_tag = tag_of(response.get("to"))
            if response.code in {401, 407} and self.password and not proof:
                leg.acknowledge(response, leg.invite_branch)
                proof = (authorization(response, self.user, self.password, "INVITE", leg.request_uri),)
                continue
            break
        if leg.state == "ended":
            return
        if response is None:
            leg.become("ended", code=408, by="timeout")
        elif response.code == 200:
            leg.target = uri_of(response.get("contact"))
            leg.become("up", remote=response.get("p-asserted-identity") or None)
            leg.acknowledge(response, leg.invite_branch)
            leg.hear(response.body)
        else:
            leg.acknowledge(response, leg.invite_branch)
            leg.code = response.code
            leg.become("ended", code=response.code, by="remote", reason=response.get("reason") or None)

    @override
    def on_acknowledged(self, message: SipMessage) -> None:
        if leg := self.legs.get(message.get("call-id")):
            leg.acknowledged.set()

    @override
    def on_response(self, message: SipMessage) -> None:
        leg = self._inviting.get(message.branch) if message.method == "INVITE" else None
        if leg and message.code is not None and 100 < message.code < 200:
            leg.far_tag = tag_of(message.get("to"))
            leg.hear(message.body)
            if leg.state == "new":
                leg.become("ringing", code=message.code)

    @override
    async def on_request(self, message: SipMessage) -> None:
        leg = self.legs.get(message.get("call-id"))
        tag = leg.own_tag if leg else token(6)
        match message.method:
            case "INVITE" if leg is None:
                await self._rung(message)
            case "INVITE" if leg is not None:
                leg.hear(message.body)
                self.note("reinvite", leg, peer_name=message.get("p-asserted-identity") or None)
                self.reply(message, 200, "OK", tag, self.contact, leg.session())
            case "CANCEL":
                self.reply(message, 200, "OK", tag)
                if leg is not None:
                    leg.cancelled(message)
            case "BYE":
                self.reply(message, *((200, "OK") if leg else (481, "No call")), tag)
                if leg is not None:
                    leg.code = 200
                    leg.become("ended", code=200, by="remote", reason=message.get("reason") or None)
            case "NOTIFY":
                self.reply(message, 200, "OK", tag)
                if leg is not None and message.get("event").startswith("refer"):
                    self._transfer_report(leg, message.body.decode("utf-8", "replace").strip())
            case "OPTIONS" | "INFO" | "UPDATE" | "MESSAGE":
                body = ""
                if message.method == "UPDATE" and leg is not None:
                    self.note("update", leg, peer_name=message.get("p-asserted-identity") or None)
                    if message.body:
                        leg.hear(message.body)
                        body = leg.session()
                self.reply(message, 200, "OK", tag, self.contact, body)
            case _:
                self.reply(message, 501, "Not Implemented", tag)

    def _transfer_report(self, leg: Leg, fragment: str) -> None:
        self.note("refer-notify", leg, frag=fragment)
        if re.match(r"SIP/2.0 2", fragment):
            leg.hang_up()

    async def _rung(self, invite: SipMessage) -> None:
        leg = Leg(self, "in", user_of(uri_of(invite.get("from"))))
        leg.call_id, leg.invite = invite.get("call-id"), invite
        leg.far_tag, leg.far_uri = tag_of(invite.get("from")), uri_of(invite.get("from"))
        leg.own_uri, leg.target, leg.request_uri = uri_of(invite.get("to")), uri_of(invite.get("contact")), invite.uri
        leg.called = user_of(invite.uri)
        self.legs[leg.call_id] = leg
        self.reply(invite, 100, "Trying")
        manner = self.policy(leg) if callable(self.policy) else self.policy
        name = invite.get("p-asserted-identity") or None
        self.note("incoming", leg, called=leg.called, policy=type(manner).__name__.lower(), pai=name)
        await leg.audio.open()
        leg.hear(invite.body)
        self.came.append(leg)
        self._incoming.put_nowait(leg)
        if leg.state == "ended":  # cancelled meanwhile
            return
        if isinstance(manner, Redirect):
            leg.reject(302, "Moved Temporarily", (("Contact", f"<sip:{manner.number}@{self.server[0]}>"),))
            return
        if isinstance(manner, Refuse) and not manner.after:
            leg.reject(manner.code, "Refused")
            return
        self.reply(invite, 180, "Ringing", leg.own_tag, self.contact)
        leg.become("ringing")
        if isinstance(manner, Ring):
            return
        await leg.settled(manner.after)  # unless the caller gives up, or the script acts, before
        if isinstance(manner, Answer):
            leg.answer()
        else:
            leg.reject(manner.code, "Refused")
