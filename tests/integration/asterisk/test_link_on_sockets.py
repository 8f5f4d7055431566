"""The link to a PBX over real sockets and TLS, on asyncio's own loop."""

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callfloor.asterisk.ami import Message
from callfloor.asterisk.connection import Connection, parse_url
from support.ami_peer import AmiPeer, message

WAIT_S = 30.0  # for what takes milliseconds


class Rig:
    """A connection whose reports can be waited for."""

    def __init__(self, url: str) -> None:
        self.up = asyncio.Event()
        self.down: asyncio.Queue[str] = asyncio.Queue()
        self.events: asyncio.Queue[Message] = asyncio.Queue()
        self.connection = Connection(
            parse_url(url), on_messages=self._messages, on_up=self._up, on_down=self.down.put_nowait, chance=lambda: 0.0
        )

    async def _up(self, _connection: Connection) -> None:
        self.up.set()

    def _messages(self, _at: float, messages: list[Message]) -> None:
        for event in messages:
            self.events.put_nowait(event)

    async def event(self, name: str) -> Message:
        while True:
            event = await self.events.get()
            if event.event == name:
                return event


@contextlib.asynccontextmanager
async def running(rig: Rig) -> AsyncIterator[Connection]:
    task = asyncio.create_task(rig.connection.run())
    try:
        async with asyncio.timeout(WAIT_S):
            yield rig.connection
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate for 127.0.0.1, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=pbx"
    for_address = "-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem"
    subprocess.run(["openssl", *f"{made} {for_address}".split()], cwd=folder, check=True, capture_output=True)
    (folder / "both.pem").write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    return folder / "cert.pem"


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.with_name("both.pem"))
    return context


@pytest.mark.parametrize("piece", [3, None])
async def test_it_works_over_tcp_and_says_goodbye(piece: int | None) -> None:
    peer = AmiPeer()
    peer.piece = piece
    async with peer.listening() as port:
        rig = Rig(f"ami://monitor:s3cret@127.0.0.1:{port}")
        async with running(rig) as connection:
            await rig.up.wait()
            assert (await connection.action("Ping")).get("Ping") == "Pong"
            peer.link.send(message(Event="Newchannel", CallerIDName="Żółć") * 2000 + message(Event="Hangup"))
            assert (await rig.event("Newchannel")).get("CallerIDName") == "Żółć"
            await rig.event("Hangup")
    assert peer.link.names[-1] == "Logoff"


async def test_a_link_that_the_pbx_closes_comes_back() -> None:
    peer = AmiPeer()
    async with peer.listening() as port:
        rig = Rig(f"ami://monitor:s3cret@127.0.0.1:{port}")
        async with running(rig):
            await rig.up.wait()
            rig.up.clear()
            peer.link.close()
            assert await rig.down.get() == "the PBX closed the link"
            await rig.up.wait()
            assert len(peer.links) == 2


async def test_a_pbx_that_talks_and_does_not_read_is_given_up_before_what_waits_for_it_grows() -> None:
    """The limit of what waits is reached long before the pings' patience ends."""
    peer = AmiPeer()
    async with peer.listening() as port:
        rig = Rig(f"ami://monitor:s3cret@127.0.0.1:{port}")
        async with running(rig) as connection:
            await rig.up.wait()
            rig.up.clear()
            deaf = peer.link
            peer.reads.clear()
            deaf.send(message(Event="Talks", On="1"))
            await rig.event("Talks")
            long = {f"Header-{number}": "x" * 1000 for number in range(60)}
            asked = [asyncio.create_task(connection.action("SetVar", long)) for _ in range(200)]
            refused = [str(found) for found in await asyncio.gather(*asked, return_exceptions=True)]
            assert "the PBX does not read what it is asked" in refused
            assert await rig.down.get()
            peer.reads.set()
            await rig.up.wait()
            assert peer.link is not deaf
            assert (await connection.action("Ping")).get("Ping") == "Pong"


async def test_a_wrong_secret_is_told_over_a_socket_too() -> None:
    peer = AmiPeer(secret="another")
    async with peer.listening() as port:
        rig = Rig(f"ami://monitor:s3cret@127.0.0.1:{port}")
        async with running(rig):
            assert "refused the manager user or its secret" in await rig.down.get()


async def test_tls_with_a_trusted_certificate(certificate: Path) -> None:
    peer = AmiPeer()
    async with peer.listening(server_side(certificate)) as port:
        rig = Rig(f"amis://monitor:s3cret@127.0.0.1:{port}?ca={certificate}")
        async with running(rig) as connection:
            await rig.up.wait()
            assert (await connection.action("Ping")).get("Ping") == "Pong"
    assert peer.link.names[-1] == "Logoff"


async def test_tls_with_a_certificate_that_nobody_vouches_for(certificate: Path) -> None:
    peer = AmiPeer()
    async with peer.listening(server_side(certificate)) as port:
        rig = Rig(f"amis://monitor:s3cret@127.0.0.1:{port}")
        async with running(rig):
            assert await rig.down.get() == "the PBX's certificate was refused: self-signed certificate"
        assert peer.links == []
        rig = Rig(f"amis://monitor:s3cret@127.0.0.1:{port}?verify=no")
        async with running(rig):
            await rig.up.wait()


async def test_tls_asked_of_a_pbx_that_has_none_is_a_loss_and_no_more() -> None:
    peer = AmiPeer()
    async with peer.listening() as port:
        rig = Rig(f"amis://monitor:s3cret@127.0.0.1:{port}?verify=no")
        async with running(rig):
            assert (await rig.down.get()).startswith("cannot connect to the PBX: ")
        assert all(not link.actions for link in peer.links)
