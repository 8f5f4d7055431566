"""The command line of `make soak`: MINUTES, SEED, EVERY (seconds between faults), CALLS (simulated ones at once),
RESTARTS (how often the PBX is killed, restarted and killed with Callfloor, each, in a round of all faults; 0: never),
LONG (all wires are cut for so many seconds at first; 0: never).

Exits with 0 where the journal agrees with what really was, else with 1.
"""

import asyncio
import os
import shutil
import sys
import time
from pathlib import Path

from rich.console import Console

from support.soak.running import Plan, seed_of, soak

KEPT = Path(__file__).parents[3] / "build" / "soak"


def main() -> int:
    """Run one soak by the environment's settings."""
    plan = Plan(
        minutes=float(os.environ.get("MINUTES") or 20),
        seed=seed_of(os.environ.get("SEED")),
        every_s=float(os.environ.get("EVERY") or 60),
        simultaneous=int(os.environ.get("CALLS") or 150),
        restarts=int(os.environ.get("RESTARTS") or 1),
        long_cut_s=float(os.environ.get("LONG") or 0),
    )
    folder = Path(os.environ.get("SOAK_FOLDER") or KEPT / time.strftime("%Y%m%d-%H%M%S", time.gmtime()))
    folder.mkdir(parents=True)
    agrees = asyncio.run(soak(folder, plan, Console(width=None if sys.stdout.isatty() else 160)))
    if agrees:
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
