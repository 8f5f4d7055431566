"""A service that is killed (-9) in the middle of a repair: ``killed_repair.py URL PROJECT REPAIR LOGS DATA PARTS``."""

import os
import signal
import sys
from pathlib import Path

from callfloor.project.apart import Apart
from callfloor.store import Store
from support.repair_files import noted

url, project, repair, logs, data, parts = sys.argv[1:]


def killed(done: int, of: int | None) -> None:
    """The end, without a word, when so many parts are done."""
    if of is not None and done >= int(parts):
        os.kill(os.getpid(), signal.SIGKILL)


apart = Apart(url, Store.open(url).turns, Path(data), 1)
apart.repair(int(project), int(repair), noted(), [("", Path(logs))], killed)
