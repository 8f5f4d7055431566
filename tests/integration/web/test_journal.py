"""The journal over REST: what is asked for and what is refused, within what the viewer sees."""

from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from support.web_floor import NOW, record
from support.web_site import Site

DAY = "from=2023-11-14&to=2023-11-14"


@pytest.fixture
async def told(ours: Site) -> Site:
    """Finished calls of Anna, of Boris, of both and of nobody, some hours apart; and one of the day before."""
    ours.store.project(ours.ours).journal.write(
        [
            record("anna", "101", started_at=NOW - 4 * 3600),
            record("boris", "201", started_at=NOW - 3 * 3600),
            record("both", "201", "101", started_at=NOW - 2 * 3600),
            record("nobody", started_at=NOW - 3600),
            record("before", "101", started_at=NOW - 86_400),
        ]
    )
    ours.store.project(ours.theirs).journal.write([record("theirs", started_at=NOW - 3600)])
    return ours


def base(site: Site) -> str:
    return f"/api/v1/projects/{site.ours}"


async def asked(client: httpx.AsyncClient, address: str) -> Any:
    answer = await client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ids(client: httpx.AsyncClient, site: Site, query: str) -> list[str]:
    return [row["call_id"] for row in (await asked(client, f"{base(site)}/journal?{query}"))["rows"]]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("administrator", ["nobody", "both", "boris", "anna"]),
        ("analyst", ["nobody", "both", "boris", "anna"]),
        ("supervisor", ["both", "anna"]),
        ("employee", ["both", "anna"]),
    ],
)
async def test_everyone_sees_their_own_by_every_way(told: Site, who: str, seen: list[str]) -> None:
    client = await told.signed_in(who)
    assert await ids(client, told, DAY) == seen
    assert await ids(client, told, f"{DAY}&employee={told.boris}&type=inbound") == [
        one for one in seen if one in {"both", "boris"}
    ]
    totals = await asked(client, f"{base(told)}/journal/totals?{DAY}")
    assert (totals["totals"]["calls"], totals["previous"]["calls"]) == (len(seen), 1)
    groups = await asked(client, f"{base(told)}/journal/groups?{DAY}&by=day")
    assert [(group["key"], group["totals"]["calls"]) for group in groups] == [("2023-11-14", len(seen))]
    history = await asked(client, f"{base(told)}/clients/+48123456789")
    assert history["calls"] == len(seen) + 1
    for call_id in ("anna", "boris", "both", "nobody"):
        answer = await client.get(f"{base(told)}/journal/calls/{call_id}")
        assert answer.status_code == (200 if call_id in seen else 404)
    assert (await client.get(f"{base(told)}/journal/calls/theirs")).status_code == 404


async def test_pages_follow_one_another_both_ways(told: Site) -> None:
    client = await told.signed_in("administrator")
    address = f"{base(told)}/journal?{DAY}&limit=3"
    first = await asked(client, address)
    second = await asked(client, f"{address}&after={first['next_cursor']}")
    assert [row["call_id"] for page in (first, second) for row in page["rows"]] == ["nobody", "both", "boris", "anna"]
    assert second["next_cursor"] is None
    back = await asked(client, f"{address}&before={second['previous_cursor']}")
    assert [row["call_id"] for row in back["rows"]] == ["nobody", "both", "boris"]
    told.store.project(told.ours).journal.write([record("new", "101", started_at=NOW - 60)])
    news = await asked(client, f"{address}&before={first['previous_cursor']}")
    assert [row["call_id"] for row in news["rows"]] == ["new"]


FILTERS = (
    ("sort=started", ["anna", "boris", "both", "nobody"]),
    ("from_time=21:00", ["nobody", "both"]),  # Warsaw: an hour ahead of UTC
    ("to_time=21:00", ["boris", "anna"]),
    ("from_time=21:00&to_time=21:14", ["both"]),
    ("hour=20,21", ["both", "boris"]),
    ("weekday=1", ["nobody", "both", "boris", "anna"]),
    ("weekday=0,2", []),
    ("client=%2B48123456789&talk=60-60&waiting=-10&duration=70-", ["nobody", "both", "boris", "anna"]),
    ("client= 48123456789", ["nobody", "both", "boris", "anna"]),
    ("client=%2B48123456780", []),
    ("part=345-67", ["nobody", "both", "boris", "anna"]),
    ("talk=61-", []),
    ("number=%2B48221234567,1&hung_up_by=client,system", ["nobody", "both", "boris", "anna"]),
    ("result=answered&recorded=no", ["nobody", "both", "boris", "anna"]),
    ("mark=unique", []),
    ("mark=repeat,unique", ["nobody", "both", "boris", "anna"]),
    ("department={sales}", ["both", "anna"]),
    ("part_in=taken_elsewhere", []),
    ("source=", ["nobody", "both", "boris", "anna"]),
    ("tag=vip", []),
    ("queue=a%252Cb", []),
)


