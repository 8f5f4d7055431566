"""Masked numbers: what is left of one, what stands in words, the key, and that no field of the API was forgotten."""

import re
import types
import typing
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.calls import CallStatus, CallType, LiveCall, LiveParty, PartyState
from callfloor.floor.directory import BusinessNumber, Directory, Employee
from callfloor.store.masking import FIELDS, KEY, Masking, is_key, starred
from callfloor.web import openapi
from callfloor.web.access import Sight
from callfloor.web.openapi import SHAPES, UNIONS
from callfloor.web.push.frames import SnapshotFrame
from callfloor.web.push.view import View

OWN = Directory(
    employees=(Employee(id=1, name="Anna", accounts=("101", "+48700800900")),),
    numbers=(BusinessNumber(number="48221234567"), BusinessNumber(number="+48800100200")),
)
MASK = Masking(b"k" * 32, OWN)
OTHER = Masking(b"o" * 32, OWN)

SUSPECT = re.compile("number|e164|client|caller|note|text|query|detail|recording|file|route|tag|station|params|reason")
"""Names of fields that may tell a client's number."""

HARMLESS = frozenset(
    {
        "AddNote.text",
        "BusinessNumber.number",
        "CallRecord.business_number",
        "CallbackEntry.business_number",
        "CallbackEntry.number_label",
        "DirectoryFault.reason",
        "Elsewhere.client_id",
        "JournalRow.business_number",
        "JournalRow.number_label",
        "Link.detail",
        "LiveCall.business_number",
        "NumberEntry.e164",
        "NumberEntry.number",
        "OwnNumber.e164",
        "OwnNumber.number",
        "PbxConnection.detail",
        "Proposal.number_kind",
        "Readiness.reasons",
        "Rules.transfer_context",
        "SetTags.tags",
        "TariffFault.reason",
        "VoicemailRow.context",
    }
)
"""Those of them that tell none: the company's own numbers, closed lists, a program's name for itself."""


def shapes() -> dict[str, type[msgspec.Struct]]:
    found: dict[str, type[msgspec.Struct]] = {}

    def walk(annotation: Any) -> None:
        if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
            for each in typing.get_args(annotation):
                walk(each)
        elif (
            isinstance(annotation, type) and issubclass(annotation, msgspec.Struct) and annotation not in found.values()
        ):
            found[annotation.__name__] = annotation
            for field in msgspec.structs.fields(annotation):
                walk(field.type)

    for each in (*SHAPES, *UNIONS.values()):
        walk(each)
    return found


def texts(annotation: Any) -> Iterator[bool]:
    """Whether a field can hold a text of any kind, or anything."""
    if annotation is str or annotation is Any:
        yield True
    elif typing.get_origin(annotation) is typing.Literal:
        yield False
    elif isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is not None:
        for each in typing.get_args(annotation):
            yield from texts(each)


def test_each_field_of_text_in_the_api_is_masked_or_known_to_be_harmless() -> None:
    found = shapes()
    assert len(found) > 100
    asked = openapi._ASKED | {"CallPatch"}  # what comes in; and what is made of a LiveCall that is masked already
    unknown = {
        f"{name}.{field.name}"
        for name, shape in found.items()
        if name not in asked
        for field in msgspec.structs.fields(shape)
        if any(texts(field.type)) and field.name not in FIELDS.get(name, {}) and SUSPECT.search(field.name)
    }
    assert unknown <= HARMLESS, "say in store/masking.py what they hold of a client, or here that it is nothing"
    for name, kinds in FIELDS.items():
        if name in found:
            assert kinds.keys() <= {*found[name].__struct_fields__}, name


