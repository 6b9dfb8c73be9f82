"""Topics on a broker: made from the registry, compared with it, removed with their namespace."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from schemas.topics import TOPICS, TopicSpec, name_in, without_namespace
from streams.errors import FatalError
from streams.kafka.security import client_options
from streams.settings import Settings

REQUEST_TIMEOUT_S: Final = 30.0
READY_TIMEOUT_S: Final = 60.0
READY_POLL_S: Final = 0.05
_TOPICS_PER_REQUEST: Final = 50


@dataclass(frozen=True, slots=True)
class Drift:
    """One property of a topic on the broker that is not what the registry says."""

    topic: str
    property: str
    found: str
    wanted: str


@dataclass(frozen=True, slots=True)
class CreateReport:
    """Registry's names of the topics that were made and that existed, and how the latter differ."""

    created: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic of the registry as it stands on the broker; `n_records` counts offsets, transaction markers included."""

    spec: TopicSpec
    n_partitions: int
    n_replicas: int
    n_records: int
    config: Mapping[str, str] = field(default_factory=dict)


@asynccontextmanager
async def open_admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """Opens an admin client and closes it.

    Raises:
        FatalError: the broker cannot be reached, or refused a request.
    """
    admin = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=int(REQUEST_TIMEOUT_S * 1000))
    try:
        async with asyncio.timeout(REQUEST_TIMEOUT_S):
            await admin.start()
        yield admin
    except (KafkaError, TimeoutError) as error:
        raise FatalError(f"the broker did not answer: {type(error).__name__}", remedy="See: dallosh doctor") from error
    finally:
        await admin.close()


def config_of(spec: TopicSpec) -> dict[str, str]:
    """Returns the topic's configuration on the broker."""
    config = {
        "cleanup.policy": spec.cleanup,
        "retention.ms": str(spec.retention_ms),
        "max.message.bytes": str(spec.max_message_bytes),
    }
    if spec.cleanup == "compact":
        del config["retention.ms"]  # compacted for ever; what is deleted is deleted by a tombstone
    return config


def n_partitions_of(spec: TopicSpec, settings: Settings) -> int:
    """Returns the topic's own partition count, or the deployment's."""
    return spec.partitions or settings.partitions


async def create_topics(
    settings: Settings, *, partitions: int | None = None, until_served: bool = True
) -> CreateReport:
    """Makes the registry's topics that do not exist, and returns when every partition has a leader that answers.

    Existing topics are never changed; the report says how they differ.

    Args:
        settings: the deployment; its namespace prefixes the names.
        partitions: partitions of the topics of tweets, in place of `settings.partitions`.
        until_served: False returns as soon as the topics are known; see `wait_served`.
    """
    if partitions is not None:
        settings = settings.model_copy(update={"partitions": partitions})
    async with open_admin(settings) as admin:
        present = set(await admin.list_topics())
        missing = [spec for spec in TOPICS.values() if name_in(settings.namespace, spec.name) not in present]
        await _create(admin, settings, missing)
        await _wait_leaders(admin, [name_in(settings.namespace, name) for name in TOPICS])
    if missing and until_served:
        await wait_served(settings)
    existing = tuple(name for name in TOPICS if name not in {spec.name for spec in missing})
    drift = await find_drift(settings) if existing else ()
    return CreateReport(tuple(spec.name for spec in missing), existing, drift)


async def wait_served(settings: Settings) -> None:
    """Returns when the leader of every partition serves it.

    Metadata name leaders seconds before these answer; a send or fetch until then fails and is retried, with a log line
    each. So the leaders themselves are asked.
    """
    async with open_admin(settings) as admin:
        metadata = await _wait_leaders(admin, [name_in(settings.namespace, name) for name in TOPICS])
    await _record_counts(settings, metadata)


async def describe_topics(settings: Settings, *, with_records: bool = True) -> dict[str, TopicState]:
    """Returns the state of each of the registry's topics that exists, by the registry's name.

    Args:
        settings: the deployment.
        with_records: False leaves `n_records` 0 and saves asking every leader.
    """
    async with open_admin(settings) as admin:
        names = {name_in(settings.namespace, name): name for name in TOPICS}
        present = [full for full in await admin.list_topics() if full in names]
        if not present:
            return {}
        metadata = {entry["topic"]: entry for entry in await admin.describe_topics(present)}
        configs = await _configs(admin, present)
    counts = await _record_counts(settings, metadata) if with_records else {}
    return {
        names[full]: TopicState(
            spec=TOPICS[names[full]],
            n_partitions=len(entry["partitions"]),
            n_replicas=min(len(partition["replicas"]) for partition in entry["partitions"]),
            n_records=counts.get(full, 0),
            config=configs.get(full, {}),
        )
        for full, entry in metadata.items()
        if entry["partitions"]
    }


