"""Messages about people, one by one, in the shapes that PBXes send them."""

from typing import Any

import pytest

from callfloor.asterisk.ami import Codec, Message
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.people import PeopleTranslator
from callfloor.asterisk.translate import Translator
from callfloor.floor import facts
from callfloor.floor.facts import DndSource, Fact

AT = 1_795_290_000.0
URI = "sip:101@10.0.0.7:5060"


def message(event: str, **headers: object) -> Message:
    lines = [f"Event: {event}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    (made,) = Codec().feed(("Asterisk Call Manager/9.0.0\r\n" + "\r\n".join(lines)).encode())
    return made


@pytest.fixture
def people() -> PeopleTranslator:
    parties = Parties(trunks=["777"])
    parties.give(["101", "102", "79165550000"])
    return PeopleTranslator("pbx", parties)


def contact(status: str, *, at: float = AT, **more: object) -> tuple[float, Message]:
    known: dict[str, object] = {"URI": URI, "ContactStatus": status, "AOR": "101", "EndpointName": "101"}
    return at, message("ContactStatus", **known | more)


def listed(*, expires_at: float | str = AT + 60, **more: object) -> list[Message]:
    known: dict[str, object] = {
        "Endpoint": "101",
        "Uri": URI,
        "ExpirationTime": expires_at if isinstance(expires_at, str) else f"{expires_at:.0f}",
        "UserAgent": "Yealink",
        "ViaAddr": "10.0.0.7",
        "ViaPort": "5060",
        "Status": "NonQualified",
    }
    return [message("ContactList", **known | more), message("ContactListComplete", EventList="Complete", ListItems=1)]


def only(told: list[Fact]) -> Any:
    (fact,) = told
    return fact


# --- devices --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reachable"),
    [("Created", True), ("Reachable", True), ("NonQualified", True), ("Unknown", True), ("Unreachable", False)],
)
def test_a_contact_is_there_unless_it_is_unreachable(people: PeopleTranslator, status: str, reachable: bool) -> None:
    seen = only(people.translate(*contact(status, RoundtripUsec=1234)))
    assert seen == facts.DeviceSeen(
        at=AT, link="pbx", account="101", device=URI, reachable=reachable, round_trip_ms=1.234
    )


def test_the_agent_of_a_new_contact_is_asked_for_once(people: PeopleTranslator) -> None:
    people.translate(*contact("NonQualified"))
    assert people.asks_contacts
    people.asks_contacts = False
    seen = only(people.listed(AT, listed(RoundtripUsec="N/A")))
    assert (seen.user_agent, seen.address, seen.expires_at, seen.round_trip_ms) == (
        *("Yealink", "10.0.0.7:5060", AT + 60),
        None,
    )
    people.translate(*contact("Unreachable"))
    people.translate(*contact("Reachable"))
    assert not people.asks_contacts
    people.translate(*contact("Removed"))
    people.translate(*contact("NonQualified"))  # it may be another phone by now
    assert people.asks_contacts


@pytest.mark.parametrize(
    ("after_s", "expired"),
    [(10, False), (57, False), (59, True), (60, True), (89, True), (110, False)],
)
def test_a_contact_that_goes_when_its_time_is_up_ran_out(
    people: PeopleTranslator, after_s: float, expired: bool
) -> None:
    people.listed(AT, listed())
    gone = only(people.translate(*contact("Removed", at=AT + after_s)))
    assert gone == facts.DeviceGone(at=AT + after_s, link="pbx", account="101", device=URI, expired=expired)


def test_a_contact_that_was_renewed_and_leaves_signed_off(people: PeopleTranslator) -> None:
    people.listed(AT, listed())
    assert people.expires_before(AT + 61)
    assert not people.expires_before(AT + 60)
    people.listed(AT + 50, listed(expires_at=AT + 110))
    assert not people.expires_before(AT + 61)
    assert not only(people.translate(*contact("Removed", at=AT + 62))).expired


def test_a_contact_that_was_never_listed_signed_off(people: PeopleTranslator) -> None:
    assert not only(people.translate(*contact("Removed"))).expired