@pytest.mark.parametrize(
    ("number", "left"),
    [
        ("+48600100207", "+48600*****7"),
        ("600100207", "600*****7"),
        ("0048600100207", "00486*******7"),
        ("+48 600 100 207", "+48 600 *** **7"),
        ("+12025550123", "+12025*****3"),
        ("1234567", "1*****7"),
        ("123456", "1*****"),
        ("1234", "****"),
        ("anonymous", "anonymous"),
    ],
)
def test_at_least_five_digits_of_a_number_go(number: str, left: str) -> None:
    assert starred(number) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("call him at 600 100 207, or +48 (511) 222-333!", "call him at 600 *** **7, or +48 (511) ***-**3!"),
        ("600100207", "600*****7"),
        ("client=%2B48600100207&from=2026-11-01", "client=%2B48600*****7&from=2026-11-01"),
        ("our 22 123 45 67 and 48221234567", "our 22 123 45 67 and 48221234567"),
        ("Anna's 700800900", "Anna's 700800900"),
        ("due 2026-11-22 10:15, or 22.11.2026; 150 items; room 101", None),
        ("channel 1700000000.123", None),
        ("no figures", None),
        ("\u0666\u0660\u0660", None),
    ],
)
def test_numbers_in_words_are_starred_and_days_and_the_companys_own_stay(text: str, left: str | None) -> None:
    assert MASK.text(text) == (text if left is None else left)
    assert MASK.text(MASK.text(text)) == MASK.text(text)


def test_a_files_name_with_a_number_tells_its_kind_alone() -> None:
    assert MASK.file("in-48221234567-600100207-20261122.wav") == "recording.wav"
    assert MASK.file("2026/11/22/600100207") == "recording"
    assert MASK.file("Audit 2026-11-22.csv") == "Audit 2026-11-22.csv"


def test_what_json_holds_is_masked_and_ids_stay() -> None:
    details = {"client": "+48600100207", "call_id": "1700000000.1234567", "n": 600100207, "before": ["600100207", None]}
    assert MASK.anything(details) == {
        "client": "+48600*****7", "call_id": "1700000000.1234567", "n": 600100207, "before": ["600*****7", None],
    }  # fmt: skip


@given(st.from_regex(r"\+[0-9]{4,15}", fullmatch=True))
def test_a_key_leads_back_in_its_own_project_alone(number: str) -> None:
    shown = MASK.e164(number)
    assert is_key(shown)
    assert shown == MASK.e164(number)
    assert shown != OTHER.e164(number)
    assert MASK.opened(shown) == MASK.opened(shown[shown.index("~") :]) == number
    assert OTHER.opened(shown) is None
    assert number not in shown


@given(st.from_regex(KEY, fullmatch=True))
def test_whatever_looks_like_a_key_and_is_none_leads_nowhere(text: str) -> None:
    assert MASK.opened(text) is None


def test_equal_sights_share_a_view_and_masked_ones_see_no_number() -> None:
    party = LiveParty(account=None, number="600100207", state=PartyState.TALKING, since=0.0)
    call = LiveCall(
        id="a",
        type=CallType.INBOUND,
        status=CallStatus.TALKING,
        status_since=0.0,
        started_at=0.0,
        parties=(party,),
        client_number="600100207",
        client_e164="+48600100207",
        business_number="48221234567",
        route=("48221234567", "600100207"),
    )
    masked, whole = Sight(mask=b"k" * 32), Sight()
    assert masked == Sight(mask=b"k" * 32) != whole
    view = View(masked, (call,), (), OWN)
    view.advance({"b": msgspec.structs.replace(call, id="b")}, 1.0)
    frames = [view.snapshot(1.0), *(view.since(view.epoch, 0) or ())]
    assert len(frames) == 2
    assert all(b"00100207" not in frame and b"600*****7" in frame and b"48221234567" in frame for frame in frames)
    shown = msgspec.json.decode(frames[0][frames[0].index(b"{") :], type=SnapshotFrame).snapshot.calls[0]
    assert MASK.opened(shown.client_e164 or "") == "+48600100207"
    assert shown.parties[0].number == shown.client_number, "the page knows the client's own part by it"
    assert b"600100207" in View(whole, (call,), (), OWN).snapshot(1.0)
    assert view.advance({"a": msgspec.structs.replace(call, client_number="600100207")}, 2.0) is None
