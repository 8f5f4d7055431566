"""Listings into facts: what a connection made in mid-call can know, and what it must not make up."""

import pytest

from callfloor.asterisk.resync import Resync
from callfloor.floor import facts
from callfloor.floor.calls import CallStatus, CallType, PartyState
from callfloor.floor.facts import EndCause
from callfloor.floor.floor import Floor
from support.scenarios import Line, Player, messages

AT = 1_800_000_000.0
CALLER = "PJSIP/trunk-a-01; 6; 1.1; 1.1; Dial; 00:01:00; b1; CallerIDNum=79161234567; Exten=101; Context=from-trunk"
AGENT = "PJSIP/101-02; 6; 1.2; 1.1; AppDial; 00:00:50; b1; CallerIDNum=101; ConnectedLineNum=79161234567"


def shown(*rows: str) -> list[Line]:
    """A listing; a row is channel, state, unique id, linked id, application, duration, bridge, more."""
    lines = []
    for row in rows:
        name, state, uid, linked, application, duration, bridge, *more = row.split("; ")
        headers = [("Channel", name), ("ChannelState", state), ("Uniqueid", uid), ("Linkedid", linked)]
        headers += [("Application", application), ("Duration", duration), ("BridgeId", bridge)]
        headers += [(header, value) for header, _, value in (part.partition("=") for part in more)]
        lines.append(Line(0.0, "CoreShowChannel", (*headers, ("ActionID", "1"))))
    return [*lines, ending("CoreShowChannelsComplete")]


def ending(event: str) -> Line:
    return Line(0.0, event, (("ActionID", "1"), ("EventList", "Complete")))


def put(floor: Floor, player: Player, *lines: Line, at: float = AT) -> list[facts.Fact]:
    """Play lines on a floor; returns their facts."""
    told = [fact for some in player.play(at, lines) for fact in some]
    for fact in told:
        floor.apply(fact)
    return told


def test_a_talk_found_in_progress() -> None:
    floor, player = Floor(), Player(country="RU")
    put(floor, player, *shown(AGENT, CALLER))  # in whatever order
    (call,) = floor.snapshot().calls
    assert (call.type, call.status, call.partial) == (CallType.INBOUND, CallStatus.TALKING, True)
    assert (call.client_number, call.client_e164) == ("79161234567", "+79161234567")
    assert (call.started_at, call.answered_at) == (AT - 60, None)
    assert [(party.account, party.state) for party in call.parties] == [("101", PartyState.TALKING)]


def test_the_number_that_was_dialled_comes_by_status() -> None:
    floor, player = Floor(), Player()
    put(floor, player, *shown(CALLER, AGENT))
    status = Line(0.0, "Status", (("Uniqueid", "1.1"), ("DNID", "74951000003"), ("ActionID", "1")))
    put(floor, player, status, ending("StatusComplete"))
    (call,) = floor.snapshot().calls
    assert call.business_number == "74951000003"
    assert call.route[0] == "74951000003"


def test_listed_twice_is_there_once() -> None:
    floor, player = Floor(), Player()
    put(floor, player, *shown(CALLER, AGENT))
    before = floor.snapshot().calls
    put(floor, player, *shown(CALLER, AGENT), at=AT + 5)
    assert floor.snapshot().calls == before


def test_what_is_not_listed_has_vanished() -> None:
    floor, player = Floor(), Player()
    put(floor, player, *shown(CALLER, AGENT))
    told = put(floor, player, *shown(), at=AT + 9)
    assert [fact.cause for fact in told if isinstance(fact, facts.LegEnded)] == [EndCause.VANISHED] * 2
    assert not floor.snapshot().calls


def test_what_appeared_after_the_question_has_not_vanished() -> None:
    player = Player()
    newcomer = (("Channel", "PJSIP/trunk-a-09"), ("ChannelState", "4"), ("Uniqueid", "9.1"), ("Linkedid", "9.1"))
    list(player.play(AT + 1, [Line(0.0, "Newchannel", newcomer)]))
    answer = messages(shown(CALLER))
    told = Resync(player.translator).listing(AT + 2, answer, since=AT)
    assert not any(isinstance(fact, facts.LegEnded) for fact in told)
    told = Resync(player.translator).listing(AT + 3, answer, since=AT + 2.5)
    assert [fact.leg for fact in told if isinstance(fact, facts.LegEnded)] == ["pbx-9.1"]


def test_a_call_that_was_passed_on_unseen_is_the_same_call() -> None:
    floor, player = Floor(), Player()
    put(floor, player, *shown(CALLER, AGENT))
    told = put(
        floor,
        player,
        *shown(CALLER, AGENT.replace("101", "104").replace("; 1.2;", "; 1.9;")),
        at=AT + 5,
    )
    assert not any(isinstance(fact, facts.CallEnded) for fact in told)
    (call,) = floor.snapshot().calls
    assert call.id == "pbx-1.1"
    assert [(party.account, party.state) for party in call.parties] == [
        ("101", PartyState.LEFT),
        ("104", PartyState.TALKING),
    ]


