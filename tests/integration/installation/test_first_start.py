"""The first start in the page: the code guards it, once; what is made then runs and can be signed in to."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from callfloor.project.first_start import new_code
from support.installed import Installed, installed

PROJECT = {"name": "Ранок", "timezone": "Europe/Kyiv", "country": "ua", "language": "uk"}
WORD = "a long word of mine"


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Installed]:
    async with installed(tmp_path, set_up=True) as found:
        yield found


def asked(site: Installed, **changes: Any) -> dict[str, Any]:
    administrator = {"login": "anna", "name": "Anna", "password": WORD}
    return {"code": site.setting_up.code, "project": PROJECT, "administrator": administrator, **changes}


async def test_who_has_the_code_becomes_the_administrator_and_the_project_runs(fresh: Installed) -> None:
    assert (await fresh.client.get("/api/v1/setup")).json() == {"needed": True}
    proof = {"code": f" {fresh.setting_up.code.lower().replace('-', ' ')}"}
    assert (await fresh.client.post("/api/v1/setup/code", json=proof)).status_code == 204
    answer = await fresh.client.post("/api/v1/setup", json=asked(fresh))
    assert (answer.status_code, answer.text) == (204, "")
    assert (await fresh.client.get("/api/v1/setup")).json() == {"needed": False}
    await fresh.sign_in("anna", WORD)
    (project,) = (await fresh.client.get("/api/v1/session")).json()["projects"]
    assert (project["name"], project["timezone"], project["country"], project["role"]) == (
        "Ранок", "Europe/Kyiv", "UA", "administrator",
    )  # fmt: skip
    floor = await fresh.client.get(f"/api/v1/projects/{project['id']}/floor")
    assert (floor.status_code, floor.json()["links"]) == (200, [])


async def test_without_the_code_nobody_takes_it_over(fresh: Installed) -> None:
    for guess in ("", "AAAA-BBBB-CCCC", fresh.setting_up.code[:-1]):
        for address, body in (("/api/v1/setup", asked(fresh, code=guess)), ("/api/v1/setup/code", {"code": guess})):
            answer = await fresh.client.post(address, json=body)
            assert answer.json()["error_id"] in {"set_up_code", "throttled"}
    assert fresh.store.users.all() == ()
    assert fresh.store.projects.all() == ()
    waits = (await fresh.client.post("/api/v1/setup/code", json={"code": fresh.setting_up.code})).json()
    assert (waits["error_id"], waits["details"]["retry_after_s"] > 0) == ("throttled", True), "guessing has to wait"


async def test_of_two_at_once_one_is_first(fresh: Installed) -> None:
    bodies = [asked(fresh, administrator={"login": login, "name": "", "password": WORD}) for login in ("anna", "boris")]
    answers = await asyncio.gather(*(fresh.client.post("/api/v1/setup", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    assert len(fresh.store.users.all()) == len(fresh.store.projects.all()) == 1
    again = await fresh.client.post("/api/v1/setup", json=asked(fresh))
    assert (again.status_code, again.json()["error_id"]) == (409, "set_up_already")


@pytest.mark.parametrize(
    ("changes", "error_id"),
    [
        ({"administrator": {"login": "anna", "password": "short"}}, "weak_password"),
        ({"administrator": {"login": "two words", "password": WORD}}, "invalid_input"),
        ({"project": {**PROJECT, "timezone": "Nowhere/Town"}}, "invalid_input"),
        ({"project": {**PROJECT, "country": "Ukraine"}}, "invalid_input"),
        ({"project": {**PROJECT, "language": "de"}}, "invalid_input"),
    ],
)
async def test_what_cannot_be_is_refused_and_can_be_tried_again(
    fresh: Installed, changes: dict[str, Any], error_id: str
) -> None:
    answer = await fresh.client.post("/api/v1/setup", json=asked(fresh, **changes))
    assert (answer.status_code, answer.json()["error_id"]) == (422, error_id)
    assert fresh.store.projects.all() == ()
    assert (await fresh.client.post("/api/v1/setup", json=asked(fresh))).status_code == 204


def test_codes_are_never_alike_and_have_no_doubtful_letters() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("IO01")


def test_no_start_loads_what_speaks_to_an_issuer_before_there_is_one() -> None:
    loaded = "import sys, callfloor.service; print({'callfloor.web.oidc_wire', 'httpx', 'joserfc'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", loaded], text=True, timeout=120) == "set()\n"
