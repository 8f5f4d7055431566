"""The codec: the same messages however the bytes are torn, and a clear refusal of what is not AMI."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.asterisk.ami import (
    MAX_ACTION_HEADERS,
    MAX_ACTION_LINE_BYTES,
    Codec,
    Message,
    encode,
    encode_message,
)
from callfloor.errors import AmiProtocolError, InvalidInputError

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
RINGING = b"Event: Newstate\r\nPrivilege: call,all\r\nChannel: PJSIP/101-00000001\r\nChannelState: 5\r\n\r\n"
PONG = b"Response: Success\r\nActionID: 7\r\nPing: Pong\r\nTimestamp: 1795289965.534427\r\n\r\n"

Shape = tuple[str | None, str | None, list[tuple[str, str]]]


def shapes(messages: list[Message]) -> list[Shape]:
    return [(message.event, message.response, message.items()) for message in messages]


def cut(data: bytes, codec: Codec | None = None) -> list[Message]:
    return (codec or Codec()).feed(data)


def one(data: bytes) -> Message:
    (message,) = cut(data)
    return message


def torn(data: bytes, places: list[int], codec: Codec | None = None) -> list[Message]:
    codec = codec or Codec()
    messages, last = [], 0
    for place in [*sorted(places), len(data)]:
        messages += codec.feed(data[last:place])
        last = place
    return messages


# --- the form ---------------------------------------------------------------------------------------------------


def test_an_event_and_a_response_are_told_apart() -> None:
    codec = Codec()
    ringing, pong = codec.feed(BANNER + RINGING + PONG)
    assert codec.banner == "Asterisk Call Manager/11.0.0"
    assert (ringing.event, ringing.response, ringing.name) == ("Newstate", None, "Newstate")
    assert (pong.event, pong.response, pong.name) == (None, "Success", "Response")
    assert (ringing.action_id, pong.action_id) == (None, "7")
    assert ringing.get("Channel") == "PJSIP/101-00000001"


def test_a_stream_without_a_banner_begins_with_its_first_message() -> None:
    codec = Codec()
    assert len(codec.feed(RINGING)) == 1
    assert codec.banner is None


def test_a_second_banner_within_a_capture_is_no_message() -> None:
    codec = Codec()
    messages = codec.feed(BANNER + RINGING + b"Asterisk Call Manager/5.0.4\r\n" + PONG)
    assert [message.name for message in messages] == ["Newstate", "Response"]
    assert codec.banner == "Asterisk Call Manager/5.0.4"


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_line_ends_may_be_crlf_or_lf(end: bytes) -> None:
    assert shapes(cut((BANNER + RINGING + PONG).replace(b"\r\n", end))) == shapes(cut(BANNER + RINGING + PONG))


def test_line_ends_may_be_mixed_within_a_message() -> None:
    mixed = b"Event: Newstate\nPrivilege: call,all\r\nChannel: PJSIP/101-00000001\nChannelState: 5\n\r\n"
    assert shapes(cut(mixed)) == shapes(cut(RINGING))
    assert shapes(cut(mixed.replace(b"\n\r\n", b"\r\n\n"))) == shapes(cut(RINGING))


def test_empty_lines_between_messages_are_nothing() -> None:
    assert shapes(cut(b"\r\n\r\n\r\n" + RINGING + b"\r\n" + PONG + b"\r\n\r\n\r\n")) == shapes(cut(RINGING + PONG))


def test_a_message_may_be_a_single_line() -> None:
    assert shapes(cut(b"Event: Reload\r\n\r\n")) == [("Reload", None, [("Event", "Reload")])]


@pytest.mark.parametrize("spelled", [b"Event: X", b"event: X", b"EVENT:X", b"Privilege: a\r\nEvent: X"])
def test_an_event_is_known_however_its_header_is_spelled_or_placed(spelled: bytes) -> None:
    assert one(spelled + b"\r\nA: b\r\n\r\n").event == "X"


def test_an_event_with_a_response_header_is_an_event() -> None:
    message = one(b"Event: OriginateResponse\r\nResponse: Failure\r\n\r\n")
    assert (message.event, message.response) == ("OriginateResponse", None)
    assert message.get("Response") == "Failure"


@pytest.mark.parametrize("first", [b"Response: Success", b"response:Success"])
def test_a_response_with_an_event_header_is_a_response(first: bytes) -> None:
    message = one(first + b"\r\nEvent: X\r\n\r\n")
    assert (message.event, message.response) == (None, "Success")


def test_what_is_neither_event_nor_response_is_a_message_without_a_name() -> None:
    message = one(b"Parked: nothing\r\n\r\n")
    assert (message.event, message.response, message.name) == (None, None, "")


# --- headers ----------------------------------------------------------------------------------------------------

ODD = (
    "Event: Odd\r\nChanVariable: A=1\r\nempty: \r\nBare:\r\nTight:x\r\nUri: sip:101@10.0.0.1:5060;a=b\r\n"
    "ChanVariable: B=2\r\nno colon here\r\n  Padded:   three spaces \r\nName: Zoë Żółć Иван\r\nchanvariable: C\r\n\r\n"
).encode()


@pytest.mark.parametrize(
    ("header", "values"),
    [
        ("ChanVariable", ["A=1", "B=2", "C"]),
        ("CHANVARIABLE", ["A=1", "B=2", "C"]),
        ("Empty", [""]),
        ("Bare", [""]),
        ("tight", ["x"]),
        ("Uri", ["sip:101@10.0.0.1:5060;a=b"]),
        ("", ["no colon here"]),
        ("  Padded", ["  three spaces "]),
        ("Name", ["Zoë Żółć Иван"]),
        ("NotThere", []),
        ("Chan", []),
        ("Variable", []),
    ],
)
def test_headers_are_found_whatever_their_case(header: str, values: list[str]) -> None:
    message = one(ODD)
    assert message.getlist(header) == values
    assert (header in message) == bool(values)
    if header:
        assert message.get(header, "?") == (values[0] if values else "?")


def test_headers_come_in_order_as_spelled() -> None:
    names = [name for name, _ in one(ODD).items()]
    spelled = "Event,ChanVariable,empty,Bare,Tight,Uri,ChanVariable,,  Padded,Name,chanvariable"
    assert names == spelled.split(",")


def test_a_header_name_inside_a_value_is_not_found() -> None:
    assert one(b"Event: X\r\nCallerIDName: Uniqueid: 1.1\r\nUniqueid: 2.2\r\n\r\n").get("uniqueid") == "2.2"


@pytest.mark.parametrize("broken", [b"\xff", b"\xc3", b"\xed\xa0\x80", b"a\xe2\x82", b"\xf0\x9f\x98b"])
def test_broken_bytes_become_replacement_characters_and_never_surrogates(broken: bytes) -> None:
    message = one(b"Event: X\r\nName: " + broken + b"\r\nNext: yes\r\n\r\n")
    value = message.get("Name")
    assert "\ufffd" in value
    assert value.encode() == value.encode("utf-8", "strict")
    assert message.getlist("name") == [value]
    assert message.get("Next") == "yes"


def test_a_nul_never_reaches_a_value() -> None:
    assert one(b"Event: X\r\nName: a\0b\r\n\r\n").get("Name") == "a\ufffdb"


def test_a_message_shows_nothing_personal() -> None:
    assert repr(one(b"Event: X\r\nCallerIDName: Ivan\r\n\r\n")) == "<Message X of 27 bytes>"


# --- the answers of commands ------------------------------------------------------------------------------------

NEW_STYLE = (
    b"Response: Success\r\nActionID: 3\r\nMessage: Command output follows\r\nOutput: Name: a\r\n"
    b"Output: \r\nOutput:   indented\r\n\r\n"
)


@pytest.mark.parametrize("end", [b"\n--END COMMAND--\r\n\r\n", b"--END COMMAND--\r\n\r\n"])
def test_both_styles_of_a_commands_answer_read_the_same(end: bytes) -> None:
    old_style = b"Response: Follows\r\nPrivilege: Command\r\nActionID: 3\r\nName: a\n\n  indented" + end
    old, new, after = cut(old_style + NEW_STYLE + RINGING)
    assert old.response == "Follows"
    assert old.action_id == new.action_id == "3"
    assert old.getlist("Output") == new.getlist("output") == ["Name: a", "", "  indented"]
    assert after.event == "Newstate"


def test_an_event_inside_a_commands_output_is_output() -> None:
    answer, after = cut(b"Response: Follows\r\nA\n\nEvent: X\r\n\r\nB\n--END COMMAND--\r\n\r\n" + RINGING)
    assert answer.getlist("Output") == ["A", "", "Event: X", "", "B"]
    assert after.event == "Newstate"


# --- torn anywhere ----------------------------------------------------------------------------------------------

STREAM = (
    BANNER + ODD + NEW_STYLE + b"Response: Follows\r\nA\n\nB\n--END COMMAND--\r\n\r\n\r\n" + RINGING + b"X:\xff\n\n"
)


def test_a_stream_torn_at_any_byte_gives_the_same_messages() -> None:
    whole = shapes(cut(STREAM))
    assert len(whole) == 5
    for place in range(len(STREAM) + 1):
        assert shapes(torn(STREAM, [place])) == whole
    assert shapes(torn(STREAM, list(range(len(STREAM))))) == whole


texts = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=20)
names = texts.map(lambda text: text.replace(":", "")).filter(bool)
messages = st.lists(st.tuples(names, texts), min_size=1, max_size=8)


@given(st.lists(messages, max_size=6), st.lists(st.integers(0, 800), max_size=10), st.booleans())
def test_any_headers_come_back_however_they_are_torn(
    sent: list[list[tuple[str, str]]], places: list[int], lf: bool
) -> None:
    data = BANNER + b"".join(map(encode_message, sent))
    if lf:
        data = data.replace(b"\r\n", b"\n")
    assert [message.items() for message in torn(data, [p for p in places if p < len(data)])] == sent


pieces = st.sampled_from(
    b"\r|\n|\r\n|\r\n\r\n|:| |Event: |Response: |Response: Follows|--END COMMAND--|ActionID: 1|\xff|\xc5\xbc|\0|A|"
    b"Asterisk Call Manager/1".split(b"|")
)


@given(st.lists(st.one_of(pieces, st.binary(max_size=8)), max_size=40), st.lists(st.integers(0, 300), max_size=12))
def test_garbage_torn_anywhere_gives_the_same_messages_or_the_same_refusal(
    parts: list[bytes], places: list[int]
) -> None:
    data = b"".join(parts)

    def outcome(places: list[int]) -> tuple[list[Shape], bool]:
        codec = Codec(max_message_bytes=60, max_headers=4, max_response_lines=6)
        seen: list[Shape] = []
        last = 0
        for place in [*sorted(places), len(data)]:
            try:
                got = codec.feed(data[last:place])
            except AmiProtocolError:
                return seen, True
            for message in got:
                assert message.name is not None
                assert message.get("Event", "-").encode("utf-8")
                for name, value in message.items():
                    assert value in message.getlist(name)
            seen += shapes(got)
            last = place
        return seen, False

    whole, refused = outcome([])
    in_pieces, refused_in_pieces = outcome([p for p in places if p < len(data)])
    assert refused == refused_in_pieces
    if not refused:  # a refusal tells nothing of what came with it in the same read
        assert whole == in_pieces


# --- what nobody wants ------------------------------------------------------------------------------------------


def test_unwanted_events_are_dropped_by_name_and_responses_never() -> None:
    asked: list[bytes] = []

    def keep(name: bytes) -> bool:
        asked.append(name)
        return name == b"Newstate"

    stream = b"Event: VarSet\r\nA: b\r\n\r\n" + RINGING + b"event:VarSet\r\n\r\n" + PONG
    codec = Codec(keep=keep)
    assert [message.name for message in codec.feed(stream * 2)] == ["Newstate", "Response"] * 2
    assert asked.count(b"Newstate") == 1  # remembered


def test_an_unwanted_event_that_answers_an_action_is_kept_while_answers_are_awaited() -> None:
    item = b"Event: CoreShowChannel\r\nActionID: 9\r\n\r\n"
    live = b"Event: CoreShowChannel\r\nChannel: x\r\n\r\n"
    codec = Codec(keep=lambda _name: False)
    assert codec.feed(item + live) == []
    codec.keep_answers = True
    assert [message.action_id for message in codec.feed(item + live)] == ["9"]


def test_a_flood_of_invented_names_is_not_remembered_for_ever() -> None:
    codec = Codec()
    for number in range(10_000):
        codec.feed(b"Event: E%d\r\n\r\n" % number)
    assert len(codec._names) <= 4096


# --- limits -----------------------------------------------------------------------------------------------------


def refused(codec: Codec, chunks: Iterator[bytes]) -> str:
    def feed_all() -> None:
        for chunk in chunks:
            codec.feed(chunk)

    with pytest.raises(AmiProtocolError) as failure:
        feed_all()
    with pytest.raises(AmiProtocolError, match=str(failure.value)):
        codec.feed(RINGING)
    return str(failure.value)


@pytest.mark.parametrize("start", [b"", b"Event: X\r\n", b"Response: Follows\r\n", b"Response: Follows\r\n\r\n"])
def test_a_message_without_an_end_is_refused_at_the_limit(start: bytes) -> None:
    codec = Codec(max_message_bytes=1000)
    codec.feed(start)
    assert refused(codec, (b"x" * 100 for _ in range(11))) == "an AMI message is longer than 1000 bytes"


def test_a_command_without_an_end_is_refused_at_the_limit() -> None:
    codec = Codec(max_message_bytes=1000)
    codec.feed(b"Response: Follows\r\n")
    assert refused(codec, (b"x\n\n" for _ in range(400))) == "an AMI message is longer than 1000 bytes"


@pytest.mark.parametrize("kind", [b"Event: X", b"event:X", b"Response: Success", b"A: b"])
def test_a_message_of_just_the_limit_passes_and_one_byte_more_does_not(kind: bytes) -> None:
    message = kind + b"\nA: "
    fits = message + b"x" * (1000 - len(message))
    assert len(cut(fits + b"\n\n", Codec(max_message_bytes=1000))) == 1
    refused(Codec(max_message_bytes=1000), iter([fits + b"x\n\n"]))


def test_an_event_with_too_many_headers_is_refused() -> None:
    assert len(cut(b"Event: X\n" + b"a:b\n" * 9 + b"\n", Codec(max_headers=10))) == 1
    why = refused(Codec(max_headers=10), iter([b"Event: X\n" + b"a:b\n" * 10 + b"\n"]))
    assert why == "an AMI event has more than 10 lines"


@pytest.mark.parametrize("start", [b"Response: Success\n", b"Response: Follows\n", b"Message: x\n"])
def test_a_response_with_too_many_lines_is_refused(start: bytes) -> None:
    codec = Codec(max_headers=2, max_response_lines=10)
    end = b"--END COMMAND--\n\n" if b"Follows" in start else b"\n"
    assert len(cut(start + b"a:b\n" * 9 + end, codec)) == 1
    assert refused(codec, iter([start + b"a:b\n" * 10 + end])) == "an AMI response has more than 10 lines"


def test_a_long_message_in_small_pieces_takes_time_in_proportion() -> None:
    """Joined once at its end, not at each read: a peer that sends single bytes does not cost the square of them."""
    codec = Codec()
    codec.feed(b"Event: X\r\nA: ")
    for _ in range(200_000):
        codec.feed(b"x")
    assert len(codec._parts) > 100_000
    assert len(codec.feed(b"\r\n\r\n")[0].get("A")) == 200_000


# --- actions ----------------------------------------------------------------------------------------------------


def test_an_action_is_encoded_with_its_headers_in_order() -> None:
    assert encode("Ping") == b"Action: Ping\r\n\r\n"
    assert (
        encode("Originate", {"ActionID": "1", "Variable": ["a=1", "b=ż"], "Async": "true"})
        == b"Action: Originate\r\nActionID: 1\r\nVariable: a=1\r\nVariable: b=\xc5\xbc\r\nAsync: true\r\n\r\n"
    )
    assert encode("X", [("A", "1"), ("A", "2")]) == b"Action: X\r\nA: 1\r\nA: 2\r\n\r\n"


@pytest.mark.parametrize("bad", ["a\rb", "a\nb", "a\0b", "a\r\nAction: Originate", "a\udc80"])
def test_nothing_can_be_injected_by_a_value_and_the_refusal_does_not_repeat_it(bad: str) -> None:
    for attempt in (
        lambda: encode("Setvar", {"Value": bad}),
        lambda: encode("Setvar", {bad: "x"}),
        lambda: encode(bad),
        lambda: encode("Setvar", [("Variable", "ok"), ("Value", bad)]),
        lambda: encode_message([("Event", bad)]),
    ):
        with pytest.raises(InvalidInputError) as failure:
            attempt()
        assert bad not in str(failure.value)


@pytest.mark.parametrize("name", ["A:b", "", "Action: X"])
def test_a_headers_name_is_a_name(name: str) -> None:
    with pytest.raises(InvalidInputError):
        encode("X", [(name, "a: b")])


def test_what_asterisk_would_refuse_to_read_is_refused_before() -> None:
    room = MAX_ACTION_LINE_BYTES - len("Value: ")
    assert encode("X", {"Value": "v" * room})
    with pytest.raises(InvalidInputError, match="Value is longer than 1022 bytes"):
        encode("X", {"Value": "v" * (room + 1)})
    assert encode("X", {"V": ["v"] * (MAX_ACTION_HEADERS - 1)})
    with pytest.raises(InvalidInputError, match="128 headers, not 129"):
        encode("X", {"V": ["v"] * MAX_ACTION_HEADERS})


# --- what a real PBX sent ---------------------------------------------------------------------------------------

REAL = (  # Asterisk 22.10.1, cut from a recording: a read's end in mid-header, an empty value, a signature in a value
    b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nActionID: lab-7\r\nEventList: start\r\n"
    b"Message: Extension Statuses will follow\r\n\r\nEvent: ExtensionStatus\r\nActionID: lab-7\r\nExten: 101\r\n",
    b"Context: ext-local\r\nHint: PJSIP/101&Custom:DND101,CustomPresence:101\r\nStatus: 0\r\nStatusText: Idle\r\n\r",
    b"\nEvent: ExtensionStateListComplete\r\nActionID: lab-7\r\nEventList: Complete\r\nListItems: 1\r\n\r\nEvent: New",
    b"channel\r\nPrivilege: call,all\r\nChannel: PJSIP/trunk-a-0000012f\r\nChannelState: 4\r\n"
    b"ChannelStateDesc: Ring\r\nCallerIDNum: 79161234567\r\nCallerIDName: <unknown>\r\n"
    b"ConnectedLineNum: <unknown>\r\nAccountCode: \r\n"
    b"Context: from-trunk\r\nExten: 74951000003\r\nPriority: 1\r\nUniqueid: 1795293840.351\r\n"
    b"Linkedid: 1795293840.351\r\n\r\n",
)


def test_a_real_stream_is_read_as_a_person_would() -> None:
    codec = Codec()
    start, status, complete, newchannel = [message for data in REAL for message in codec.feed(data)]
    assert (start.response, start.get("EventList"), start.action_id) == ("Success", "start", "lab-7")
    assert status.get("Hint") == "PJSIP/101&Custom:DND101,CustomPresence:101"
    assert (complete.event, complete.get("ListItems")) == ("ExtensionStateListComplete", "1")
    asked = ("Channel", "CallerIDNum", "AccountCode", "Exten", "Linkedid", "DestChannel")
    assert [newchannel.get(header, "-") for header in asked] == [
        "PJSIP/trunk-a-0000012f", "79161234567", "", "74951000003", "1795293840.351", "-",
    ]  # fmt: skip