@pytest.mark.parametrize(
    ("application", "status"),
    [("VoiceMail", CallStatus.VOICEMAIL), ("ReceiveFAX", CallStatus.FAX), ("BackGround", CallStatus.IVR)],
)
def test_a_caller_found_in_an_application_is_served_by_it(application: str, status: CallStatus) -> None:
    floor, player = Floor(), Player()
    put(floor, player, *shown(CALLER.replace("Dial", application).replace("b1", "")))
    assert floor.snapshot().calls[0].status is status


def test_a_supervisor_found_listening_is_no_call() -> None:
    floor, player = Floor(), Player()
    put(floor, player, *shown(CALLER, AGENT, "PJSIP/110-07; 6; 7.1; 7.1; ChanSpy; 00:00:09; ; Context=from-internal"))
    assert [call.id for call in floor.snapshot().calls] == ["pbx-1.1"]


def test_a_parked_caller_was_answered_by_somebody_unknown() -> None:
    floor, player = Floor(), Player()
    bridge = (("BridgeUniqueid", "b1"), ("BridgeTechnology", "holding_bridge"), ("ActionID", "1"))
    put(floor, player, Line(0.0, "BridgeListItem", bridge), ending("BridgeListComplete"))
    put(floor, player, *shown(CALLER.replace("Dial", "Park")))
    (call,) = floor.snapshot().calls
    assert (call.status, call.answered_at) == (CallStatus.PARKED, None)


def test_a_queue_found_waiting_in() -> None:
    floor, player = Floor(), Player()
    put(floor, player, *shown(CALLER.replace("Dial", "Queue").replace("b1", "")))
    entry = (("Queue", "sales"), ("Position", "2"), ("Uniqueid", "1.1"), ("Wait", "40"), ("ActionID", "1"))
    put(floor, player, Line(0.0, "QueueEntry", entry), ending("QueueStatusComplete"))
    (call,) = floor.snapshot().calls
    assert (call.status, call.queue) == (CallStatus.QUEUE, "sales")
    told = put(floor, player, ending("QueueStatusComplete"), at=AT + 3)
    assert told == [facts.QueueLeft(AT + 3, "pbx-1.1", "sales")]


def test_an_outgoing_call_of_which_only_the_called_legs_are_left_is_outbound() -> None:
    floor, player = Floor(), Player()
    client = "PJSIP/trunk-a-05; 6; 5.2; 5.1; AppDial; 00:00:30; b9; CallerIDNum=79161234567; Context=from-trunk"
    put(floor, player, *shown(client, AGENT.replace("; 1.2; 1.1;", "; 5.3; 5.1;").replace("b1", "b9")))
    (call,) = floor.snapshot().calls
    assert (call.type, call.client_number) == (CallType.OUTBOUND, "79161234567")


def test_a_client_whom_an_employee_called_and_sent_on_unseen_is_outbound_and_known() -> None:
    """The channel that the call is named after is gone; the client's runs the dialplan to the colleague."""
    floor, player = Floor(), Player(country="RU")
    client = "PJSIP/trunk-a-05; 6; 5.2; 5.1; Dial; 00:02:27; b9; CallerIDNum=79161234567; Exten=104; Context=ext-local"
    put(
        floor,
        player,
        *shown(client, AGENT.replace("101", "104").replace("; 1.2; 1.1;", "; 5.9; 5.1;").replace("b1", "b9")),
    )
    (call,) = floor.snapshot().calls
    assert (call.type, call.client_number) == (CallType.OUTBOUND, "79161234567")
    assert [(party.account, party.state) for party in call.parties] == [("104", PartyState.TALKING)]


def test_a_callback_found_ringing_the_employee() -> None:
    floor, player = Floor(), Player()
    put(
        floor,
        player,
        *shown("PJSIP/101-02; 5; 1.2; 1.2; AppDial2; 00:00:03; ; ConnectedLineNum=79161234567; Context=from-internal"),
    )
    (call,) = floor.snapshot().calls
    assert (call.type, call.client_number) == (CallType.CALLBACK, "79161234567")
    assert call.parties[0].state is PartyState.RINGING


@pytest.mark.parametrize("row", ["; ; ; ; ; ; ", "nonsense; x; ; ; ; 99; ", "PJSIP/101-02; 6; 1.2; ; Dial; 1:2:3; "])
def test_rows_without_what_they_should_have_are_survived(row: str) -> None:
    put(Floor(), Player(), *shown(row))
