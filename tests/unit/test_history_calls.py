"""Recorded scenarios, imported from what Asterisk itself wrote down of them, are the calls that were watched live."""

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callfloor.asterisk.history.sources import Source
from callfloor.floor.calls import CallRecord, CallType
from support.past_records import FIELDS, NEAR_S, RECORDS, agreement, compared, like_freepbx, names, read, sources
from support.scenarios import load

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"
# What each source cannot tell of a scenario; ``docs/importing.md`` says why.
NOT_TOLD = {
    "events": {"inbound_ivr_queue": {"route"}},  # BackGround is not among the applications logged
    "seconds": {
        "inbound_ivr_queue": {"route"},
        "call_forward_external": {"forwarded_from"},
        "call_forward_internal": {"forwarded_from"},
        "callback_agent_noanswer": {"missed"},
        "callback_local": {"business_number"},
    },
}
NEVER_IN_RECORDS = {"business_number", "hung_up_by", "recording", "route"}
SELDOM_IN_RECORDS = {
    "ami_reconnect_midcall": {"talk_s", "hold_s"},
    "attended_transfer_dtmf": {"talk_s", "hold_s"},
    "attended_transfer_refer": {"hold_s"},
    "attended_transfer_from_queue": {"queues", "positions"},
    "blind_transfer_dtmf": {"talk_s", "hold_s"},
    "callback_agent_noanswer": {"missed"},
    "callback_answered": {"type", "answered_at", "talk_s", "answered by"},
    "callback_client_noanswer": {"type", "answered by"},
    "callback_local": {"answered_at", "type"},
    "hold_unhold": {"talk_s", "hold_s"},
    "inbound_ivr_queue": {"ivr_s", "ringing_s", "queue_s", "ring_s"},
    "outbound_failed": {"result"},
    "fax_receive": {"call"},
}


def of(name: str, kind: str, folder: Path) -> list[Source]:
    """The sources of a scenario: everything, everything as FreePBX has it, or call records alone."""
    if kind == "records":
        return sources(name, ("cdr",))
    if kind == "seconds" and (RECORDS / f"{name}.cel").exists():
        like_freepbx(name, folder)
        return [*sources(name, ("cel",), folder), *sources(name, ("cdr", "queue_log"))]
    return sources(name, ("cel", "cdr", "queue_log"))


def differences(name: str, records: Sequence[CallRecord], kind: str) -> dict[str, tuple[object, object]]:
    """Field by field what was imported and what was watched, where they are not the same."""
    rows = compared(name, records, NEAR_S[kind])
    return {each: (mine, theirs) for _, each, mine, theirs in rows if mine != theirs}


def test_there_are_records() -> None:
    assert len(names()) > 50


@pytest.mark.parametrize("kind", ["events", "seconds"])
@pytest.mark.parametrize("name", names())
def test_call_events_give_the_calls_that_were_watched(name: str, kind: str, tmp_path: Path) -> None:
    came = read(of(name, kind, tmp_path))
    wrong = differences(name, came.records, kind)
    assert set(wrong) <= NOT_TOLD[kind].get(name, set()), wrong


@pytest.mark.parametrize("name", names())
def test_call_records_alone_give_the_same_calls_as_far_as_they_tell(name: str, tmp_path: Path) -> None:
    came = read(of(name, "records", tmp_path))
    assert all(record.partial for record in came.records)
    allowed = NEVER_IN_RECORDS | SELDOM_IN_RECORDS.get(name, set()) | {"positions"}
    wrong = differences(name, came.records, "records")
    assert set(wrong) <= allowed, wrong


def test_what_records_do_not_tell_is_unknown_and_not_invented(tmp_path: Path) -> None:
    for name in names():
        for record in read(of(name, "records", tmp_path)).records:
            assert record.hung_up_by is None or record.abandoned_in is not None
            assert record.type is not CallType.INBOUND or record.business_number is None
            assert record.hold_s == 0


def test_the_page_says_how_much_the_sources_tell(tmp_path: Path) -> None:
    rows: dict[str, list[tuple[str, str, object, object]]] = {"events": [], "seconds": [], "records": []}
    for name in names():
        for kind in rows:
            rows[kind] += compared(name, read(of(name, kind, tmp_path)).records, NEAR_S[kind])
    lines = "\n".join(table(rows))
    said = PAGE.read_text(encoding="utf-8").partition("<!-- agreement -->\n")[2].partition("<!-- end -->")[0].strip()
    assert said == lines, f"the table in {PAGE.name} should read\n{lines}"


