"""Trap: what fails. An exception, a refused delivery, poison bytes, a bad deploy: nothing is committed unfinished."""

from pathlib import Path

import pytest

from tests.integration.stage_scenarios import idle_then_busy, refused_delivery

pytestmark = pytest.mark.integration


async def test_what_the_broker_refuses_ends_the_worker_uncommitted(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await refused_delivery(kafka, namespace, tmp_path)
    assert outcome.n_lost == 0
    assert outcome.committed.get(0, 0) <= 5
    assert outcome.n_waiting >= 1


async def test_an_idle_worker_commits_its_first_records(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await idle_then_busy(kafka, namespace, tmp_path)
    assert (outcome.n_out, outcome.committed) == (5, {0: 5})
