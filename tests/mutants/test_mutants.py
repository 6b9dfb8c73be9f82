"""For each guard of the delivery path: the scenario passes with it, and its check fails once it is taken away."""

from pathlib import Path

import pytest

from tests.integration.stage_scenarios import (
    fetch_across_a_rebalance,
    join,
    out_of_order,
    refused_delivery,
)

pytestmark = pytest.mark.integration


async def test_committing_the_highest_finished_record_loses_what_was_in_flight(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    assert (await out_of_order(kafka, namespace, tmp_path, "ledger")).n_lost == 1


async def test_a_generation_read_before_the_fetch_loses_what_the_fetch_brought(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    assert (await fetch_across_a_rebalance(kafka, namespace, tmp_path, "generation")).n_lost > 0


async def test_no_wait_on_revoke_repeats_what_was_in_flight_at_a_join(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    assert (await join(kafka, namespace, tmp_path, "wait_on_revoke")).n_repeated > 0


async def test_a_send_that_is_not_awaited_loses_what_the_broker_refuses(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    assert (await refused_delivery(kafka, namespace, tmp_path, "delivery")).n_lost > 0
