"""Trap: rebalances. What is in flight ends and is committed before the partitions go; no fetch is thrown away."""

from pathlib import Path

import pytest

from tests.integration.stage_scenarios import fetch_across_a_rebalance, join, leave

pytestmark = pytest.mark.integration


async def test_a_joining_worker_repeats_and_loses_nothing(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await join(kafka, namespace, tmp_path)
    assert (outcome.n_in, outcome.n_out, outcome.n_lost, outcome.n_repeated) == (34, 34, 0, 0)


async def test_a_leaving_worker_repeats_and_loses_nothing(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await leave(kafka, namespace, tmp_path)
    assert (outcome.n_in, outcome.n_out, outcome.n_lost, outcome.n_repeated) == (3, 3, 0, 0)


async def test_a_fetch_that_spans_a_rebalance_loses_nothing(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await fetch_across_a_rebalance(kafka, namespace, tmp_path)
    assert (outcome.n_in, outcome.n_out, outcome.n_lost, outcome.n_repeated) == (61, 61, 0, 0)
