"""The negative binomial's upper tail, against its own definition."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.crisis.tails import upper_tail


def by_definition(n: int, expected: float, dispersion: float) -> float:
    """Returns 1 minus the sum of the probabilities below `n`, each by its recursion from the one before."""
    share = expected / (expected + dispersion)
    term, below = (1 - share) ** dispersion, 0.0
    for k in range(n):
        below += term
        term *= share * (k + dispersion) / (k + 1)
    return 1 - below


@given(st.integers(0, 60), st.floats(0.01, 40), st.floats(0.5, 100))
def test_it_is_the_complement_of_the_sum_below(n: int, expected: float, dispersion: float) -> None:
    tail = upper_tail(n, expected, dispersion)
    if n > expected:
        assert tail == pytest.approx(by_definition(n, expected, dispersion), rel=1e-6, abs=1e-12)
    else:
        assert tail == 1.0


def test_the_worked_numbers() -> None:
    assert upper_tail(3, 0.05, 6) == pytest.approx(3.06e-5, rel=0.01)
    poisson = 1 - math.exp(-0.05) * (1 + 0.05 + 0.05**2 / 2)
    assert upper_tail(3, 0.05, 1e9) == pytest.approx(poisson, rel=1e-3)


def test_what_was_never_expected_is_impossible() -> None:
    assert upper_tail(1, 0.0, 6) == 0.0
    assert upper_tail(0, 0.0, 6) == 1.0


@given(st.integers(1, 10_000), st.floats(1e-6, 1e4))
def test_more_is_never_likelier(n: int, expected: float) -> None:
    assert 0 <= upper_tail(n + 1, expected, 12) <= upper_tail(n, expected, 12) <= 1
