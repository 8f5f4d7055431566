"""The agent on the PBX and the product's side of it, over real sockets: found, copied once, resumed, refused."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from callfloor.asterisk.recording_agent import AgentUrl, RecordingAgent, parse_agent_url
from callfloor.errors import ConfigurationError, RecordingMissingError, RecordingsUnreachableError
from callfloor.media.shelf import Shelf
from callfloor.project.recordings import from_setting
from callfloor.recordings_agent import agent_app
from callfloor.web.ports import AskedRecording
from callfloor.web.server import serve
from support.sound_files import heard, tone, write

TOKEN = "a token of the tests"
NAME = "in-74951000040-7916-20261121-101112-1795306419.1"


@pytest.fixture
def monitor(tmp_path: Path) -> Path:
    """The PBX's folder, with one recording of some size, and a secret beside it."""
    write(tmp_path / "monitor/2026/11/21" / f"{NAME}.wav", tone(440, 660, seconds=20))
    write(tmp_path / "secret.wav", tone(880))
    return tmp_path / "monitor"


@contextlib.asynccontextmanager
async def served(monitor: Path, tls: tuple[Path, Path] | None = None) -> AsyncIterator[int]:
    """The agent's port."""
    listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(
        serve(agent_app([monitor], TOKEN), "127.0.0.1", 0, tls=tls, ready=lambda _, port: listening.set_result(port))
    )
    try:
        both: set[asyncio.Future[Any]] = {server, listening}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if server.done():
            server.result()
        yield listening.result()
    finally:
        server.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await server


