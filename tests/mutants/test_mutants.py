"""For each guard of the delivery path: the scenario passes with it, and its check fails once it is taken away."""

from pathlib import Path

import pytest

from tests.integration.stage_scenarios import offset_gap, out_of_order

pytestmark = pytest.mark.integration


async def test_committing_the_highest_finished_record_loses_what_was_in_flight(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    assert (await out_of_order(kafka, namespace, tmp_path, "ledger")).n_lost == 1


async def test_committing_the_highest_finished_record_loses_what_waits_behind_a_gap(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    assert (await offset_gap(kafka, namespace, tmp_path, "ledger")).n_lost == 1
