"""The logs over REST: filtered, paged, taken as files; for administrators, and nobody can change them."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import pytest

from callfloor.errors import ReportDiskError
from callfloor.floor.supervisions import Ending, Followed, Mode, ModeStretch, SupervisionRecord, Way
from callfloor.reports import log_files
from callfloor.reports.log_files import LogFiles
from callfloor.reports.words_logs import LOG_WORDS
from callfloor.store.supervision_rows import EVERY
from callfloor.web.app import bare_app
from callfloor.web.openapi import document
from support.web_floor import NOW
from support.web_site import Site

DAY = datetime.fromtimestamp(NOW, UTC).date()
READERS = tuple(log + end for log in ("/audit", "/supervision-log") for end in ("", "/options", "/file"))


def session(ours: Site, number: int, **more: Any) -> SupervisionRecord:
    """A session of supervision that is over."""
    at = NOW + number
    values: dict[str, Any] = {
        "id": f"s{number}",
        "user_id": ours.users["supervisor"],
        "user_name": "Supervisor",
        "call_id": f"pbx1-{number}",
        "way": Way.PHONE,
        "phone": "201",
        "reason": '=cmd|"/c calc"!A1',
        "started_at": at,
        "connected_at": at + 1,
        "ended_at": at + 61,
        "modes": (
            ModeStretch(mode=Mode.LISTEN, muted=False, began_at=at + 1, ended_at=at + 31),
            ModeStretch(mode=Mode.WHISPER, muted=True, began_at=at + 31, ended_at=at + 61),
        ),
        "followed": (Followed(employee_id=ours.anna, account="101", began_at=at + 1, ended_at=at + 61),),
        "ending": Ending.CALL_OVER,
        **more,
    }
    return SupervisionRecord(**values)


async def get(ours: Site, client: httpx.AsyncClient, end: str, **query: object) -> Any:
    answer = await client.get(
        f"/api/v1/projects/{ours.ours}{end}", params={key: str(value) for key, value in query.items()}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_log_of_supervisions_is_filtered_and_paged(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    kept = ours.store.project(ours.ours).supervisions
    for number in range(3):
        kept.close(session(ours, number * 86_400))
    kept.open(
        session(
            ours, 5, id="on", user_id=77, user_name="Gone", way=Way.BROWSER, phone=None, followed=(), modes=(),
            ended_at=None, connected_at=None, ending=None,
        )
    )  # fmt: skip
    ours.store.project(ours.theirs).supervisions.open(session(ours, 9, id="theirs", followed=()))
    whole = await get(ours, client, "/supervision-log")
    assert [one["id"] for one in whole["records"]] == ["s172800", "s86400", "on", "s0"]
    assert whole["records"][3] == {
        "id": "s0", "user_id": ours.users["supervisor"], "user_name": "Supervisor", "call_id": "pbx1-0",
        "way": "phone", "phone": "201", "reason": '=cmd|"/c calc"!A1', "started_at": NOW, "connected_at": NOW + 1,
        "ended_at": NOW + 61, "ending": "call_over", "ending_detail": None,
        "modes": [
            {"mode": "listen", "muted": False, "began_at": NOW + 1, "ended_at": NOW + 31},
            {"mode": "whisper", "muted": True, "began_at": NOW + 31, "ended_at": NOW + 61},
        ],
        "followed": [
            {
                "employee_id": ours.anna, "employee_name": "Anna", "account": "101",
                "began_at": NOW + 1, "ended_at": NOW + 61,
            }
        ],
    }  # fmt: skip

    async def ids(**query: object) -> list[str]:
        return [one["id"] for one in (await get(ours, client, "/supervision-log", **query))["records"]]

    assert await ids(**{"from": DAY, "to": DAY}) == ["on", "s0"]
    assert await ids(**{"from": DAY + timedelta(days=2)}) == ["s172800"]
    assert await ids(user=77) == ["on"]
    assert await ids(employee=ours.anna, to=DAY) == ["s0"]
    assert await ids(mode="whisper,join", way="phone", to=DAY) == ["s0"]
    assert await ids(way="browser") == ["on"]
    assert await ids(ending="left") == []
    assert await ids(call="pbx1-86400") == ["s86400"]
    first = await get(ours, client, "/supervision-log", limit=3)
    rest = await get(ours, client, "/supervision-log", limit=3, cursor=first["next_cursor"])
    assert [one["id"] for one in rest["records"]] == ["s0"]
    assert rest["next_cursor"] is None
    assert (await get(ours, client, "/supervision-log/options"))["users"] == [
        {"id": ours.users["supervisor"], "name": "Supervisor"},
        {"id": 77, "name": "Gone"},
    ]


async def test_the_audit_is_filtered_by_the_projects_days_and_paged(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    kept = ours.store.project(ours.ours).audit
    for number in range(4):
        kept.write(
            at=NOW + 60 + number * 86_400, user_id=5, user_login="five", action=f"act_{number % 2}",
            outcome="done" if number else "forbidden", subject_kind="call", subject_id=f"c{number}",
        )  # fmt: skip

    async def subjects(**query: object) -> list[str]:
        return [one["subject"] for one in (await get(ours, client, "/audit", user=5, **query))["entries"]]

    assert await subjects() == ["call:c3", "call:c2", "call:c1", "call:c0"]
    assert await subjects(**{"from": DAY + timedelta(days=1), "to": DAY + timedelta(days=2)}) == ["call:c2", "call:c1"]
    assert await subjects(action="act_1") == ["call:c3", "call:c1"]
    assert await subjects(subject="call:c2") == ["call:c2"]
    assert await subjects(subject="employee") == []
    assert await subjects(outcome="failed") == ["call:c0"]
    assert await subjects(outcome="forbidden,done", action="act_0") == ["call:c2", "call:c0"]
    first = await get(ours, client, "/audit", user=5, limit=3)
    assert (await get(ours, client, "/audit", user=5, cursor=first["next_cursor"]))["entries"][0][
        "subject"
    ] == "call:c0"
    options = await get(ours, client, "/audit/options")
    assert {"sign_in", "act_0", "act_1"} <= set(options["actions"])
    assert {"id": 5, "login": "five"} in options["users"]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2023-11-15", "to": "2023-11-14"}, {"from": "yesterday"}, {"user": "x"}, {"limit": 0}, {"limit": 501},
        {"cursor": "x"}, {"subject": "call:\x00"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["/audit", "/supervision-log"])
async def test_what_makes_no_sense_is_refused(ours: Site, end: str, query: dict[str, object]) -> None:
    client = await ours.signed_in("administrator")
    answer = await client.get(
        f"/api/v1/projects/{ours.ours}{end}", params={key: str(value) for key, value in query.items()}
    )
    # The log has no subjects: what a route does not know is passed over, as everywhere outside the journal.
    assert answer.status_code == (200 if end == "/supervision-log" and "subject" in query else 422), answer.text


def rows_of_csv(body: bytes) -> list[list[str]]:
    assert body.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))


def rows_of_xlsx(body: bytes) -> list[list[str]]:
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        sheet, shared = (
            ElementTree.fromstring(book.read(f"xl/{name}.xml")) for name in ("worksheets/sheet1", "sharedStrings")
        )
    texts = ["".join(text.itertext()) for text in shared]

    def text(cell: ElementTree.Element) -> str:
        own = "".join(cell.itertext())
        return texts[int(own)] if cell.get("t") == "s" else own

    return [[text(cell) for cell in row] for row in sheet.iter(f"{space}row")]


async def test_the_log_is_taken_as_a_file_and_that_is_audited(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    ours.store.project(ours.ours).supervisions.close(session(ours, 0))
    address = f"/api/v1/projects/{ours.ours}/supervision-log/file"
    for form, read in (("csv", rows_of_csv), ("xlsx", rows_of_xlsx)):
        answer = await client.get(address, params={"format": form, "user": ours.users["supervisor"]})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert f".{form}" in answer.headers["content-disposition"]
        head, *rows = read(answer.content)
        assert head[:3] == ["Began", "Supervisor", "Employees"]
        assert len(rows) == 1
        text = " | ".join(rows[0])
        assert "Anna (101)" in text
        assert "listen 23:13:21–23:13:51; whisper, muted 23:13:51–23:14:21" in text
        assert "phone 201" in text
        assert "the call was over" in text
        assert not any(cell.startswith("=") for cell in rows[0]) or form == "xlsx"
        (entry,) = (await get(ours, client, "/audit", action="export_supervisions", limit=1))["entries"]
        assert entry["details"] == {"format": form, "user": str(ours.users["supervisor"])}


async def test_the_audit_is_taken_as_a_file(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    ours.store.project(ours.ours).audit.write(
        at=NOW, user_id=5, user_login="five", action="x", outcome="done", subject_kind="call", subject_id="c",
        details={"was": "+cmd", "now": "Їжак"},
    )  # fmt: skip
    for form, read in (("csv", rows_of_csv), ("xlsx", rows_of_xlsx)):
        answer = await client.get(f"/api/v1/projects/{ours.ours}/audit/file", params={"format": form, "user": 5})
        assert answer.status_code == 200, answer.text
        _, row = read(answer.content)
        assert row[1:] == ["five", "x", "done", "call", "c", '{"was":"+cmd","now":"Їжак"}']
    refused = await client.get(f"/api/v1/projects/{ours.ours}/audit/file", params={"format": "pdf"})
    assert refused.status_code == 422


@pytest.mark.parametrize("login", ["analyst", "supervisor", "employee", "stranger"])
async def test_only_administrators_of_the_project_read_them(ours: Site, login: str) -> None:
    client = await ours.signed_in(login)
    for end in READERS:
        answer = await client.get(f"/api/v1/projects/{ours.ours}{end}")
        assert answer.status_code == (404 if login == "stranger" else 403), end


def test_no_route_changes_or_removes_what_was_written_down() -> None:
    paths = document(bare_app())["paths"]
    logs = {path.rpartition("}")[2]: set(told) for path, told in paths.items() if "/audit" in path or "-log" in path}
    assert logs == {end: {"get"} for end in READERS}


def test_every_language_has_every_word() -> None:
    assert {frozenset(words) for words in LOG_WORDS.values()} == {frozenset(LOG_WORDS["en"])}
    assert {f"mode.{each}" for each in Mode} | {f"way.{each}" for each in Way} <= LOG_WORDS["en"].keys()
    assert {f"ending.{each}" for each in Ending} <= LOG_WORDS["en"].keys()


def test_a_full_disk_is_told_and_nothing_is_left(ours: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = ours.store.project(ours.ours)
    project.supervisions.close(session(ours, 0))
    monkeypatch.setattr(log_files, "LEFT_FREE", 2**62)  # more than any disk has
    for form in ("csv", "xlsx"):
        with pytest.raises(ReportDiskError):
            LogFiles(tmp_path / "logs").supervisions(
                project, ZoneInfo("Europe/Warsaw"), EVERY, form=form, language="pl", now=NOW
            )
    assert list((tmp_path / "logs").iterdir()) == []


async def test_whom_nobody_listens_to_only_supervisors_learn(ours: Site) -> None:
    address = f"/api/v1/projects/{ours.ours}/rules"
    administrator = await ours.signed_in("administrator")
    answer = await administrator.put(
        address,
        json={"supervision": {"forbidden_employee_ids": [ours.boris], "tone": True}, "transfer_context": "from-sales"},
    )
    assert answer.status_code == 200, answer.text
    policy = answer.json()["rules"]["supervision"]
    assert (policy["forbidden_employee_ids"], policy["tone"], policy["ask_reason"]) == ([ours.boris], True, False)
    live = ours.live[ours.ours].rules
    assert live is not None
    assert live.supervision.tone
    (entry,) = (await get(ours, administrator, "/audit", action="change_rules", limit=1))["entries"]
    assert entry["details"] == {
        "before": {"supervision": {"tone": False, "forbidden_employee_ids": []}, "transfer_context": None},
        "after": {
            "supervision": {"tone": True, "forbidden_employee_ids": [ours.boris]},
            "transfer_context": "from-sales",
        },
    }
    for login, ids in (("supervisor", [ours.boris]), ("employee", []), ("analyst", [])):
        seen = (await (await ours.signed_in(login)).get(address)).json()
        assert seen["supervision"]["forbidden_employee_ids"] == ids, login
        assert seen["supervision"]["tone"]
    for wrong, status in (
        ({"supervision": {"forbidden_employee_ids": [999]}}, 404),
        ({"supervision": {"most_at_once": 0}}, 422),
        ({"supervision": {"else": 1}}, 422),
        ({"transfer_context": "a b"}, 422),
    ):
        assert (await administrator.put(address, json=wrong)).status_code == status, wrong
