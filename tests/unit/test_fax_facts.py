"""What the PBX tells of faxes and voicemail boxes, as facts, and with their calls as the floor tells them on."""

import pytest

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import Translator, keep
from callfloor.floor.changes import Change, FaxFinished, MailboxChanged
from callfloor.floor.floor import Floor
from callfloor.floor.messages import FaxDirection, FaxRecord, FaxResult

AT = 1_800_000_000.0
CALLER = (
    "Newchannel; Channel: PJSIP/trunk-a-01; ChannelState: 4; CallerIDNum: 79161234567; Context: from-trunk; "
    "Exten: 74951000005; Uniqueid: 1.1; Linkedid: 1.1"
)
FAX = (
    "ReceiveFAX; Channel: PJSIP/trunk-a-01; ChannelState: 6; CallerIDNum: 79161234567; Uniqueid: 1.1; Linkedid: 1.1; "
    "LocalStationID: ; RemoteStationID: ACME +7 916; PagesTransferred: 3; Resolution: 8031x7700; TransferRate: 14400; "
    "FileName: /var/spool/asterisk/fax/1.1.tif"
)


def variable(name: str, value: str) -> str:
    return f"VarSet; Channel: PJSIP/trunk-a-01; Uniqueid: 1.1; Linkedid: 1.1; Variable: {name}; Value: {value}"


def told(*lines: str) -> list[Change]:
    """The changes of some messages, each written as ``Event; Header: value; …``."""
    translator = Translator("pbx", Parties(["101"]), country="RU")
    codec, floor = Codec(keep=keep(translator.event_names)), Floor()
    changes: list[Change] = []
    for step, line in enumerate(lines):
        event, *headers = line.split("; ")
        raw = "\r\n".join([f"Event: {event}", *headers, "", ""]).encode()
        for message in codec.feed(raw):
            for fact in translator.translate(AT + step, message):
                changes += floor.apply(fact)
    return changes


def faxes(*lines: str) -> list[FaxRecord]:
    return [change.record for change in told(*lines) if isinstance(change, FaxFinished)]


def test_a_fax_has_its_call_and_all_that_its_event_tells() -> None:
    (fax,) = faxes(CALLER, variable("FAXSTATUS", "SUCCESS"), FAX)
    assert fax == FaxRecord(
        key="pbx-1.1/received/1800000002.000",
        link="pbx",
        direction=FaxDirection.RECEIVED,
        at=AT + 2,
        call_id="pbx-1.1",
        account=None,
        number="79161234567",
        e164="+79161234567",
        station="ACME +7 916",
        local_station=None,
        pages=3,
        resolution="8031x7700",
        rate=14_400,
        result=FaxResult.SUCCESS,
        error=None,
        files=("/var/spool/asterisk/fax/1.1.tif",),
    )


@pytest.mark.parametrize(
    ("said", "pages", "result", "error"),
    [
        ({}, "3", None, None),
        ({}, "0", FaxResult.FAILED, None),
        ({"FAXSTATUS": "SUCCESS", "FAXSTATUSSTRING": "OK"}, "3", FaxResult.SUCCESS, None),
        ({"FAXSTATUS": "FAILED", "FAXERROR": "HANGUP"}, "1", FaxResult.FAILED, "HANGUP"),
        (
            {"FAXSTATUS": "FAILED", "FAXERROR": "HANGUP", "FAXSTATUSSTRING": "The call dropped prematurely"},
            "0",
            FaxResult.FAILED,
            "The call dropped prematurely",
        ),
        ({"FAXSTATUS": "FAILED", "FAXSTATUSSTRING": "x" * 5000}, "0", FaxResult.FAILED, "x" * 200),
    ],
    ids=str,
)
def test_how_it_went_is_what_the_variables_say(
    said: dict[str, str], pages: str, result: FaxResult | None, error: str | None
) -> None:
    event = FAX.replace("PagesTransferred: 3", f"PagesTransferred: {pages}")
    (fax,) = faxes(CALLER, *(variable(name, value) for name, value in said.items()), event)
    assert (fax.result, fax.error, fax.pages) == (result, error, int(pages))


def test_the_next_fax_of_a_channel_does_not_inherit_how_the_last_one_went() -> None:
    first, second = faxes(CALLER, variable("FAXSTATUS", "FAILED"), FAX, FAX)
    assert (first.result, second.result) == (FaxResult.FAILED, None)
    assert first.key != second.key


@pytest.mark.parametrize("pages", ["", "-1", "many", "9" * 30, "²"])
def test_a_count_that_is_none_is_not_known(pages: str) -> None:
    (fax,) = faxes(CALLER, FAX.replace("PagesTransferred: 3", f"PagesTransferred: {pages}"))
    assert fax.pages is None


def test_a_fax_sent_by_an_employees_phone_is_theirs() -> None:
    phone = (
        "Newchannel; Channel: PJSIP/101-02; ChannelState: 4; CallerIDNum: 101; Context: from-internal; "
        "Exten: 79161234567; Uniqueid: 1.1; Linkedid: 1.1"
    )
    sent = FAX.replace("ReceiveFAX", "SendFAX").replace("PJSIP/trunk-a-01", "PJSIP/101-02")
    (fax,) = faxes(phone, f"{sent}; ConnectedLineNum: 79161234567; FileName: /tmp/second.tif")
    assert (fax.direction, fax.account, fax.call_id) == (FaxDirection.SENT, "101", "pbx-1.1")
    assert fax.files == ("/var/spool/asterisk/fax/1.1.tif", "/tmp/second.tif")


def test_a_box_is_told_with_the_call_that_left_something_in_it() -> None:
    waiting = "MessageWaiting; Mailbox: 101@sales; Waiting: 1; New: 2; Old: 0"
    by_caller = f"{waiting}; Channel: PJSIP/trunk-a-01; Uniqueid: 1.1; Linkedid: 1.1"
    found = [change for change in told(CALLER, by_caller, waiting) if isinstance(change, MailboxChanged)]
    assert [(one.context, one.box, one.call_id, one.channel) for one in found] == [
        ("sales", "101", "pbx-1.1", "PJSIP/trunk-a-01"),
        ("sales", "101", None, None),
    ]


def test_a_box_without_a_name_is_none() -> None:
    assert [
        one for one in told("MessageWaiting; Mailbox: @default; Waiting: 0") if isinstance(one, MailboxChanged)
    ] == []
