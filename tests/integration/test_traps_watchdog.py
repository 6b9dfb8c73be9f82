"""Trap: a consumer that dies silently, and a call that never ends. The process ends; a healthy idle one does not."""

from pathlib import Path

import pytest

from tests.integration.router_rig import until
from tests.integration.stage_program import HOLD_FETCH
from tests.integration.stage_rig import stage_rig
from tests.integration.stage_scenarios import SINGLE, alone

pytestmark = pytest.mark.integration


async def test_a_fetch_that_never_returns_ends_the_worker(kafka: str, namespace: str, tmp_path: Path) -> None:
    async with stage_rig("batch", kafka, namespace, tmp_path, watchdog_timeout_s=2.0, **SINGLE) as rig:
        rig.open(HOLD_FETCH)
        await rig.produce(0, alone(range(3)))
        worker = rig.start()
        assert await worker.exit_code(25) == 1
        assert "3 records wait and nothing finished for" in worker.text()
        rig.close(HOLD_FETCH)
        again = rig.start()
        await rig.caught_up()
        assert await again.stop() == 0, again.text()
        outcome = await rig.outcome()
    assert (outcome.n_out, outcome.n_lost, outcome.n_repeated) == (3, 0, 0)


async def test_a_fetch_that_never_returns_ends_an_idle_worker(kafka: str, namespace: str, tmp_path: Path) -> None:
    async with stage_rig("batch", kafka, namespace, tmp_path, watchdog_timeout_s=2.0, **SINGLE) as rig:
        rig.open(HOLD_FETCH)
        worker = rig.start()
        assert await worker.exit_code(25) == 1
        assert "no fetch has returned for" in worker.text()


async def test_a_call_that_never_ends_ends_the_worker(kafka: str, namespace: str, tmp_path: Path) -> None:
    async with stage_rig("batch", kafka, namespace, tmp_path, watchdog_timeout_s=2.0, **SINGLE) as rig:
        await rig.produce(0, [*alone(range(3)), *alone([3], gate="never")])
        worker = rig.start()
        assert await worker.exit_code(25) == 1
        assert "1 records wait and nothing finished for" in worker.text()
        outcome = await rig.outcome()
    assert (outcome.committed, outcome.n_lost, outcome.n_waiting) == ({0: 3}, 0, 1)


async def test_transaction_markers_are_no_lag(kafka: str, namespace: str, tmp_path: Path) -> None:
    async with stage_rig("batch", kafka, namespace, tmp_path, watchdog_timeout_s=2.0, **SINGLE) as rig:
        worker = rig.start()
        await worker.logged("stage_started")
        await rig.produce_in_transactions(0, [(True, alone(range(3))), (False, alone(range(3, 6)))])
        await rig.caught_up()

        async def no_lag() -> bool:
            return await worker.metric("dallosh_lag_records") == 0

        await until(no_lag, 6)
        assert worker.process.poll() is None, worker.text()
