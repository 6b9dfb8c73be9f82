"""How long a channel is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.crisis.patience import MAX_WAIT_S, next_wait_s


@pytest.mark.parametrize(
    ("attempt", "elapsed_s", "asked_s", "jitter", "wait_s"),
    [
        (1, 0.0, 0.0, 0.0, 0.5),
        (1, 0.0, 0.0, 0.999, 0.9995),
        (3, 5.0, 0.0, 0.0, 2.0),
        (20, 500.0, 0.0, 0.0, 30.0),
        (9_999, 500.0, 0.0, 0.0, 30.0),
        (1, 0.0, 120.0, 0.0, 120.0),
        (1, 0.0, 9_999.0, 0.0, 3_600.0),
        (20, 3_590.0, 0.0, 0.0, 10.0),
        (20, 3_600.0, 0.0, 0.0, None),
    ],
)
def test_waits(attempt: int, elapsed_s: float, asked_s: float, jitter: float, wait_s: float | None) -> None:
    found = next_wait_s(attempt, elapsed_s=elapsed_s, give_up_after_s=3_600, asked_s=asked_s, jitter=jitter)
    assert found == wait_s


@given(st.floats(0, 1e5), st.floats(1, 1e5), st.floats(0, 0.999), st.floats(0, 1e6))
def test_it_ends(call_s: float, give_up_after_s: float, jitter: float, asked_s: float) -> None:
    elapsed_s, attempt = 0.0, 0
    while attempt < 10_000:
        attempt, elapsed_s = attempt + 1, elapsed_s + call_s
        wait_s = next_wait_s(
            attempt, elapsed_s=elapsed_s, give_up_after_s=give_up_after_s, asked_s=asked_s, jitter=jitter
        )
        if wait_s is None:
            break
        assert 0 < wait_s <= max(MAX_WAIT_S, asked_s)
        elapsed_s += wait_s
    assert elapsed_s >= give_up_after_s
    assert elapsed_s <= give_up_after_s + call_s + 1e-6 * give_up_after_s
