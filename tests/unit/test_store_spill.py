"""The spill file keeps every whole record, whatever happened to its bytes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.errors import StoreError
from callfloor.floor.calls import CallRecord
from callfloor.store.rows import as_kept
from callfloor.store.spill import Spill, write_refused
from support.call_records import BROKEN_TEXTS, call, records


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls-1.spill"


def _fill(path: Path, *batches: list[CallRecord]) -> bytes:
    spill = Spill(path, CallRecord)
    for batch in batches:
        spill.append(batch)
    spill.close()
    return path.read_bytes()


def _read(path: Path) -> list[CallRecord]:
    spill = Spill(path, CallRecord)
    try:
        found = spill.peek(10_000)
        assert len(found) == spill.count
        return found
    finally:
        spill.close()


def test_what_was_appended_comes_back_in_order_in_another_process_too(path: Path) -> None:
    calls = [call(number) for number in range(5)]
    _fill(path, calls[:2], calls[2:])
    assert _read(path) == calls


def test_what_is_dropped_is_gone_and_an_emptied_file_begins_anew(path: Path) -> None:
    spill = Spill(path, CallRecord)
    spill.append([call(1), call(2), call(3)])
    assert spill.peek(2) == [call(1), call(2)]
    spill.drop(2)
    spill.append([call(4)])
    assert spill.peek(9) == [call(3), call(4)]
    assert path.stat().st_size > 0
    spill.drop(2)
    assert spill.count == 0
    assert spill.peek(9) == []
    assert path.stat().st_size == 0
    spill.append([call(5)])
    spill.close()
    assert _read(path) == [call(5)]


def test_a_process_killed_while_draining_leaves_everything_to_be_written_again(path: Path) -> None:
    spill = Spill(path, CallRecord)
    spill.append([call(1), call(2)])
    spill.drop(1)
    spill.close()
    assert _read(path) == [call(1), call(2)]


def test_cut_at_any_byte_the_whole_records_before_the_cut_are_kept_and_the_rest_is_set_aside(tmp_path: Path) -> None:
    whole = _fill(tmp_path / "whole", [call(1)])
    both = _fill(tmp_path / "both", [call(1), call(2)])
    aside = tmp_path / "cut.spill.damaged"
    edge = len(whole)  # every byte about the edge of the two, and of the heads; each 13th of the payloads
    for length in sorted(
        {*range(16), *range(edge - 4, edge + 16), *range(len(both) - 3, len(both)), *range(0, len(both), 13)}
    ):
        path = tmp_path / "cut.spill"
        path.write_bytes(both[:length])
        aside.unlink(missing_ok=True)
        expected = [call(1)] if length >= len(whole) else []
        assert _read(path) == expected, length
        kept = len(whole) if expected else 0
        assert path.stat().st_size == kept
        assert (aside.read_bytes() if aside.exists() else b"") == both[kept:length]
        spill = Spill(path, CallRecord)  # and the file goes on from there
        spill.append([call(3)])
        assert spill.peek(9) == [*expected, call(3)]
        spill.close()


def test_damage_in_the_middle_costs_the_damaged_record_alone(path: Path) -> None:
    first = len(_fill(path, [call(1)]))
    data = bytearray(_fill(path, [call(2)], [call(3)]))
    data[first + 40] ^= 0xFF
    path.write_bytes(data)
    assert _read(path) == [call(1), call(3)]
    assert path.with_name(path.name + ".damaged").read_bytes() == bytes(data[first : 2 * first])
    spill = Spill(path, CallRecord)
    spill.append([call(4)])
    assert spill.peek(9) == [call(1), call(3), call(4)]
    spill.close()
    assert _read(path) == [call(1), call(3), call(4)]


@given(st.lists(st.binary(max_size=40), max_size=4), st.integers(0, 3))
def test_garbage_between_records_is_skipped(
    tmp_path_factory: pytest.TempPathFactory, garbage: list[bytes], count: int
) -> None:
    folder = tmp_path_factory.mktemp("garbage")
    path = folder / "calls.spill"
    calls = [call(number) for number in range(count)]
    content = b"".join(garbage[:1])
    for place, each in enumerate(calls):
        content += _fill(folder / f"{place}", [each])
        content += b"".join(garbage[place + 1 : place + 2])
    path.write_bytes(content)
    found = _read(path)
    assert found == calls


def test_a_length_that_reaches_beyond_the_file_does_not_hide_what_follows(path: Path) -> None:
    lie = b"CFR1" + (5_000_000).to_bytes(4, "little") + b"\0\0\0\0"
    path.write_bytes(lie + _fill(path, [call(1)]))
    assert _read(path) == [call(1)]


def test_a_record_of_another_versions_fields_is_set_aside_and_not_in_the_way(path: Path) -> None:
    import zlib  # noqa: PLC0415 - for this one record

    payload = b'{"call_id":"x"}'
    strange = b"CFR1" + len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload
    path.write_bytes(strange + _fill(path, [call(1)]))
    assert _read(path) == [call(1)]
    assert path.with_name(path.name + ".damaged").read_bytes() == strange


@given(st.lists(records() | records(BROKEN_TEXTS), max_size=4))
def test_any_record_goes_through_the_file(tmp_path_factory: pytest.TempPathFactory, batch: list[CallRecord]) -> None:
    path = tmp_path_factory.mktemp("any") / "calls.spill"
    _fill(path, batch)
    assert [as_kept(record) for record in _read(path)] == [as_kept(record) for record in batch]


def test_two_processes_cannot_have_one_spill_file(path: Path) -> None:
    spill = Spill(path, CallRecord)
    with pytest.raises(StoreError, match="another Callfloor"):
        Spill(path, CallRecord)  # a second open file has its own lock, as in a second process
    spill.close()
    Spill(path, CallRecord).close()


def test_a_folder_in_place_of_the_file_is_told_plainly(path: Path) -> None:
    path.mkdir()
    with pytest.raises(StoreError, match="cannot open the spill file"):
        Spill(path, CallRecord)


def test_only_its_user_can_read_it(path: Path) -> None:
    Spill(path, CallRecord).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_refused_calls_are_one_json_object_a_line(path: Path) -> None:
    write_refused(path, [(call(1), "out of range"), (call(2), "no end")])
    write_refused(path, [(call(3), "no end")])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["reason"], line["row"]["call_id"]) for line in lines] == [
        ("out of range", "call-1"),
        ("no end", "call-2"),
        ("no end", "call-3"),
    ]
