"""An upgrade of the store, told while it goes on: at the terminal, in the log, to browsers; and stopped when asked."""

import logging
import time
from collections.abc import Callable

from callfloor.errors import StoppedError
from callfloor.store.migrate import MigrationStep

logger = logging.getLogger(__name__)

SAY_EVERY_S = 2.0
LOG_EVERY_S = 10.0


class Upgrading:
    """A store's ``Progress``. Called on the thread that opens the store; ``stop`` may come from any."""

    def __init__(
        self,
        say: Callable[[str], None],
        show: Callable[[MigrationStep], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``say`` is told for a person at the terminal, ``show`` for whoever asks meanwhile."""
        self._say = say
        self._show = show
        self._clock = clock
        self._said_at = self._logged_at = float("-inf")
        self._stopped = False

    def stop(self) -> None:
        """End at the next step; the next start goes on from there."""
        self._stopped = True

    def __call__(self, step: MigrationStep) -> None:
        """Told of a step.

        Raises:
            StoppedError: it was asked for.
        """
        if self._stopped:
            raise StoppedError
        if step.done:
            return
        self._show(step)
        now = self._clock()
        if step.rows is None:
            self._say(f"  store, step {step.number} of {step.of}: {step.title}")
        elif now - self._said_at >= SAY_EVERY_S:
            self._said_at = now
            self._say(
                f"  store, step {step.number} of {step.of}: {step.percent or 0} % "
                f"({step.rows:,} of {step.of_rows or 0:,} rows)"
            )
        if step.rows is not None and now - self._logged_at >= LOG_EVERY_S:
            self._logged_at = now
            logger.info(
                "the upgrade goes on",
                extra={"step": step.number, "of": step.of, "rows": step.rows, "of_rows": step.of_rows},
            )
