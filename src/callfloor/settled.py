"""How Python runs once the start is over: many threads read the store beside the loop that carries the floor."""

import gc
import sys
from typing import Final

SWITCH_S: Final = 0.001
"""A thread that computes gives way after this: by 5 ms, as is usual, the loop waits so long for each reader, and a
writer after each of its statements: 1,200 calls a second beside pages, and with this 1,500."""


def settle() -> None:
    """What the start made stays: looking through it for what might go holds the floor up for a tenth of a second."""
    gc.freeze()
    sys.setswitchinterval(SWITCH_S)
