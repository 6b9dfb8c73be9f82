"""Topics as they stand on a broker, and how they differ from the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.topics import TOPICS, TopicSpec, name_in
from streams.kafka.admin import open_admin
from streams.kafka.reading import open_consumer
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Drift:
    """One property of a topic on the broker that is not what the registry says."""

    topic: str
    property: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic of the registry as it stands on the broker; `n_offsets` are its offsets from start to end.

    The markers of transactions take offsets, too, and compaction leaves holes: there are at most so many records.
    """

    spec: TopicSpec
    n_partitions: int
    n_replicas: int
    n_offsets: int
    config: Mapping[str, str] = field(default_factory=dict)


def config_of(spec: TopicSpec) -> dict[str, str]:
    """Returns the topic's configuration on the broker."""
    config = {
        "cleanup.policy": spec.cleanup,
        "retention.ms": str(spec.retention_ms),
        "max.message.bytes": str(spec.max_message_bytes),
    }
    if spec.cleanup == "compact":
        del config["retention.ms"]  # compacted for ever; what is deleted is deleted by a tombstone
    if spec.segment_ms is not None:
        config["segment.ms"] = str(spec.segment_ms)
    if spec.min_compaction_lag_ms is not None:
        config["min.compaction.lag.ms"] = str(spec.min_compaction_lag_ms)
    return config


def n_partitions_of(spec: TopicSpec, settings: Settings) -> int:
    """Returns the topic's own partition count, or the deployment's."""
    return spec.partitions or settings.partitions


async def describe_topics(settings: Settings, *, with_offsets: bool = True) -> dict[str, TopicState]:
    """Returns the state of each of the registry's topics that exists, by the registry's name.

    Args:
        settings: the deployment.
        with_offsets: False leaves `n_offsets` 0 and saves asking every leader.
    """
    async with open_admin(settings) as admin:
        names = {name_in(settings.namespace, name): name for name in TOPICS}
        present = [full for full in await admin.list_topics() if full in names]
        if not present:
            return {}
        metadata = {entry["topic"]: entry for entry in await admin.describe_topics(present)}
        configs = await _configs(admin, present)
    counts = await record_counts(settings, metadata) if with_offsets else {}
    return {
        names[full]: TopicState(
            spec=TOPICS[names[full]],
            n_partitions=len(entry["partitions"]),
            n_replicas=min(len(partition["replicas"]) for partition in entry["partitions"]),
            n_offsets=counts.get(full, 0),
            config=configs.get(full, {}),
        )
        for full, entry in metadata.items()
        if entry["partitions"]
    }


async def find_drift(settings: Settings) -> tuple[Drift, ...]:
    """Compares the topics that exist with the registry."""
    found: list[Drift] = []
    for name, state in (await describe_topics(settings, with_offsets=False)).items():
        wanted = {"partitions": str(n_partitions_of(state.spec, settings)), **config_of(state.spec)}
        actual = {"partitions": str(state.n_partitions), **state.config}
        found += [
            Drift(name, key, actual.get(key, "unknown"), value)
            for key, value in wanted.items()
            if actual.get(key) != value
        ]
    return tuple(found)


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(wanted):
        for _code, _message, _kind, name, entries in response.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


async def record_counts(settings: Settings, metadata: Mapping[str, Any]) -> dict[str, int]:
    """Asks the leader of every partition; returns offsets between start and end by topic, markers included.

    Args:
        settings: the deployment.
        metadata: the topics' metadata by full name, as the admin client describes them.
    """
    partitions = [
        TopicPartition(name, entry["partition"]) for name, topic in metadata.items() for entry in topic["partitions"]
    ]
    async with open_consumer(settings) as consumer:
        first, last = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    counts: dict[str, int] = {}
    for tp in partitions:
        counts[tp.topic] = counts.get(tp.topic, 0) + last[tp] - first[tp]
    return counts
