"""A call as rows: what is kept is the record, but for rounding and what text cannot hold."""

import math

import msgspec
import pytest
from hypothesis import given

from callfloor.errors import RowRefusedError
from callfloor.floor.calls import CallRecord
from callfloor.store.rows import SLOTS, as_kept, keys, next_key, range_of, to_rows
from support.call_records import BROKEN_TEXTS, call, records


def _numbers(value: object, path: str = "") -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [each for key in sorted(value) for each in _numbers(value[key], f"{path}.{key}")]
    if isinstance(value, list | tuple):
        return [each for place, item in enumerate(value) for each in _numbers(item, f"{path}[{place}]")]
    return [(path, value)]


@given(records())
def test_a_record_comes_back_with_every_number_within_half_a_millisecond_and_the_rest_the_same(
    record: CallRecord,
) -> None:
    before = _numbers(_without_none(msgspec.to_builtins(record)))
    after = _numbers(_without_none(msgspec.to_builtins(as_kept(record))))
    assert [path for path, _ in before] == [path for path, _ in after]
    for (path, was), (_, now) in zip(before, after, strict=True):
        if isinstance(was, float):
            assert isinstance(now, float), path
            # At 4e9 s a double's own step is 0.5 µs.
            assert math.isclose(was, now, rel_tol=0, abs_tol=0.000501), path
        elif isinstance(was, str):
            assert now == was.replace("\x00", "\ufffd"), path
        else:
            assert now == was, path


def _without_none(value: object) -> object:
    """A story's absent fields are left out of its JSON."""
    if isinstance(value, dict):
        return {key: _without_none(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_without_none(each) for each in value]
    return value


@given(records(BROKEN_TEXTS))
def test_what_is_kept_once_is_kept_the_same_ever_after(record: CallRecord) -> None:
    kept = as_kept(record)
    assert as_kept(kept) == kept


@given(records(BROKEN_TEXTS))
def test_broken_text_is_kept_as_text_that_any_database_takes(record: CallRecord) -> None:
    written = msgspec.json.encode(as_kept(record)).decode()
    assert "\\u0000" not in written


@pytest.mark.parametrize(
    "change",
    [
        {"ended_at": None},
        {"result": None},
        {"started_at": -1.0},
        {"started_at": math.nan},
        {"ended_at": math.inf},
        {"talk_s": 1e300},
        {"started_at": 2.0**51},
    ],
)
def test_a_call_that_has_not_ended_or_is_out_of_range_is_refused(change: dict[str, float | None]) -> None:
    with pytest.raises(RowRefusedError):
        to_rows(msgspec.structs.replace(call(1), **change))


def test_a_key_orders_by_start_and_a_period_is_a_range_of_keys() -> None:
    rows = [to_rows(call(number, started_at=at)) for number, at in enumerate((0.0, 0.001, 12.3456, 4e9))]
    found = keys(rows)
    assert found == sorted(found)
    for key, at in zip(found, (0.0, 0.001, 12.346, 4e9), strict=True):
        first, end = range_of(at, at + 0.001)
        assert first <= key < end
        assert not range_of(at + 0.001, at + 1.0)[0] <= key


def test_the_slots_of_a_millisecond_follow_each_other_round() -> None:
    key = 5 * SLOTS + SLOTS - 2
    assert next_key(key) == 5 * SLOTS + SLOTS - 1
    assert next_key(next_key(key)) == 5 * SLOTS


def test_a_period_with_no_bounds_is_every_call() -> None:
    first, end = range_of(-math.inf, math.inf)
    assert first == 0
    assert end > keys([to_rows(call(1, started_at=9e9))])[0]