async def test_every_word_of_the_filter_is_understood(told: Site) -> None:
    client = await told.signed_in("administrator")
    found = [(query, await ids(client, told, f"{DAY}&{query.format(sales=told.sales)}")) for query, _ in FILTERS]
    assert found == list(FILTERS)


async def test_a_department_is_asked_for_with_those_below_it(told: Site) -> None:
    directory = told.store.project(told.ours).directory
    above = directory.add_department("All").id
    directory.change_department(told.help, name="Help", parent_id=above)
    client = await told.signed_in("administrator")
    assert await ids(client, told, f"{DAY}&department={above}") == ["both", "boris"]


REFUSED = (
    ("to=2023-11-14", "from"),
    ("from=2023-11-14", "to"),
    ("from=2023-02-30&to=2023-11-14", "from"),
    ("from=14.11.2023&to=2023-11-14", "from"),
    ("from=1969-01-01&to=2023-11-14", "from"),
    ("from=2023-11-15&to=2023-11-14", "from"),
    (f"{DAY}&from_time=25:00", "from_time"),
    (f"{DAY}&from_time=10:00&to_time=10:00", "from_time"),
    (f"{DAY}&employee=anna", "employee"),
    (f"{DAY}&employee=0", "employee"),
    (f"{DAY}&employee={2**53}", "employee"),
    (f"{DAY}&department=1,,x", "department"),
    (f"{DAY}&type=inward", "type"),
    (f"{DAY}&result=abandoned", "result"),
    (f"{DAY}&mark=good", "mark"),
    (f"{DAY}&hung_up_by=nobody", "hung_up_by"),
    (f"{DAY}&part_in=missed,took_part", "part_in"),
    (f"{DAY}&hour=24", "hour"),
    (f"{DAY}&weekday=7", "weekday"),
    (f"{DAY}&talk=10", "talk"),
    (f"{DAY}&talk=-", "talk"),
    (f"{DAY}&talk=20-10", "talk"),
    (f"{DAY}&part=12", "part"),
    (f"{DAY}&part=12a34", "part"),
    (f"{DAY}&client=12", "client"),
    (f"{DAY}&recorded=maybe", "recorded"),
    (f"{DAY}&counted=1", "counted"),
    (f"{DAY}&tag=%00", "tag"),
    (f"{DAY}&tag={'x' * 201}", "tag"),
    (f"{DAY}&number={',' * 5}", "number"),
    (f"{DAY}&tag=a&tag=b", "tag"),
    (f"{DAY}&colour=red", "colour"),
    (f"{DAY}&sort=luck", "sort"),
    (f"{DAY}&limit=0", "limit"),
    (f"{DAY}&after=x&before=y", "after"),
)


async def test_what_cannot_be_understood_is_refused_by_its_name(told: Site) -> None:
    client = await told.signed_in("administrator")
    for query, at in REFUSED:
        answer = await client.get(f"{base(told)}/journal?{query}")
        assert (answer.status_code, answer.json()["error_id"]) == (422, "invalid_input"), query
        assert answer.json()["details"]["at"][0] == f"query.{at}", query


async def test_a_cursor_that_is_none_and_a_grouping_that_is_none_are_refused(told: Site) -> None:
    client = await told.signed_in("administrator")
    for end in (f"?{DAY}&after=nonsense", f"/groups?{DAY}", f"/groups?{DAY}&by=luck", f"/totals?{DAY}&limit=5"):
        assert (await client.get(f"{base(told)}/journal{end}")).status_code == 422, end


async def test_the_period_before_has_as_many_days_though_the_clocks_change(told: Site) -> None:
    """Warsaw, 29 October 2023: the day had 25 hours."""
    journal = told.store.project(told.ours).journal
    midnight = date(2023, 10, 29).toordinal() - date(1970, 1, 1).toordinal()
    before = midnight * 86_400.0 - 2 * 3600  # 00:00 in Warsaw, by summer time
    journal.write(
        [record("last-of-29", started_at=before + 25 * 3600 - 1), record("first-of-28", started_at=before - 86_400)]
    )
    client = await told.signed_in("administrator")
    totals = await asked(client, f"{base(told)}/journal/totals?from=2023-10-29&to=2023-10-29")
    assert (totals["totals"]["calls"], totals["previous"]["calls"]) == (1, 1)
    first = await asked(client, f"{base(told)}/journal/totals?from=1970-01-02&to=2023-11-14")
    assert first["previous"] is None