def test_the_pbx_clock_is_not_ours(people: PeopleTranslator) -> None:
    people.clock.answered(AT, AT, message("Pong", Timestamp=f"{AT - 3600:.6f}"))
    assert only(people.listed(AT, listed(expires_at=AT - 3600 + 60))).expires_at == AT + 60
    assert only(people.translate(*contact("Removed", at=AT + 60))).expired
    people.clock.answered(AT, AT, message("Pong"))  # one that does not tell its clock changes nothing
    people.clock.answered(AT, AT, message("Pong", Timestamp="nonsense"))
    assert only(people.listed(AT, listed(expires_at=AT - 3600 + 60))).expires_at == AT + 60


@pytest.mark.parametrize("expires", ["0", "", "4294967295000", "-1", "١٢"])
def test_a_contact_of_the_configuration_has_no_end(people: PeopleTranslator, expires: str) -> None:
    assert only(people.listed(AT, listed(expires_at=expires))).expires_at is None


def test_a_contact_known_by_its_listing_needs_no_endpoint_name(people: PeopleTranslator) -> None:
    people.listed(AT, listed())
    gone = only(people.translate(*contact("Removed", EndpointName="", AOR="101-mobile")))
    assert (gone.account, gone.device) == ("101", URI)


def test_a_trunk_is_nobodys_device(people: PeopleTranslator) -> None:
    assert people.translate(*contact("Reachable", EndpointName="777", AOR="777")) == []
    assert people.listed(AT, listed(Endpoint="777")) == []
    assert people.translate(AT, message("DeviceStateChange", Device="PJSIP/777", State="INUSE")) == []


def test_a_complete_listing_forgets_what_it_has_not(people: PeopleTranslator) -> None:
    people.listed(AT, listed())
    people.listed(AT, listed(Uri="sip:101@10.0.0.8:5060", expires_at=AT + 600))
    assert not people.expires_before(AT + 500)


@pytest.mark.parametrize(
    ("status", "reachable"),
    [("Registered", True), ("Lagged", True), ("Unregistered", False), ("Unreachable", False), ("Rejected", None)],
)
def test_the_word_for_a_whole_account(people: PeopleTranslator, status: str, reachable: bool | None) -> None:
    told = people.translate(AT, message("PeerStatus", ChannelType="SIP", Peer="SIP/101", PeerStatus=status))
    assert [fact.reachable for fact in told if isinstance(fact, facts.AccountReachable)] == [
        *([] if reachable is None else [reachable])
    ]
    assert people.translate(AT, message("PeerStatus", Peer="PJSIP/101", PeerStatus=status)) == []


@pytest.mark.parametrize("state", ["NOT_INUSE", "INUSE", "RINGING", "ONHOLD", "BUSY", "UNKNOWN"])
def test_every_state_but_unavailable_can_be_called(people: PeopleTranslator, state: str) -> None:
    told = people.translate(AT, message("DeviceStateChange", Device="IAX2/101", State=state))
    assert only(told) == facts.AccountReachable(at=AT, link="pbx", account="101", reachable=True)
    assert not only(
        people.translate(AT, message("DeviceStateChange", Device="IAX2/101", State="UNAVAILABLE"))
    ).reachable


@pytest.mark.parametrize("device", ["Queue:sales_pause_PJSIP/101", "MWI:101@default", "park:701@parked", "Local/101@x"])
def test_states_of_other_things_are_nobodys(people: PeopleTranslator, device: str) -> None:
    assert people.translate(AT, message("DeviceStateChange", Device=device, State="INUSE")) == []


# --- do-not-disturb -------------------------------------------------------------------------------------------------


def dnd(told: list[Fact]) -> list[tuple[str, bool, DndSource]]:
    assert all(isinstance(fact, facts.DndSet) for fact in told)
    return [(fact.account, fact.on, fact.source) for fact in told if isinstance(fact, facts.DndSet)]


@pytest.mark.parametrize(
    ("state", "on"), [("BUSY", True), ("NOT_INUSE", False), ("UNAVAILABLE", False), ("INUSE", False)]
)
def test_freepbxs_device_state_is_on_if_and_only_if_busy(people: PeopleTranslator, state: str, on: bool) -> None:
    told = people.translate(AT, message("DeviceStateChange", Device="Custom:DND101", State=state))
    assert dnd(told) == [("101", on, DndSource.FEATURE)]
    told = people.translate(AT, message("DeviceStateChange", Device="Custom:DEVDND101", State=state))
    assert dnd(told) == [("101", on, DndSource.DEVICE)]
    assert people.device_dnd == {"101"}


