"""Whether the pipe has records left to work on."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, name_in
from streams.kafka.group import group_of
from streams.kafka.reading import partitions_of, scan
from streams.settings import Settings


async def has_backlog(
    settings: Settings, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, stages: Sequence[Stage]
) -> bool:
    """Tells whether one of the stages has records before it that it has not finished.

    A stage whose offset lies before the end may have nothing left all the same: what ends a transaction takes an
    offset, too. Such partitions are read.

    Args:
        settings: the deployment.
        admin: asks for committed offsets.
        consumer: asks for the ends; any.
        stages: of the pipe.

    Raises:
        KafkaError: the broker did not answer.
    """
    for stage in stages:
        topic = INPUT_OF[stage]
        partitions = await partitions_of(consumer, [name_in(settings.namespace, topic)])
        first, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        committed = await admin.list_consumer_group_offsets(group_of(settings, stage), partitions=partitions)
        behind: dict[TopicPartition, int] = {}
        for tp in partitions:
            offset = committed[tp].offset if tp in committed else -1
            offset = max(offset, first[tp])
            if offset < ends[tp]:
                behind[tp] = offset
        if behind and await _any_record(settings, topic, behind):
            return True
    return False


async def _any_record(settings: Settings, topic: str, behind: dict[TopicPartition, int]) -> bool:
    """Tells whether a committed record stands at one of these offsets or later."""
    async for record in scan(settings, [topic], from_offsets=behind):
        tp = TopicPartition(record.topic, record.partition)
        if tp in behind and record.offset >= behind[tp]:
            return True
    return False
