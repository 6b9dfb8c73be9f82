"""Trap: calls end out of order, on fresh groups and behind offset gaps; only the contiguous prefix is committed."""

from pathlib import Path

import pytest

from tests.integration.stage_scenarios import offset_gap, out_of_order

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("n_before", [0, 5], ids=["fresh-group", "after-commits"])
async def test_a_killed_worker_loses_nothing_of_what_ended_out_of_order(
    kafka: str, namespace: str, tmp_path: Path, n_before: int
) -> None:
    outcome = await out_of_order(kafka, namespace, tmp_path, n_before=n_before)
    assert (outcome.n_in, outcome.n_lost, outcome.n_waiting) == (n_before + 11, 0, 0)
    assert outcome.n_repeated == 9  # exactly what had ended behind the head: the prefix before it was committed


async def test_offset_gaps_are_not_taken_for_finished_records(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await offset_gap(kafka, namespace, tmp_path)
    assert (outcome.n_in, outcome.n_lost, outcome.n_waiting, outcome.n_repeated) == (14, 0, 0, 9)
