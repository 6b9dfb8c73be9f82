"""Trap: ends and restarts. SIGTERM with calls in flight, with a dead broker; kill -9; static membership."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from streams.errors import FatalError
from streams.kafka.embedded import EmbeddedKafka
from tests.integration.router_rig import until
from tests.integration.stage_rig import Kind, stage_rig
from tests.integration.stage_scenarios import SINGLE, alone

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("kind", ["block", "batch"])
async def test_sigterm_mid_call_lets_it_end_and_commits_it(
    kafka: str, namespace: str, tmp_path: Path, kind: Kind
) -> None:
    async with stage_rig(kind, kafka, namespace, tmp_path, **SINGLE) as rig:
        await rig.produce(0, alone([0], gate="call"))
        first = rig.start()
        await first.logged("call_started")
        first.signal(signal.SIGTERM)
        await first.logged("stage_stopping")
        await rig.produce(0, alone(range(1, 10)))
        rig.open("call")
        assert await first.exit_code() == 0, first.text()
        stopped = await rig.outcome()
        assert stopped.committed.get(0) == stopped.n_out >= 1
        second = rig.start()
        await rig.caught_up()
        assert await second.stop() == 0, second.text()
        outcome = await rig.outcome()
    assert (outcome.n_in, outcome.n_out, outcome.n_lost, outcome.n_repeated) == (10, 10, 0, 0)


async def test_sigterm_leaves_what_waits_for_its_batch_to_the_next_worker(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    """Its drain waits for no linger: it would last 40 s, twice as long as the worker is given to end."""
    patient: dict[str, Any] = {"linger_s": 60.0, "drain_timeout_s": 40.0, "exit_timeout_s": 60.0}
    async with stage_rig("batch", kafka, namespace, tmp_path, **patient) as rig:
        await rig.produce(0, [{"n": n} for n in range(7)])
        first = rig.start()
        await first.logged("stage_started")
        assert await first.stop(20) == 0, first.text()
        assert (await rig.outcome()).n_waiting == 7
        second = rig.start(linger_s=0.1)
        await rig.caught_up()
        assert await second.stop() == 0, second.text()
        outcome = await rig.outcome()
    assert (outcome.n_in, outcome.n_out, outcome.n_repeated) == (7, 7, 0)


async def restart(broker: EmbeddedKafka) -> None:
    """Starts the killed broker again; its port is free once the last of its threads has gone."""

    async def started() -> bool:
        try:
            await asyncio.to_thread(broker.restart, 1)
        except FatalError as error:
            if "was taken" in str(error):
                return False
            raise
        return True

    await until(started, 60)


@pytest.mark.timeout(240)
async def test_a_broker_killed_mid_run_holds_one_worker_up_and_lets_another_end(
    own_kafka: EmbeddedKafka, namespace: str, tmp_path: Path
) -> None:
    """Kill -9 of the broker and a restart. One stage goes on by itself; another one has SIGTERM while it is gone."""
    fast: dict[str, Any] = {"drain_timeout_s": 2.0, "exit_timeout_s": 5.0}
    bootstrap = own_kafka.bootstrap or ""
    async with (
        stage_rig("batch", bootstrap, namespace, tmp_path / "going", **SINGLE, delivery_timeout_s=90.0) as going,
        stage_rig("block", bootstrap, f"{namespace}b", tmp_path / "ending", poll_records=1, **fast) as ending,
    ):
        for partition in range(3):
            await going.produce(partition, [{"n": n, "delay_ms": 20} for n in range(1500)])
        await ending.produce(0, [*alone(range(3)), *alone([3], gate="call")])
        survivor, stopped = going.start(), ending.start()
        await stopped.logged("call_started", 4)
        await going.written(600)
        own_kafka.kill(1)
        ending.open("call")
        await stopped.stop(30)  # without its hard exit it would wait for the broker, which is gone
        await restart(own_kafka)
        heir = ending.start()
        await ending.caught_up(60)
        await going.caught_up(60)
        assert [await survivor.stop(), await heir.stop()] == [0, 0], survivor.text()
        went_on, ended = await going.outcome(), await ending.outcome()
    assert (went_on.n_in, went_on.n_out, went_on.n_lost, went_on.n_repeated) == (4500, 4500, 0, 0)
    assert (ended.n_in, ended.n_lost, ended.n_waiting) == (4, 0, 0)
    assert ended.n_repeated <= 4


@pytest.mark.parametrize("kind", ["block", "batch"])
async def test_a_worker_killed_mid_run_loses_nothing_and_repeats_what_was_in_flight(
    kafka: str, namespace: str, tmp_path: Path, kind: Kind
) -> None:
    async with stage_rig(kind, kafka, namespace, tmp_path, poll_records=50, max_batch_tokens=500) as rig:
        for partition in range(3):
            items: list[dict[str, Any]] = [{"n": n, "delay_ms": 10} for n in range(450)]
            await rig.produce(partition, [*items, *({"n": n, "gate": "late"} for n in range(450, 500))])
        first = rig.start()
        await rig.written(400)
        first.kill()
        rig.open("late")
        killed = await rig.outcome()
        second = rig.start()
        await rig.caught_up()
        assert await second.stop() == 0, second.text()
        outcome = await rig.outcome()
    assert 0 < killed.n_waiting < 1500
    assert (outcome.n_in, outcome.n_lost, outcome.n_waiting) == (1500, 0, 0)
    assert outcome.n_repeated == killed.n_out - sum(killed.committed.values())
    assert outcome.n_repeated <= 8 * 50 + 4 * 50


async def test_a_static_member_restarts_without_a_rebalance_of_the_others(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    async with stage_rig("batch", kafka, namespace, tmp_path, **SINGLE) as rig:
        other, first = rig.start(worker_id="a"), rig.start(worker_id="b")
        await rig.settled(n_members=2)
        await other.logged("partitions_assigned")
        await first.logged("partitions_assigned")
        n_assigned = other.n_events("partitions_assigned")
        assert await first.stop() == 0, first.text()
        for partition in range(3):
            await rig.produce(partition, alone(range(5)))
        again = rig.start(worker_id="b")
        await rig.caught_up()
        assert other.n_events("partitions_assigned") == n_assigned
        assert [await again.stop(), await other.stop()] == [0, 0]
        outcome = await rig.outcome()
    assert (outcome.n_in, outcome.n_out, outcome.n_repeated) == (15, 15, 0)
