"""The hook on commits: no group's offset may ever pass a record whose outputs are not in the broker's log.

A sample reads a group's offsets first and the ends of its output topics after them. Whatever lies before the offsets
must then have an output before those ends; that is checked once the run is over, from the topics themselves.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from schemas.headers import origin_of
from schemas.taxonomy import WORKER_STAGES, Stage
from schemas.topics import (
    CLASSIFIED,
    DEAD_LETTER,
    FALLBACK_BERT,
    FALLBACK_GPU,
    INPUT_OF,
    NOISE,
    OFFICIAL,
    RAW_DEAD_LETTER,
    SCRUBBED,
    SERVICE_TOPICS,
    TOPICS,
    name_in,
)
from streams.kafka.group import group_of
from streams.settings import Settings

SAMPLE_INTERVAL_S: Final = 1.0
SAMPLE_TIMEOUT_S: Final = 3.0

OUTPUTS_OF: Final[dict[Stage, tuple[str, ...]]] = {
    Stage.SCRUBBER: (SCRUBBED, OFFICIAL, NOISE, RAW_DEAD_LETTER),
    Stage.CLASSIFIER: (CLASSIFIED, FALLBACK_GPU, FALLBACK_BERT, DEAD_LETTER),
    Stage.GPU: (CLASSIFIED, FALLBACK_BERT, DEAD_LETTER),
    Stage.BERT: (CLASSIFIED, DEAD_LETTER),
    Stage.ROUTER: (*SERVICE_TOPICS, NOISE, DEAD_LETTER),
}
"""Where a stage may write; the one place where the rig says so by itself, not by the registry."""

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A group's offsets, and the ends of its outputs as they were read after them."""

    stage: Stage
    committed: Offsets
    ends: Offsets


class CommitWatch:
    """Samples every group once a second while a block runs; what a broker that is away does not answer is no sample."""

    def __init__(self, settings: Settings) -> None:
        self.samples: list[Sample] = []
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "CommitWatch":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka_bootstrap)
            consumer = AIOKafkaConsumer(bootstrap_servers=self._settings.kafka_bootstrap)
            try:
                await admin.start()
                await consumer.start()
                while True:
                    async with asyncio.timeout(SAMPLE_TIMEOUT_S):
                        await self._sample(admin, consumer)
                    await asyncio.sleep(SAMPLE_INTERVAL_S)
            except (KafkaError, TimeoutError, OSError):
                await asyncio.sleep(SAMPLE_INTERVAL_S)
            finally:
                await asyncio.gather(admin.close(), consumer.stop(), return_exceptions=True)

    async def _sample(self, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer) -> None:
        for stage in WORKER_STAGES:
            offsets = await admin.list_consumer_group_offsets(group_of(self._settings, stage))
            committed = {tp: found.offset for tp, found in offsets.items() if found.offset > 0}
            if committed:
                ends = await consumer.end_offsets(list(_partitions(self._settings, OUTPUTS_OF[stage])))
                self.samples.append(Sample(stage, committed, ends))


def past_unfinished(
    samples: Iterable[Sample], records: Iterable[ConsumerRecord], settings: Settings
) -> list[tuple[Stage, str]]:
    """Returns the records that a commit had passed before their outputs were there, as stage and origin.

    Args:
        samples: in the order of their taking.
        records: every record of every topic of the pipe, as `read_committed` shows them.
        settings: the deployment.
    """
    inputs: dict[TopicPartition, list[tuple[int, str]]] = defaultdict(list)
    outputs: dict[str, list[tuple[TopicPartition, int]]] = defaultdict(list)
    for record in records:
        tp = TopicPartition(record.topic, record.partition)
        origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
        inputs[tp].append((record.offset, origin))
        outputs[origin].append((tp, record.offset))
    for found in inputs.values():
        found.sort()
    n_checked: dict[TopicPartition, int] = defaultdict(int)
    passed: list[tuple[Stage, str]] = []
    for sample in samples:
        for tp, offset in sample.committed.items():
            source, n_done = inputs[TopicPartition(tp.topic, tp.partition)], n_checked[tp]
            while n_done < len(source) and source[n_done][0] < offset:
                _, which = source[n_done]
                n_done += 1
                if not _is_out(outputs[which], sample.ends):
                    passed.append((sample.stage, which))
            n_checked[tp] = n_done
    return passed


async def lag(settings: Settings) -> int:
    """Returns how many records of the pipe's inputs lie behind their group's offset, as the broker says now."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)
    n_behind = 0
    try:
        await admin.start()
        await consumer.start()
        for stage in WORKER_STAGES:
            ends = await consumer.end_offsets(list(_partitions(settings, (INPUT_OF[stage],))))
            offsets = await admin.list_consumer_group_offsets(group_of(settings, stage))
            done = {(tp.topic, tp.partition): found.offset for tp, found in offsets.items()}
            n_behind += sum(end - max(0, done.get((tp.topic, tp.partition), 0)) for tp, end in ends.items())
    finally:
        await asyncio.gather(admin.close(), consumer.stop(), return_exceptions=True)
    return n_behind


def _is_out(places: Sequence[tuple[TopicPartition, int]], ends: Offsets) -> bool:
    return any(offset < ends.get(tp, 0) for tp, offset in places)


def _partitions(settings: Settings, topics: Iterable[str]) -> Iterator[TopicPartition]:
    for topic in topics:
        for partition in range(TOPICS[topic].partitions or settings.partitions):
            yield TopicPartition(name_in(settings.namespace, topic), partition)
