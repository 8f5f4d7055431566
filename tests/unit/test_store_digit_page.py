"""The lines of a page that have some digits among theirs are those that a look at each line finds."""

from hypothesis import example, given
from hypothesis import strategies as st

from callfloor.store.digit_page import LARGEST, DigitPage

# Of three digits, so that a number has the same four of them twice, and others share them.
NUMBERS = st.lists(st.text("019", max_size=12), max_size=30)
PARTS = st.text("019", min_size=3, max_size=14)


@given(NUMBERS, PARTS)
@example(["", "1999", ""], "999")
@example(["19", "19"], "1919")  # no number goes on in the next line
@example(["11111"], "1111")
def test_the_lines_with_a_part_are_those_that_have_it(numbers: list[str], part: str) -> None:
    page = DigitPage("".join(f"{number}\n" for number in numbers).encode())
    assert page.lines_with(part).tolist() == [line for line, number in enumerate(numbers) if part in number]


def test_the_last_line_of_the_largest_page_is_found() -> None:
    page = DigitPage(b"1234\n" * (LARGEST - 1) + b"2345\n")
    assert page.lines_with("2345").tolist() == [LARGEST - 1]
    assert page.lines_with("234").tolist() == list(range(LARGEST))
