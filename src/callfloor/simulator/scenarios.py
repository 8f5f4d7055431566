"""The recorded sessions of a real Asterisk 22, told again by the simulator.

Each name is that of the recording; people, numbers and delays are the recording's own, so that the two can be held
against each other. ``tests/unit/test_simulator_fidelity.py`` does.
"""

from collections.abc import Mapping
from functools import partial

import msgspec

from callfloor.simulator.company import lab_company
from callfloor.simulator.plan import (
    Answers,
    Attended,
    Blind,
    Callback,
    End,
    Hold,
    Ignores,
    Inbound,
    Internal,
    Outbound,
    Park,
    PickedUp,
    Plan,
    Reaction,
    Refuses,
    Talk,
)  # fmt: skip
from callfloor.simulator.world import Fixed, Timed, World

CLIENT, OTHER_CLIENT, MOBILE = "79161234567", "79167654321", "79031112233"
SALES, SUPPORT, TO_101, MENU, TO_103, GROUP, TO_105, TO_102 = (f"7495100000{n}" for n in (1, 2, 3, 4, 6, 7, 8, 9))
CLIENT_ENDS, EMPLOYEE_ENDS = End("client"), End("employee")


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One or more calls (each after so many seconds), and what the people do."""

    about: str
    calls: tuple[tuple[float, Plan], ...]
    phones: Mapping[str, Reaction] = {}
    outside: tuple[str, float] = ("answered", 2.0)
    forward: Mapping[str, str] = {}
    unregistered: tuple[str, ...] = ()
    paused: tuple[str, ...] = ()
    turn: int = 0  # which member of a round robin comes first
    queue_wait_s: float | None = None  # the queue's own time-out, where the recording changed it


def _one(about: str, plan: Plan, phones: Mapping[str, Reaction] | None = None, **more: object) -> Scenario:
    return Scenario(about=about, calls=((0.0, plan),), phones=phones or {}, **more)  # type: ignore[arg-type]


def _to_101(about: str, *steps: object, phones: Mapping[str, Reaction] | None = None, **more: object) -> Scenario:
    """Inbound to 101, who answers after 0.7 s and talks for 1 s before the steps."""
    plan = Inbound(did=TO_101, client=CLIENT, then=(Talk(1.0), *steps))  # type: ignore[arg-type]
    return _one(about, plan, {"101": Answers(0.7), **(phones or {})}, **more)


ALL_SALES = {"101": Ignores(), "102": Ignores(), "103": Ignores()}

SCENARIOS: dict[str, Scenario] = {
    # --- inbound ----------------------------------------------------------------------------------------------
    "inbound_ext_answered": _one(
        "a client calls 101's number, 101 answers, the client hangs up",
        Inbound(did=TO_101, client=CLIENT, name="Ivan Petrov", then=(Talk(3.0), CLIENT_ENDS)),
        {"101": Answers(1.5)},
    ),
    "inbound_ext_answered_agent_hangs": _one(
        "the same, 101 hangs up",
        Inbound(did=TO_101, client=CLIENT, then=(Talk(2.0), EMPLOYEE_ENDS)),
        {"101": Answers(1.0)},
    ),
    "inbound_missed": _one("the client hangs up before the answer", Inbound(did=TO_101, client=CLIENT, patience_s=3.0)),
    "inbound_ext_busy": _one("the phone answers 486", Inbound(did=TO_101, client=CLIENT), {"101": Refuses()}),
    "inbound_noanswer_voicemail": _one(
        "no answer in 10 s, voicemail", Inbound(did=TO_101, client=CLIENT, message_s=9.0)
    ),
    "inbound_unregistered": _one(
        "the phone is not registered: voicemail at once",
        Inbound(did=TO_105, client=CLIENT, message_s=6.0),
        unregistered=("105",),
    ),
    "inbound_unknown_did": _one("nobody's number", Inbound(did="74959999999", client=CLIENT)),
    "inbound_two_contacts": _one(
        "102 has two devices; the desk phone answers",
        Inbound(did=TO_102, client=CLIENT, then=(Talk(2.0), CLIENT_ENDS)),
        {"102": Answers(1.0)},
    ),
    "inbound_ring_group": _one(
        "101 and 102 ring on three devices, 101 answers and hangs up",
        Inbound(did=GROUP, client=CLIENT, then=(Talk(2.0), EMPLOYEE_ENDS)),
        {"101": Answers(1.0)},
    ),
    # --- queues -----------------------------------------------------------------------------------------------
    "inbound_queue_ringall": _one(
        "three members ring, 102 answers, the client hangs up",
        Inbound(did=SALES, client=CLIENT, then=(Talk(3.0), CLIENT_ENDS)),
        ALL_SALES | {"102": Answers(1.5)},
    ),
    "inbound_queue_agent_hangs": _one(
        "answered by 101, who hangs up",
        Inbound(did=SALES, client=CLIENT, then=(Talk(2.0), EMPLOYEE_ENDS)),
        ALL_SALES | {"101": Answers(1.0)},
    ),
    "inbound_queue_abandoned": _one(
        "the client hangs up while the members ring", Inbound(did=SALES, client=CLIENT, patience_s=3.015), ALL_SALES
    ),
    "inbound_queue_abandoned_nobody": _one(
        "everybody is on a break; the client hangs up",
        Inbound(did=SALES, client=CLIENT, patience_s=4.0),
        ALL_SALES,
        paused=("101", "102", "103"),
    ),
    "inbound_queue_timeout_voicemail": _one(
        "nobody answers in the queue's 8 s; 101's voicemail",
        Inbound(did=SALES, client=CLIENT, message_s=12.0),
        ALL_SALES,
        queue_wait_s=8.0,
    ),
    "inbound_queue_rr_local": _one(
        "the first member lets it ring, the next answers",
        Inbound(did=SUPPORT, client=CLIENT, then=(Talk(2.0), CLIENT_ENDS)),
        {"104": Ignores(), "105": Answers(1.0)},
    ),
    "inbound_queue_local_answered": _one(
        "a Local member answers and hangs up",
        Inbound(did=SUPPORT, client=CLIENT, then=(Talk(3.0), EMPLOYEE_ENDS)),
        {"106": Answers(1.0)},
        turn=2,
    ),
    "inbound_ivr_queue": _one(
        "the menu, 1, the queue, 103 answers",
        Inbound(did=MENU, client=CLIENT, digit="1", digit_after_s=2.011, then=(Talk(2.0), CLIENT_ENDS)),
        ALL_SALES | {"103": Answers(1.0)},
    ),
    "inbound_ivr_abandoned": _one(
        "the client hangs up in the menu",
        Inbound(did=MENU, client=CLIENT, patience_s=4.0, digit=None),
    ),
    # --- outbound and internal --------------------------------------------------------------------------------
    "outbound_answered": _one(
        "101 calls a client and hangs up",
        Outbound(account="101", number=CLIENT, after_s=2.0, then=(Talk(3.0), EMPLOYEE_ENDS)),
    ),
    "outbound_answered_client_hangs": _one(
        "the client hangs up", Outbound(account="101", number=CLIENT, after_s=1.0, then=(Talk(2.0), CLIENT_ENDS))
    ),
    "outbound_busy": _one("the client is busy", Outbound(account="101", number=CLIENT, result="busy")),
    "outbound_failed": Scenario(
        about="an unknown number, then one that the provider refuses",
        calls=(
            (0.0, Outbound(account="101", number=CLIENT, result="unknown")),
            (0.307, Outbound(account="101", number=CLIENT, result="refused")),
        ),
    ),
    "outbound_noanswer_cancel": _one(
        "101 gives up after 5 s", Outbound(account="101", number=CLIENT, result="cancelled", after_s=5.0)
    ),
    "internal_answered": _one(
        "101 calls 104 and hangs up",
        Internal(account="101", to="104", then=(Talk(2.0), EMPLOYEE_ENDS)),
        {"104": Answers(1.5)},
    ),
    "internal_noanswer": _one("101 gives up", Internal(account="101", to="104", patience_s=3.005)),
    "internal_busy": _one("104 is busy", Internal(account="101", to="104"), {"104": Refuses()}),
    # --- in a call --------------------------------------------------------------------------------------------
    "hold_unhold": _to_101("hold 2 s, twice", Hold(2.0), Talk(1.0), Hold(2.0), Talk(1.0), CLIENT_ENDS),
    "blind_transfer_refer": _to_101(
        "to 104 by REFER", Blind("104"), Talk(2.0), CLIENT_ENDS, phones={"104": Answers(1.5)}
    ),
    "blind_transfer_dtmf": _to_101(
        "to 104 by ##, 104 hangs up", Blind("104", digits=True), Talk(2.0), EMPLOYEE_ENDS, phones={"104": Answers(1.5)}
    ),
    "blind_transfer_external": _to_101(
        "to a mobile phone", Blind(MOBILE), Talk(2.0), CLIENT_ENDS, outside=("answered", 1.0)
    ),
    "blind_transfer_outbound": _one(
        "101 calls a client and sends them to 104",
        Outbound(account="101", number=CLIENT, after_s=1.0, then=(Talk(1.0), Blind("104"), Talk(2.0), CLIENT_ENDS)),
        {"104": Answers(1.0)},
    ),
    "attended_transfer_refer": _to_101(
        "to 104 by REFER with Replaces", Attended("104"), Talk(2.0), CLIENT_ENDS, phones={"104": Answers(1.0)}
    ),
    "attended_transfer_dtmf": _to_101(
        "to 104 by *2", Attended("104", digits=True), Talk(1.545), CLIENT_ENDS, phones={"104": Answers(1.0)}
    ),
    "attended_transfer_from_queue": _one(
        "answered in the queue by 101, who asks 104 and connects",
        Inbound(
            did=SALES,
            client=CLIENT,
            then=(Talk(1.0), Attended("104", pause_s=0.003, consult_s=1.0), Talk(2.0), CLIENT_ENDS),
        ),
        ALL_SALES | {"101": Answers(1.0), "104": Answers(0.8)},
    ),
    "pickup_group": _one(
        "101 rings, 104 takes it by *8",
        Inbound(did=TO_101, client=CLIENT, then=(Talk(2.0), CLIENT_ENDS)),
        {"101": PickedUp(1.5, "104", "*8")},
    ),
    "pickup_directed": _one(
        "101 rings, 104 takes it by **101",
        Inbound(did=TO_101, client=CLIENT, then=(Talk(2.0), CLIENT_ENDS)),
        {"101": PickedUp(1.5, "104", "**101")},
    ),
    "parking_retrieved": _to_101("parked in 701, 104 takes it", Park("104"), Talk(2.0), CLIENT_ENDS),
    "call_forward_internal": _one(
        "105 forwards to 104",
        Inbound(did=TO_105, client=CLIENT, then=(Talk(2.0), CLIENT_ENDS)),
        {"104": Answers(1.5)},
        forward={"105": "104"},
    ),
    "call_forward_external": _one(
        "105 forwards to a mobile phone",
        Inbound(did=TO_105, client=CLIENT, then=(Talk(2.0), CLIENT_ENDS)),
        outside=("answered", 1.5),
        forward={"105": MOBILE},
    ),
    # --- callback ---------------------------------------------------------------------------------------------
    "callback_answered": _one(
        "101 first, then the client, who hangs up",
        Callback(
            account="101", number=CLIENT, channel_id="lab-cb-1", named=True, after_s=2.0, then=(Talk(3.0), CLIENT_ENDS)
        ),
        {"101": Answers(1.5)},
    ),
    "callback_agent_noanswer": _one("101 does not answer", Callback(account="101", number=CLIENT, timeout_s=5.0)),
    "callback_client_noanswer": _one(
        "101 answers, the client does not, 101 gives up",
        Callback(account="101", number=CLIENT, result="cancelled", after_s=5.0, named=True),
        {"101": Answers(1.0)},
    ),
    "callback_local": _one(
        "the employee's leg through a Local channel",
        Callback(account="101", number=CLIENT, local=True, after_s=1.5, then=(Talk(2.0), CLIENT_ENDS)),
        {"101": Answers(1.0)},
    ),
}


def play(name: str, *, at: float = 1_795_289_860.0, seed: int = 1, noise: bool = False) -> list[Timed]:
    """One scenario with the recording's people, numbers and delays: (instant, bytes), in time order, every call ended.

    ``at`` is the instant of its beginning, UTC epoch seconds. Raises KeyError for an unknown name.
    """
    scenario = SCENARIOS[name]
    world = World(
        company=lab_company(), people=Fixed(scenario.phones, scenario.outside), start=at, seed=seed, noise=noise
    )
    for account, to in scenario.forward.items():
        world.switch.endpoints[account].forward_to = to
    for account in scenario.unregistered:
        endpoint = world.switch.endpoints[account]
        world.switch.unregister(endpoint)
    for queue in world.switch.queues.values():
        queue.turn = scenario.turn
        queue.max_wait_s = scenario.queue_wait_s or queue.max_wait_s
        for member in queue.members.values():
            if member.endpoint.name in scenario.paused:
                queue.pause(member, on=True, reason="lunch")
    for after, plan in scenario.calls:
        begin = partial(world.originate, plan, "lab-10") if isinstance(plan, Callback) else partial(world.begin, plan)
        world.agenda.at(at + after, begin)
    return [*world.advance(at), *world.drain()]