def table(rows: dict[str, list[tuple[str, str, object, object]]]) -> Sequence[str]:
    """The lines of the table: for each field the calls that agree, of how many."""
    counted = {kind: agreement(found) for kind, found in rows.items()}
    totals = {kind: sum(1 for row in found if row[1] == FIELDS[0]) for kind, found in rows.items()}
    head = [
        "| field | events, records, queue log | the same as FreePBX writes them | records alone |",
        "|---|---|---|---|",
    ]
    return head + [
        f"| {each.replace('_', ' ')} | " + " | ".join(f"{counted[kind][each]}/{totals[kind]}" for kind in rows) + " |"
        for each in FIELDS
    ]


def test_every_recorded_call_is_one_that_a_capture_knows() -> None:
    assert all(load(name).expected["calls"] is not None for name in names())


def test_who_hangs_up_a_while_after_a_hold_hung_up(tmp_path: Path) -> None:
    """The music's end is the hold's end, and no part of the hang-up that comes 0.7 s later."""
    lines = (RECORDS / "hold_unhold.cel").read_text(encoding="utf-8").splitlines()
    music = max(place for place, line in enumerate(lines) if "MOH_STREAM_END" in line)
    later_s = _at(lines[music]) + 0.7 - _at(lines[music + 1])
    moved = [*lines[: music + 1], *(_moved(line, later_s) for line in lines[music + 1 :])]
    (tmp_path / "hold_unhold.cel").write_text("\n".join(moved), encoding="utf-8")
    (record,) = read(sources("hold_unhold", ("cel",), tmp_path)).records
    (should,) = read(sources("hold_unhold", ("cel",))).records
    assert record.hung_up_by == should.hung_up_by is not None
    assert [step.what for step in record.story] == [step.what for step in should.story]
    *_, unhold, one, other = record.story
    assert min(one.at, other.at) > unhold.at + 0.5, "neither left when the music ended"


@pytest.mark.parametrize(
    ("source", "result", "ended_by"), [("", "no_answer", "employee"), ("PJSIP/102-00000cc8", "busy", "system")]
)
def test_a_device_that_rang_to_the_last_did_not_refuse_as_the_other_did(
    tmp_path: Path, source: str, result: str, ended_by: str
) -> None:
    """One device refuses, the caller gives up while the other rings: the PBX gives all of them the cause of the one."""
    rows = (
        ("CHAN_START", "16.094360", "107", "102", "", "107-00000cc6", "8", "", ""),
        ("APP_START", "16.098484", "107", "102", "Dial", "107-00000cc6", "8", "PJSIP/102&PJSIP/102,6", ""),
        ("CHAN_START", "16.099380", "102", "s", "", "102-00000cc7", "9", "", ""),
        ("CHAN_START", "16.099792", "102", "s", "", "102-00000cc8", "10", "", ""),
        ("HANGUP", "16.108005", "102", "102", "AppDial", "102-00000cc7", "9", "", "PJSIP/102-00000cc7"),
        ("HANGUP", "20.826334", "102", "102", "AppDial", "102-00000cc8", "10", "", source),
        ("HANGUP", "20.826947", "107", "102", "", "107-00000cc6", "8", "", "PJSIP/107-00000cc6"),
    )
    with (tmp_path / "two_devices.cel").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for event, at, number, exten, app, channel, uid, data, by in rows:
            extra = f'{{"hangupcause":17,"hangupsource":"{by}","dialstatus":""}}' if event == "HANGUP" else ""
            who = "", number, "", "", "", exten, "from-internal", f"PJSIP/{channel}"
            ids = f"1795358116.{uid}", "1795358116.8"
            writer.writerow([event, f"2026-11-22 14:35:{at}", *who, app, data, "3", "", *ids, "", "", "", extra])
    (record,) = read(sources("two_devices", ("cel",), tmp_path)).records
    assert (record.type, record.result, record.hung_up_by) == ("internal", result, ended_by)
    assert record.started_at == pytest.approx(1795358116.094, abs=0.01)


def _at(line: str) -> float:
    return datetime.strptime(line.split('","')[1], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC).timestamp()


def _moved(line: str, by_s: float) -> str:
    text = datetime.fromtimestamp(_at(line) + by_s, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    event, _, rest = line.split('","', 2)
    return f'{event}","{text}","{rest}'
