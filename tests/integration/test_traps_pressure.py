"""Trap: a fast producer and a slow processor. What a worker holds stays bounded, and so does its memory."""

from pathlib import Path

import psutil
import pytest

from streams.kafka.app import QUEUED_BLOCKS
from streams.kafka.block_stage import BLOCKS_IN_FLIGHT
from tests.integration.router_rig import N_PARTITIONS, until
from tests.integration.stage_rig import Kind, stage_rig

pytestmark = pytest.mark.integration

POLL_RECORDS = 50
MAX_BLOCKS = QUEUED_BLOCKS + BLOCKS_IN_FLIGHT + N_PARTITIONS
N_SAMPLES = 12
"""At five a second, with a gauge that is set every second."""
MIB = 1 << 20


@pytest.mark.parametrize("kind", ["block", "batch"])
async def test_memory_stays_flat_before_a_slow_processor(
    kafka: str, namespace: str, tmp_path: Path, kind: Kind
) -> None:
    async with stage_rig(kind, kafka, namespace, tmp_path, poll_records=POLL_RECORDS, max_batch_tokens=500) as rig:
        worker = rig.start()
        await worker.logged("stage_started")
        before = psutil.Process(worker.process.pid).memory_info().rss
        text = "x" * 2000
        for partition in range(N_PARTITIONS):
            await rig.produce(partition, ({"n": n, "gate": "slow", "text": text} for n in range(4_000)))
        held: list[float] = []
        grown: list[int] = []

        async def sampled() -> bool:
            held.append(await worker.metric("dallosh_in_flight_records") or 0)
            grown.append(psutil.Process(worker.process.pid).memory_info().rss - before)
            return sum(n > 0 for n in held) >= N_SAMPLES

        await until(sampled)
        worker.kill()
    assert 0 < max(held) <= MAX_BLOCKS * POLL_RECORDS, held
    assert max(grown) < 10 * MIB, grown  # the records themselves are 24 MiB


async def test_vips_overtake_a_bulk_that_waits_for_slots(kafka: str, namespace: str, tmp_path: Path) -> None:
    async with stage_rig("batch", kafka, namespace, tmp_path, max_batch_tokens=500) as rig:
        bulk = [{"n": n, "gate": "slow", "tokens": 100} for n in range(60)]  # 12 batches for 4 slots
        await rig.produce(0, [*bulk, *({"n": n, "vip": True} for n in range(60, 65))])
        worker = rig.start()
        await rig.written(5)
        assert await rig.committed() == {}
        rig.open("slow")
        await rig.caught_up()
        assert await worker.stop() == 0, worker.text()
        outcome = await rig.outcome()
    assert (outcome.n_in, outcome.n_out, outcome.n_lost, outcome.n_repeated) == (65, 65, 0, 0)
