"""Trap: what fails. An exception, a refused delivery, poison bytes, a bad deploy: nothing is committed unfinished."""

from pathlib import Path

import pytest

from schemas import headers as names
from schemas.headers import text_of, value_of
from tests.integration.router_rig import read_all
from tests.integration.stage_program import MENDED
from tests.integration.stage_rig import DEAD_OF, Kind, stage_rig
from tests.integration.stage_scenarios import SINGLE, alone, idle_then_busy, refused_delivery

pytestmark = pytest.mark.integration

POISON = (b"\x00\xff\xfe", b"", None, b"{broken", b"[1]")


@pytest.mark.parametrize("kind", ["block", "batch"])
async def test_a_raising_processor_ends_the_worker_and_its_records_come_again(
    kafka: str, namespace: str, tmp_path: Path, kind: Kind
) -> None:
    async with stage_rig(kind, kafka, namespace, tmp_path, poll_records=5, **SINGLE) as rig:
        await rig.produce(0, [*alone(range(5)), *alone([5], do="raise"), *alone(range(6, 12))])
        assert await rig.start().exit_code(30) == 1
        broken = await rig.outcome()
        assert broken.committed.get(0, 0) <= 5
        assert (broken.n_lost, broken.n_dead) == (0, 0)
        rig.open(MENDED)
        worker = rig.start()
        await rig.caught_up()
        assert await worker.stop() == 0, worker.text()
        outcome = await rig.outcome()
    assert (outcome.n_in, outcome.n_lost, outcome.n_waiting) == (12, 0, 0)
    assert outcome.n_repeated <= broken.n_out - broken.committed.get(0, 0)


async def test_what_the_broker_refuses_ends_the_worker_uncommitted(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await refused_delivery(kafka, namespace, tmp_path)
    assert outcome.n_lost == 0
    assert outcome.committed.get(0, 0) <= 5
    assert outcome.n_waiting >= 1


async def test_an_idle_worker_commits_its_first_records(kafka: str, namespace: str, tmp_path: Path) -> None:
    outcome = await idle_then_busy(kafka, namespace, tmp_path)
    assert (outcome.n_out, outcome.committed) == (5, {0: 5})


@pytest.mark.parametrize("kind", ["block", "batch"])
async def test_poison_becomes_dead_letters_byte_for_byte(
    kafka: str, namespace: str, tmp_path: Path, kind: Kind
) -> None:
    async with stage_rig(kind, kafka, namespace, tmp_path) as rig:
        await rig.produce(0, [*alone(range(20)), *POISON, *alone(range(20, 40))])
        worker = rig.start(linger_s=0.1)
        await rig.caught_up()
        assert await worker.stop() == 0, worker.text()
        outcome = await rig.outcome()
        dead = await read_all(rig.settings, [DEAD_OF[kind]])
    assert (outcome.n_in, outcome.n_out, outcome.n_dead) == (45, 45, 5)
    assert [record.value for record in sorted(dead, key=lambda record: record.key)] == list(POISON)
    for record in dead:
        offset = int(record.key.removeprefix(b"0-"))
        assert text_of(record.headers, names.ERROR_OFFSET) == str(offset)
        assert value_of(record.headers, "traceparent") == b"t\xff"


@pytest.mark.parametrize("kind", ["block", "batch"])
async def test_a_block_that_mostly_dies_stops_the_worker_before_it_writes(
    kafka: str, namespace: str, tmp_path: Path, kind: Kind
) -> None:
    async with stage_rig(kind, kafka, namespace, tmp_path) as rig:
        await rig.produce(0, [*alone(range(40)), *[b"poison"] * 60])
        worker = rig.start(linger_s=5.0)
        assert await worker.exit_code(30) == 1, worker.text()
        outcome = await rig.outcome()
    assert "60 of 100 records to the dead letters" in worker.text()
    assert (outcome.n_out, outcome.committed, outcome.n_waiting) == (0, {}, 100)


@pytest.mark.parametrize("kind", ["block", "batch"])
async def test_a_flood_in_small_blocks_stops_the_worker_too_and_the_remedy_lets_it_through(
    kafka: str, namespace: str, tmp_path: Path, kind: Kind
) -> None:
    async with stage_rig(kind, kafka, namespace, tmp_path, poll_records=5, max_batch_tokens=100) as rig:
        await rig.produce(0, [*alone(range(30)), *[b"poison"] * 100])
        worker = rig.start(linger_s=0.1)
        assert await worker.exit_code(30) == 1, worker.text()
        assert "records to the dead letters" in worker.text()
        stopped = await rig.outcome()
        assert (stopped.n_lost, stopped.n_repeated) == (0, 0)
        assert stopped.n_dead < 50
        again = rig.start(linger_s=0.1, breaker_min_records=100_000)
        await rig.caught_up()
        assert await again.stop() == 0, again.text()
        outcome = await rig.outcome()
    assert (outcome.n_lost, outcome.n_waiting, outcome.n_out - outcome.n_repeated) == (0, 0, 130)


async def test_poison_through_the_classifier_itself(kafka: str, namespace: str, tmp_path: Path) -> None:
    program = "import sys; from agents.classifier import run; from streams.settings import load_settings; "
    async with stage_rig("batch", kafka, namespace, tmp_path) as rig:
        await rig.produce(1, POISON)
        worker = rig.start(command=["-c", program + "sys.exit(run(load_settings()))"])
        await rig.caught_up()
        assert await worker.stop() == 0, worker.text()
        dead = await read_all(rig.settings, [DEAD_OF["batch"]])
    assert [record.value for record in sorted(dead, key=lambda record: record.key)] == list(POISON)
