"""The layout and the properties of the embedded brokers."""

from pathlib import Path

import pytest

from streams.daemon import ProcessRef
from streams.kafka.embedded_config import ClusterState, KafkaConfig, Node, jvm_options, properties
from streams.kafka.embedded_state import condition_of

THREE = tuple(Node(node_id=i, port=20_000 + i, controller_port=21_000 + i) for i in (1, 2, 3))


def parsed(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines())


def test_one_node_needs_no_other() -> None:
    node = THREE[0]
    values = parsed(properties(node, [node], Path("/data")))
    assert values["controller.quorum.voters"] == "1@127.0.0.1:21001"
    assert values["default.replication.factor"] == "1"
    assert values["transaction.state.log.min.isr"] == "1"


def test_three_nodes_survive_the_loss_of_one() -> None:
    values = parsed(properties(THREE[1], THREE, Path("/data")))
    assert values["node.id"] == "2"
    assert values["controller.quorum.voters"].count("@127.0.0.1:") == 3
    for name in ("default", "offsets.topic", "transaction.state.log", "share.coordinator.state.topic"):
        assert values[f"{name}.replication.factor"] == "3"
    assert values["min.insync.replicas"] == values["transaction.state.log.min.isr"] == "2"


def test_every_listener_is_on_loopback_and_no_topic_is_made_by_naming_it() -> None:
    values = parsed(properties(THREE[0], THREE, Path("/data")))
    assert all("://127.0.0.1:" in part for part in values["listeners"].split(","))
    assert values["auto.create.topics.enable"] == "false"
    assert int(values["message.max.bytes"]) == int(values["replica.fetch.max.bytes"]) == 16 * 1024 * 1024


@pytest.mark.parametrize(("n_nodes", "largest"), [(1, "-Xmx512m"), (3, "-Xmx384m")])
def test_the_heap_is_small(n_nodes: int, largest: str) -> None:
    assert largest in jvm_options(n_nodes)


def test_only_a_benchmarks_broker_compiles_twice() -> None:
    assert set(jvm_options(1)) - set(jvm_options(1, optimising=True)) == {"-XX:TieredStopAtLevel=1"}


@pytest.mark.parametrize("n_nodes", [0, 2, 4])
def test_other_sizes_are_refused(n_nodes: int) -> None:
    with pytest.raises(ValueError, match="1 or 3"):
        KafkaConfig(data_dir=Path(), n_nodes=n_nodes)


@pytest.mark.parametrize(
    ("n_meant", "ready", "n_alive", "condition"),
    [(0, False, 0, "stopped"), (3, True, 0, "stale"), (3, False, 3, "starting"), (3, True, 2, "degraded"),
     (3, True, 3, "running")],
)  # fmt: skip
def test_the_condition(n_meant: int, ready: bool, n_alive: int, condition: str) -> None:
    ref = ProcessRef(pid=1, started_at_s=0.0)
    nodes = tuple(
        Node(node_id=n.node_id, port=n.port, controller_port=1, process=ref if n.node_id <= n_meant else None)
        for n in THREE
    )
    state = ClusterState(cluster_id="c", kafka_version="4", nodes=nodes, ready=ready)
    assert condition_of(state, n_alive=n_alive) == condition


def test_nothing_there_is_stopped() -> None:
    assert condition_of(None, n_alive=0) == "stopped"
