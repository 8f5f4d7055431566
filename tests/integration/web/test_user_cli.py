"""``callfloor user``, as it is called."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from callfloor.store.memberships import Role
from callfloor.store.store import Store
from callfloor.web.passwords import Passwords
from support.databases import sqlite_in

Called = Callable[..., tuple[int, str]]


@pytest.fixture
def called(tmp_path: Path) -> Called:
    """A call of the program on a data folder with one project and its administrator ``root``."""
    store = Store.open(sqlite_in(tmp_path))
    project = store.projects.add("One", timezone="UTC", country="PL", language="pl", now=1.0)
    root = store.users.add("root", name="Root", password_hash=None, now=1.0)
    store.memberships.grant(root.id, project.id, Role.ADMINISTRATOR)
    store.close()

    def call(*arguments: str, given: str = "") -> tuple[int, str]:
        found = subprocess.run(
            [sys.executable, "-m", "callfloor", "user", *arguments],
            check=False,
            input=given,
            capture_output=True,
            text=True,
            env={**os.environ, "CALLFLOOR_DATA": str(tmp_path), "COLUMNS": "200"},
            timeout=120,
        )
        return found.returncode, found.stdout + found.stderr

    return call


async def test_a_user_is_made_and_gets_a_password_and_is_disabled(called: Called, tmp_path: Path) -> None:
    code, said = called("add", "nina", "--name", "Nina", "--role", "analyst", "--email", "nina@example.com")
    assert code == 0, said
    made = re.search(r"password (\S+)", said)
    assert made is not None
    assert called("password", "nina", "--password-stdin", given="qwertyuiop\n")[1].startswith("weak_password")
    assert called("password", "NINA", "--password-stdin", given="seven green bottles\n")[0] == 0
    assert "last_administrator" in called("disable", "root")[1]
    assert called("disable", "nina")[0] == 0
    assert re.search(r"nina.*Nina.*nina@example.com.*One: analyst.*no.*disabled", called("list")[1])
    assert called("enable", "nina")[0] == 0
    assert called("add", "NINA")[1].startswith("conflict")
    assert called("password", "olena")[1].startswith("not_found")
    store = Store.open(f"sqlite:///{tmp_path / 'callfloor.db'}")
    passwords = Passwords()
    try:
        found = store.users.by_login("nina")
        assert found is not None
        assert await passwords.check("seven green bottles", found.password_hash)
        assert not await passwords.check(made[1], found.password_hash)
        assert found.user.password_given_at is None
        assert found.user.locale == "pl"
        actions = [each.action for each in store.project(1).audit.page().entries]
        assert actions == ["enable_user", "disable_user", "give_password", "add_user"]
    finally:
        passwords.close()
        store.close()
