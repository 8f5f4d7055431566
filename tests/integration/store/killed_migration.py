"""A process that kills itself in the middle of the migrations: ``killed_migration.py URL AFTER [ROWS [WORDS]]``.

``AFTER`` is how many statements it executes before; with ``WORDS``, only those that have them count. ``ROWS`` is how
many rows a step carries over at once.
"""

import os
import signal
import sys

from sqlalchemy import event

from callfloor.store.carrying import PIECE_ROWS
from callfloor.store.engine import connect
from callfloor.store.migrate import migrate

engines = connect(sys.argv[1])
left = int(sys.argv[2])
words = sys.argv[4] if sys.argv[4:] else ""


@event.listens_for(engines.migrate, "after_cursor_execute")
def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    """Dies after the given number of statements, as by a power cut."""
    global left  # noqa: PLW0603
    left -= words in statement
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


migrate(engines, piece_rows=int(sys.argv[3]) if sys.argv[3:] else PIECE_ROWS)
sys.exit("the migrations had fewer statements")
