"""The upper tails of the negative binomial and of the beta-binomial, against their own definitions."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.crisis.tails import upper_tail, upper_tail_of_share


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


def of_share_by_definition(n: int, n_all: int, share: float, correlation: float) -> float:
    """Returns the probability of at least `n` by urns: each ball drawn goes back with others of its colour."""
    a, b = share * (1 / correlation - 1), (1 - share) * (1 / correlation - 1)
    chances = [1.0]
    for drawn in range(n_all):
        more = [0.0] * (drawn + 2)
        for k, chance in enumerate(chances):
            more[k + 1] += chance * (a + k) / (a + b + drawn)
            more[k] += chance * (b + drawn - k) / (a + b + drawn)
        chances = more
    return sum(chances[n:])


@given(st.integers(0, 30), st.integers(1, 30), st.floats(0.01, 0.9), st.floats(0.001, 0.8))
def test_the_tail_of_a_share_is_that_of_an_urn(n: int, n_all: int, share: float, correlation: float) -> None:
    n = min(n, n_all)
    tail = upper_tail_of_share(n, n_all, share, correlation)
    if n > n_all * share:
        assert tail == pytest.approx(of_share_by_definition(n, n_all, share, correlation), rel=1e-6)
    else:
        assert tail == 1.0


def test_the_worked_numbers_of_a_share() -> None:
    assert upper_tail_of_share(21, 50, 0.09, 0.01) == pytest.approx(2.1e-6, rel=0.01)
    binomial = sum(math.comb(50, k) * 0.09**k * 0.91 ** (50 - k) for k in range(21, 51))
    assert upper_tail_of_share(21, 50, 0.09, 1e-9) == pytest.approx(binomial, rel=1e-3)


def test_of_many_tweets_the_tail_is_that_of_the_share_itself() -> None:
    tails = [upper_tail_of_share(n_all // 5, n_all, 0.1, 0.01) for n_all in (20_000, 200_000, 1_500_000)]
    assert tails == pytest.approx([tails[-1]] * 3, rel=0.02)
