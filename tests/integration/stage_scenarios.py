"""What happens to a worker in production, as functions: the tests run them whole, the mutants without a guard."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.integration.router_rig import until
from tests.integration.stage_rig import Outcome, Rig, stage_rig

ALONE: Final = 100
"""Tokens of a record that fills a batch by itself, with `max_batch_tokens=100`."""

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
    async with stage_rig("batch", kafka, namespace, folder, max_batch_tokens=ALONE) as rig:
        await rig.produce(0, [*alone(range(n_before)), *alone([50], gate="head"), *alone(range(51, 60))])
        return await _held_head_then_kill(rig, n_before, mutant)


async def offset_gap(kafka: str, namespace: str, folder: Path, mutant: str = "") -> Outcome:
    """The same behind offset gaps: deleted records at the head, markers and an aborted transaction in the middle."""
    async with stage_rig("batch", kafka, namespace, folder, max_batch_tokens=ALONE) as rig:
        await rig.produce_in_transactions(0, [
            (True, alone(range(5))),
            (False, alone(range(20, 25))),
            (True, [*alone([50], gate="head"), *alone(range(51, 60))]),
        ])  # fmt: skip
        await rig.delete_before(0, 2)
        return await _held_head_then_kill(rig, 3, mutant)
