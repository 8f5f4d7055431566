"""Columns as they are kept, the order of numbers, and the shelf: what the journal rests on, without a database."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from callfloor.store.asked import Codes
from callfloor.store.blocks import (
    COLUMNS,
    OF_CALLS,
    OF_PARTS,
    UNKNOWN_LAST,
    chosen,
    digits_of,
    joined,
    order_of,
    pack,
    unpack,
)
from callfloor.store.shelf import Shelf

WHOLE = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(WHOLE | st.integers(-3, 3)))
@example([])
@example([2**63 - 1])
@example([-(2**63), 2**63 - 1])
@example([127, -128])
@example([128, 0])
def test_a_column_comes_back_as_it_was_packed(values: list[int]) -> None:
    assert unpack(pack(np.array(values, np.int64))).tolist() == values


def test_a_column_takes_the_narrowest_width() -> None:
    sizes = [len(pack(np.array([0, most] * 500))) - 1 for most in (127, 128, 32_767, 32_768, 2**31)]
    assert sizes == [1000, 2000, 2000, 4000, 8000]
    assert len(pack(np.full(1000, 7))) < 20


@given(st.lists(st.text("0123456789", max_size=16), min_size=2))
def test_numbers_are_ordered_by_their_digits_from_the_left(numbers: list[str]) -> None:
    known = [number for number in numbers if number]
    assert sorted(known, key=order_of) == sorted(known)
    assert all(order_of(number) < UNKNOWN_LAST for number in known)


def test_what_has_no_digits_is_ordered_last() -> None:
    assert order_of(None) == order_of("anonymous") == UNKNOWN_LAST
    assert digits_of("+48 (22) 100-00-01٣") == "48221000001"


@st.composite
def blocks(draw: st.DrawFn) -> dict[str, np.ndarray]:
    keys = sorted(draw(st.sets(st.integers(0, 50), max_size=8)))
    made = {name: np.array([key * 10 + len(name) for key in keys], np.int64) for name in OF_CALLS}
    made["key"] = np.array(keys, np.int64)
    for row, more in OF_PARTS.items():
        rows = [place for place in range(len(keys)) for _ in range(draw(st.integers(0, 2)))]
        made[row] = np.array(rows, np.int64)
        for name in more:
            made[name] = np.array([keys[place] for place in rows], np.int64)  # says whose it is
    return made


@given(blocks(), st.sets(st.integers(0, 50)))
def test_a_block_that_is_cut_in_two_and_joined_is_the_same(block: dict[str, np.ndarray], some: set[int]) -> None:
    these = np.isin(block["key"], list(some))
    again = joined([chosen(block, these), chosen(block, ~these)])
    for name in COLUMNS:
        assert again[name].tolist() == block[name].tolist()


_CODES = st.sampled_from((0, 1, 60, 65_535, 65_536, 65_537, 65_596, 131_072, 3_000_000))


@given(st.sets(st.integers(0, 60), max_size=5) | st.sets(_CODES), st.lists(st.integers(0, 100) | _CODES))
def test_codes_say_which_values_are_among_them(codes: set[int], values: list[int]) -> None:
    column = unpack(pack(np.array(values, np.int64)))  # of whatever width
    assert Codes(codes).among(column).tolist() == [value in codes for value in values]


def test_the_shelf_drops_what_was_longest_unused_and_never_holds_more_than_it_may() -> None:
    shelf = Shelf(largest_bytes=10_000)
    for number in range(4):
        shelf.put(number, np.zeros(250, np.int64))  # 2,000 bytes, and 200 for the place
    assert shelf.get(0) is not None
    shelf.put(4, np.zeros(250, np.int64))
    assert [number for number in range(5) if shelf.get(number) is not None] == [0, 2, 3, 4]
    shelf.put("large", np.zeros(5_000, np.int64))
    assert shelf.get("large") is None
    assert shelf.held_bytes <= 10_000


def test_words_are_only_ever_added_to_by_project() -> None:
    shelf = Shelf()
    first = shelf.add_words(1, {"a": 1})
    assert shelf.add_words(1, {"b": 2}) == {"a": 1, "b": 2}
    assert (first, shelf.add_words(2, {})) == ({"a": 1}, {})
