"""How long a channel that does not answer is tried again."""

from typing import Final

FIRST_WAIT_S: Final = 1.0
MAX_WAIT_S: Final = 60.0


def next_wait_s(
    attempt: int, *, elapsed_s: float, give_up_after_s: float, asked_s: float, jitter: float
) -> float | None:
    """Returns how long to wait before the next attempt; None gives up.

    The wait doubles from one to sixty seconds, by half at random, and is never shorter than the receiver asked for. The
    last attempt is made at the very end of the time, whatever was asked.

    Args:
        attempt: how many failed so far, from 1.
        elapsed_s: since the first attempt began.
        give_up_after_s: no attempt begins later.
        asked_s: by `Retry-After`; 0 where nothing was.
        jitter: uniform in [0, 1).
    """
    left_s = give_up_after_s - elapsed_s
    if left_s <= 0:
        return None
    backoff_s = min(MAX_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempt - 1, 10))
    return min(max(backoff_s * (0.5 + jitter / 2), asked_s), left_s)
