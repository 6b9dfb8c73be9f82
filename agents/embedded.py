"""Broker and Redis that Dallosh runs itself: found or started where none is configured.

Everything here blocks (a first start takes about 5 seconds); asynchronous code calls it from a thread.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from streams.errors import FatalError
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded import find_running as find_kafka
from streams.kafka.embedded_config import KafkaConfig
from streams.settings import Settings
from streams.state.embedded import EmbeddedRedis, RedisConfig
from streams.state.embedded import find_running as find_redis

Part = Literal["kafka", "redis"]


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """Where Kafka and Redis are; `started` names those that this call started, which its caller may stop again."""

    kafka: str
    redis: str
    started: tuple[Part, ...] = ()


def ensure(
    settings: Settings, *, n_brokers: int | None = None, say: Callable[[str], None] = lambda _: None
) -> Services:
    """Returns the configured services, after starting an embedded one for each that is not configured.

    Raises:
        FatalError: an embedded one does not start; the message names the remedy.
    """
    started: list[Part] = []
    kafka = settings.kafka_bootstrap or find_kafka(settings.data_dir)
    redis = settings.redis_url or find_redis(settings.data_dir)
    if redis is None:
        redis = EmbeddedRedis(RedisConfig(data_dir=settings.data_dir)).start()
        started.append("redis")
    if kafka is None:
        say("starting the embedded Kafka")
        try:
            config = KafkaConfig(data_dir=settings.data_dir, n_nodes=n_brokers)
            kafka = EmbeddedKafka(config, say=say).start()
        except BaseException:
            stop(settings.data_dir, tuple(started))
            raise
        started.append("kafka")
    return Services(kafka=kafka, redis=redis, started=tuple(started))


def stop(data_dir: Path, parts: tuple[Part, ...] = ("kafka", "redis")) -> tuple[Part, ...]:
    """Stops embedded services cleanly and keeps their data; returns those that were running."""
    stopped: list[Part] = []
    if "kafka" in parts and EmbeddedKafka(KafkaConfig(data_dir=data_dir)).stop():
        stopped.append("kafka")
    if "redis" in parts and EmbeddedRedis(RedisConfig(data_dir=data_dir)).stop():
        stopped.append("redis")
    return tuple(stopped)


def connected(settings: Settings, parts: tuple[Part, ...] = ("kafka", "redis")) -> Settings:
    """Returns the settings with the addresses of the running embedded services filled in where none is configured.

    Args:
        settings: the deployment.
        parts: what the caller needs; a reader of topics needs no Redis.

    Raises:
        FatalError: one of them is neither configured nor running.
    """
    found: dict[str, str | None] = {}
    if "kafka" in parts:
        found["kafka_bootstrap"] = settings.kafka_bootstrap or find_kafka(settings.data_dir)
    if "redis" in parts:
        found["redis_url"] = settings.redis_url or find_redis(settings.data_dir)
    for name, value in found.items():
        if not value:
            raise FatalError(
                f"{name} is not set and no embedded one runs in {settings.data_dir}",
                remedy=f"Run dallosh dev start, or set DALLOSH_{name.upper()}",
            )
    return settings.model_copy(update=found)


def with_redis_if_any(settings: Settings) -> Settings:
    """Returns the settings with the running embedded Redis filled in where none is configured; without it, as is."""
    return settings.model_copy(update={"redis_url": settings.redis_url or find_redis(settings.data_dir) or ""})
