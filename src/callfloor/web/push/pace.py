"""How long changes are gathered before a frame goes out. Pure: the caller brings the monotonic instants."""

SHORTEST_S = 0.02
"""Under light load a frame at most every 20 ms: a person sees nothing finer, and 50 frames a second are cheap."""

LONGEST_S = 0.1
"""The law of the house: nothing is held back for longer than 100 ms."""

QUIET = 2.5
"""Quiet after a fan-out, in times its cost: 10 ms (about 1,000 viewers) are followed by 25 ms. So sending takes less
than a third of the loop's time, until 100 ms of quiet are reached at about 4,000 viewers."""


class Pace:
    """The adaptive gap between two frames: quiet in proportion to the sending, within both limits."""

    __slots__ = ("_cost_s", "_sent_at")

    def __init__(self) -> None:
        self._sent_at = float("-inf")
        self._cost_s = 0.0

    @property
    def gap_s(self) -> float:
        """The least time from one frame to the next, in seconds."""
        return min(LONGEST_S, max(SHORTEST_S, self._cost_s * QUIET))

    def due_at(self, now: float) -> float:
        """When changes that arrive at ``now`` go out: at once after a quiet spell, else at the end of the gap."""
        return max(now, self._sent_at + self.gap_s)

    def sent(self, at: float, cost_s: float) -> None:
        """A frame went out at ``at`` and took ``cost_s`` of the CPU: slower counts at once, faster by halves."""
        self._sent_at = at
        self._cost_s = cost_s if cost_s > self._cost_s else (self._cost_s + cost_s) / 2
