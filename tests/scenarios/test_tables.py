"""Edge cases as tables of facts: what happens, and what the floor must show and write down."""

import pytest

from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallResult, CallStatus, CallType, LiveCall, PartyState
from callfloor.floor.changes import LinkState
from callfloor.floor.directory import BusinessNumber, Directory, Employee
from support.laws import WatchedFloor
from support.tables import START_AT, table

ARRIVES = "0 arrive c 79161234567 74951000003"


def employees(record: CallRecord) -> dict[str, str]:
    """What each employee did: answered, missed, taken elsewhere, or nothing of these."""
    return {
        part.account: "answered"
        if part.answered
        else "missed"
        if part.missed
        else "elsewhere"
        if part.taken_elsewhere
        else "-"
        for part in record.employees
    }


def told(record: CallRecord) -> list[str]:
    return [step.what for step in record.story]


def live(watched: WatchedFloor, leg: str) -> LiveCall:
    call = watched.floor.call(f"pbx-{leg}")
    assert call is not None
    return call


@pytest.mark.parametrize(("rings_s", "what"), [("5.000", "-"), ("5.001", "missed"), ("0.5", "-")])
def test_a_ring_of_just_five_seconds_is_not_missed(watched: WatchedFloor, rings_s: str, what: str) -> None:
    watched.put(*table(f"{ARRIVES} · 0 call a c 101 · 0 ring a · {rings_s} hang c · {rings_s} end a · {rings_s} end c"))
    watched.put(*table(f"{rings_s} over c"))
    assert watched.record.result is CallResult.MISSED
    assert employees(watched.record) == {"101": what}
    assert watched.record.employees[0].ring_s == pytest.approx(float(rings_s))


def test_two_devices_of_one_employee_ring_once(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES}
        1 call a c 101 · 1 ring a
        2 call b c 101 · 2 ring b
        4 end a no_answer
        7 end b no_answer
        7 end c · 7 over c""")
    )
    (part,) = watched.record.employees
    assert part.ring_s == pytest.approx(6.0)  # from 1 to 7, not 3 + 5
    assert part.missed


def test_a_colleagues_answer_is_no_miss_however_long_it_rang(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 queue c sales 1
        1 call a c 101 · 1 ring a · 1 call b c 102 · 1 ring b
        11 answer b · 11 unqueue c sales · 11 rooms c=r b=r · 11 end a elsewhere
        20 hang b · 20 rooms c=- b=- · 20 end b · 20 end c · 20 over c""")
    )
    assert employees(watched.record) == {"101": "elsewhere", "102": "answered"}
    assert watched.record.hung_up_by == "employee"
    assert watched.record.queue_s == pytest.approx(11)
    assert watched.record.talk_s == pytest.approx(9)
    assert watched.record.queues[0].answered_by == "102"


