"""The door that streams come in by: some at a time, in order, and nobody who is gone holds it shut."""

from functools import partial

from callfloor.web.door import Door


def test_they_come_in_some_at_a_time_and_in_order() -> None:
    door, came = Door(most=3), list[int]()
    for number in range(10):
        door.knock(number, partial(came.append, number))
    assert came == [0, 1, 2]
    door.leave(1)
    assert came == [0, 1, 2, 3]
    door.leave(1)
    assert came == [0, 1, 2, 3], "who has left has left"
    for number in (0, 2, 3, 4, 5, 6, 7, 8, 9):
        door.leave(number)
    assert came == [*range(10)]


def test_who_goes_away_while_waiting_is_not_let_in() -> None:
    door, came = Door(most=1), list[int]()
    for number in range(4):
        door.knock(number, partial(came.append, number))
    door.leave(1)
    door.leave(0)
    door.leave(2)
    assert came == [0, 2, 3]


def test_thousands_who_are_gone_when_their_turn_comes_are_passed_over() -> None:
    door, came = Door(most=2), list[int]()

    def gone(number: int) -> None:
        came.append(number)
        door.leave(number)

    door.knock("a", lambda: None)
    door.knock("b", lambda: None)
    for number in range(5000):
        door.knock(number, partial(gone, number))
    door.knock("last", lambda: came.append(-1))
    door.leave("a")
    assert came == [*range(5000), -1]


def test_a_fault_in_one_does_not_shut_it() -> None:
    door, came = Door(most=1), list[int]()

    def fails() -> None:
        raise ValueError

    door.knock("a", lambda: None)
    door.knock("b", fails)
    door.knock("c", lambda: came.append(1))
    try:
        door.leave("a")
    except ValueError:
        door.leave("b")
    assert came == [1]
