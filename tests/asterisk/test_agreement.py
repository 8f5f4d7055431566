"""The comparison itself: it agrees with what is right, and tells each thing that is wrong. No PBX needed."""

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from support.pbx.agreement import disagreements
from support.pbx.records import PBX_KILLED, Records, channels_of, read_cdr, read_cel, read_queue_log, read_truth
from support.pbx.witness import witnessed_calls

START = 1_795_300_000.0
CLIENT, DID, BRIDGE = "79160000001", "74951000003", "b-1"
TRUNK, DESK = ("PJSIP/trunk-a-00000001", "1795300000.1"), ("PJSIP/101-00000002", "1795300000.2")


def stamp(after: float) -> str:
    return datetime.fromtimestamp(START + after, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def cel(event: str, after: float, channel: tuple[str, str], **more: str) -> str:
    """One row as ``cel_custom.conf`` writes it."""
    kind = more.get("kind", "")
    fields = [
        event, stamp(after), "", more.get("number", ""), "", "", "", more.get("exten", ""), more.get("context", ""),
        channel[0], more.get("app", ""), more.get("data", ""), "3", "", channel[1], more.get("linkedid", TRUNK[1]),
        "", "", kind, more.get("extra", ""),
    ]  # fmt: skip
    return ",".join('"' + field.replace('"', '""') + '"' for field in fields)


def bridge(event: str, after: float, channel: tuple[str, str], technology: str = "simple_bridge") -> str:
    return cel(event, after, channel, extra=f'{{"bridge_id":"{BRIDGE}","bridge_technology":"{technology}"}}')


ANSWERED_CEL = [
    cel("CHAN_START", 0.002, TRUNK, number=CLIENT, exten=DID, context="from-trunk"),
    cel("APP_START", 0.004, TRUNK, app="Dial"),
    cel("CHAN_START", 0.005, DESK, exten="s", context="from-internal"),
    cel("ANSWER", 2.001, DESK),
    bridge("BRIDGE_ENTER", 2.002, DESK),
    bridge("BRIDGE_ENTER", 2.003, TRUNK),
    cel("STREAM_BEGIN", 4.0, TRUNK, kind="MOH_STREAM_BEGIN"),
    cel("STREAM_END", 5.0, TRUNK, kind="MOH_STREAM_END"),
    bridge("BRIDGE_EXIT", 8.001, TRUNK),
    bridge("BRIDGE_EXIT", 8.002, DESK),
    cel("HANGUP", 8.003, DESK, extra='{"hangupcause":16,"hangupsource":""}'),
    cel("CHAN_END", 8.003, DESK),
    cel("CHAN_END", 8.004, TRUNK),
]


def line(after: float, phone: str, what: str, **more: Any) -> dict[str, Any]:
    direction, peer = ("out", DID) if phone == "client" else ("in", CLIENT)
    return {
        "t": START + after,
        "phone": phone,
        "what": what,
        "dir": direction,
        "peer": peer,
        "sip_call_id": phone,
    } | more


ANSWERED_TRUTH = [
    line(0.0, "client", "dial", caller=CLIENT),
    line(0.006, "101", "incoming", called="101"),
    line(0.006, "101", "ringing"),
    line(2.0, "101", "up"),
    line(2.003, "client", "up"),
    line(4.0, "101", "hold", code=200),
    line(5.0, "101", "unhold", code=200),
    line(8.0, "client", "ended", by="me", code=200),
    line(8.003, "101", "ended", by="remote", code=200),
]
ANSWERED_CDR = (
    f'"","{CLIENT}","101","ext-local","","{TRUNK[0]}","{DESK[0]}","Dial","","{stamp(0)[:19]}","{stamp(2)[:19]}",'
    f'"{stamp(8)[:19]}",8,6,"ANSWERED","DOCUMENTATION","{TRUNK[1]}","","","{TRUNK[1]}",1\n'
)


def iso(after: float) -> str:
    return datetime.fromtimestamp(START + after, UTC).isoformat().replace("+00:00", "Z")


def told_answered() -> dict[str, Any]:
    return {
        "call_id": "x", "type": "inbound", "result": "answered", "abandoned_in": None, "client_number": CLIENT,
        "business_number": DID, "started_at": iso(0.002), "answered_at": iso(2.002), "ended_at": iso(8.003),
        "waiting_s": 2.0, "ivr_s": 0.0, "queue_s": 0.0, "ringing_s": 2.0, "talk_s": 5.0, "hold_s": 1.0,
        "duration_s": 8.0, "queues": [], "external": [], "hung_up_by": "client",
        "employees": [
            {"account": "101", "ring_s": 2.0, "answered": True, "answered_at": iso(2.001), "talk_s": 5.0,
             "missed": False, "taken_elsewhere": False},
        ],
    }  # fmt: skip


def records(
    rows: list[str] = ANSWERED_CEL, truth: list[dict[str, Any]] = ANSWERED_TRUTH, cdr: str = ANSWERED_CDR, log: str = ""
) -> Records:
    return Records(read_cel("\n".join(rows)), read_cdr(cdr), read_queue_log(log), list(truth))


def fields(told: list[dict[str, Any]], seen: Records | None = None) -> list[str]:
    return [one.field for one in disagreements(told, seen or records())]


def changed(**values: Any) -> dict[str, Any]:
    return told_answered() | values


def employee(**values: Any) -> dict[str, Any]:
    call = copy.deepcopy(told_answered())
    call["employees"][0] |= values
    return call


def test_a_call_told_right_agrees() -> None:
    assert disagreements([told_answered()], records()) == []


def test_a_call_not_told_is_missing_and_one_too_many_is_invented() -> None:
    assert fields([]) == ["missing"]
    assert fields([told_answered(), changed(client_number="79990000000")]) == ["invented"]


def wrong() -> Iterator[tuple[dict[str, Any], str]]:
    yield changed(type="outbound"), "type"
    yield changed(result="missed"), "result"
    yield changed(client_number="79990000000"), "client_number"
    yield changed(business_number="74950000000"), "business_number"
    yield changed(started_at=iso(0.1), duration_s=7.9), "started_at"
    yield changed(answered_at=iso(1.9)), "answered_at"
    yield changed(ended_at=None), "ended_at"
    yield changed(talk_s=5.9), "talk_s"
    yield changed(hold_s=0.0), "hold_s"
    yield changed(queues=["sales"]), "queues"
    yield changed(hung_up_by="employee"), "hung_up_by"
    yield changed(waiting_s=1.0), "waiting_s"
    yield changed(duration_s=9.0), "duration_s"
    yield changed(external=[{"number": "79990000000", "talk_s": 1.0}]), "external 79990000000"
    yield employee(account="102"), "employee 102"
    yield employee(ring_s=1.9), "employee 101 ring_s"
    yield employee(answered=False), "employee 101 answered"
    yield employee(answered_at=iso(2.2)), "employee 101 answered_at"
    yield employee(talk_s=4.9), "employee 101 talk_s"
    yield employee(taken_elsewhere=True), "employee 101 taken_elsewhere"
    yield employee(missed=True), "employee 101 missed"


@pytest.mark.parametrize(("call", "field"), list(wrong()), ids=lambda value: value if isinstance(value, str) else "")
def test_each_wrong_field_is_told(call: dict[str, Any], field: str) -> None:
    assert field in fields([call])


def test_a_time_may_be_as_late_as_the_pbx_told_it_and_no_later() -> None:
    call = changed(answered_at=iso(2.15))
    assert "answered_at" in fields([call])
    late = {TRUNK[1]: 0.12}
    assert "answered_at" not in [one.field for one in disagreements([call], records(), late)]
    assert "answered_at" in [one.field for one in disagreements([call], records(), {TRUNK[1]: 0.08})]


def test_a_phone_may_ring_as_late_as_its_caller_heard_of_it_and_no_later() -> None:
    call = employee(ring_s=1.8)
    heard = line(0.17, "client", "ringing", code=180)
    assert "employee 101 ring_s" in fields([call])
    assert "employee 101 ring_s" not in fields([call], records(truth=[*ANSWERED_TRUTH, heard]))
    assert "employee 101 ring_s" in fields([employee(ring_s=1.7)], records(truth=[*ANSWERED_TRUTH, heard]))


@pytest.mark.parametrize(("after_s", "certain"), [(7.99, False), (8.01, False), (7.95, True)])
def test_who_refuses_as_another_hangs_up_leaves_open_who_ended_it(after_s: float, certain: bool) -> None:
    other = ("PJSIP/102-00000003", "1795300000.3")
    rows = [cel("CHAN_START", 6.0, other, exten="s", context="from-internal"), cel("CHAN_END", after_s, other)]
    refused = [
        line(6.0, "102", "incoming", called="102"),
        line(after_s, "102", "ended", by="me", code=603),
    ]
    seen = fields([changed(hung_up_by="system")], records([*ANSWERED_CEL, *rows], truth=[*ANSWERED_TRUTH, *refused]))
    assert ("hung_up_by" in seen) is certain


def test_a_call_without_a_cdr_row_is_told() -> None:
    assert fields([told_answered()], records(cdr="")) == ["cdr"]


def test_a_cdr_row_of_somebody_who_is_not_in_the_call_is_told() -> None:
    row = ANSWERED_CDR.replace(DESK[0], "PJSIP/105-00000009")
    assert fields([told_answered()], records(cdr=row)) == ["cdr 105"]


def test_a_phone_whose_call_the_pbx_does_not_know_is_told() -> None:
    other = [line(1.0, "102", "incoming", called="102"), line(1.1, "102", "ended", by="remote", code=487)]
    assert fields([told_answered()], records(truth=[*ANSWERED_TRUTH, *other])) == ["truth"]


UNWRITTEN = slice(0, -5)
"""A PBX that is killed at 8.02 s writes no ends."""
KILLED = {"t": START + 8.02, "phone": None, "what": PBX_KILLED}


def test_of_a_call_whose_end_a_killed_pbx_did_not_write_the_end_alone_is_unknown() -> None:
    rows = ANSWERED_CEL[UNWRITTEN]
    cut = changed(ended_at=iso(8.02), talk_s=5.02, duration_s=8.018, hung_up_by=None)
    assert "ended_at" in fields([cut], records(rows))
    killed = records(rows, [*ANSWERED_TRUTH, KILLED])
    assert fields([cut], killed) == []
    assert fields([cut | {"result": "missed"}], killed) == ["result"]
    assert fields([cut | {"client_number": "79990000000"}], killed) == ["client_number"]
    assert fields([], killed) == ["missing"]


@pytest.mark.parametrize(("began_s", "ended_s", "known"), [(1.0, 1.1, True), (7.9, 8.03, False), (7.0, 7.9, False)])
def test_a_killed_pbx_may_not_have_written_of_a_leg_of_its_last_moment(
    began_s: float, ended_s: float, known: bool
) -> None:
    other = [line(began_s, "102", "incoming", called="102"), line(ended_s, "102", "ended", by="lost")]
    found = fields([told_answered()], records(truth=[*ANSWERED_TRUTH, *other, KILLED]))
    assert ("truth" in found) is known


def test_a_parked_caller_talks_to_nobody() -> None:
    rows = [one.replace("simple_bridge", "holding_bridge") for one in ANSWERED_CEL]
    (call,), _ = witnessed_calls(records(rows))
    assert call.talk_s == 0.0


def test_music_into_a_local_pair_is_a_hold_at_its_other_end() -> None:
    one, two = ("Local/101@q-1;1", "1795300000.3"), ("Local/101@q-1;2", "1795300000.4")
    there = '{"bridge_id":"b-2","bridge_technology":"simple_bridge"}'
    rows = [
        *ANSWERED_CEL[:4],
        *(cel("CHAN_START", 0.01, half, exten="101", context="from-queue") for half in (one, two)),
        bridge("BRIDGE_ENTER", 2.0, TRUNK),
        bridge("BRIDGE_ENTER", 2.0, one),
        *(cel("BRIDGE_ENTER", 2.0, half, extra=there) for half in (two, DESK)),
        cel("STREAM_BEGIN", 4.0, two, kind="MOH_STREAM_BEGIN"),
        cel("STREAM_END", 6.0, two, kind="MOH_STREAM_END"),
        *(cel("CHAN_END", 8.0, half) for half in (TRUNK, one, two, DESK)),
    ]
    truth = [line_ for line_ in ANSWERED_TRUTH if line_["what"] not in {"hold", "unhold"}]
    (call,), _ = witnessed_calls(records(rows, truth))
    assert call.talk_s == pytest.approx(4.0)
    assert call.hold_s == pytest.approx(2.0)


def test_a_half_written_row_is_left_out() -> None:
    whole = "\n".join(ANSWERED_CEL)
    assert len(channels_of(read_cel(whole + '\n"CHAN_START","2026'))) == 2
    assert read_truth("") == []


def test_a_feature_code_is_no_call() -> None:
    own = ("PJSIP/104-00000007", "1795300000.7")
    rows = [
        cel("CHAN_START", 0.0, own, number="104", exten="*78", context="from-internal", linkedid=own[1]),
        cel("CHAN_END", 1.0, own, linkedid=own[1]),
    ]
    truth = [line(0.0, "104", "dial", dir="out", peer="*78", caller="104"), line(1.0, "104", "ended", by="remote")]
    assert witnessed_calls(records(rows, truth)) == ([], [])
