"""A session of supervision as a machine: whom it listens to, what it asks for, and that it never sticks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from callfloor.floor.supervising import (
    BROWSER_S,
    CROWD_S,
    FIRST_LINE_S,
    LINE_S,
    PHONE_GRACE_S,
    PHONE_S,
    Aim,
    Asked,
    Check,
    CheckMode,
    Dial,
    HangUp,
    LegNow,
    Refresh,
    Session,
    Switch,
    Target,
    Tone,
    choose,
    company,
    effective,
)
from callfloor.floor.supervisions import Ending, Mode, Phase, Way

CLIENT = LegNow(leg="c", client=True, room="r")
ANNA = LegNow(leg="a", account="101", employee_id=1, room="r")
BORIS = LegNow(leg="b", account="102", employee_id=2, room="r")
OUTSIDE = LegNow(leg="o", room="r")
A, B = Target(leg="a", account="101", employee_id=1), Target(leg="b", account="102", employee_id=2)


def moved(leg: LegNow, room: str | None) -> LegNow:
    return LegNow(leg=leg.leg, account=leg.account, employee_id=leg.employee_id, client=leg.client, room=room)


@pytest.mark.parametrize(
    ("legs", "current", "chosen"),
    [
        ((CLIENT, ANNA), None, A),
        ((CLIENT, moved(ANNA, None)), None, None),  # it rings
        ((CLIENT, OUTSIDE), None, None),  # forwarded to a number of nobody's
        ((CLIENT,), A, None),
        ((), A, None),
        ((CLIENT, ANNA, BORIS), A, A),  # a conference: whoever it was
        ((CLIENT, ANNA, BORIS), None, B),
        ((CLIENT, moved(ANNA, "x"), moved(BORIS, "x")), A, A),  # asks a colleague, the client waits
        ((CLIENT, moved(ANNA, "x")), A, A),  # the colleague's phone rings
        ((CLIENT, moved(ANNA, "x"), BORIS), A, B),  # has handed the client over
        ((ANNA, BORIS), B, B),  # an internal call
        ((CLIENT, ANNA), B, A),
    ],
)
def test_whom_to_listen_to(legs: tuple[LegNow, ...], current: Target | None, chosen: Target | None) -> None:
    assert choose(legs, current) == chosen


def test_whoever_may_not_be_listened_to_is_not_chosen() -> None:
    assert choose((CLIENT, ANNA, BORIS), may=lambda one: one != 2) == A
    assert choose((CLIENT, BORIS), may=lambda one: one != 2) is None


_LEGS = st.lists(
    st.builds(
        LegNow,
        leg=st.sampled_from("abcdef"),
        account=st.sampled_from([None, "101", "102"]),
        employee_id=st.sampled_from([None, 1, 2]),
        client=st.booleans(),
        room=st.sampled_from([None, "r", "s"]),
    ),
    max_size=6,
    unique_by=lambda leg: leg.leg,
)


@given(legs=_LEGS, current=st.sampled_from([None, A, B]))
def test_never_the_client_nor_somebody_outside(legs: list[LegNow], current: Target | None) -> None:
    chosen = choose(legs, current)
    if chosen is not None:
        leg = next(leg for leg in legs if leg.leg == chosen.leg)
        assert leg.account == chosen.account
        assert leg.account is not None
        assert not leg.client


def session(way: Way = Way.PHONE, *, mode: Mode = Mode.LISTEN, muted: bool = False, tone: bool = False) -> Session:
    asked = Asked(
        id="s", user_id=1, user_name="Lead", call_id="call", way=way, phone="110", mode=mode, muted=muted, tone=tone
    )
    return Session(asked, A, 100.0)


def test_a_session_from_end_to_end() -> None:
    one = session(mode=Mode.WHISPER, tone=True)
    assert one.begin() == [Aim(A), Dial(Mode.WHISPER)]
    assert one.hearing(102.0, "a") == [Tone(A)]
    assert (one.now.phase, one.record.connected_at) == (Phase.ON, 102.0)
    assert one.switch(Mode.JOIN, muted=False) == [Switch(Mode.JOIN)]
    one.at_pbx(Mode.JOIN)
    one.switched(103.0, Mode.JOIN, muted=False)
    assert one.switch(Mode.JOIN, muted=True) == [Switch(Mode.LISTEN)], "whoever is muted only listens"
    one.at_pbx(Mode.LISTEN)
    one.switched(104.0, Mode.JOIN, muted=True)
    assert one.moved(105.0, "call", None) == [Aim(None, A)]
    assert (one.now.phase, one.now.account) == (Phase.FOLLOWING, None)
    assert one.moved(106.0, "other", B) == [Check(B)]
    assert one.moved(106.1, "other", B) == [], "it is asked once"
    assert one.allowed(A) == [], "an answer to something else"
    assert one.allowed(B) == [Aim(B)]
    assert one.hearing(107.0, "b") == [Switch(Mode.LISTEN), Tone(B)], "what was pressed in between is lost"
    assert one.call_over(108.0) == [HangUp(B)]
    assert one.leave(109.0) == []
    record = one.record
    assert [(part.mode, part.muted, part.began_at, part.ended_at) for part in record.modes] == [
        (Mode.WHISPER, False, 102.0, 103.0), (Mode.JOIN, False, 103.0, 104.0), (Mode.JOIN, True, 104.0, 108.0),
    ]  # fmt: skip
    assert [(part.account, part.began_at, part.ended_at) for part in record.followed] == [
        ("101", 102.0, 105.0), ("102", 107.0, 108.0),
    ]  # fmt: skip
    assert (record.call_id, record.ended_at, record.ending) == ("other", 108.0, Ending.CALL_OVER)


def test_another_channel_than_was_asked_for_ends_it_at_once() -> None:
    one = session()
    one.begin()
    assert one.hearing(101.0, "c") == [HangUp(A)]
    assert one.now.ending is Ending.FAILED


def test_whoever_goes_where_they_are_heard_by_others_is_taken_hold_of_anew() -> None:
    one = session()
    one.hearing(101.0, "a")
    client, colleague = frozenset({"c"}), frozenset({"b"})
    assert one.moved(102.0, "call", A, client) == []
    assert one.moved(103.0, "call", A, colleague) == [Refresh()]
    assert one.moved(104.0, "call", A, frozenset()) == []
    assert one.moved(105.0, "call", A, client) == [Refresh()]
    assert one.moved(106.0, "call", A, client | colleague) == [], "whom they heard they hear still"


def test_whom_somebody_hears() -> None:
    legs = (CLIENT, ANNA, moved(BORIS, "x"))
    assert company(legs, A) == {"c"}
    assert company(legs, B) == company(legs, None) == company((), A) == frozenset()


def test_a_key_on_the_phone_counts_once_it_is_allowed() -> None:
    one = session()
    one.hearing(101.0, "a")
    assert one.pressed(102.0, Mode.LISTEN) == []
    assert one.pressed(103.0, Mode.JOIN) == [CheckMode(A)]
    assert one.now.mode is Mode.JOIN
    assert one.forbidden(104.0) == [HangUp(A)]


@pytest.mark.parametrize(
    ("answered", "told", "ending"),
    [
        (False, Ending.BUSY, Ending.BUSY),
        (False, Ending.NO_ANSWER, Ending.NO_ANSWER),
        (False, Ending.OFFLINE, Ending.OFFLINE),
        (True, Ending.FAILED, Ending.LEFT),  # they hung up
        (True, Ending.REFUSED, Ending.REFUSED),
    ],
)
def test_how_a_phone_ends(answered: bool, told: Ending, ending: Ending) -> None:
    one = session()
    one.begin()
    if answered:
        one.answered()
    assert one.leg_gone(120.0, told) == [HangUp(A)]
    assert one.now.ending is ending


def test_time_ends_what_does_not_begin() -> None:
    one = session()
    assert one.tick(100.0 + PHONE_S) == []
    assert one.tick(100.0 + PHONE_S + PHONE_GRACE_S + 0.1) == [HangUp(A)]
    assert one.now.ending is Ending.NO_ANSWER
    silent = session(Way.BROWSER)
    silent.line_open()
    assert silent.tick(100.0 + BROWSER_S) == []
    assert silent.tick(100.0 + BROWSER_S + 0.1) == [HangUp(A)]
    assert silent.now.ending is Ending.FAILED


def test_a_page_has_a_moment_to_come_back() -> None:
    one = session(Way.BROWSER)
    one.hearing(101.0, "a")
    assert one.tick(100.0 + FIRST_LINE_S) == []
    one.line_open()
    assert one.tick(200.0) == []
    one.line_lost(200.0)
    one.line_open()
    one.line_lost(203.0)
    assert one.tick(203.0 + LINE_S) == []
    assert one.tick(203.0 + LINE_S + 0.1) == [HangUp(A)]
    assert one.now.ending is Ending.PAGE_GONE
    never = session(Way.BROWSER)
    never.hearing(101.0, "a")
    assert never.tick(100.0 + FIRST_LINE_S + 0.1) == [HangUp(A)]


def test_whom_only_the_employee_hears_has_not_joined() -> None:
    """In a bridge of three ChanSpy reaches nobody else; a transfer has three in one for a moment."""
    one = session(mode=Mode.JOIN)
    one.hearing(101.0, "a")
    two, three = frozenset({"c"}), frozenset({"c", "d"})
    one.moved(102.0, "call", A, three)
    assert one.crowd
    assert one.tick(102.0 + CROWD_S / 2) == []
    assert one.moved(103.0, "call", A, two) == [Refresh()]
    assert (one.crowd, one.tick(104.0 + CROWD_S), one.now.mode) == (False, [], Mode.JOIN)
    one.moved(106.0, "call", A, three)
    assert one.tick(106.0 + CROWD_S) == [Switch(Mode.WHISPER)]
    one.at_pbx(Mode.WHISPER)
    one.moved(110.0, "call", A, two)
    assert one.tick(120.0) == [], "whoever whispers is heard by nobody else, however many there were"
    assert [(part.mode, part.began_at) for part in one.record.modes] == [(Mode.JOIN, 101.0), (Mode.WHISPER, 107.0)]


class AnySession(RuleBasedStateMachine):
    """Whatever happens in whatever order: nobody is heard whom no right was asked for, and every end hangs up."""

    @initialize(way=st.sampled_from(Way), mode=st.sampled_from(Mode))
    def begins(self, way: Way, mode: Mode) -> None:
        self.at = 100.0
        self.way = way
        self.one = session(way, mode=mode)
        self.aimed: Target | None = None
        self.permitted: set[Target] = {A}
        self.hung_up = 0
        self.pbx = mode
        self.take(self.one.begin())

    def take(self, orders: list[object]) -> None:
        self.at += 0.25
        for order in orders:
            match order:
                case Aim(target=target):
                    assert target is None or target in self.permitted
                    self.aimed = target
                case Switch(mode=mode):
                    self.pbx = mode
                    self.one.at_pbx(mode)
                case HangUp():
                    self.hung_up += 1

    @rule(whom=st.sampled_from([None, A, B]), heard=st.frozensets(st.sampled_from("cde")))
    def call_moves(self, whom: Target | None, heard: frozenset[str]) -> None:
        self.take(list(self.one.moved(self.at, "call", whom, heard)))

    @rule(whom=st.sampled_from([A, B]), allowed=st.booleans())
    def right(self, whom: Target, allowed: bool) -> None:
        if allowed:
            self.permitted.add(whom)
            self.take(list(self.one.allowed(whom)))
        else:
            self.take(list(self.one.forbidden(self.at)))

    @rule(leg=st.sampled_from("abc"))
    def hears(self, leg: str) -> None:
        self.take(list(self.one.hearing(self.at, leg)))
        if self.one.live:
            assert self.aimed is not None
            assert leg == self.aimed.leg

    @rule(leg=st.sampled_from("ab"))
    def hears_no_more(self, leg: str) -> None:
        self.one.deaf(leg)

    @rule(mode=st.sampled_from(Mode), muted=st.booleans())
    def switches(self, mode: Mode, muted: bool) -> None:
        self.take(list(self.one.switch(mode, muted=muted)))
        self.one.switched(self.at, mode, muted=muted)

    @rule(seconds=st.floats(0, 20))
    def time_passes(self, seconds: float) -> None:
        self.at += seconds
        self.take(list(self.one.tick(self.at)))

    @rule(lost=st.booleans())
    def line(self, lost: bool) -> None:
        if lost:
            self.one.line_lost(self.at)
        else:
            self.one.line_open()

    @precondition(lambda self: self.one.live)
    @rule(ending=st.sampled_from(Ending))
    def leg_goes(self, ending: Ending) -> None:
        self.take(list(self.one.leg_gone(self.at, ending)))

    @invariant()
    def is_sound(self) -> None:
        one, record = self.one, self.one.record
        assert one.live == (record.ended_at is None) == (one.now.ending is None)
        assert one.live or self.hung_up
        if one.live and one.hears is not None:
            assert self.pbx is effective(one.now.mode, muted=one.now.muted), "the PBX does what is shown"
            assert one.now.phase is Phase.ON
        for parts in (record.modes, record.followed):
            for part in parts[:-1]:
                assert part.ended_at is not None
            if parts and not one.live:
                assert parts[-1].ended_at is not None
            assert all(part.ended_at is None or part.ended_at >= part.began_at for part in parts)
        assert all(
            not later.began_at < (sooner.ended_at or 0)
            for sooner, later in zip(record.modes, record.modes[1:], strict=False)
        )


TestAnySession = AnySession.TestCase
