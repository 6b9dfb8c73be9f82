"""The router's transaction: a router that slept past its session repeats nothing, and does once it has none."""

import asyncio
import signal
from pathlib import Path

import psutil
import pytest

from schemas.topics import SERVICE_TOPICS
from tests.integration.router_rig import (
    OF_THE_ROUTER,
    PROGRAM,
    RouterProcess,
    create,
    produce,
    read_all,
    routed,
    settings_for,
    settled,
    tweet,
    until,
    written,
)

pytestmark = pytest.mark.integration

N_TWEETS = 600
TAKE_AWAY = """
from tests.mutants.guards import TAKE_AWAY
TAKE_AWAY["transaction"]()
"""
SLEEP_ONCE = """
import os, signal
from streams.kafka.transactions import PartitionProducer
deliver, awake = PartitionProducer.deliver, True
async def sleep_once(self, outputs, *, next_offset):
    global awake
    if awake:
        awake = False
        os.kill(os.getpid(), signal.SIGSTOP)
    await deliver(self, outputs, next_offset=next_offset)
PartitionProducer.deliver = sleep_once
"""


async def sleeper(kafka: str, namespace: str, folder: Path, mutant: str = "") -> int:
    """One router falls asleep with a block decided and not written; another does its work; then it wakes.

    Returns how many tweets stand more than once in the service topics.
    """
    settings = settings_for(kafka, namespace)
    await create(settings, OF_THE_ROUTER)
    await produce(settings, [written(tweet(number)) for number in range(N_TWEETS)])
    zombie = RouterProcess(settings, folder / "zombie.log", mutant + SLEEP_ONCE + PROGRAM)
    heir: RouterProcess | None = None
    try:
        await until(lambda: asyncio.to_thread(_is_stopped, zombie))
        heir = RouterProcess(settings, folder / "heir.log", mutant + PROGRAM)
        await settled(settings, N_TWEETS)
        zombie.signal(signal.SIGCONT)
        await until(lambda: asyncio.to_thread(_has_acted, zombie))
        zombie.signal(signal.SIGTERM)
        await zombie.exit_code()
        assert len(await read_all(settings, SERVICE_TOPICS)) >= N_TWEETS
        return sum(n > 1 for n in (await routed(settings)).values())
    finally:
        for router in (zombie, heir):
            if router is not None and router.process.poll() is None:
                router.kill()


def _is_stopped(router: RouterProcess) -> bool:
    return psutil.Process(router.process.pid).status() == psutil.STATUS_STOPPED


def _has_acted(router: RouterProcess) -> bool:
    """It was fenced and ended, or it has joined the group again."""
    return router.process.poll() is not None or router.text().count("partitions_assigned") > 1


async def test_a_router_that_slept_repeats_nothing(kafka: str, namespace: str, tmp_path: Path) -> None:
    assert await sleeper(kafka, namespace, tmp_path) == 0


async def test_a_router_without_a_transaction_repeats_what_it_had_decided(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    assert await sleeper(kafka, namespace, tmp_path, TAKE_AWAY) > 0
