"""The correction of token counts: it follows the usage, and nothing that a provider says drives it out of bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.ratios import LEAST, MOST, Ratios


def test_an_unknown_model_is_taken_as_counted() -> None:
    assert Ratios().ratio("m") == 1.0


def test_the_worked_number() -> None:
    ratios = Ratios()
    for _ in range(3):
        ratios.observe("m", 1_000, 1_100)
    assert ratios.ratio("m") == pytest.approx(1.0488)


def test_models_are_apart() -> None:
    ratios = Ratios()
    ratios.observe("a", 100, 200)
    assert (ratios.ratio("a") > 1.1, ratios.ratio("b")) == (True, 1.0)


def test_it_converges_to_what_the_model_takes() -> None:
    ratios = Ratios()
    for _ in range(40):
        ratios.observe("m", 1_000, 1_350)
    assert ratios.ratio("m") == pytest.approx(1.35, abs=0.001)


@pytest.mark.parametrize(("estimated", "real"), [(0, 10), (-5, 10), (10, None), (10, 0), (10, -3)])
def test_what_says_nothing_changes_nothing(estimated: int, real: int | None) -> None:
    ratios = Ratios()
    ratios.observe("m", estimated, real)
    assert ratios.ratio("m") == 1.0


@given(st.lists(st.tuples(st.integers(-10, 10**9), st.none() | st.integers(-10, 10**12)), max_size=60))
def test_no_usage_drives_it_out_of_bounds(calls: list[tuple[int, int | None]]) -> None:
    ratios = Ratios()
    for estimated, real in calls:
        ratios.observe("m", estimated, real)
    assert LEAST <= ratios.ratio("m") <= MOST


def test_the_cached_share_follows_the_usage_and_stays_a_share() -> None:
    ratios = Ratios()
    assert ratios.cached_share("m") == 0.0
    ratios.observe_cache("m", 500, 1_000)
    assert ratios.cached_share("m") == pytest.approx(0.1)
    for cached, real in ((None, 1_000), (5, None), (5, 0)):
        ratios.observe_cache("m", cached, real)
    assert ratios.cached_share("m") == pytest.approx(0.1)
    for _ in range(60):
        ratios.observe_cache("m", 9_000, 1_000)
    assert ratios.cached_share("m") == pytest.approx(1.0, abs=1e-4)
