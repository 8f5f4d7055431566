"""A call's stay in a queue, and who stands where. (A *queue entry* in the glossary.)"""

from callfloor.floor.calls import QueuePart


class Stay:
    """One call's stay in one queue."""

    __slots__ = ("answered_by", "call", "gave_up", "joined_at", "joined_position", "left_at", "leg", "outcome", "queue")

    def __init__(self, call: str, leg: str, queue: str, position: int | None, at: float) -> None:
        self.call = call
        self.leg = leg
        self.queue = queue
        self.joined_at = at
        self.joined_position = position
        self.left_at: float | None = None
        self.outcome = "waiting"
        self.gave_up = False  # the queue let the caller go
        self.answered_by: str | None = None

    def part(self, now: float) -> QueuePart:
        return QueuePart(
            queue=self.queue,
            joined_at=self.joined_at,
            left_at=self.left_at,
            wait_s=max(0.0, (now if self.left_at is None else self.left_at) - self.joined_at),
            outcome=self.outcome,
            answered_by=self.answered_by,
            position=self.joined_position,
        )


class Lines:
    """Who waits in which queue, in order. Positions count from 1 and close up when somebody leaves."""

    def __init__(self) -> None:
        self._lines: dict[tuple[str, str], list[Stay]] = {}  # (link, queue) -> in order

    def join(self, link: str, stay: Stay) -> list[str]:
        """Put a stay in its line; returns the calls whose position changed."""
        line = self._lines.setdefault((link, stay.queue), [])
        place = len(line) if stay.joined_position is None else min(stay.joined_position - 1, len(line))
        line.insert(max(0, place), stay)
        return [other.call for other in line[place:]]

    def leave(self, link: str, stay: Stay) -> list[str]:
        line = self._lines.get((link, stay.queue), [])
        if stay not in line:
            return []
        place = line.index(stay)
        line.remove(stay)
        if not line:
            del self._lines[link, stay.queue]
        return [other.call for other in line[place:]]

    def position(self, link: str, stay: Stay) -> int | None:
        line = self._lines.get((link, stay.queue), [])
        return line.index(stay) + 1 if stay in line else None

    def waiting(self, link: str, queue: str) -> int:
        return len(self._lines.get((link, queue), ()))
