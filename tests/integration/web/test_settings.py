"""The project's rules and numbers over REST: checked, audited with what they were, and in force at once."""

from typing import Any

import httpx
import msgspec
import pytest

from callfloor.store.rules import Rules
from callfloor.store.working_hours import WorkingHours
from callfloor.web.rules_api import RulesChange
from support.web_floor import record
from support.web_site import Site


async def entry(ours: Site, client: httpx.AsyncClient, action: str) -> Any:
    """The newest entry of the audit with this action."""
    entries = (await client.get(f"/api/v1/projects/{ours.ours}/audit")).json()["entries"]
    return next(each for each in entries if each["action"] == action)


def test_every_rule_can_be_changed() -> None:
    assert set(RulesChange.__struct_fields__) == {*Rules.__struct_fields__, "was"}


async def test_some_rules_are_changed_and_the_others_stay(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    address = f"/api/v1/projects/{ours.ours}/rules"
    before = (await client.get(address)).json()
    hours = [{"weekday": 0, "begins_minute": 540, "ends_minute": 1080}]
    answer = await client.put(address, json={"missed_after_s": 7.5, "working_hours": hours})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"rules": {**before, "missed_after_s": 7.5, "working_hours": hours}, "job": None}
    assert (await client.get(address)).json() == answer.json()["rules"]
    live = ours.live[ours.ours].rules
    assert live is not None
    assert (live.missed_after_s, live.working_hours) == (
        7.5,
        (WorkingHours(weekday=0, begins_minute=540, ends_minute=1080),),
    )
    deed = await entry(ours, client, "change_rules")
    assert (deed["outcome"], deed["user_login"]) == ("done", "administrator")
    assert deed["details"] == {
        "before": {"missed_after_s": 5.0, "working_hours": None},
        "after": {"missed_after_s": 7.5, "working_hours": hours},
    }
    back = await client.put(address, json={"missed_after_s": 5, "working_hours": None})
    assert back.json()["rules"] == before
    assert ours.live[ours.theirs].rules is None


async def test_marks_follow_at_once_and_the_sums_by_work_that_is_seen(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}"
    ours.store.project(ours.ours).journal.write([record("done", "101")])  # 60 s of talk
    target = f"{base}/journal?from=2023-11-14&to=2023-11-14&mark=target"
    for seconds, found in ((60, ["done"]), (61, [])):
        answer = (await client.put(f"{base}/rules", json={"target_talk_s": seconds})).json()
        assert [row["call_id"] for row in (await client.get(target)).json()["rows"]] == found
        assert (answer["job"]["kind"], answer["job"]["user_name"]) == ("remark", "Administrator")
        assert (await ours.work[ours.ours].ended(answer["job"]["id"])).state == "done"
    again = (await client.put(f"{base}/rules", json={"target_talk_s": 61})).json()
    assert again["job"] is None


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"missed_after_s": -1}, "$.missed_after_s"),
        ({"missed_after_s": 601}, "$.missed_after_s"),
        ({"missed_after_s": None}, "$.missed_after_s"),
        ({"dnd_after_missed": 0}, "$.dnd_after_missed"),
        ({"pause_is_dnd": "yes"}, "$.pause_is_dnd"),
        ({"unique_depth_days": 0}, "$.unique_depth_days"),
        ({"target_talk_s": 86_401}, "$.target_talk_s"),
        ({"success_is": "luck"}, "$.success_is"),
        ({"working_hours": [{"weekday": 0, "begins_minute": 0}]}, "$.working_hours[0]"),
        ({"rule": 1}, "$"),
        ([], "$"),
    ],
)
async def test_what_is_no_rule_is_refused_by_its_name(ours: Site, change: Any, at: str) -> None:
    client = await ours.signed_in("administrator")
    answer = await client.put(f"/api/v1/projects/{ours.ours}/rules", json=change)
    assert (answer.status_code, answer.json()["details"]) == (422, {"at": at})
    assert ours.store.project(ours.ours).rules.load() == Rules()


async def test_hours_that_end_before_they_begin_are_refused(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    hours = [{"weekday": 0, "begins_minute": 600, "ends_minute": 540}]
    answer = await client.put(f"/api/v1/projects/{ours.ours}/rules", json={"working_hours": hours})
    assert answer.status_code == 422
    assert (await entry(ours, client, "change_rules"))["outcome"] == "invalid_input"


async def test_who_may_not_change_rules_is_written_down(ours: Site) -> None:
    supervisor, administrator = await ours.signed_in("supervisor"), await ours.signed_in("administrator")
    answer = await supervisor.put(f"/api/v1/projects/{ours.ours}/rules", json={"missed_after_s": 1})
    assert answer.status_code == 403
    deed = await entry(ours, administrator, "change_rules")
    assert (deed["outcome"], deed["details"]) == ("forbidden", {"missed_after_s": 1.0})
    assert ours.live[ours.ours].rules is None


async def test_a_number_is_described_and_the_live_floor_has_it(ours: Site) -> None:
    client = await ours.signed_in("administrator")
    base = f"/api/v1/projects/{ours.ours}/numbers"
    said = {"label": " Main ", "source": "Google", "scheme": "day", "kind": "toll_free"}
    made = await client.put(f"{base}/48221234567", json=said)
    expected = {**said, "label": "Main", "number": "48221234567", "e164": "+48221234567"}
    assert (made.status_code, made.json()) == (200, expected)
    assert (await client.get(base)).json() == {"numbers": [expected]}
    assert [(n.number, n.label, n.source) for n in ours.floor.directory.numbers] == [("48221234567", "Main", "Google")]
    assert (await entry(ours, client, "put_number"))["details"] == {"made": expected}
    changed = await client.put(f"{base}/48221234567", json={"label": "Main", "source": ""})
    assert changed.json() == {**expected, "source": None, "scheme": None, "kind": "geographic"}
    deed = await entry(ours, client, "put_number")
    assert deed["subject"] == "number:48221234567"
    assert deed["details"]["before"] == {"source": "Google", "scheme": "day", "kind": "toll_free"}
    assert (await client.delete(f"{base}/48221234567")).status_code == 204
    assert (await client.delete(f"{base}/48221234567")).status_code == 404
    assert ours.floor.directory.numbers == ()
    theirs = await client.put(f"/api/v1/projects/{ours.theirs}/numbers/1", json=said)
    assert theirs.status_code == 404


@pytest.mark.parametrize(
    "change", [{"kind": "satellite"}, {"label": "a\nb"}, {"label": "x" * 201}, {"source": 5}, {"colour": "red"}]
)
async def test_what_is_no_number_is_refused(ours: Site, change: dict[str, Any]) -> None:
    client = await ours.signed_in("administrator")
    answer = await client.put(f"/api/v1/projects/{ours.ours}/numbers/100", json=change)
    assert answer.status_code == 422
    assert msgspec.json.decode(answer.content)["error_id"] == "invalid_input"
    assert ours.store.project(ours.ours).lines.numbers() == ()
