"""What we ask of the PBX is told once, at its first sign, in the order it was asked."""

from callfloor.asterisk.ami import Codec
from callfloor.asterisk.interventions import Interventions
from callfloor.asterisk.message import Message
from callfloor.floor.facts import Fact, Intervened, Step

UID = "1700000000.1"
TOOK = Intervened(at=0.0, leg="pbx1-1700000000.1", step=Step.TOOK, by="Lida", account="110")
HUNG_UP = Intervened(at=0.0, leg="pbx1-1700000000.1", step=Step.HUNG_UP, by="Lida")


def event(name: str, uid: str = UID) -> Message:
    (message,) = Codec().feed(f"Event: {name}\r\nUniqueid: {uid}\r\n\r\n".encode())
    return message


def seen(interventions: Interventions, *messages: Message) -> list[Step]:
    out: list[Fact] = []
    for at, message in enumerate(messages, start=1):
        interventions.look(float(at), message, out)
    return [fact.step for fact in out if isinstance(fact, Intervened)]


def test_it_is_told_once_by_the_first_event_that_it_explains() -> None:
    interventions = Interventions()
    asked = interventions.intend([UID], TOOK)
    told = seen(interventions, event("Newstate"), event("BridgeLeave", "other"), event("BridgeLeave"), event("Hangup"))
    assert told == [Step.TOOK]
    assert not interventions.settle(asked), "the answer comes after its sign: it is told already"


def test_two_that_are_asked_of_one_channel_are_told_in_their_order() -> None:
    interventions = Interventions()
    first, second = (interventions.intend([UID], fact) for fact in (TOOK, HUNG_UP))
    assert seen(interventions, event("BridgeEnter")) == [Step.TOOK]
    assert seen(interventions, event("Hangup")) == [Step.HUNG_UP]
    assert not interventions.settle(first)
    assert not interventions.settle(second)


def test_a_channels_end_tells_all_that_was_asked_of_it() -> None:
    interventions = Interventions()
    for fact in (TOOK, HUNG_UP):
        interventions.intend([UID], fact)
    assert seen(interventions, event("Hangup"), event("Hangup")) == [Step.TOOK, Step.HUNG_UP]


def test_what_was_refused_is_forgotten_and_the_other_is_told() -> None:
    interventions = Interventions()
    refused = interventions.intend([UID], TOOK)
    interventions.intend([UID], HUNG_UP)
    assert interventions.settle(refused)
    assert seen(interventions, event("Hangup")) == [Step.HUNG_UP]
