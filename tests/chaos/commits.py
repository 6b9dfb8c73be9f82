"""The hook on commits: no group's offset may ever pass a record whose outputs are not in the broker's log.

A sample reads a group's offsets first and the ends of its output topics after them. Whatever lies before the offsets
must then have an output before those ends; that is checked once the run is over, from the topics themselves.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from schemas.headers import ORIGIN, text_of
from schemas.taxonomy import WORKER_STAGES, Stage
from schemas.topics import (
    CLASSIFIED,
    DEAD_LETTER,
    FALLBACK_BERT,
    FALLBACK_GPU,
    INPUT_OF,
    NOISE,
    OFFICIAL,
    RAW,
    RAW_DEAD_LETTER,
    SCRUBBED,
    SERVICE_TOPICS,
    name_in,
)
from streams.kafka.group import group_of
from streams.settings import Settings
from tests.chaos.sampling import Sampling
from tests.integration.router_rig import partitions_of

SAMPLE_INTERVAL_S: Final = 1.0
SAMPLE_TIMEOUT_S: Final = 3.0
MARKERS_S: Final = 0.5
"""A transaction's offset may be seen a moment before the markers behind its outputs."""

OUTPUTS_OF: Final[dict[Stage, tuple[str, ...]]] = {
    Stage.SCRUBBER: (SCRUBBED, OFFICIAL, NOISE, RAW_DEAD_LETTER),
    Stage.CLASSIFIER: (CLASSIFIED, FALLBACK_GPU, FALLBACK_BERT, DEAD_LETTER),
    Stage.GPU: (CLASSIFIED, FALLBACK_BERT, DEAD_LETTER),
    Stage.BERT: (CLASSIFIED, DEAD_LETTER),
    Stage.ROUTER: (*SERVICE_TOPICS, NOISE, DEAD_LETTER),
}
"""Where a stage may write; said here anew, not read from the registry."""

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """A group's offsets, and the ends of its outputs as they were read after them."""

    stage: Stage
    committed: Offsets
    ends: Offsets


class CommitWatch(Sampling):
    """Samples every group about once a second; what a broker that is away does not answer is no sample.

    The router's outputs end, for this, before a transaction that is open.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.samples: list[Sample] = []
        self._settings = settings

    def n_by_stage(self) -> dict[str, int]:
        """Returns how many samples there are of each stage."""
        return dict(Counter(sample.stage.value for sample in self.samples))

    async def _run(self) -> None:
        while True:
            admin = AIOKafkaAdminClient(bootstrap_servers=self._settings.kafka_bootstrap)
            readers = [self._reader("read_uncommitted"), self._reader("read_committed")]
            try:
                await asyncio.gather(admin.start(), *(reader.start() for reader in readers))
                while True:
                    async with asyncio.timeout(SAMPLE_TIMEOUT_S):
                        await asyncio.gather(
                            *(self._sample(admin, readers[stage is Stage.ROUTER], stage) for stage in WORKER_STAGES)
                        )
                    await asyncio.sleep(SAMPLE_INTERVAL_S)
            except (KafkaError, TimeoutError, OSError):
                await asyncio.sleep(SAMPLE_INTERVAL_S)
            finally:
                await asyncio.gather(admin.close(), *(reader.stop() for reader in readers), return_exceptions=True)

    def _reader(self, isolation: Literal["read_uncommitted", "read_committed"]) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(bootstrap_servers=self._settings.kafka_bootstrap, isolation_level=isolation)

    async def _sample(self, admin: AIOKafkaAdminClient, reader: AIOKafkaConsumer, stage: Stage) -> None:
        offsets = await admin.list_consumer_group_offsets(group_of(self._settings, stage))
        committed = {tp: found.offset for tp, found in offsets.items() if found.offset > 0}
        if not committed:
            return
        if stage is Stage.ROUTER:
            await asyncio.sleep(MARKERS_S)
        ends = await reader.end_offsets(partitions_of(self._settings, OUTPUTS_OF[stage]))
        self.samples.append(Sample(stage, committed, ends))


def past_unfinished(samples: Iterable[Sample], records: Iterable[ConsumerRecord], settings: Settings) -> list[str]:
    """Returns the records that a commit had passed before their outputs were there, as "stage origin".

    Args:
        samples: in the order of their taking.
        records: every record of every topic of the pipe, as `read_committed` shows them.
        settings: the deployment.
    """
    raw = name_in(settings.namespace, RAW)
    inputs: dict[TopicPartition, list[tuple[int, str]]] = defaultdict(list)
    outputs: dict[str, list[tuple[TopicPartition, int]]] = defaultdict(list)
    for record in records:
        tp = TopicPartition(record.topic, record.partition)
        place = f"{record.partition}:{record.offset}"
        origin = place if record.topic == raw else text_of(record.headers, ORIGIN) or f"none at {record.topic}:{place}"
        inputs[tp].append((record.offset, origin))
        outputs[origin].append((tp, record.offset))
    for found in inputs.values():
        found.sort()
    n_checked: Counter[TopicPartition] = Counter()
    passed: list[str] = []
    for sample in samples:
        for tp, offset in sample.committed.items():
            source = inputs[TopicPartition(tp.topic, tp.partition)]
            while n_checked[tp] < len(source) and source[n_checked[tp]][0] < offset:
                _, origin = source[n_checked[tp]]
                n_checked[tp] += 1
                if not _is_out(outputs[origin], sample.ends):
                    passed.append(f"{sample.stage} {origin}")
    return passed


async def lag(settings: Settings) -> int:
    """Returns how many records of the pipe's inputs lie behind their group's offset, as the broker says now."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)
    n_behind = 0
    try:
        await asyncio.gather(admin.start(), consumer.start())
        for stage in WORKER_STAGES:
            ends = await consumer.end_offsets(partitions_of(settings, (INPUT_OF[stage],)))
            offsets = await admin.list_consumer_group_offsets(group_of(settings, stage))
            done = {(tp.topic, tp.partition): found.offset for tp, found in offsets.items()}
            n_behind += sum(end - max(0, done.get((tp.topic, tp.partition), 0)) for tp, end in ends.items())
    finally:
        await asyncio.gather(admin.close(), consumer.stop(), return_exceptions=True)
    return n_behind


def _is_out(places: Sequence[tuple[TopicPartition, int]], ends: Offsets) -> bool:
    return any(offset < ends.get(tp, 0) for tp, offset in places)
