"""Topics on a broker: made from the registry, compared with it, removed with their namespace."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from schemas.topics import TOPICS, TopicSpec, name_in
from streams.errors import FatalError
from streams.kafka.admin import REQUEST_TIMEOUT_S, open_admin
from streams.kafka.topic_state import Drift, config_of, find_drift, n_partitions_of, record_counts
from streams.settings import Settings

READY_TIMEOUT_S: Final = 60.0
READY_POLL_S: Final = 0.05
_TOPICS_PER_REQUEST: Final = 50


@dataclass(frozen=True, slots=True)
class CreateReport:
    """Registry's names of the topics that were made and that existed, and how the latter differ."""

    created: tuple[str, ...] = ()
    existing: tuple[str, ...] = ()
    drift: tuple[Drift, ...] = ()


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
        metadata = await _wait_leaders(admin, [name_in(settings.namespace, name) for name in TOPICS])
    if missing and until_served:
        await record_counts(settings, metadata)  # see wait_served
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
    await record_counts(settings, metadata)


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
    mine = {name_in(namespace, name) for name in TOPICS}  # not by prefix: "tweets" is a namespace, too
    return tuple(full for full in await admin.list_topics() if full in mine)


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