def test_a_call_goes_through_two_queues(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES}
        1 queue c sales 1
        11 unqueue c sales
        13 queue c support 1
        16 call a c 104 · 16 ring a
        20 answer a · 20 unqueue c support · 20 rooms c=r a=r
        30 hang c · 30 rooms c=- a=- · 30 end a · 30 end c · 30 over c""")
    )
    record = watched.record
    assert [(part.queue, part.outcome, part.wait_s) for part in record.queues] == [
        ("sales", "timed_out", pytest.approx(10)),
        ("support", "answered", pytest.approx(7)),
    ]
    assert record.queue_s == pytest.approx(17)
    assert record.waiting_s == pytest.approx(20)
    assert record.route == ("74951000003", "sales", "support", "104")


def test_positions_close_up_when_somebody_leaves_and_open_when_somebody_is_let_in_before(watched: WatchedFloor) -> None:
    watched.put(
        *table("""0 arrive c 79160000001 74951000003 · 0 queue c sales 1
        1 arrive d 79160000002 74951000003 · 1 queue d sales 2
        2 arrive e 79160000003 74951000003 · 2 queue e sales 3""")
    )
    changes = watched.put(*table("3 hang c · 3 end c"))
    assert {change.call_id for change in changes} >= {"pbx-d", "pbx-e"}  # type: ignore[union-attr]
    assert [live(watched, leg).queue_position for leg in "de"] == [1, 2]
    watched.put(*table("3 over c · 4 arrive f 79160000004 74951000003 · 4 queue f sales 1"))
    assert [live(watched, leg).queue_position for leg in "fde"] == [1, 2, 3]
    watched.put(*table("5 end d · 5 over d · 5 end e · 5 over e · 5 end f · 5 over f"))
    assert [record.abandoned_in for record in watched.records] == ["queue"] * 4


def test_two_queues_keep_their_own_positions(watched: WatchedFloor) -> None:
    watched.put(
        *table("""0 arrive c 79160000001 74951000003 · 0 queue c sales 1
        0 arrive d 79160000002 74951000003 · 0 queue d support 1
        0 arrive b/e 79160000003 74951000003 · 0 queue b/e sales 1""")
    )
    assert [call.queue_position for call in watched.live] == [1, 1, 1]
    watched.put(*table("1 end c · 1 over c · 1 end d · 1 over d · 1 end b/e · 1 over b/e"))


def test_the_caller_leaves_the_menu(watched: WatchedFloor) -> None:
    watched.put(*table(f"{ARRIVES} · 0 answer c · 0 serve c ivr"))
    assert watched.call.status is CallStatus.IVR
    watched.put(*table("4 hang c · 4 end c · 4 over c"))
    assert (watched.record.result, watched.record.abandoned_in) == (CallResult.ABANDONED, "ivr")
    assert watched.record.ivr_s == pytest.approx(4)


def test_voicemail_is_a_result_and_not_waiting(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 call a c 101 · 0 ring a
        10 end a no_answer · 10 answer c · 10 serve c voicemail""")
    )
    assert watched.call.status is CallStatus.VOICEMAIL
    watched.put(*table("25 hang c · 25 end c · 25 over c"))
    record = watched.record
    assert record.result is CallResult.VOICEMAIL
    assert record.waiting_s == pytest.approx(10)
    assert record.talk_s == 0
    assert employees(record) == {"101": "missed"}


def test_an_anonymous_caller_has_no_number(watched: WatchedFloor) -> None:
    watched.put(*table("0 arrive c - 74951000003"))
    assert watched.call.client_number is None
    assert watched.call.business_number == "74951000003"
    watched.put(*table("1 hang c · 1 end c · 1 over c"))
    assert watched.record.client_number is None


def test_a_302_is_a_forward_and_the_forwarder_missed_nothing(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 call a c 105 · 0.01 forward a 105 104 · 0.01 end a
        0.02 call b c 104 · 0.02 ring b · 8 answer b · 8 rooms c=r b=r
        10 hang c · 10 rooms c=- b=- · 10 end b · 10 end c · 10 over c""")
    )
    assert watched.record.forwarded_from == "105"
    assert employees(watched.record) == {"105": "-", "104": "answered"}
    assert "forwarded" in told(watched.record)


def test_who_hangs_up_in_the_instant_of_the_answer_ended_the_call(watched: WatchedFloor) -> None:
    """The PBX hears of it before it has put the two together, and puts them together all the same."""
    watched.put(
        *table("""0 dial a 107 89031112233 · 0 call b a 79031112233 · 1 ring b · 2 answer b · 2 answer a
        2.01 hang a · 2.02 rooms a=r b=r · 2.03 rooms a=- b=- · 2.04 end a · 2.04 end b · 2.05 over a""")
    )
    assert watched.record.hung_up_by == "employee"


def test_a_forward_outside_is_an_external_part_and_not_the_client(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 forward c 105 79031112233 · 0 call m c 79031112233 · 1 ring m · 5 answer m
        5 rooms c=r m=r · 15 hang m · 15 rooms c=- m=- · 15 end m · 15 end c · 15 over c""")
    )
    record = watched.record
    assert record.client_number == "79161234567"
    assert [(part.number, part.talk_s) for part in record.external] == [("79031112233", pytest.approx(10))]
    assert record.hung_up_by == "external"
    assert record.type is CallType.INBOUND


