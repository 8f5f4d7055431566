"""A process that imports and is killed in the middle: ``killed_import.py STORE_URL PROJECT CEL CDR LOG AFTER``."""

import os
import signal
import sys
from pathlib import Path

from callfloor.project import importing
from callfloor.store import Store

url, project, cel, cdr, log, after = sys.argv[1:]
batches = 0


def killed(done: int, of: int) -> None:
    """The end, without a word, after so many batches."""
    global batches  # noqa: PLW0603 - a script
    batches += 1
    if batches == int(after):
        os.kill(os.getpid(), signal.SIGKILL)


asked = importing.Asked(zone="UTC", cel_files=(Path(cel),), cdr_files=(Path(cdr),), queue_logs=(Path(log),))
importing.run(Store.open(url).project(int(project)), asked, country="RU", progress=killed, batch_calls=4)
