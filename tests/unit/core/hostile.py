"""Hostile texts of 10 kB: a pattern that goes back over them takes seconds, one that does not takes milliseconds."""

import time
from collections.abc import Callable
from typing import Final

LIMIT_S: Final = 0.4
"""Of a processor's time. The goal is 0.05; machines differ by a factor of four, and what runs beside adds to it."""

TRIES: Final = 3


def is_quick(work: Callable[[], object], limit_s: float = LIMIT_S) -> bool:
    """Tells whether the best of a few tries keeps the limit."""
    return any(_seconds(work) < limit_s for _ in range(TRIES))


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