def test_a_feature_code_is_no_call_until_somebody_joins_it(watched: WatchedFloor) -> None:
    assert watched.put(*table("0 dial d 101 *78 · 0 answer d · 2 hang d · 2 end d · 2 over d")) == []
    assert not watched.records
    watched.put(*table(f"{ARRIVES} · 0 call a c 101 · 0 ring a · 3 dial p 104 *8"))
    assert [call.id for call in watched.live] == ["pbx-c"]
    watched.put(*table("3.1 pick-up p a · 3.1 answer p · 3.1 rooms c=r p=r · 3.1 end a elsewhere"))
    assert [call.id for call in watched.live] == ["pbx-c"]
    watched.put(*table("8 hang c · 8 rooms c=- p=- · 8 end p · 8 end c · 8 over c"))
    assert employees(watched.record) == {"101": "elsewhere", "104": "answered"}


def test_a_consultation_older_than_the_clients_call_becomes_part_of_it(watched: WatchedFloor) -> None:
    """104 called 101, a client then called 101, who brought both together: the client's call carries the story."""
    watched.put(
        *table("""0 dial d 104 101 · 0 call a d 101 · 0 ring a · 1 answer a · 1 rooms d=x a=x
        5 arrive c 79161234567 74951000003 · 5 call b c 101 · 5 ring b · 6 hold a · 7 answer b · 7 rooms c=y b=y""")
    )
    assert {call.id: call.type for call in watched.live} == {"pbx-d": "internal", "pbx-c": "inbound"}
    watched.put(*table("9 transfer a attended 104 · 9 join d c · 9 rooms d=y a=- b=- · 9 end a · 9 end b"))
    assert [call.id for call in watched.live] == ["pbx-c"]
    assert watched.call.client_number == "79161234567"
    watched.put(*table("15 hang c · 15 rooms c=- d=- · 15 end c · 15 end d · 15 over d"))
    record = watched.record
    assert record.type is CallType.INBOUND
    assert employees(record) == {"101": "answered", "104": "answered"}
    assert {part.account: part.talk_s for part in record.employees} == {
        "101": pytest.approx(2),
        "104": pytest.approx(6),
    }


def test_a_second_call_waits_while_the_employee_talks(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 call a c 101 · 0 ring a · 1 answer a · 1 rooms c=r a=r
        3 arrive d 79167654321 74951000003 · 3 call b d 101 · 3 ring b""")
    )
    assert live(watched, "c").status is CallStatus.TALKING
    assert live(watched, "d").status is CallStatus.RINGING
    watched.put(*table("5 hold a · 5 answer b · 5 rooms d=s b=s"))
    assert live(watched, "c").status is CallStatus.HOLD
    assert live(watched, "c").parties[0].state is PartyState.HOLDING
    watched.put(*table("9 hang d · 9 rooms d=- b=- · 9 end b · 9 end d · 9 over d · 9 unhold a"))
    watched.put(*table("12 hang c · 12 rooms c=- a=- · 12 end a · 12 end c · 12 over c"))
    second, first = watched.records
    assert (first.talk_s, first.hold_s) == (pytest.approx(7), pytest.approx(4))
    assert second.talk_s == pytest.approx(4)


def test_a_supervisors_leg_leaves_the_floor_without_a_row(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 call a c 101 · 0 ring a · 1 answer a · 1 rooms c=r a=r
        2 originate s 110 · 2 ring s""")
    )
    assert len(watched.live) == 2
    watched.put(*table("3 answer s · 3 spy s a"))
    assert [call.id for call in watched.live] == ["pbx-c"]
    watched.put(*table("5 end s · 5 over s · 6 hang c · 6 rooms c=- a=- · 6 end a · 6 end c · 6 over c"))
    assert employees(watched.record) == {"101": "answered"}


