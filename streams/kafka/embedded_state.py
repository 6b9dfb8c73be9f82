"""The state file of the embedded cluster: what it says, and what that means now."""

import base64
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from streams import daemon
from streams.disk import tail, write_whole
from streams.errors import FatalError
from streams.kafka.embedded_config import STATE_VERSION, ClusterState, Node

Condition = Literal["running", "degraded", "starting", "stale", "stopped"]
"""running: every node lives and answered at its start; degraded: some nodes are dead; starting: not all answered yet;
stale: all nodes died without a stop (the data are kept, `start` recovers); stopped: none is meant to run."""


class KafkaStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is there now; `alive` are the ids of the nodes that live."""

    condition: Condition
    bootstrap: str | None
    cluster_id: str | None
    kafka_version: str | None
    nodes: tuple[Node, ...]
    alive: tuple[int, ...]
    data_dir: str


def load_state(home: Path) -> ClusterState | None:
    """Returns the state file of a cluster, None when there is none.

    Raises:
        FatalError: it is of another version of Dallosh, or damaged.
    """
    path = home / "state.json"
    try:
        state = msgspec.json.decode(path.read_bytes(), type=ClusterState)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise FatalError(f"cannot read {path}: {error}", remedy="Start afresh: dallosh dev stop --wipe") from error
    if state.version != STATE_VERSION:
        raise FatalError(f"{path} is of another version", remedy="Start afresh: dallosh dev stop --wipe")
    return state


def save_state(home: Path, state: ClusterState) -> None:
    """Replaces the state file in one step."""
    write_whole(home / "state.json", msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")


def new_state(home: Path, *, n_nodes: int) -> ClusterState:
    """Returns the state of a cluster that was never started; ports are still to be chosen.

    The cluster id is that of data whose state file was lost, where there are any: Kafka refuses data of another id.
    """
    text = "\n".join(tail(home / "node-1" / "data" / "meta.properties"))
    found = re.search(r"^cluster\.id=(\S+)$", text, re.MULTILINE)
    nodes = tuple(Node(node_id=i, port=0, controller_port=0) for i in range(1, n_nodes + 1))
    return ClusterState(cluster_id=found.group(1) if found else _new_cluster_id(), kafka_version="", nodes=nodes)


def alive_in(nodes: Sequence[Node]) -> list[daemon.ProcessRef]:
    """Returns the processes of the nodes that live."""
    return [node.process for node in nodes if node.process is not None and daemon.is_alive(node.process)]


def condition_of(state: ClusterState | None, *, n_alive: int) -> Condition:
    """Returns what the state file means when so many of its nodes live."""
    if state is None or all(node.process is None for node in state.nodes):
        return "stopped"
    if n_alive == 0:
        return "stale"
    if not state.ready:
        return "starting"
    return "running" if n_alive == len(state.nodes) else "degraded"


def _new_cluster_id() -> str:
    """Returns a random id in Kafka's form: 16 bytes, base64 for URLs, without padding, not starting with a dash."""
    while (text := base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text
