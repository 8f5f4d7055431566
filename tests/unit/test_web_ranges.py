"""Ranges as RFC 9110 has them, names as RFC 6266 has them, and when one listening ends and the next begins."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.errors import RangeError
from callfloor.web.listening import MOST, SAME_FOR_S, Listenings
from callfloor.web.ranges import Part, asked_part, http_date, is_known
from callfloor.web.sounds import disposition

ETAG, AT = '"abc"', 1_795_306_419.5


def part(value: str | None, size: int = 1000, **more: str) -> tuple[int, int] | None:
    headers = {name.replace("_", "-"): text for name, text in more.items()}
    if value is not None:
        headers["range"] = value
    found = asked_part(headers, size=size, etag=ETAG, modified_at=AT)
    return None if found is None else (found.start, found.length)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("bytes=0-", (0, 1000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=10-19", (10, 10)),
        ("bytes=999-", (999, 1)),
        ("bytes=990-5000", (990, 10)),
        ("bytes=-5", (995, 5)),
        ("bytes=-5000", (0, 1000)),
        ("BYTES = 5 - 6", (5, 2)),
        ("bytes=0-1,5-6", None),
        ("bytes=-", None),
        ("bytes=9-5", None),
        ("items=0-5", None),
        ("bytes=a-b", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_the_part_that_is_asked_for(value: str | None, expected: tuple[int, int] | None):
    assert part(value) == expected


@pytest.mark.parametrize(("value", "size"), [("bytes=1000-", 1000), ("bytes=-0", 1000), ("bytes=0-", 0)])
def test_a_range_behind_the_end(value: str, size: int):
    with pytest.raises(RangeError) as caught:
        part(value, size)
    assert caught.value.details == {"size": size}


def test_a_range_of_a_file_that_is_another_now_gets_the_whole():
    assert part("bytes=5-", if_range=ETAG) == (5, 995)
    assert part("bytes=5-", if_range=http_date(AT)) == (5, 995)
    assert part("bytes=5-", if_range='"other"') is None
    assert part("bytes=5-", if_range=f"W/{ETAG}") is None
    assert part("bytes=5-", if_range=http_date(AT - 1)) is None


@given(first=st.integers(0, 2000), last=st.integers(0, 2000), size=st.integers(1, 1500))
def test_a_part_lies_within_the_file(first: int, last: int, size: int):
    try:
        found = asked_part({"range": f"bytes={first}-{last}"}, size=size, etag=ETAG, modified_at=AT)
    except RangeError:
        assert first >= size
        return
    if last < first:
        assert found is None
    else:
        assert found == Part(start=first, length=min(last, size - 1) - first + 1)


@given(st.text(max_size=60))
def test_any_header_at_all_is_answered(value: str):
    try:
        found = part(value)
    except RangeError:
        return
    assert found is None or 0 <= found[0] < found[0] + found[1] <= 1000


def test_what_a_browser_has_already():
    assert is_known({"if-none-match": ETAG}, ETAG)
    assert is_known({"if-none-match": f'"x", W/{ETAG}'}, ETAG)
    assert is_known({"if-none-match": "*"}, ETAG)
    assert not is_known({"if-none-match": '"x"'}, ETAG)
    assert not is_known({}, ETAG)


@given(st.text(max_size=300))
def test_a_name_is_safe_to_save_under(name: str):
    header = disposition(name, attached=True)
    assert header.isascii()
    found = re.fullmatch(r'attachment; filename="([^"\\/]+)"; filename\*=UTF-8\'\'([^"\\/ ;]+)', header)
    assert found, header
    for saved in (found[1], unquote(found[2])):
        assert saved not in {".", ".."}
        assert not saved.startswith(".")
        assert not set(saved) & set('/\\:*?"<>|')
        assert saved.isprintable()


def test_names_as_they_are():
    assert disposition("a b.wav", attached=False) == "inline; filename=\"a b.wav\"; filename*=UTF-8''a%20b.wav"
    assert "filename=\"file\"; filename*=UTF-8''%D0%97" in disposition("З", attached=True)
    assert 'filename="file"' in disposition("../..", attached=True)
    assert 'filename="1.gsm"' in disposition("Звонок 1.gsm", attached=True)
    assert 'filename="wav"' in disposition("З.wav", attached=True)
    assert "/" not in disposition("a℀b.wav", attached=True), "one letter that becomes a/c"


def test_a_listening_is_told_once_until_it_ends():
    told = Listenings()
    anna, boris = (1, "call"), (2, "call")
    assert told.begins(anna, 100.0)
    assert not told.begins(anna, 101.0)
    assert told.begins(boris, 101.0)
    assert not told.begins(anna, 101.0 + SAME_FOR_S)
    assert told.begins(anna, 102.0 + 2 * SAME_FOR_S)
    told.failed(anna)
    assert told.begins(anna, 103.0 + 2 * SAME_FOR_S)
    for other in range(MOST):
        told.begins((3, other), 0.0)
    assert told.begins(boris, 102.0), "so many are not remembered"
