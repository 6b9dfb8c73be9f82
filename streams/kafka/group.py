"""How a stage's consumer joins its group, the same for every stage, and what a command's producer is called."""

from typing import Any, Final

from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor

from schemas.taxonomy import Stage, Watcher
from schemas.topics import name_in
from streams.kafka.security import client_options
from streams.settings import Settings

DECISIONS: Final = "dlq"
"""Whose producer decides of dead letters: `dallosh dlq` and `dallosh forget` open the same, and fence each other."""


def group_of(settings: Settings, stage: Stage | Watcher) -> str:
    """Returns the name of a stage's consumer group."""
    return name_in(settings.namespace, f"dallosh-{stage.value}")


def transactional_id_of(settings: Settings, command: str) -> str:
    """Returns the transactional id of the one producer of an operator's command."""
    return name_in(settings.namespace, f"dallosh-{command}")


def consumer_options(settings: Settings, group: str) -> dict[str, Any]:
    """Returns the keyword arguments of aiokafka's consumer.

    A worker with an id is a static member: restarted within the session timeout it keeps its partitions, and no other
    worker is disturbed.
    """
    return {
        **client_options(settings),
        "group_id": group,
        "group_instance_id": f"{group}-{settings.worker_id}" if settings.worker_id else None,
        "partition_assignment_strategy": [RoundRobinPartitionAssignor],
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "max_poll_records": settings.poll_records,
        "max_poll_interval_ms": 3_600_000,
        "max_partition_fetch_bytes": 1 << 20,
        "fetch_max_wait_ms": 500,
        "request_timeout_ms": 90_000,
        "session_timeout_ms": int(settings.session_timeout_s * 1000),
        "heartbeat_interval_ms": int(settings.session_timeout_s * 1000 / 6),
        "rebalance_timeout_ms": 60_000,
        "isolation_level": "read_committed",
    }
