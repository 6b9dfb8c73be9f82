"""Where the detector stands in the partitions that it reads, by their names in the registry."""

from collections.abc import Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from schemas.topics import CLASSIFIED, COMMANDS, COVERAGE, name_in, without_namespace
from streams.kafka.reading import POLL_MS, POLL_RECORDS, existing


class DetectorReading:
    """Reads tweets, coverage and commands, one detector at a time.

    Args:
        consumer: an open one, without a group.
        namespace: of the topics.
    """

    def __init__(self, consumer: AIOKafkaConsumer, namespace: str) -> None:
        self.consumer = consumer
        self._namespace = namespace
        self._ends: dict[TopicPartition, int] = {}

    async def begin(self, offsets: Mapping[str, int]) -> None:
        """Goes to where a snapshot stopped, or to the oldest record; of coverage always, which is compacted.

        Args:
            offsets: by partition; empty where there is no snapshot.
        """
        names = [name_in(self._namespace, topic) for topic in (CLASSIFIED, COVERAGE, COMMANDS)]
        partitions = await existing(self.consumer, names)
        self.consumer.assign(partitions)
        first = await self.consumer.beginning_offsets(partitions)
        self._ends = await self.consumer.end_offsets(partitions)
        for tp in partitions:
            saved = 0 if self.topic(tp) == COVERAGE else offsets.get(self.name(tp), 0)
            self.consumer.seek(tp, max(first[tp], saved))

    async def poll(self) -> dict[TopicPartition, list[ConsumerRecord]]:
        """Returns what has come, after a moment at most."""
        found: dict[TopicPartition, list[ConsumerRecord]] = await self.consumer.getmany(
            timeout_ms=POLL_MS, max_records=POLL_RECORDS
        )
        return found

    async def positions(self) -> dict[str, int]:
        """Returns the offset that is read next, by partition."""
        return {self.name(tp): await self.consumer.position(tp) for tp in self.consumer.assignment()}

    async def lags(self, topic: str) -> dict[str, int]:
        """Returns how many records of a topic are left to read, by partition."""
        return {self.name(tp): self._end_of(tp) - await self.consumer.position(tp) for tp in self._partitions_of(topic)}

    async def has_grown(self, topic: str) -> bool:
        """Asks the broker whether a topic has records that were not read."""
        ends = await self.consumer.end_offsets(self._partitions_of(topic))
        return any([end > await self.consumer.position(tp) for tp, end in ends.items()])

    def topic(self, tp: TopicPartition) -> str:
        """Returns a partition's topic."""
        return without_namespace(self._namespace, tp.topic)

    def name(self, tp: TopicPartition) -> str:
        """Returns a partition as snapshots call it: `tweets.classified:0`."""
        return f"{self.topic(tp)}:{tp.partition}"

    def _end_of(self, tp: TopicPartition) -> int:
        """Returns where a partition ends; until its first fetch has come back, where it ended at the start."""
        known: int | None = self.consumer.highwater(tp)
        return self._ends[tp] if known is None else known

    def _partitions_of(self, topic: str) -> Sequence[TopicPartition]:
        return [tp for tp in self.consumer.assignment() if self.topic(tp) == topic]
