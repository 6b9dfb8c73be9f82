"""The router benchmark's arithmetic: which phase a batch counts for, and what its calls cost whom."""

import pytest

from tests.bench.router.__main__ import differences
from tests.bench.router.score import quantile, scores
from tests.bench.router.script import DEPLOYMENTS, PHASES, Done, Phase

SCRIPT = (Phase("well"), Phase("ill", {"cheap": "error"}))


def done(due_s: float, took_s: float, *, ok: bool = True) -> Done:
    return Done(due_s=due_s, took_s=took_s, ok=ok)


def test_a_batch_counts_for_the_phase_in_which_it_was_due() -> None:
    ran = [done(0.0, 0.5), done(9.9, 5.0), done(10.0, 1.0, ok=False), done(11.0, 2.0)]
    calls = [{"cheap": 2, "dear": 0}, {"cheap": 3, "dear": 1}]
    well, ill, total = scores(SCRIPT, 10.0, ran, calls)
    assert (well.n_works, well.n_failed, well.n_calls, well.n_calls_to_dead) == (2, 0, 2, 0)
    assert (ill.n_works, ill.n_failed, ill.n_calls, ill.n_calls_to_dead) == (2, 1, 4, 3)
    assert (well.first_success_s, ill.first_success_s) == (0.5, 3.0)
    assert (total.n_works, total.n_failed, total.n_calls, total.n_calls_to_dead) == (4, 1, 6, 3)
    assert (total.first_success_s, total.p50_s, total.p99_s) == (3.0, 1.0, 5.0)


def test_a_phase_without_a_success_says_so() -> None:
    rows = scores(SCRIPT[:1], 10.0, [done(0.0, 1.0, ok=False)], [{"cheap": 1}])
    assert rows[0].summary()["first_success_s"] is None


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [
        (range(1, 101), 0.99, 99),
        (range(1, 101), 0.5, 50),
        ([3, 1, 2], 0.5, 2),
        ([7], 0.99, 7),
        ([], 0.5, 0),
    ],
)
def test_quantiles_are_values_that_were_seen(values: list[float], share: float, value: float) -> None:
    assert quantile(list(values), share) == value


def test_calls_of_a_phase_are_the_difference_at_its_borders() -> None:
    borders = [dict.fromkeys(DEPLOYMENTS, n) for n in (1, 4, 4)]
    assert differences(borders) == [dict.fromkeys(DEPLOYMENTS, 3), dict.fromkeys(DEPLOYMENTS, 0)]


def test_the_script_kills_only_models_that_there_are() -> None:
    assert all(phase.dead <= DEPLOYMENTS.keys() for phase in PHASES)
    assert any(phase.dead == DEPLOYMENTS.keys() for phase in PHASES)
