"""How the embedded brokers are laid out and configured: pure values, no process and no file is touched here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from streams.daemon import ProcessRef
from streams.loopback import HOST

MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
STATE_VERSION: Final = 1
ONE_COMPILER: Final = "-XX:TieredStopAtLevel=1"


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaConfig:
    """What to start: 1 or 3 brokers; None: as many as the data there have, 1 where there are none.

    `tied` brokers are killed by the kernel when the thread that started them ends (tests, on Linux); others outlive
    the process that started them. `optimising` brokers compile their code twice: more records/s after a while, for
    twice the processor time of a start (a benchmark's). A broker with an `archive` writes the classes that it drew in
    to that file when it is stopped (see embedded_archive).
    """

    data_dir: Path
    n_nodes: int | None = None
    start_timeout_s: float = 90.0
    stop_timeout_s: float = 20.0
    tied: bool = False
    optimising: bool = False
    archive: Path | None = None

    def __post_init__(self) -> None:
        if self.n_nodes not in (None, 1, 3):
            raise ValueError("an embedded cluster has 1 or 3 brokers")

    @property
    def home(self) -> Path:
        """Folder of everything that belongs to this cluster."""
        return self.data_dir.resolve() / "kafka"


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One broker: it is also a controller (combined mode). `process` is None while it is meant to be down."""

    node_id: int
    port: int
    controller_port: int
    process: ProcessRef | None = None

    @property
    def address(self) -> str:
        """`host:port` for clients."""
        return f"{HOST}:{self.port}"


class ClusterState(msgspec.Struct, frozen=True, kw_only=True):
    """The state file: what any process needs to find, judge and restart the cluster.

    `ready` turns true once every node answered; a cluster whose starter died before that is not handed out.
    """

    cluster_id: str
    kafka_version: str
    nodes: tuple[Node, ...]
    ready: bool = False
    version: int = STATE_VERSION

    @property
    def bootstrap(self) -> str:
        """`host:port,...` of every node, whether up or down."""
        return ",".join(node.address for node in self.nodes)


def properties(node: Node, nodes: Sequence[Node], log_dir: Path) -> str:
    """Returns `server.properties` of one node of a cluster.

    With three nodes every topic has three replicas by default and a write with acks=all needs two of them, so that
    one node may die. With one node both numbers are 1. Topics are never made by merely naming them.
    """
    replicas = 3 if len(nodes) == 3 else 1
    in_sync = 2 if len(nodes) == 3 else 1
    values: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": node.node_id,
        "controller.quorum.voters": ",".join(f"{n.node_id}@{HOST}:{n.controller_port}" for n in nodes),
        "listeners": f"PLAINTEXT://{node.address},CONTROLLER://{HOST}:{node.controller_port}",
        "advertised.listeners": f"PLAINTEXT://{node.address}",
        "controller.listener.names": "CONTROLLER",
        "inter.broker.listener.name": "PLAINTEXT",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": log_dir,
        "auto.create.topics.enable": "false",
        "default.replication.factor": replicas,
        "min.insync.replicas": in_sync,
        "offsets.topic.num.partitions": 4,
        "offsets.topic.replication.factor": replicas,
        "transaction.state.log.num.partitions": 4,
        "transaction.state.log.replication.factor": replicas,
        "transaction.state.log.min.isr": in_sync,
        "share.coordinator.state.topic.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": replicas,
        "share.coordinator.state.topic.min.isr": in_sync,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1_000,
        "message.max.bytes": MAX_MESSAGE_BYTES,
        "replica.fetch.max.bytes": MAX_MESSAGE_BYTES,
        "replica.fetch.response.max.bytes": 2 * MAX_MESSAGE_BYTES,
        # A small machine: few threads, small buffers, no space taken ahead.
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 2,
        "log.preallocate": "false",
        "log.segment.bytes": 128 * 1024 * 1024,
        "log.index.size.max.bytes": 2 * 1024 * 1024,
        "log.segment.delete.delay.ms": 1_000,
        "log.cleaner.threads": 1,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        # A node that was killed may come back only when its old session has ended: the default of 9 s is long.
        "broker.heartbeat.interval.ms": 1_000,
        "broker.session.timeout.ms": 5_000,
    }
    return "".join(f"{name}={value}\n" for name, value in values.items())


def jvm_options(n_nodes: int, *, optimising: bool = False) -> tuple[str, ...]:
    """Returns a broker's JVM options: 512 MiB of heap for a node alone, 384 MiB for each of three.

    The first compiler alone: a broker was ready after 5 s of processor time in place of 10 on two busy cores.
    """
    largest_mib = 512 if n_nodes == 1 else 384
    options = ("-Xms256m", f"-Xmx{largest_mib}m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError")
    return options if optimising else (*options, ONE_COMPILER)
