"""What happens to a worker in production, as functions: the tests run them whole, the mutants without a guard."""

import signal
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.integration.router_rig import until
from tests.integration.stage_process import StageProcess
from tests.integration.stage_program import HOLD_FETCH
from tests.integration.stage_rig import Outcome, Rig, stage_rig

ALONE: Final = 100
SINGLE: Final[dict[str, Any]] = {"max_batch_tokens": ALONE}
"""Settings with which a record of `ALONE` tokens fills a batch by itself."""
SHARED: Final[dict[str, Any]] = {"worker_id": ""}
"""Dynamic membership, for workers that join and leave."""

Scripts = Iterable[Mapping[str, Any]]


def alone(numbers: Iterable[int], **script: Any) -> list[dict[str, Any]]:
    """Scripts of records that travel in a batch of their own."""
    return [{"n": n, "tokens": ALONE, **script} for n in numbers]


async def _held_head_then_kill(rig: Rig, n_before: int, mutant: str) -> Outcome:
    """One call waits at the head of partition 0 while later ones finish and commit; then kill -9 and a restart.

    A record of partition 1 that comes last shows when the commits after those finishes are through.
    """
    worker = rig.start(mutant=mutant)
    await rig.written(n_before + 9)
    await rig.produce(1, alone([100]))

    async def committed() -> bool:
        return (await rig.committed()).get(1) == 1

    await until(committed)
    worker.kill()
    rig.open("head")
    again = rig.start(mutant=mutant)
    await again.logged("partitions_assigned")
    await rig.caught_up()
    assert await again.stop() == 0, again.text()
    return await rig.outcome()


async def out_of_order(kafka: str, namespace: str, folder: Path, mutant: str = "", *, n_before: int = 0) -> Outcome:
    """Calls end out of order, in a fresh group or after `n_before` records; then kill -9."""
    async with stage_rig("batch", kafka, namespace, folder, **SINGLE) as rig:
        await rig.produce(0, [*alone(range(n_before)), *alone([50], gate="head"), *alone(range(51, 60))])
        return await _held_head_then_kill(rig, n_before, mutant)


async def offset_gap(kafka: str, namespace: str, folder: Path, mutant: str = "") -> Outcome:
    """The same behind offset gaps: deleted records at the head, markers and an aborted transaction in the middle."""
    async with stage_rig("batch", kafka, namespace, folder, **SINGLE) as rig:
        await rig.produce_in_transactions(0, [
            (True, alone(range(5))),
            (False, alone(range(20, 25))),
            (True, [*alone([50], gate="head"), *alone(range(51, 60))]),
        ])  # fmt: skip
        await rig.delete_before(0, 2)
        return await _held_head_then_kill(rig, 3, mutant)


async def join(kafka: str, namespace: str, folder: Path, mutant: str = "") -> Outcome:
    """A second worker joins while calls of the first are in flight; they end when the broker has seen it."""
    async with stage_rig("batch", kafka, namespace, folder, **SINGLE) as rig:
        for partition in range(3):
            await rig.produce(partition, [*alone([partition], gate="calls"), *alone(range(10, 20))])
        first = rig.start(mutant=mutant, **SHARED)
        await first.logged("call_started", 4)
        second = rig.start(mutant=mutant, **SHARED)
        await rig.rebalancing(n_members=2)
        if mutant:
            await second.logged("call_started")
        rig.open("calls")
        await second.logged("partitions_assigned")
        await rig.produce(0, alone([200]))
        await rig.caught_up()
        assert [await first.stop(), await second.stop()] == [0, 0]
        return await rig.outcome()


async def leave(kafka: str, namespace: str, folder: Path, mutant: str = "") -> Outcome:
    """One of two workers is stopped while both have calls in flight; its calls end first, then those of the other."""
    async with stage_rig("batch", kafka, namespace, folder, **SINGLE) as rig:
        staying, leaving = rig.start(mutant=mutant, **SHARED), rig.start(mutant=mutant, **SHARED)
        await rig.settled(n_members=2)
        holders = {}
        for partition in range(3):
            await rig.produce(partition, alone([1000 + partition], gate=f"calls-{partition}"))
            holders[partition] = await rig.holder(1000 + partition)
        leaving.signal(signal.SIGTERM)
        await leaving.logged("stage_stopping")
        for partition, holder in holders.items():
            if holder is leaving:
                rig.open(f"calls-{partition}")
        assert await leaving.exit_code() == 0, leaving.text()
        await rig.rebalancing(n_members=1)
        if mutant:
            await staying.logged("call_started", 2 * list(holders.values()).count(staying))
        for partition in holders:
            rig.open(f"calls-{partition}")
        await rig.caught_up()
        assert await staying.stop() == 0, staying.text()
        return await rig.outcome()


async def fetch_across_a_rebalance(kafka: str, namespace: str, folder: Path, mutant: str = "") -> Outcome:
    """A fetch begins under one assignment and returns under the next; what it brings must not be thrown away."""
    async with stage_rig("batch", kafka, namespace, folder, **SINGLE) as rig:
        await rig.produce(0, alone([0]))
        first = rig.start(mutant=mutant, **SHARED)
        await rig.caught_up()
        rig.open(HOLD_FETCH)
        await first.logged("fetch_held")
        second = rig.start(mutant=mutant, **SHARED)
        await first.logged("partitions_assigned", 2)
        await second.logged("partitions_assigned")
        for partition in range(3):
            await rig.produce(partition, alone(range(100 * partition + 1, 100 * partition + 20)))
        rig.close(HOLD_FETCH)
        await first.logged("fetch_returned")
        for partition in range(3):
            await rig.produce(partition, alone([1000 + partition]))
        await rig.caught_up()
        assert [await first.stop(), await second.stop()] == [0, 0]
        return await rig.outcome()


async def refused_delivery(kafka: str, namespace: str, folder: Path, mutant: str = "") -> Outcome:
    """The broker refuses one output: the worker must end, and nothing behind that record may be committed."""
    async with stage_rig("batch", kafka, namespace, folder, max_output_bytes=20_000, **SINGLE) as rig:
        await rig.produce(0, [*alone(range(5)), *alone([5], do="big"), *alone(range(6, 12))])
        worker = rig.start(mutant=mutant)
        if mutant:
            await rig.caught_up()
            worker.kill()
        else:
            assert await worker.exit_code(30) == 1, worker.text()
        return await rig.outcome()


async def idle_then_busy(kafka: str, namespace: str, folder: Path, mutant: str = "") -> Outcome:
    """A worker waits for its first record until its watchdog has looked at the idle partitions."""
    async with stage_rig("block", kafka, namespace, folder) as rig:
        worker = rig.start(mutant=mutant)
        await worker.logged("stage_started")
        await until(lambda: _has_looked(worker))
        await rig.produce(0, alone(range(5)))
        await rig.caught_up()
        assert await worker.stop() == 0, worker.text()
        return await rig.outcome()


async def _has_looked(worker: StageProcess) -> bool:
    return await worker.metric("dallosh_lag_records") is not None
