"""Whatever anybody does, or tries to do without the right, leaves an entry in the audit: every route of the table."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callfloor.store.store import Store
from callfloor.web.audit import Audit, Deed
from integration.web.test_access import TABLE, asked, fill
from support.access_rows import WHO, Row
from support.web_site import Site

UNSAFE = {"POST", "PUT", "DELETE", "PATCH"}
NOT_AUDITED = {
    "/imports/files": "only makes room; the import itself is audited",
    "/imports/files/{file_id}/part": "a part of a file that nobody has imported yet",
    "/supervisions/{supervision_id}": "modes and mute are in the log of supervisions, to the instant",
    "/connections/{connection_id}/examination": "looks at the PBX and changes nothing",
    "/discovery/{connection_id}/look": "looks at the PBX and changes nothing",
    "/directory/import": "a dry run as it is asked here; what is taken over is audited",
    "/personal-data/client": "says how much there is of a client; the export and the erasure are audited",
    "/supervisions/{supervision_id}/token": "the same session from another page",
}
"""Routes of a project that are not, and why."""

CHANGES = [row for row in TABLE if row.method in UNSAFE and "{project_id}" in row.route]


def end_of(row: Row) -> str:
    return row.route.partition("{project_id}")[2]


async def test_every_change_and_every_refusal_is_written_down(ours: Site) -> None:
    fill(ours)
    audit = ours.store.project(ours.ours).audit
    silent: list[str] = []
    for who in ("employee", "analyst", "supervisor", "administrator"):
        client = await ours.signed_in(who)
        for row in CHANGES:
            before = Counter(entry.id for entry in audit.stream())
            status = await asked(ours, client, row, ours.ours)
            new = [entry for entry in audit.stream() if entry.id not in before]
            if end_of(row) in NOT_AUDITED:
                continue
            if not any(entry.user_login == who for entry in new):
                silent.append(f"{who}: {row.method} {end_of(row)} → {status}")
    assert silent == []
    words = (Path(__file__).parents[3] / "frontend" / "src" / "i18n" / "audit-names.ts").read_text(encoding="utf-8")
    worded = set(re.findall(r"^  (\w+): \[", words, re.MULTILINE))
    told = {name for entry in audit.stream() for name in names_in(entry.details)}
    assert sorted(told - worded) == [], "the page has words for each particular"


def names_in(details: dict[str, Any]) -> Iterator[str]:
    """The names of an entry's particulars, and of those of what was and is."""
    for name, value in details.items():
        yield name
        if name in {"before", "after", "made", "removed", "asked"} and isinstance(value, dict):
            yield from names_in(value)


def test_what_is_not_audited_is_a_route() -> None:
    assert NOT_AUDITED.keys() <= {end_of(row) for row in CHANGES}


@pytest.mark.parametrize("who", [who for who in WHO if who != "nobody"])
async def test_sign_ins_good_and_bad_and_sign_outs_are_written_down(ours: Site, who: str) -> None:
    project = ours.theirs if who == "stranger" else ours.ours
    bad = await ours.client().post("/api/v1/session", json={"login": who, "password": "wrong password"})
    assert bad.status_code == 401
    client = await ours.signed_in(who)
    assert (await client.delete("/api/v1/session")).status_code == 204
    found = ours.store.project(project).audit.page().entries
    told = [(entry.action, entry.outcome) for entry in found if entry.user_login == who]
    assert sorted(told) == [("sign_in", "done"), ("sign_in", "wrong_credentials"), ("sign_out", "done")]


@pytest.mark.parametrize(("projects", "written"), [(1, 1), (2, 0)])
async def test_a_login_that_there_is_none_of_is_told_where_it_is_clear_to_whom(
    tmp_path: Path, projects: int, written: int
) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'callfloor.db'}")
    try:
        for number in range(projects):
            store.projects.add(f"P{number}", timezone="UTC", country="PL", language="en", now=1.0)
        audit = Audit(store)
        details = {"address": "192.0.2.7"}
        audit.write_of_user_later(
            Deed(at=5.0, user=None, action="sign_in", details=details, outcome="wrong_credentials")
        )
        await audit.close()
        found = [entry for each in store.projects.all() for entry in store.project(each.id).audit.stream()]
        assert [(entry.user_login, entry.outcome, entry.details) for entry in found] == [
            (None, "wrong_credentials", details)
        ] * written
    finally:
        store.close()
