"""A session that has ended is told of to its own user, for a minute."""

import pytest

from callfloor.errors import SupervisionOverError
from callfloor.floor.supervisions import Ending, LiveSupervision, Mode, Phase, Way
from callfloor.project.supervision_over import KEPT_S, MOST, LatelyOver, OverLine


class Sink:
    """What a page is told."""

    def __init__(self) -> None:
        self.told: list[LiveSupervision] = []

    def audio(self, pcm: bytes, rate: int, sides: int) -> None:
        raise AssertionError("a session that is over has no sound")

    def supervision(self, supervision: LiveSupervision) -> None:
        self.told.append(supervision)

    def replaced(self) -> None:
        raise AssertionError("nothing takes its place")


def over(name: str = "one", user_id: int = 1) -> LiveSupervision:
    return LiveSupervision(
        id=name,
        user_id=user_id,
        user_name="Anna Keller",
        call_id="call-1",
        employee_id=1,
        account="101",
        way=Way.PHONE,
        since=0.0,
        mode_since=0.0,
        phase=Phase.ENDED,
        ending=Ending.BUSY,
    )


def test_it_is_told_to_its_own_user_for_a_minute() -> None:
    now = 1000.0
    lately = LatelyOver(lambda: now)
    lately.put(over())
    assert lately.of("one", 1) == over()
    assert lately.of("one", 2) is None
    assert lately.of("another", 1) is None
    now += KEPT_S
    assert lately.of("one", 1) == over()
    now += 0.001
    assert lately.of("one", 1) is None


def test_the_oldest_makes_room() -> None:
    lately = LatelyOver(lambda: 1000.0)
    for number in range(MOST + 1):
        lately.put(over(str(number)))
    assert lately.of("0", 1) is None
    assert lately.of("1", 1) is not None


async def test_its_line_tells_why_and_obeys_nothing() -> None:
    line, sink = OverLine(over()), Sink()
    line.attach(sink)
    line.send_audio(b"\x00" * 320, 8000)
    await line.leave()
    line.detach(sink)
    assert sink.told == [over()]
    with pytest.raises(SupervisionOverError):
        await line.set_mode(Mode.JOIN)
    with pytest.raises(SupervisionOverError):
        await line.set_muted(muted=False)