def test_other_custom_states_are_none(people: PeopleTranslator) -> None:
    for device in ("Custom:CF101", "Custom:FOLLOWME101", "Custom:DND", "Custom:DAYNIGHT0"):
        assert people.translate(AT, message("DeviceStateChange", Device=device, State="BUSY")) == []


def test_a_busy_hint_is_not_read(people: PeopleTranslator) -> None:
    hint = message("ExtensionStatus", Exten="101", Context="ext-local", Status=2, StatusText="Busy")
    assert people.translate(AT, hint) == []


def test_the_database_as_16_and_22_print_it(people: PeopleTranslator) -> None:
    lines = [
        "/DND/101                                          : YES                      ",
        "/DND/102                                          : NO",
        "2 results found.",
        "",
    ]
    told = people.dnd_database(AT, lines)
    assert dnd(told) == [("101", True, DndSource.DATABASE), ("102", False, DndSource.DATABASE)]
    assert people.dnd_database(AT, ["0 results found."]) == []


@pytest.mark.parametrize(
    ("application", "data", "expected"),
    [
        ("Set", "DB(DND/101)=YES", [("101", True, DndSource.DATABASE)]),
        ("Set", "DB(DND/101)=", [("101", False, DndSource.DATABASE)]),
        ("dbDel", "DND/101", [("101", False, DndSource.DATABASE)]),
        ("GotoIf", "1?DND/101", []),
        ("Set", "DB(CF/101)=DND/101", []),
    ],
)
def test_a_feature_code_that_keeps_it_in_the_database_alone(
    application: str, data: str, expected: list[tuple[str, bool, DndSource]]
) -> None:
    translator = Translator("pbx", Parties(["101"]))
    newexten = message(
        "Newexten", Channel="PJSIP/101-1", Uniqueid="1.1", Linkedid="1.1", Application=application, AppData=data
    )
    told = [fact for fact in translator.translate(AT, newexten) if isinstance(fact, facts.DndSet)]
    assert dnd(list(told)) == expected


@pytest.mark.parametrize(
    ("status", "on"),
    [("dnd", True), ("available", False), ("away", False), ("unavailable", False), ("not_set", False)],
)
def test_a_phones_presence(people: PeopleTranslator, status: str, on: bool) -> None:
    for presentity in ("CustomPresence:101", "PJSIP:101"):
        told = people.translate(AT, message("PresenceStateChange", Presentity=presentity, Status=status))
        assert dnd(told) == [("101", on, DndSource.PRESENCE)]
    assert people.translate(AT, message("PresenceStateChange", Presentity="Something:101", Status=status)) == []


# --- queues ---------------------------------------------------------------------------------------------------------


def member(event: str = "QueueMemberStatus", **more: Any) -> Message:
    known: dict[str, object] = {
        "Queue": "sales",
        "MemberName": "Anna",
        "Interface": "Local/101@from-queue/n",
        "StateInterface": "hint:101@ext-local",
        "Membership": "static",
        "InCall": 0,
        "Paused": 0,
    }
    return message(event, **known | more)


def wrap_up(people: PeopleTranslator, at: float = AT, **more: Any) -> float | None:
    until: float | None = only(people.translate(at, member(**more))).wrap_up_until
    return until


def test_wrap_up_is_counted_by_the_pbx_clock(people: PeopleTranslator) -> None:
    assert wrap_up(people, AT + 0.4, LastCall=f"{AT:.0f}", Wrapuptime=15) == AT + 15
    people.clock.answered(AT, AT, message("Pong", Timestamp=f"{AT - 100:.6f}"))
    assert wrap_up(people, AT + 0.4, LastCall=f"{AT - 100:.0f}", Wrapuptime=15) == AT + 15


@pytest.mark.parametrize(
    "more",
    [
        {"LastCall": 0, "Wrapuptime": 15},
        {"LastCall": f"{AT:.0f}", "Wrapuptime": 0},
        {"LastCall": f"{AT - 15:.0f}", "Wrapuptime": 15},  # it is over
        {"LastCall": f"{AT:.0f}", "Wrapuptime": 15, "InCall": 1},
        {"LastCall": f"{AT + 90_000:.0f}", "Wrapuptime": 15},  # a clock of another day
    ],
)
def test_without_a_call_just_ended_there_is_no_wrap_up(people: PeopleTranslator, more: dict[str, Any]) -> None:
    assert wrap_up(people, **more) is None


