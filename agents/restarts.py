"""When a worker that ended is started again, and when it is given up: pure, clock and dice come from outside."""

import random
from typing import Final

FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 30.0
STABLE_S: Final = 60.0
"""A worker that ran for so long has no history."""

AT_ITS_START_S: Final = 20.0
MAX_FAILED_STARTS: Final = 5
CRASH_LOOP_ENDS: Final = 3
USAGE_ERROR: Final = 2
"""A wrong command line or setting, or a missing file: the next start would find the same, unless somebody mends it."""


class Restarts:
    """The history of one worker's ends.

    Given up is only what can never run: exit code 2, or `MAX_FAILED_STARTS` times in a row an exit code above 0 within
    `AT_ITS_START_S`, by a worker that never began, in none of its lives. What began once, or was killed, is started
    again for ever, at most `LONGEST_DELAY_S` apart; after exit code 2 what ran for `STABLE_S` once: since then a file
    that it needs was changed for the worse, and may be mended.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self.n_ends = 0
        """Ends in a row without `STABLE_S` of life between them."""
        self._n_failed_starts = 0
        self._ever_began = False
        self._ever_ran = False

    def ended(self, exit_code: int, *, lived_s: float, began: bool) -> float | None:
        """Returns the seconds until the next start, or None when the worker is given up.

        Args:
            exit_code: below 0 for a signal.
            lived_s: since its start.
            began: whether it opened its health port in this life.
        """
        self._ever_began = self._ever_began or began
        self._ever_ran = self._ever_ran or lived_s >= STABLE_S
        if lived_s >= STABLE_S:
            self.n_ends = 0
        self.n_ends += 1
        failed_start = exit_code > 0 and not self._ever_began and lived_s < AT_ITS_START_S
        self._n_failed_starts = self._n_failed_starts + 1 if failed_start else 0
        if (exit_code == USAGE_ERROR and not self._ever_ran) or self._n_failed_starts >= MAX_FAILED_STARTS:
            return None
        return self._delay_s()

    @property
    def is_crash_loop(self) -> bool:
        """Whether it has ended so often in a row that somebody should look."""
        return self.n_ends >= CRASH_LOOP_ENDS

    def _delay_s(self) -> float:
        """1 s after the first end, doubled after each, up to half as much again by chance; never above 30 s."""
        doubled = FIRST_DELAY_S * 2.0 ** min(self.n_ends - 1, 10)
        return min(LONGEST_DELAY_S, doubled * self._rng.uniform(1.0, 1.5))