async def find_drift(settings: Settings) -> tuple[Drift, ...]:
    """Compares the topics that exist with the registry."""
    found: list[Drift] = []
    for name, state in (await describe_topics(settings, with_records=False)).items():
        wanted = {"partitions": str(n_partitions_of(state.spec, settings)), **config_of(state.spec)}
        actual = {"partitions": str(state.n_partitions), **state.config}
        found += [
            Drift(name, key, actual.get(key, "unknown"), value)
            for key, value in wanted.items()
            if actual.get(key) != value
        ]
    return tuple(found)


async def missing_topics(settings: Settings) -> tuple[str, ...]:
    """Returns the registry's names of the topics that do not exist."""
    async with open_admin(settings) as admin:
        present = set(await admin.list_topics())
    return tuple(name for name in TOPICS if name_in(settings.namespace, name) not in present)


async def delete_namespace(settings: Settings) -> tuple[str, ...]:
    """Deletes every topic of the namespace, and with them the offsets of its groups; returns when they are gone.

    Returns:
        Their full names.

    Raises:
        ValueError: the namespace is empty: the deployment's own topics are never deleted by this.
    """
    if not settings.namespace:
        raise ValueError("the empty namespace is the deployment itself")
    async with open_admin(settings) as admin:
        mine = await _topics_of(admin, settings.namespace)
        if mine:
            await admin.delete_topics(list(mine), timeout_ms=int(REQUEST_TIMEOUT_S * 1000))
        async with asyncio.timeout(READY_TIMEOUT_S):
            while True:
                if not await _topics_of(admin, settings.namespace):
                    return mine
                await asyncio.sleep(READY_POLL_S)


async def _topics_of(admin: AIOKafkaAdminClient, namespace: str) -> tuple[str, ...]:
    return tuple(full for full in await admin.list_topics() if without_namespace(namespace, full) != full)


async def _create(admin: AIOKafkaAdminClient, settings: Settings, specs: Sequence[TopicSpec]) -> None:
    for start in range(0, len(specs), _TOPICS_PER_REQUEST):
        new = [_new_topic(spec, settings) for spec in specs[start : start + _TOPICS_PER_REQUEST]]
        response = await admin.create_topics(new, timeout_ms=int(REQUEST_TIMEOUT_S * 1000))
        for topic, code, *message in response.topic_errors:
            if code not in (0, TopicAlreadyExistsError.errno):
                raise FatalError(
                    f"topic {topic} was not made: {for_code(code).__name__}{_said(message)}",
                    remedy="Check DALLOSH_REPLICATION against the number of brokers, and this user's rights",
                )


def _new_topic(spec: TopicSpec, settings: Settings) -> NewTopic:
    return NewTopic(
        name_in(settings.namespace, spec.name),
        n_partitions_of(spec, settings),
        settings.replication or -1,
        # NewTopic takes -1 (the broker's default) only where assignments are given, if none
        replica_assignments=None if settings.replication else {},
        topic_configs=config_of(spec),
    )


def _said(message: Iterable[Any]) -> str:
    text = " ".join(str(part) for part in message if part)
    return f" ({text})" if text else ""


async def _wait_leaders(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, Any]:
    """Waits until the metadata name a leader of every partition; returns them by topic."""
    async with asyncio.timeout(READY_TIMEOUT_S):
        while True:
            entries = await admin.describe_topics(list(names))
            if all(
                not entry["error_code"]
                and entry["partitions"]
                and all(p["leader"] >= 0 and not p["error_code"] for p in entry["partitions"])
                for entry in entries
            ):
                return {entry["topic"]: entry for entry in entries}
            await asyncio.sleep(READY_POLL_S)


async def _configs(admin: AIOKafkaAdminClient, names: Sequence[str]) -> dict[str, dict[str, str]]:
    wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await admin.describe_configs(wanted):
        for _code, _message, _kind, name, entries in response.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


async def _record_counts(settings: Settings, metadata: Mapping[str, Any]) -> dict[str, int]:
    partitions = [
        TopicPartition(name, entry["partition"]) for name, topic in metadata.items() for entry in topic["partitions"]
    ]
    consumer = AIOKafkaConsumer(**client_options(settings), enable_auto_commit=False)
    await consumer.start()
    try:
        first, last = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    counts: dict[str, int] = {}
    for tp in partitions:
        counts[tp.topic] = counts.get(tp.topic, 0) + last[tp] - first[tp]
    return counts
