"""Files of call records and events: their layouts, their faults, and their local times."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.asterisk.history.files import CsvFile, QueueLogFile
from callfloor.asterisk.history.rows import CdrRow, CelRow, HistoryRow
from callfloor.asterisk.history.sources import ImportSourceError, Refused
from callfloor.asterisk.history.times import Clock, RefusedRowError, zone_named

CDR_CSV = (
    '"","101","102","ctx","""A"" <101>","PJSIP/101-1","PJSIP/102-2","Dial","x",'
    '"2026-01-02 03:04:05",,"2026-01-02 03:04:09",4,0,"NO ANSWER","3","1767323045.1","u"'
)
CDR_CUSTOM = (
    '"""A"" <101>","101","102","ctx","PJSIP/101-1","PJSIP/102-2","Dial","x",'
    '"2026-01-02 03:04:05","","2026-01-02 03:04:09","4","0","NO ANSWER","3","","1767323045.1","u",7'
)
HEAD = "calldate;uniqueid,channel".replace(";", ",") + ",disposition,duration,dstchannel,did"
HEADED = f'{HEAD}\n"2026-01-02 03:04:05","1767323045.1","PJSIP/t-1","NO ANSWER",4,"PJSIP/102-2","7495"'
AT = 1767323045.0


def of(
    folder: Path, text: str | bytes, kind: str = "cdr", zone: str = "UTC", after: int = 0
) -> list[HistoryRow | Refused]:
    path = folder / "file"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    source = (
        CsvFile(path, kind, Clock(zone_named(zone)))
        if kind != "queue_log"
        else QueueLogFile(path, Clock(zone_named(zone)))
    )
    return [row for row in source.rows(after) if row is not None]


@pytest.mark.parametrize("text", [CDR_CSV, CDR_CUSTOM, HEADED])
def test_the_layouts_of_call_records_are_known(text: str, tmp_path: Path) -> None:
    (row,) = of(tmp_path, text + "\n")
    assert isinstance(row, CdrRow)
    assert (row.at, row.ended_at, row.answered_at, row.to_channel) == (AT, AT + 4, None, "PJSIP/102-2")
    assert row.uniqueid == "1767323045.1"


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    for text in ("hello\n", '"a","b"\n', "calldate,src\n1,2\n", "\x00\x01\x02" * 50):
        with pytest.raises(ImportSourceError):
            of(tmp_path, text)
    assert of(tmp_path, "") == []


def test_torn_lines_cost_themselves_alone(tmp_path: Path) -> None:
    lines = [CDR_CSV, '"torn', CDR_CSV, "x,y", CDR_CSV.replace("03:04:05", "3 o'clock"), "z" * 100_000, CDR_CSV]
    rows = of(tmp_path, "\n".join(lines))
    assert [type(row) for row in rows] == [CdrRow, Refused, CdrRow, Refused, Refused, Refused, CdrRow]


def test_a_field_may_hold_line_ends_and_nuls(tmp_path: Path) -> None:
    (row,) = of(tmp_path, CDR_CSV.replace('"x"', '"a\nb\x00c\td; DROP TABLE cdr; --"'))
    assert isinstance(row, CdrRow)
    assert row.data == "a b c d; DROP TABLE cdr; --"


def test_a_place_is_where_reading_goes_on(tmp_path: Path) -> None:
    rows = of(tmp_path, "\n".join([CDR_CSV] * 5))
    assert [row.place for row in of(tmp_path, "\n".join([CDR_CSV] * 5), after=rows[2].place)] == [
        row.place for row in rows[2:]
    ]


@given(text=st.binary(max_size=400))
def test_no_bytes_at_all_bring_it_down(text: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    for row in of(folder, CDR_CSV.encode() + b"\n" + text + b"\n" + CDR_CSV.encode()):
        assert isinstance(row, CdrRow | Refused)
    for line in of(folder, text, "queue_log"):
        assert line is not None


def test_summer_time_ends_in_the_middle_of_a_file(tmp_path: Path) -> None:
    """Warsaw, 25 October 2026: 02:30 comes twice; unique ids say which, and the order of rows where there are none."""
    twice = [1792888200, 1792891800]
    text = "\n".join(
        CDR_CSV.replace("2026-01-02 03:04:05", "2026-10-25 02:30:00")
        .replace("1767323045.1", f"{at}.1")
        .replace('"2026-01-02 03:04:09"', "")
        for at in twice
    )
    assert [row.at for row in of(tmp_path, text, zone="Europe/Warsaw") if isinstance(row, CdrRow)] == twice
    cel = '"{}","{}","","","","","","","","PJSIP/1-1","","","3","","x","x","","","",""'
    times = [("CHAN_START", "02:10:00"), ("ANSWER", "02:50:00"), ("APP_START", "02:10:00"), ("HANGUP", "02:55:00")]
    rows = of(tmp_path, "\n".join(cel.format(event, f"2026-10-25 {at}") for event, at in times), "cel", "Europe/Warsaw")
    assert [row.at - rows[0].at for row in rows if isinstance(row, CelRow)] == [0, 2400, 3600, 6300]  # type: ignore[union-attr]


def test_times_come_in_many_forms() -> None:
    clock = Clock(zone_named("Europe/Warsaw"))
    for said in ("2026-01-02 03:04:05", "2026-01-02T02:04:05Z", "2026-01-02 02:04:05+00:00", "1767319445", 1767319445):
        assert clock.read(said, None) == 1767319445.0
    assert clock.read("2026-01-02 03:04:05.250000", None) == 1767319445.25
    wrong: object
    for wrong in ("", None, "0000-00-00 00:00:00", "2026-13-01 00:00:00", "tomorrow", b"x", -5):
        with pytest.raises(RefusedRowError):
            clock.read(wrong, None)
