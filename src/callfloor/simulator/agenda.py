"""Virtual time: what happens when, and the scripts that wait for it.

A *script* is a generator that yields how long it waits: seconds (``float``), or ``(bell, seconds)`` to be woken
earlier by somebody ringing the bell. It gets back True when the bell rang and False when the time was up.
Everything is ordered by (instant, order of scheduling), so the same seed always gives the same run.
"""

import heapq
from collections.abc import Callable, Generator
from typing import Any

FOREVER = float("inf")


class Bell:
    """Something that scripts wait for: a member of a queue became free, a slot was taken."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[tuple[Task, int]] = []

    def wait(self, task: "Task") -> None:
        """Put a task on the list; its turn number tells later whether it still waits for this bell."""
        self._waiting.append((task, task.turn))

    def ring(self, agenda: "Agenda") -> None:
        """Wake everyone who waits now, each in the order of coming."""
        waiting, self._waiting = self._waiting, []
        for task, turn in waiting:
            agenda.at(agenda.now, lambda task=task, turn=turn: task.resume(turn, rang=True))  # type: ignore[misc]


Script = Generator[float | tuple[Bell, float], bool, Any]


class Task:
    """One running script."""

    __slots__ = ("_agenda", "_running", "_script", "done", "turn")

    def __init__(self, agenda: "Agenda", script: Script) -> None:
        self._agenda = agenda
        self._script = script
        self._running = False
        self.done = False
        self.turn = 0  # grows at each step: an old timer or bell of a script that went on is void

    def resume(self, turn: int, *, rang: bool) -> None:
        """Go on to the next wait, if the script still waits for what this turn was promised."""
        if turn == self.turn and not self.done:
            self._step(lambda: self._script.send(rang) if turn else next(self._script))

    def interrupt(self, error: BaseException) -> None:
        """Raise ``error`` where the script waits; nothing if it has ended or is just running."""
        if not self.done and not self._running:
            self._step(lambda: self._script.throw(error))

    def _step(self, go: Callable[[], float | tuple[Bell, float]]) -> None:
        self.turn += 1
        self._running = True
        try:
            wait = go()
        except StopIteration:
            self.done = True
            return
        except BaseException:
            self.done = True
            raise
        finally:
            self._running = False
        turn = self.turn
        if isinstance(wait, tuple):
            bell, wait = wait
            bell.wait(self)
        if wait != FOREVER:
            self._agenda.at(self._agenda.now + wait, lambda: self.resume(turn, rang=False))


class Agenda:
    """The queue of what is to happen, and the virtual clock (UTC epoch seconds)."""

    __slots__ = ("_heap", "_order", "now")

    def __init__(self, now: float) -> None:
        self.now = now
        self._heap: list[tuple[float, int, Callable[[], object]]] = []
        self._order = 0

    def at(self, when: float, do: Callable[[], object]) -> None:
        """Do something at an instant; in the past means now."""
        self._order += 1
        heapq.heappush(self._heap, (max(when, self.now), self._order, do))

    def start(self, script: Script) -> Task:
        """Start a script now; it first runs when the agenda comes to it."""
        task = Task(self, script)
        self.at(self.now, lambda: task.resume(0, rang=False))
        return task

    def next_at(self) -> float:
        """The instant of the next thing to happen; infinity if there is none."""
        return self._heap[0][0] if self._heap else FOREVER

    def step(self, until: float) -> bool:
        """Do the next thing if it is due by ``until``; False (and the clock at ``until``) if nothing is."""
        if not self._heap or self._heap[0][0] > until:
            self.now = max(self.now, until)
            return False
        self.now, _, do = heapq.heappop(self._heap)
        do()
        return True
