"""``callfloor directory`` as it is typed; a Callfloor that runs follows it, and what is saved in the page, alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from callfloor.cli import app
from callfloor.store.store import Store
from support.databases import sqlite_in
from support.installed import installed

Run = Callable[..., Any]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("CALLFLOOR_PBX_URL", "CALLFLOOR_DATABASE_URL", "CALLFLOOR_ADMIN_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CALLFLOOR_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, list(words))


def test_a_table_is_looked_at_and_taken_over_and_written_again(run: Run, tmp_path: Path) -> None:
    with_one = Store.open(sqlite_in(tmp_path))
    project = with_one.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    with_one.close()
    file = tmp_path / "people.csv"
    file.write_text("record;name;accounts\nemployee;Ева;101\nnumber;0441234567;\n", encoding="utf-8-sig")
    looked = run("directory", "import", str(file))
    assert looked.exit_code == 0, looked.output
    assert "would be: 2 added" in looked.output
    store = Store.open(f"sqlite:///{tmp_path / 'callfloor.db'}")
    assert store.project(project.id).directory.load().employees == ()
    assert "taken over: 2 added" in run("directory", "import", str(file), "--apply").output
    assert [each.e164 for each in store.project(project.id).lines.numbers()] == ["+380441234567"]
    entry = store.project(project.id).audit.page(limit=1).entries[0]
    assert (entry.user_login, entry.action, entry.details["added"]) == ("callfloor directory", "import_directory", 2)
    out = tmp_path / "out.csv"
    assert run("directory", "export", str(out)).exit_code == 0
    assert "'0441234567" in out.read_text(encoding="utf-8-sig")
    assert "2 same" in run("directory", "import", str(out), "--apply", "--absent-leave").output
    file.write_text("record;name\nperson;X\n", encoding="utf-8")
    wrong = run("directory", "import", str(file), "--apply")
    assert wrong.exit_code == 2
    assert "line 2, record" in wrong.output
    file.write_bytes("record;name\nemployee;Ева\n".encode("cp1251"))
    assert run("directory", "import", str(file)).exit_code == 1
    store.close()


async def test_a_running_project_follows_without_beginning_anew(tmp_path: Path) -> None:
    async with installed(tmp_path) as site:
        project = await site.add_project("One")
        first = site.running(project)
        file = site.store.project(project).directory_file
        file.take("record,name\nemployee,Cleo\n", now=5.0, e164=lambda _: None)
        file.touched(now=5.0)
        site.store.projects.change(project, name="Another name", language="pl")
        await site.installation.look()
        assert site.running(project) is first
        assert first.project.name == "Another name"
        assert "Cleo" in {each.name for each in first.snapshot().directory.employees}