async def test_notes_tags_and_success_are_kept_and_audited(told: Site) -> None:
    client, administrator = await told.signed_in("supervisor"), await told.signed_in("administrator")
    call = f"{base(told)}/journal/calls/anna"
    tagged = (await client.put(f"{call}/tags", json={"tags": ["  VIP ", "a,  b", "VIP"]})).json()
    assert tagged["row"]["tags"] == ["VIP", "a, b"]
    assert (await asked(client, f"{base(told)}/tags"))["tags"] == ["VIP", "a, b"]
    assert await ids(client, told, f"{DAY}&tag={quote('a%2C b')}") == ["anna"]
    for said, marks in ((False, {"unsuccessful"}), (True, {"successful"})):
        answer = (await client.put(f"{call}/success", json={"success": said})).json()
        assert set(answer["row"]["marks"]) & {"successful", "unsuccessful"} == marks
    noted = (await client.post(f"{call}/notes", json={"text": " Wants\na call. "})).json()
    (note,) = noted["notes"]
    assert (note["text"], note["user_name"], note["at"], noted["row"]["notes"]) == (
        "Wants\na call.",
        "Supervisor",
        NOW,
        1,
    )
    assert (await client.delete(f"{call}/notes/{note['id']}")).json()["notes"] == []
    audited = [
        (entry["action"], entry["subject"], entry["details"])
        for entry in (await asked(administrator, f"{base(told)}/audit"))["entries"]
        if entry["action"] != "sign_in"
    ]
    assert audited[::-1] == [
        ("set_tags", "call:anna", {"tags": ["VIP", "a, b"], "before": []}),
        ("set_success", "call:anna", {"success": False, "before": True}),
        ("set_success", "call:anna", {"success": True, "before": False}),
        ("add_note", "call:anna", {"characters": 13}),
        ("remove_note", "call:anna", {"note": note["id"], "of": "Supervisor"}),
    ]


async def test_a_note_is_removed_by_who_wrote_it_or_by_an_administrator(told: Site) -> None:
    supervisor, analyst = await told.signed_in("supervisor"), await told.signed_in("analyst")
    call, other = (f"{base(told)}/journal/calls/{call_id}/notes" for call_id in ("anna", "both"))
    first, second = [
        (await supervisor.post(call, json={"text": text})).json()["notes"][-1]["id"] for text in ("one", "two")
    ]
    assert (await analyst.delete(f"{call}/{first}")).status_code == 403
    assert (await supervisor.delete(f"{other}/{first}")).status_code == 404
    assert (await supervisor.delete(f"{call}/{first}")).status_code == 200
    assert (await (await told.signed_in("administrator")).delete(f"{call}/{second}")).status_code == 200


NONE_OF_IT: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PUT", "tags", {"tags": ["x" * 61]}),
    ("PUT", "tags", {"tags": [" "]}),
    ("PUT", "tags", {"tags": ["a\nb"]}),
    ("PUT", "tags", {"tags": [f"t{n}" for n in range(21)]}),
    ("PUT", "success", {"success": "yes"}),
    ("PUT", "success", {}),
    ("PUT", "spam", {"spam": 1}),
    ("POST", "notes", {"text": " \n "}),
    ("POST", "notes", {"text": "x" * 4001}),
    ("POST", "notes", {"text": "a\u0000b"}),
)


async def test_what_is_no_note_tag_or_mark_is_refused(told: Site) -> None:
    client = await told.signed_in("administrator")
    for method, end, body in NONE_OF_IT:
        answer = await client.request(method, f"{base(told)}/journal/calls/anna/{end}", json=body)
        assert answer.status_code == 422, (end, body)


async def test_spam_by_the_list_and_by_hand(told: Site) -> None:
    client, supervisor = await told.signed_in("administrator"), await told.signed_in("supervisor")
    spam, call = f"{base(told)}/spam", f"{base(told)}/journal/calls/anna"
    made = (await supervisor.post(spam, json={"number": "12 345-67-89", "source": "hand"})).json()
    assert made == {"number": "+48123456789", "source": "hand", "by": "Supervisor", "at": NOW}
    assert await ids(client, told, f"{DAY}&mark=spam") == ["nobody", "both", "boris", "anna"]
    assert (await asked(client, f"{base(told)}/clients/48123456789"))["spam"] is True
    said = (await client.put(f"{call}/spam", json={"spam": False})).json()
    assert "spam" not in said["row"]["marks"]
    assert await ids(client, told, f"{DAY}&mark=spam") == ["nobody", "both", "boris"]
    assert await ids(client, told, f"{DAY}&counted=no") == ["nobody", "both", "boris"]
    assert await ids(client, told, f"{DAY}&counted=yes") == ["anna"]
    told.store.project(told.ours).spam.put("+48500600700", "pbx", None, NOW)
    assert [(each["number"], each["source"]) for each in (await asked(client, spam))["numbers"]] == [
        ("+48123456789", "hand"),
        ("+48500600700", "pbx"),
    ]
    refused = await client.delete(f"{spam}/+48500600700")
    assert (refused.status_code, refused.json()["error_id"]) == (409, "conflict")
    assert (await client.delete(f"{spam}/+48123456789")).status_code == 204
    assert await ids(client, told, f"{DAY}&mark=spam") == []
    assert (await client.delete(f"{spam}/+48123456789")).status_code == 404
    for wrong in ("abc", "+", "1", "1" * 61, "12;34"):
        assert (await client.post(spam, json={"number": wrong})).status_code == 422, wrong
    short = (await client.post(spam, json={"number": "1 01"})).json()
    assert (short["number"], short["source"], short["by"]) == ("101", "list", "Administrator")
