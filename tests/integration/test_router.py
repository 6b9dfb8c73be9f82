"""The router on a real broker: routing, repeats, duplicates, revisions, restarts, faults."""

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError

from agents.router import RouterDecider
from schemas.classification import ClassifiedTweet
from schemas.codec import decode
from schemas.headers import ERROR_STAGE, ORIGIN, REPAIR, REPAIRED_FROM, REVISION, text_of
from schemas.taxonomy import SERVICE_OF, Stage, Topic
from schemas.topics import CLASSIFIED, DEAD_LETTER, NOISE, SERVICE_TOPICS, name_in, service_topic
from schemas.tweet import NoiseRecord
from streams.kafka.transactional_stage import TransactionalWorker
from streams.kafka.transactions import PartitionProducer
from streams.settings import Settings
from tests.integration.router_rig import (
    N_PARTITIONS,
    OF_THE_ROUTER,
    PROGRAM,
    RouterProcess,
    create,
    environment,
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

Start = Callable[..., RouterProcess]


@pytest.fixture
def settings(kafka: str, namespace: str) -> Settings:
    return settings_for(kafka, namespace)


@asynccontextmanager
async def routers(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts router processes and ends whatever is left of them."""
    started: list[RouterProcess] = []

    def start(settings: Settings, program: str = PROGRAM) -> RouterProcess:
        started.append(RouterProcess(settings, tmp_path / f"router{len(started)}.log", program))
        return started[-1]

    try:
        yield start
    finally:
        for router in started:
            if router.process.poll() is None:
                router.process.send_signal(signal.SIGCONT)
                router.kill()


async def finish(router: RouterProcess) -> None:
    async def has_begun() -> bool:
        return "stage_started" in router.text()

    await until(has_begun)  # before, SIGTERM just ends it
    router.signal(signal.SIGTERM)
    assert await router.exit_code() == 0, router.text()


async def test_every_tweet_reaches_the_service_of_its_topic_once(settings: Settings, tmp_path: Path) -> None:
    await create(settings, OF_THE_ROUTER)
    tweets = [tweet(number) for number in range(600)]
    records = [written(one) for one in tweets]
    garbage = (b"x1", b"{not json", ((ORIGIN, b"9:9"), ("traceparent", b"t")))
    await produce(settings, [*records, garbage, *records[::5]])
    async with routers(tmp_path) as start:
        router = start(settings)
        await settled(settings, 600)
        await until(lambda: has_committed(settings, 600 + 1 + 120))
        await finish(router)
    expected = Counter((service_topic(SERVICE_OF[one.main_topic]), one.id.encode()) for one in tweets)
    assert await routed(settings) == expected
    (dead,) = await read_all(settings, [DEAD_LETTER])
    assert (dead.key, dead.value) == (b"x1", b"{not json")
    assert text_of(dead.headers, ERROR_STAGE) == "router"
    assert (text_of(dead.headers, ORIGIN), text_of(dead.headers, "traceparent")) == ("9:9", "t")


async def has_committed(settings: Settings, n_records: int) -> bool:
    """Tells whether the group's offsets add up to so many records."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(name_in(settings.namespace, "dallosh-router"))
    except GroupCoordinatorNotAvailableError:  # the broker's first group is being made
        return False
    finally:
        await admin.close()
    return bool(sum(offset.offset for offset in offsets.values()) == n_records)


async def test_the_record_is_byte_for_byte_and_stays_in_its_partition(settings: Settings, tmp_path: Path) -> None:
    await create(settings, OF_THE_ROUTER)
    await produce(settings, [written(tweet(number)) for number in range(60)])
    async with routers(tmp_path) as start:
        router = start(settings)
        await settled(settings, 60)
        await finish(router)
    before = {record.key: record for record in await read_all(settings, [CLASSIFIED])}
    for record in await read_all(settings, SERVICE_TOPICS):
        source = before[record.key]
        assert (record.value, record.partition, record.headers) == (source.value, source.partition, source.headers)


async def test_duplicates_become_noise_and_revisions_move(settings: Settings, tmp_path: Path) -> None:
    await create(settings, OF_THE_ROUTER)
    first, again = tweet(1, Topic.BILLING), tweet(1, Topic.NETWORK, revision=2)
    await produce(
        settings, [written(first, "0:1"), written(first, "0:2"), written(again, "0:1"), written(first, "0:1")]
    )
    async with routers(tmp_path) as start:
        router = start(settings)
        await until(lambda: has_committed(settings, 4))
        await finish(router)
    (noise,) = await read_all(settings, [NOISE])
    assert decode(noise.value, NoiseRecord) == NoiseRecord(id=first.id, origin="0:2", reason="duplicate")
    billing = [decode(record.value, ClassifiedTweet) for record in await read_all(settings, ["service.billing"])]
    assert [(one.revision, one.moved_to) for one in billing] == [(1, None), (2, "technical")]
    technical = [decode(record.value, ClassifiedTweet) for record in await read_all(settings, ["service.technical"])]
    assert [(one.revision, one.moved_to) for one in technical] == [(2, None)]


async def test_a_fresh_router_knows_what_was_routed(settings: Settings, tmp_path: Path) -> None:
    """The memory comes from the service topics and noise: repeats of an earlier life are dropped, moves still work."""
    await create(settings, OF_THE_ROUTER)
    tweets = [tweet(number) for number in range(120)]
    duplicate = written(tweets[5], "7:7")
    await produce(settings, [*(written(one) for one in tweets), duplicate])
    async with routers(tmp_path) as start:
        first = start(settings)
        await until(lambda: has_committed(settings, 121))
        await finish(first)
        moved = tweet(2, Topic.OTHER, revision=2)
        assert tweets[2].main_topic is Topic.BILLING
        await produce(settings, [*(written(one) for one in tweets), duplicate, written(moved)])
        second = start(settings)
        await until(lambda: has_committed(settings, 121 + 122))
        await finish(second)
    counts = await routed(settings)
    key = moved.id.encode()
    assert counts.pop(("service.billing", key)) == 2  # the tweet, then the copy that says moved_to
    assert counts.pop(("service.other", key)) == 1
    assert set(counts.values()) == {1}
    assert len(counts) == 119
    assert len(await read_all(settings, [NOISE])) == 1


async def test_a_repair_takes_a_tweet_from_a_service_that_the_router_forgot(settings: Settings, tmp_path: Path) -> None:
    """The router remembers a bounded number of ids; the repair's header tells where an older one was."""
    await create(settings, OF_THE_ROUTER)
    better = tweet(1, Topic.NETWORK, revision=2)
    key, value, headers = written(better)
    repair = ((REVISION, b"2"), (REPAIR, b"c1"), (REPAIRED_FROM, b"billing"))
    await produce(settings, [(key, value, (*headers, *repair))] * 2)
    async with routers(tmp_path) as start:
        router = start(settings)
        await until(lambda: has_committed(settings, 2))
        await finish(router)
    (left,) = await read_all(settings, ["service.billing"])
    assert (left.key, decode(left.value, ClassifiedTweet).moved_to) == (key, "technical")
    assert [record.value for record in await read_all(settings, ["service.technical"])] == [value]


async def test_kill_9_again_and_again_loses_and_repeats_nothing(settings: Settings, tmp_path: Path) -> None:
    await create(settings, OF_THE_ROUTER)
    n_tweets = 20_000
    records = [written(tweet(number)) for number in range(n_tweets)]
    await produce(settings, records)
    async with routers(tmp_path) as start:
        for kill in range(6):
            router = start(settings)
            reached = n_tweets * (kill + 1) // 8
            await until(lambda n=reached: _routed_any(settings, n))  # type: ignore[misc]
            router.kill()
        last = start(settings)
        await settled(settings, n_tweets)
        await until(lambda: has_committed(settings, n_tweets))
        await finish(last)
    counts = await routed(settings)
    assert (len(counts), max(counts.values())) == (n_tweets, 1)
    assert len(await read_all(settings, SERVICE_TOPICS, isolation="read_uncommitted")) >= n_tweets


async def _routed_any(settings: Settings, n_records: int) -> bool:
    """Looks at uncommitted records too, so that the kill falls inside transactions."""
    return len(await read_all(settings, SERVICE_TOPICS, isolation="read_uncommitted")) >= n_records


_SLEEPER = """
import asyncio, os, signal
from streams.kafka.transactions import PartitionProducer
confirm, awake = PartitionProducer._confirm, True
async def sleep_once(self, next_offset):
    global awake
    await asyncio.gather(*self._pending)
    if awake:
        awake = False
        os.kill(os.getpid(), signal.SIGSTOP)
    await confirm(self, next_offset)
PartitionProducer._confirm = sleep_once
"""


async def test_a_router_that_slept_past_its_session_is_fenced(kafka: str, namespace: str, tmp_path: Path) -> None:
    """One router is stopped with a transaction written and not committed, its partitions go to another, it goes on."""
    settings = settings_for(kafka, namespace, delivery_timeout_s=120)  # its sleep must not end the wait for the broker
    await create(settings, OF_THE_ROUTER)
    await produce(settings, [written(tweet(number)) for number in range(3_000)])
    async with routers(tmp_path) as start:
        zombie = start(settings, _SLEEPER + PROGRAM)
        await until(lambda: asyncio.to_thread(_is_stopped, zombie))
        heir = start(settings)
        await settled(settings, 3_000, timeout_s=60)
        await produce(settings, [written(tweet(number)) for number in range(2_500, 4_000)])
        zombie.signal(signal.SIGCONT)  # while the heir works on these
        assert await zombie.exit_code() == 1  # for its supervisor, which starts it afresh
        assert "FencedError" in zombie.text()
        await settled(settings, 4_000, timeout_s=60)
        await until(lambda: has_committed(settings, 4_500))
        await finish(heir)
    counts = await routed(settings)
    assert (len(counts), max(counts.values())) == (4_000, 1)


def _is_stopped(router: RouterProcess) -> bool:
    return psutil.Process(router.process.pid).status() == psutil.STATUS_STOPPED


@pytest.mark.parametrize("worker_ids", [("", ""), ("one", "two")], ids=["dynamic", "static"])
async def test_a_joining_router_shares_the_work_without_repeats(
    kafka: str, namespace: str, worker_ids: tuple[str, str], tmp_path: Path
) -> None:
    settings, other = (settings_for(kafka, namespace, worker_id=worker_id) for worker_id in worker_ids)
    await create(settings, OF_THE_ROUTER)
    await produce(settings, [written(tweet(number)) for number in range(15_000)])
    async with routers(tmp_path) as start:
        first = start(settings)
        await until(lambda: _routed_any(settings, 1_000))
        second = start(other)
        await until(lambda: asyncio.to_thread(lambda: "lane_opened" in second.text()))  # its share has come
        assert first.process.poll() is None, first.text()
        await produce(settings, [written(tweet(number)) for number in range(15_000, 18_000)])
        await settled(settings, 18_000, timeout_s=60)
        await finish(first)
        await finish(second)
    counts = await routed(settings)
    assert (len(counts), max(counts.values())) == (18_000, 1)


class Gate:
    """Holds every transaction just before its commit; `n_held` says how many have come."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.n_held = 0
        self.open = asyncio.Event()
        confirm = PartitionProducer._confirm

        async def held(producer: PartitionProducer, next_offset: int) -> None:
            self.n_held += 1
            await self.open.wait()
            await confirm(producer, next_offset)

        monkeypatch.setattr(PartitionProducer, "_confirm", held)

    async def has_held(self) -> bool:
        return self.n_held == N_PARTITIONS


@asynccontextmanager
async def router_in_process(settings: Settings) -> AsyncIterator[TransactionalWorker]:
    rebuilds = asyncio.Semaphore(1)
    worker = TransactionalWorker(settings, Stage.ROUTER, lambda: RouterDecider(settings, rebuilds))
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.end.request()
        await asyncio.wait_for(running, 20)
        worker.end.is_over()
        assert worker.end.exit_code == 0


async def test_a_revoke_waits_for_the_transaction_in_flight(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await create(settings, OF_THE_ROUTER)
    await produce(settings, [written(tweet(number)) for number in range(60)])
    gate = Gate(monkeypatch)
    async with router_in_process(settings) as worker:
        await until(gate.has_held)
        revoke = asyncio.create_task(worker.on_partitions_revoked(set()))
        _, pending = await asyncio.wait({revoke}, timeout=0.5)
        assert pending, "the partitions were given up in the middle of a transaction"
        gate.open.set()
        await asyncio.wait_for(revoke, 20)
        await until(lambda: has_committed(settings, 60), 20)  # the broker writes the markers after its reply
    assert sum((await routed(settings)).values()) == 60


async def test_a_transaction_that_outlasts_the_wait_is_cut_off_and_done_again(
    kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(kafka, namespace, drain_timeout_s=0.5)
    await create(settings, OF_THE_ROUTER)
    await produce(settings, [written(tweet(number)) for number in range(60)])
    gate = Gate(monkeypatch)
    async with router_in_process(settings) as worker:
        await until(gate.has_held)
        await asyncio.wait_for(worker.on_partitions_revoked(set()), 10)
    assert not await has_committed(settings, 60)
    async with routers(tmp_path) as start:
        router = start(settings)
        await settled(settings, 60)
        await finish(router)
    counts = await routed(settings)
    assert (len(counts), max(counts.values())) == (60, 1)


_HANG = """
import asyncio, sys
from aiokafka import TopicPartition
from streams.core.output import Output
from streams.kafka.transactional_stage import TransactionalWorker
from streams.kafka.transactions import PartitionProducer
from streams.settings import load_settings
settings = load_settings()
async def main():
    for partition in (0, 1):
        source = TopicPartition(f"{settings.namespace}.tweets.classified", partition)
        producer = PartitionProducer(settings, source, group=f"{settings.namespace}.dallosh-router")
        await producer.open(["service.billing"])
        await producer._producer.begin_transaction()
        await producer._send(Output("service.billing", b"hung", b"{}"))
        await producer._pending[0]
    print("hanging", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_what_a_killed_router_left_open_holds_readers_up_until_the_timeout_at_most(
    kafka: str, namespace: str
) -> None:
    """The next owner of a partition aborts it at once; where nobody comes, the broker does."""
    settings = settings_for(kafka, namespace, delivery_timeout_s=3)
    await create(settings, OF_THE_ROUTER)
    await asyncio.to_thread(_hang_and_die, settings)
    await _write_behind(settings)
    assert await _readable(settings) == set()

    source = TopicPartition(name_in(namespace, CLASSIFIED), 1)
    heir = PartitionProducer(settings, source, group=name_in(namespace, "dallosh-router"))
    await heir.open(["service.billing"])
    assert await _readable(settings) == {1}
    await heir.close()

    async def freed() -> bool:
        return await _readable(settings) == {0, 1}

    await until(freed, timeout_s=45)  # the broker looks every 10 s; the client's own default is 60 s, from the begin on


def _hang_and_die(settings: Settings) -> None:
    env = environment(settings, ("kafka_bootstrap", "namespace", "delivery_timeout_s"))
    with subprocess.Popen([sys.executable, "-c", _HANG], env=env, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == "hanging\n"
        victim.kill()


async def _write_behind(settings: Settings) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    await producer.start()
    for partition in (0, 1):
        await producer.send_and_wait(name_in(settings.namespace, "service.billing"), b"{}", b"behind", partition)
    await producer.stop()


async def _readable(settings: Settings) -> set[int]:
    records = await read_all(settings, ["service.billing"])
    assert {record.key for record in records} <= {b"behind"}
    return {record.partition for record in records}


async def test_a_block_that_is_mostly_garbage_stops_the_router_before_it_writes(
    settings: Settings, tmp_path: Path
) -> None:
    await create(settings, OF_THE_ROUTER)
    garbage = [(str(number).encode(), b"garbage", ()) for number in range(600)]
    await produce(settings, garbage)
    async with routers(tmp_path) as start:
        router = start(settings)
        assert await router.exit_code() == 1
        assert "dead letters" in router.text()
    assert await read_all(settings, [DEAD_LETTER, *SERVICE_TOPICS], isolation="read_uncommitted") == []
    assert not await has_committed(settings, 600)


async def test_an_output_topic_with_too_few_partitions_is_refused(settings: Settings, tmp_path: Path) -> None:
    await create(settings, [CLASSIFIED, NOISE, DEAD_LETTER, *SERVICE_TOPICS[1:]])
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(name_in(settings.namespace, SERVICE_TOPICS[0]), 1, 1)])
    await admin.close()
    await produce(settings, [written(tweet(number)) for number in range(30)])
    async with routers(tmp_path) as start:
        router = start(settings)
        assert await router.exit_code(30) == 1
        assert "same partition count" in router.text()