def test_a_seat_is_known_by_its_interface(people: PeopleTranslator) -> None:
    paused = only(people.translate(AT, member("QueueMemberPause", Paused=1, PausedReason="lunch", Penalty=3)))
    assert (paused.account, paused.queue, paused.paused, paused.reason) == ("101", "sales", True, "lunch")
    assert (paused.penalty, paused.dynamic) == (3, False)
    assert people.interface_of("101", "sales") == "Local/101@from-queue/n"
    left = only(people.translate(AT, member("QueueMemberRemoved")))
    assert left == facts.SeatLeft(at=AT, link="pbx", account="101", queue="sales")
    assert people.interface_of("101", "sales") is None


def test_a_mobile_member_is_its_employees_account_and_a_strangers_number_is_nobodys(people: PeopleTranslator) -> None:
    ours = people.translate(AT, member(Interface="Local/79165550000#@from-queue/n"))
    assert only(ours).account == "79165550000"
    assert people.translate(AT, member(Interface="Local/79169999999#@from-queue/n")) == []


def test_who_joins_a_queue_joins_in_the_shape_that_is_usual_there(people: PeopleTranslator) -> None:
    assert people.new_interface("102", "sales") == ("PJSIP/102", None)
    people.translate(AT, message("DeviceStateChange", Device="SIP/102", State="NOT_INUSE"))
    assert people.new_interface("102", "sales") == ("SIP/102", None)
    people.translate(AT, member())
    assert people.new_interface("102", "sales") == ("Local/102@from-queue/n", "hint:102@ext-local")
    assert people.new_interface("79165550000", "sales") == ("Local/79165550000@from-queue/n", None)
    assert people.new_interface("79165550000", "other") == ("Local/79165550000@from-internal/n", None)
    assert people.new_interface("101", "other") == ("Local/101@from-queue/n", "hint:101@ext-local")  # as elsewhere


def test_members_without_state_are_joined_without(people: PeopleTranslator) -> None:
    people.translate(AT, member(StateInterface=""))
    assert people.new_interface("102", "sales") == ("Local/102@from-queue/n", None)


# --- listings and events at once --------------------------------------------------------------------------------------


def test_what_an_event_told_since_a_listing_was_asked_for_is_newer_than_the_listing(people: PeopleTranslator) -> None:
    people.translate(*contact("Removed", at=AT + 0.1))
    people.translate(AT + 0.1, message("DeviceStateChange", Device="Custom:DND101", State="NOT_INUSE"))
    people.translate(AT + 0.1, message("PresenceStateChange", Presentity="CustomPresence:101", Status="available"))
    people.translate(AT + 0.1, member("QueueMemberRemoved"))
    stale = [
        *listed(),
        message("DeviceStateChange", Device="Custom:DND101", State="BUSY"),
        message("PresenceStateChange", Presentity="CustomPresence:101", Status="dnd"),
        member("QueueMember", Location="Local/101@from-queue/n", Interface=""),
    ]
    row = "/DND/101    : YES"
    assert people.listed(AT + 0.2, stale, since=AT) == []
    assert people.dnd_database(AT + 0.2, [row], since=AT) == []
    assert len(people.listed(AT + 120, stale, since=AT + 119)) == 4
    assert len(people.dnd_database(AT + 120, [row], since=AT + 119)) == 1


def test_a_listing_may_come_in_parts(people: PeopleTranslator) -> None:
    rows = [listed(Uri=f"sip:101@10.0.0.{n}:5060")[0] for n in range(3)]
    end = listed()[1]
    people.listed(AT, rows)
    people.listed(AT, rows[:2])
    people.listed(AT, [rows[2], end])
    assert people.expires_before(AT + 61)
    people.asks_contacts = False
    for n in range(3):
        people.translate(*contact("Reachable", URI=f"sip:101@10.0.0.{n}:5060"))
    assert not people.asks_contacts


@pytest.mark.parametrize("event", ["ContactStatus", "PeerStatus", "DeviceStateChange", "PresenceStateChange"])
def test_empty_messages_are_survived(people: PeopleTranslator, event: str) -> None:
    assert people.translate(AT, message(event)) == []
    assert people.listed(AT, [message("ContactList"), message("QueueMember")]) == []
    assert people.translate(AT, message("QueueMemberStatus")) == []
    assert people.translate(AT, message("QueueMemberRemoved")) == []