def test_a_supervisor_in_the_same_call_takes_no_part_in_it(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 call a c 101 · 0 ring a · 1 answer a · 1 rooms c=r a=r
        2 call s c 110 · 3 answer s · 3 spy s a · 6 hang c · 6 rooms c=- a=- · 6 end s · 6 end a · 6 end c
        6 over c""")
    )
    assert employees(watched.record) == {"101": "answered"}


def test_facts_about_strangers_are_survived(watched: WatchedFloor) -> None:
    strange = """0 ring x · 0 answer x · 0 rooms x=r · 0 hold x · 0 unhold x · 0 hang x · 0 end x · 0 over x
        0 join x y
        0 queue x sales 1 · 0 unqueue x sales · 0 serve x ivr · 0 transfer x blind 104 · 0 pick-up x y · 0 park x 701
        0 unpark x · 0 forward x 101 102 · 0 record x f.wav · 0 spy x y · 0 number x 79161234567"""
    assert watched.put(*table(strange)) == []


def test_a_lost_link_marks_its_calls_and_no_others(watched: WatchedFloor) -> None:
    watched.put(*table(f"0 up · 0 up b · {ARRIVES} · 0 arrive b/c 79167654321 74957654321"))
    watched.put(*table("5 lost"))
    assert {call.id: (call.stale, call.partial) for call in watched.live} == {
        "pbx-c": (True, True),
        "b-c": (False, False),
    }
    (lost,) = (link for link in watched.floor.snapshot().links if link.id == "pbx")
    assert (lost.state, lost.since) == (LinkState.STALE, START_AT + 5)
    assert watched.put(*table("6 lost")) == []  # tried again, and refused
    watched.put(*table("8 up"))
    assert not any(call.stale for call in watched.live)
    watched.put(*table("9 end c · 9 over c · 9 end b/c · 9 over b/c"))
    assert {record.call_id: record.partial for record in watched.records} == {"pbx-c": True, "b-c": False}


def test_a_link_that_never_was_up_is_connecting(watched: WatchedFloor) -> None:
    watched.put(facts.LinkLost(START_AT, "pbx", "PBX", "refused", ever=False))
    assert watched.floor.snapshot().links[0].state is LinkState.CONNECTING


def test_equal_names_of_calls_on_two_pbxes_are_two_calls(watched: WatchedFloor) -> None:
    watched.put(*table("0 arrive one/1.1 79160000001 74951000003 · 0 arrive two/1.1 79160000002 74957654321"))
    watched.put(*table("1 call one/1.2 one/1.1 101 · 1 ring one/1.2 · 2 end one/1.1 · 2 end one/1.2 · 2 over one/1.1"))
    assert [call.id for call in watched.live] == ["two-1.1"]
    watched.put(*table("3 end two/1.1 · 3 over two/1.1"))
    assert [record.client_number for record in watched.records] == ["79160000001", "79160000002"]


def test_a_call_found_in_progress_says_what_it_does_not_know(watched: WatchedFloor) -> None:
    watched.put(
        *table("""10 found c c 79161234567 60 74951000003 · 10 found a c 101 50
        10 answer c · 10 answer a · 10 rooms c=r a=r""")
    )
    call = watched.call
    assert (call.partial, call.answered_at, call.started_at) == (True, None, START_AT - 50)
    assert call.status is CallStatus.TALKING
    assert (call.talk_since, call.talk_s) == (START_AT + 10, 0)
    watched.put(*table("30 hang c · 30 rooms c=- a=- · 30 end a · 30 end c · 30 over c"))
    record = watched.record
    assert (record.result, record.answered_at) == (CallResult.ANSWERED, None)
    assert (record.waiting_s, record.talk_s, record.duration_s) == (0, pytest.approx(20), pytest.approx(80))
    assert employees(record) == {"101": "answered"}


def test_a_call_whose_end_was_lost_expires(watched: WatchedFloor) -> None:
    watched.put(*table(f"{ARRIVES} · 0 call a c 101 · 0 ring a · 3 end a · 3 end c"))
    assert watched.put(*table("32 tick")) == []
    watched.put(*table("34 tick"))
    assert not watched.live
    assert watched.record.ended_at == START_AT + 3
    assert watched.record.partial


def test_a_call_of_which_nothing_is_heard_for_a_day_ended_when_it_was_last_heard_of(watched: WatchedFloor) -> None:
    watched.put(*table(f"{ARRIVES} · 0 call a c 101 · 0 ring a · 1 answer a · 1 rooms c=r a=r · 86400 tick"))
    assert watched.live
    watched.put(*table("86402 tick"))
    assert (watched.record.duration_s, watched.record.talk_s) == (pytest.approx(1), 0)
    assert watched.record.partial


def test_a_second_call_under_an_old_id_does_not_overwrite_the_first_row(watched: WatchedFloor) -> None:
    watched.put(*table(f"{ARRIVES} · 2 end c · 2 over c"))
    watched.put(*table("3 call a c 101 · 3 ring a · 9 end a · 9 over c"))
    assert [record.call_id for record in watched.records] == ["pbx-c", "pbx-c~2"]


def test_the_directory_names_scheme_and_employees_at_once(watched: WatchedFloor) -> None:
    watched.put(*table(f"{ARRIVES} · 0 call a c 101 · 0 ring a"))
    directory = Directory(
        employees=(Employee(id=7, name="Alice", accounts=("101", "79031112233")),),
        numbers=(BusinessNumber(number="74951000003", scheme="Main line"),),
    )
    watched.put(facts.DirectorySet(START_AT + 1, directory))
    assert watched.call.scheme == "Main line"
    assert watched.call.parties[0].employee_id == 7
    assert watched.put(facts.DirectorySet(START_AT + 2, directory)) == []
    watched.put(*table("3 hang c · 3 end a · 3 end c · 3 over c"))
    assert watched.record.scheme == "Main line"


def test_outbound_waits_until_the_client_answers_and_knows_the_presented_number(watched: WatchedFloor) -> None:
    watched.put(*table("0 dial d 101 79161234567 · 0 call t d 79161234567 · 0 number t 79161234567 74951000000"))
    assert (watched.call.type, watched.call.status) == (CallType.OUTBOUND, CallStatus.DIALLING)
    watched.put(
        *table("1 ring t · 6 answer t · 6 rooms d=r t=r · 9 hang t · 9 rooms d=- t=- · 9 end t · 9 end d · 9 over d")
    )
    record = watched.record
    assert (record.waiting_s, record.talk_s) == (pytest.approx(6), pytest.approx(3))
    assert (record.client_number, record.business_number) == ("79161234567", "74951000000")
    assert record.hung_up_by == "client"
    assert employees(record) == {"101": "-"}  # who dials answers nothing
    assert record.employees[0].talk_s == pytest.approx(3)


def test_the_number_that_a_client_was_shown_stays_whoever_takes_the_call(watched: WatchedFloor) -> None:
    watched.put(
        *table(
            "0 dial d 101 79161234567 · 0 call t d 79161234567 · 0 number t 79161234567 74951000000 · "
            "1 number t 79161234567 103 · 2 end t · 2 end d · 2 over d"
        )
    )
    assert watched.record.business_number == "74951000000"


def test_a_number_of_the_company_is_known_better_than_an_extension(watched: WatchedFloor) -> None:
    watched.put(
        *table(
            "0 dial d 101 79161234567 · 0 call t d 79161234567 · 0 number t 79161234567 103 · "
            "1 number t 79161234567 74951000000 · 2 end t · 2 end d · 2 over d"
        )
    )
    assert watched.record.business_number == "74951000000"


def test_a_callback_rings_the_employee_first(watched: WatchedFloor) -> None:
    watched.put(*table("0 originate a 101 · 0 ring a · 0 number a 79161234567"))
    assert (watched.call.type, watched.call.client_number) == (CallType.CALLBACK, "79161234567")
    watched.put(*table("2 answer a · 2 call t a 79161234567 · 3 ring t · 5 answer t · 5 rooms a=r t=r"))
    watched.put(*table("9 hang t · 9 rooms a=- t=- · 9 end t · 9 end a · 9 over a"))
    record = watched.record
    assert (record.type, record.result) == (CallType.CALLBACK, CallResult.ANSWERED)
    assert (record.waiting_s, record.talk_s) == (pytest.approx(5), pytest.approx(4))
    assert employees(record) == {"101": "answered"}


@pytest.mark.parametrize(
    ("cause", "result"),
    [("busy", "busy"), ("refused", "busy"), ("no_answer", "no_answer"), ("unreachable", "failed")],
)
def test_how_an_outbound_call_fails(watched: WatchedFloor, cause: str, result: str) -> None:
    watched.put(*table(f"0 dial d 101 79161234567 · 0 call t d 79161234567 · 1 end t {cause} · 1 end d · 1 over d"))
    assert watched.record.result == result


def test_a_party_who_hung_up_has_left_while_the_pbx_still_keeps_their_channel(watched: WatchedFloor) -> None:
    """A blond transfer: 101 hangs up while 104 rings, and their channel lives on until 104 answers."""
    watched.put(
        *table(f"""{ARRIVES} · 0 call a c 101 · 0 ring a · 1 answer a · 1 rooms c=r a=r
        3 hold a · 4 call b c 104 · 4 ring b · 5 hang a · 5 rooms a=- · 5 transfer a attended 104""")
    )
    assert [party.state for party in watched.call.parties] == [PartyState.LEFT, PartyState.RINGING]
    assert watched.call.status is CallStatus.TRANSFER
    watched.put(
        *table(
            "9 answer b · 9 rooms c=s b=s · 9 end a · 12 hang c · 12 rooms c=- b=- · 12 end b · 12 end c · 12 over c"
        )
    )
    left = next(step for step in watched.record.story if step.what == "left" and step.account == "101")
    assert left.at == START_AT + 5
    assert watched.record.hold_s == pytest.approx(2)


def test_whoever_leaves_a_conference_that_goes_on_did_not_end_it(watched: WatchedFloor) -> None:
    watched.put(
        *table(f"""{ARRIVES} · 0 call a c 101 · 0 ring a · 1 answer a · 1 rooms c=r a=r
        2 call b c 104 · 2 ring b · 3 answer b · 3 rooms b=r""")
    )
    assert watched.call.status is CallStatus.CONFERENCE
    watched.put(*table("5 hang a · 5 rooms a=- · 5 end a · 6 hang c · 6 rooms c=- b=- · 6 end b · 6 end c · 6 over c"))
    assert watched.record.hung_up_by == "client"


def test_whoever_passed_the_call_on_and_hangs_up_afterwards_did_not_end_it(watched: WatchedFloor) -> None:
    """101 hands the client to 107's voicemail; their own phone hangs up after the PBX has told the transfer."""
    watched.put(
        *table("""0 dial d 101 79161234567 · 0 call t d 79161234567 · 1 ring t · 2 answer t · 2 rooms d=r t=r
        5 transfer d attended 107 · 5.2 hang d · 5.2 rooms d=- · 5.2 end d · 5.9 hang t · 5.9 rooms t=- · 5.9 end t
        5.9 over d""")
    )
    assert watched.record.hung_up_by == "client"
