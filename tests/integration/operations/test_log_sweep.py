"""What the product says in a simulated day, at every level of the log: no telephone number, no name, no secret."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from support.databases import sqlite_in
from support.waiting import answer, until

PASSWORD, WRONG = "the-password-of-the-tests", "a-wrong-password-of-the-tests"
PBX_SECRET, DATABASE_SECRET = "the-secret-of-the-manager", "the-secret-of-the-database"
WHOLE_LOG = """
import logging
from callfloor import cli, logs
def everything():
    logs.set_up_logs()
    logging.getLogger().setLevel(1)
cli.set_up_logs = everything
cli.app(["serve"])
"""


class Talking:
    """The product in a process of its own, whose every word is kept; signed in."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "output"
        self.client = httpx.AsyncClient(timeout=60, trust_env=False)
        sqlite_in(folder)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("CALLFLOOR_")},
            "CALLFLOOR_DATA": str(folder),
            "CALLFLOOR_LISTEN": "127.0.0.1:0",
            "CALLFLOOR_PBX_URL": "simulator:",
            "CALLFLOOR_SIMULATED_HISTORY_DAYS": "1",
            "CALLFLOOR_ADMIN_PASSWORD": PASSWORD,
            "CALLFLOOR_AUDIOSOCKET": "127.0.0.1:0",
            "PYTHONUNBUFFERED": "1",
        }
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-c", WHOLE_LOG],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, cwd=folder,
            )  # fmt: skip

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def address(self) -> str | None:
        assert self._process.poll() is None, self.said()[-3000:]
        found = re.search(r"Callfloor is at (http://\S+)", self.said())
        return None if found is None else found[1]

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        found = await self.client.request(method, f"/api/v1{path}", json=body)
        assert found.status_code < 300, found.text
        return found.json() if found.content else None

    async def done(self, job: dict[str, Any]) -> None:
        async def now() -> dict[str, Any]:
            return dict(await self.ask("GET", f"/projects/1/jobs/{job['id']}"))

        told = await answer(now, lambda each: each["state"] not in {"waiting", "running"}, "the work ends")
        assert told["state"] == "done", told

    async def end(self) -> None:
        await self.client.aclose()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            await until(lambda: self._process.poll() is not None, "it ends", within_s=60)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
async def product(tmp_path: Path) -> AsyncIterator[Talking]:
    found = Talking(tmp_path)
    try:
        await until(lambda: found.address() is not None, "it serves", within_s=60)
        found.client.base_url = httpx.URL(found.address() or "")
        yield found
        await found.end()
    finally:
        found.kill()


async def pages(product: Talking, path: str, of: str) -> list[dict[str, Any]]:
    return list((await product.ask("GET", path))[of])


async def test_a_day_is_told_without_numbers_names_and_secrets(product: Talking) -> None:
    for password, status in ((WRONG, 401), (PASSWORD, 200)):
        signed = await product.client.post("/api/v1/session", json={"login": "admin", "password": password})
        assert signed.status_code == status
    product.client.headers["X-CSRF-Token"] = signed.json()["csrf_token"]
    base = "/projects/1"

    async def calls() -> list[dict[str, Any]]:
        return await pages(product, f"{base}/calls?from=0&to=4102444800&limit=500", "calls")

    day = await answer(calls, lambda found: len(found) > 200, "the day is written down")
    clients = sorted({call["record"]["client_number"] for call in day if call["record"]["client_number"]})
    known = sorted({call["record"]["client_e164"] for call in day if call["record"]["client_e164"]})
    directory = await product.ask("GET", f"{base}/directory")
    names = [each["name"] for each in directory["employees"]]
    assert min(len(clients), len(names)) > 30
    await everything_happens(product, base, known)
    await product.end()

    said = product.said()
    lines = [line for line in said.splitlines() if line.startswith("{")]
    levels = {msgspec.json.decode(line)["level"] for line in lines}
    assert {"debug", "info", "warning"} <= levels, "every level is heard"
    numbers = {re.sub(r"\D", "", number)[-9:] for number in (*clients, *known)} - {""}
    found = {kind: which(said) for kind, which in looked_for(numbers, names).items()}
    assert {kind: some for kind, some in found.items() if some} == {}


def looked_for(numbers: set[str], names: list[str]) -> dict[str, Callable[[str], list[str]]]:
    """What of each kind stands in a text. A number in whatever form has its last nine digits."""

    def secrets(text: str) -> list[str]:
        return [each for each in (PASSWORD, WRONG, PBX_SECRET, DATABASE_SECRET) if each in text]

    return {
        "numbers": lambda text: sorted(each for each in numbers if len(each) >= 7 and each in text),
        "names": lambda text: sorted(each for each in names if each in text),
        "secrets": secrets,
    }


async def everything_happens(product: Talking, base: str, known: list[str]) -> None:
    """Reading, searching, settings, faults, long work, personal data, an archive."""
    for path in (
        f"/clients/{known[0]}".replace("+", "%2B"),
        f"/journal?from=2020-01-01&to=2099-01-01&part={known[0][-6:]}",
        "/floor", "/callbacks", "/audit", "/connections", "/discovery",
    ):  # fmt: skip
        await product.client.get(f"/api/v1{base}{path}")
    pbx = {"name": "Gone", "host": "127.0.0.1", "port": 9, "user": "u", "secret": PBX_SECRET}
    database = {"host": "127.0.0.1", "port": 9, "user": "reader", "password": DATABASE_SECRET}
    link = await product.ask("POST", f"{base}/connections", {**pbx, "database": database})
    await product.ask("POST", f"{base}/connections/{link['id']}/examination")
    await product.client.post(f"/api/v1{base}/discovery/{link['id']}/look")  # refused: nobody is there
    await product.ask("PUT", f"{base}/connections/{link['id']}", {**pbx, "host": "localhost"})
    await product.ask("DELETE", f"{base}/connections/{link['id']}")
    await product.ask("POST", f"{base}/spam", {"number": known[1], "source": "hand"})
    report = {"what": "calls", "form": "xlsx", "query": "from=2020-01-01&to=2099-01-01"}
    await product.done(await product.ask("POST", f"{base}/exports", report))
    client = {"client": known[2]}
    await product.done(await product.ask("POST", f"{base}/personal-data/client-export", client))
    await product.done(await product.ask("POST", f"{base}/personal-data/client-erasure", {**client, "again": known[2]}))
    for archived in (True, False):
        await product.ask("PUT", f"{base}/project/archived", {"archived": archived})
