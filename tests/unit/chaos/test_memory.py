"""How memory is judged."""

import pytest

from tests.chaos.memory import ratio_of


@pytest.mark.parametrize(
    ("samples", "expected"),
    [([], 1.0), ([5.0, 9.0], 1.0), ([50.0, 100.0, 100.0], 1.0), ([50.0, 100.0, 150.0], 1.5), ([9.0, 9.0, 3.0], 1 / 3)],
)
def test_the_peak_of_the_last_third_by_the_peak_before(samples: list[float], expected: float) -> None:
    assert ratio_of(samples) == pytest.approx(expected)
