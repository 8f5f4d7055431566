"""A process that kills itself in the middle of the migrations: ``killed_migration.py URL AFTER_STATEMENTS``."""

import os
import signal
import sys

from sqlalchemy import event

from callfloor.store.engine import connect
from callfloor.store.migrate import migrate

engines = connect(sys.argv[1])
left = int(sys.argv[2])


@event.listens_for(engines.migrate, "after_cursor_execute")
def count(*_: object) -> None:
    """Dies after the given number of statements, as by a power cut."""
    global left  # noqa: PLW0603
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)


migrate(engines)
sys.exit("the migrations had fewer statements")