@contextlib.asynccontextmanager
async def cut_wire(port: int, after: int, times: int) -> AsyncIterator[tuple[int, list[int]]]:
    """A wire to a port that breaks after so many bytes, so many times; and what each connection carried."""
    carried: list[int] = []
    wires: set[asyncio.Task[None]] = set()

    async def ask(reader: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(8192):
                back.write(data)
        back.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        place = len(carried)
        carried.append(0)
        there, back = await asyncio.open_connection("127.0.0.1", port)
        asked = asyncio.get_running_loop().create_task(ask(reader, back))
        try:
            while data := await there.read(8192):
                carried[place] += len(data)
                writer.write(data)
                await writer.drain()
                if place < times and carried[place] > after:
                    writer.transport.abort()
                    break
        except ConnectionError:
            pass  # the other end has had enough
        finally:
            asked.cancel()
            for one in (back, writer):
                one.close()
                with contextlib.suppress(ConnectionError):
                    await one.wait_closed()

    def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wires.add(asyncio.get_running_loop().create_task(pass_on(reader, writer)))

    server = await asyncio.start_server(joined, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], carried
    finally:
        server.close()
        await asyncio.gather(*wires)


def agent(port: int, shelf: Shelf, *, token: str = TOKEN, secure: bool = False, **more: object) -> RecordingAgent:
    url = AgentUrl(secure=secure, host="127.0.0.1", port=port, token=token, **more)  # type: ignore[arg-type]
    return RecordingAgent(url, shelf.keep, read_s=2.0)


async def found(of: RecordingAgent, named: str, leg: str | None = None) -> tuple[str, bytes]:
    """The name and the content."""
    file = await asyncio.to_thread(of.find, named, leg)
    try:
        return file.name, os.pread(file.fd, 10**9, 0)
    finally:
        os.close(file.fd)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf", 64 * 1024**2)


async def test_found_by_the_pbxs_name_and_copied_once(monitor: Path, shelf: Shelf) -> None:
    content = next(monitor.rglob("*.wav")).read_bytes()
    async with served(monitor) as port, cut_wire(port, 0, 0) as (wire, carried):
        asked = agent(wire, shelf)
        assert await found(asked, f"/var/spool/asterisk/monitor/2026/11/21/{NAME}.wav") == (f"{NAME}.wav", content)
        assert carried[0] > len(content)
        assert await found(asked, f"{NAME}.gsm") == (f"{NAME}.wav", content)
        assert await found(asked, "", "1795306419.1") == (f"{NAME}.wav", content)
        assert len(list(shelf.folder.iterdir())) == 1


async def test_a_copy_that_breaks_off_is_continued_and_then_given_up(monitor: Path, shelf: Shelf) -> None:
    content = next(monitor.rglob("*.wav")).read_bytes()
    async with served(monitor) as port:
        async with cut_wire(port, 100_000, 99) as (wire, carried):
            with pytest.raises(RecordingsUnreachableError, match="breaks off"):
                await found(agent(wire, shelf), f"{NAME}.wav")
            assert len(carried) == 4
        assert list(shelf.folder.iterdir()) == [], "no half of it is left"
        async with cut_wire(port, 100_000, 2) as (wire, carried):
            assert (await found(agent(wire, shelf), f"{NAME}.wav"))[1] == content
            assert len(carried) == 3
            assert carried[2] < len(content) - 150_000, "the rest only"


async def test_only_the_token_opens_it_and_only_its_folder(monitor: Path, shelf: Shelf) -> None:
    async with served(monitor) as port:
        with pytest.raises(RecordingsUnreachableError, match="token"):
            await found(agent(port, shelf, token=TOKEN + "x"), f"{NAME}.wav")
        for named in ("../secret.wav", str(monitor.parent / "secret.wav"), "nothing.wav", "", "/etc/passwd"):
            with pytest.raises(RecordingMissingError):
                await found(agent(port, shelf), named)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            for headers in ({}, {"Authorization": TOKEN}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer é"}):
                raw = [(name.encode(), value.encode()) for name, value in headers.items()]
                answer = await client.get("/v1/recording", params={"named": f"{NAME}.wav"}, headers=raw)
                assert (answer.status_code, answer.json()["error_id"]) == (401, "unauthenticated")
            good = {"Authorization": f"Bearer {TOKEN}"}
            assert (await client.get("/", headers=good)).status_code == 404
            assert (await client.post("/v1/recording", headers=good)).status_code == 405
            head = await client.head("/v1/recording", params={"named": f"{NAME}.wav"}, headers=good)
            assert head.headers["accept-ranges"] == "bytes"
            part = await client.get(
                "/v1/recording", params={"named": f"{NAME}.wav"}, headers={**good, "Range": "bytes=0-3"}
            )
            assert (part.status_code, part.content) == (206, b"RIFF")


async def test_by_tls_against_a_certificate_of_ones_own(monitor: Path, shelf: Shelf, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=pbx"
    made = [*words.split(), "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(subprocess.run, ["openssl", *made], check=True, capture_output=True)
    async with served(monitor, (certificate, key)) as port:
        known = agent(port, shelf, secure=True, authorities=certificate)
        assert (await found(known, f"{NAME}.wav"))[0] == f"{NAME}.wav"
        assert (await found(agent(port, shelf, secure=True, verify=False), f"{NAME}.wav"))[0] == f"{NAME}.wav"
        with pytest.raises(RecordingsUnreachableError) as caught:
            await found(agent(port, shelf, secure=True), f"{NAME}.wav")
        assert "self-signed" in caught.value.details["reason"]
        with pytest.raises(RecordingsUnreachableError):
            await found(agent(port, shelf), f"{NAME}.wav")
    with pytest.raises(ConfigurationError, match=r"key\.pem|cert\.pem"):
        async with served(monitor, (tmp_path / "none-cert.pem", key)):
            raise AssertionError("it must not start")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n",
        b'HTTP/1.1 200 OK\r\netag: "a"\r\nx-recording-name: a.wav\r\ncontent-length: -1\r\n\r\n',
        b'HTTP/1.1 200 OK\r\netag: "a"\r\nx-recording-name: ..%2Fa.wav\r\ncontent-length: 1\r\n\r\n1',
        b'HTTP/1.1 200 OK\r\netag: "a"\r\nx-recording-name: a.wav\r\ncontent-length: 99999999999999\r\n\r\n',
    ],
    ids=["silence", "closed", "ssh", "other", "404", "500", "negative", "upwards", "huge"],
)
async def test_whoever_is_there_instead_is_no_recording(answer: bytes | None, shelf: Shelf) -> None:
    ended = asyncio.Event()
    talks: set[asyncio.Task[None]] = set()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await ended.wait()
        else:
            writer.write(answer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.get_running_loop().create_task(speak(reader, writer)))

    server = await asyncio.start_server(joined, "127.0.0.1", 0)
    try:
        with pytest.raises(RecordingsUnreachableError):
            await found(agent(server.sockets[0].getsockname()[1], shelf), f"{NAME}.wav")
    finally:
        ended.set()
        server.close()
        await asyncio.gather(*talks)


async def test_the_setting_takes_folders_and_agents_in_turn(monitor: Path, shelf: Shelf, tmp_path: Path) -> None:
    here = tmp_path / "here"
    write(here / "mine.wav", tone(550))
    async with served(monitor) as port:
        places = from_setting(f"{here}, http://{TOKEN.replace(' ', '%20')}@127.0.0.1:{port}", shelf)
        assert places is not None
        try:
            for named, hertz in (("mine.wav", [550]), (f"{NAME}.wav", [440, 660])):
                asked = AskedRecording(call_id="pbx1-1.1", named=named, started_at=0.0, talk_s=1.0)
                body = await places.playable(asked)
                assert heard(body.read(0, body.size)) == [pytest.approx(one, abs=2) for one in hertz]
                body.close()
            with pytest.raises(RecordingMissingError):
                await places.original(AskedRecording(call_id="pbx1-1.1", named="no.wav", started_at=0.0, talk_s=1.0))
        finally:
            places.close()
    assert from_setting(None, shelf) is None
    assert from_setting(" , ", shelf) is None


@pytest.mark.parametrize(
    "url",
    ["https://pbx", "ftp://token@pbx", "https://token@", "https://token@pbx:99999", "https://t@pbx?verify=maybe", "https://t@pbx?x=1"],
)  # fmt: skip
def test_an_address_that_cannot_be_is_refused_without_its_token(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_agent_url(url)
    assert "token@pbx" not in str(caught.value)


def test_an_address_in_full() -> None:
    found = parse_agent_url("https://a%40b@pbx.example.com?ca=/etc/ssl/pbx.pem")
    assert found == AgentUrl(
        secure=True, host="pbx.example.com", port=8071, token="a@b", authorities=Path("/etc/ssl/pbx.pem")
    )


async def test_the_command_serves_until_it_is_ended(monitor: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callfloor", "recordings-agent", str(monitor), "--listen", "127.0.0.1:0",
        env={**os.environ, "CALLFLOOR_AGENT_TOKEN": TOKEN}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        address = said.split()[-1]
        async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
            answer = await client.get(
                "/v1/recording", params={"named": f"{NAME}.wav"}, headers={"Authorization": f"Bearer {TOKEN}"}
            )
        assert answer.status_code == 200
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
