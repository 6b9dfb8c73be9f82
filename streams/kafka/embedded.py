"""The embedded Kafka: one broker, or three for fault tests, that Dallosh starts itself on free ports of 127.0.0.1.

The brokers outlive the command that started them; a state file under the data folder lets any process find them. All
calls block for seconds at most; asynchronous code calls them from a thread.

Layout: `<data_dir>/kafka/state.json`, `lock`, and per node `node-N/` (see embedded_node).
"""

import contextlib
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from streams import daemon
from streams.disk import locked
from streams.errors import FatalError
from streams.kafka.embedded_config import ClusterState, KafkaConfig, Node
from streams.kafka.embedded_jars import EMBEDDED_DIR, Say, ensure_jars, java, kafka_version
from streams.kafka.embedded_node import NodeFolder, Runtime, ports_are_free
from streams.kafka.embedded_probe import cluster_view
from streams.kafka.embedded_state import KafkaStatus, alive_in, condition_of, load_state, new_state, save_state
from streams.loopback import free_ports

START_ATTEMPTS: Final = 3
NODE_IDS: Final = (1, 2, 3)


def find_running(data_dir: Path) -> str | None:
    """Returns `host:port,...` of the embedded cluster when it is ready and at least one node lives, else None."""
    state = load_state(data_dir.resolve() / "kafka")
    return state.bootstrap if state is not None and state.ready and alive_in(state.nodes) else None


class EmbeddedKafka:
    """A handle on the cluster in one data folder; any number of processes may hold one, a file lock orders them."""

    def __init__(self, config: KafkaConfig, *, embedded_dir: Path = EMBEDDED_DIR, say: Say = lambda _: None) -> None:
        self._config = config
        self._home = config.home
        self._embedded_dir = embedded_dir
        self._say = say

    def start(self) -> str:
        """Starts what does not run yet and returns `host:port,...`; a dead node comes back with its data.

        Raises:
            MissingToolError: Java or Maven is missing.
            FatalError: a broker did not come up (its log's end is in the message), or the data there are those of
                another number of brokers.
        """
        with self._locked():
            state = load_state(self._home)
            self._refuse_other_size(state)
            if state is not None and state.ready and len(alive_in(state.nodes)) == len(state.nodes):
                return state.bootstrap
            runtime = self._runtime()
            self._end_strays(state)
            for attempt in range(1, START_ATTEMPTS + 1):
                state = self._planned(state, fresh_ports=attempt > 1)
                try:
                    return self._bring_up(state, runtime).bootstrap
                except FatalError:
                    taken = any(self._folder(node.node_id).says_port_taken() for node in state.nodes)
                    if attempt == START_ATTEMPTS or not taken:
                        raise
        raise AssertionError("unreachable: the loop returns or raises")

    def stop(self) -> bool:
        """Stops every node (SIGTERM, SIGKILL at the deadline), keeps the data; returns whether any was running."""
        if not self._home.exists():
            return False
        with self._locked():
            state = load_state(self._home)
            refs = [] if state is None else alive_in(state.nodes)
            self._end(refs)
            if state is not None:
                down = tuple(replace(node, process=None) for node in state.nodes)
                save_state(self._home, replace(state, ready=False, nodes=down))
            return bool(refs)

    def wipe(self) -> None:
        """Kills every node and removes all data of the cluster; works on a damaged state file too."""
        if self._home.exists():
            with self._locked():
                daemon.kill(self._known() + [ref for node_id in NODE_IDS for ref in self._folder(node_id).processes()])
                shutil.rmtree(self._home, ignore_errors=True)

    def kill(self, node_id: int) -> None:
        """Kills one node with SIGKILL, as a fault would; the state file is left as the fault would leave it."""
        with self._locked():
            _state, node = self._existing(node_id)
            if node.process is not None:
                daemon.kill([node.process])

    def restart(self, node_id: int) -> None:
        """Starts one dead node again, on its port and with its data, and waits until it is in service.

        Raises:
            FatalError: it lives, its port was taken, or it did not come up.
        """
        with self._locked():
            state, node = self._existing(node_id)
            if daemon.is_alive(node.process):
                raise FatalError(f"broker {node_id} is running")
            if not ports_are_free([node]):
                raise FatalError(f"the port of broker {node_id} was taken", remedy="Run dallosh dev stop, then start")
            self._bring_up(state, self._runtime(), only=node_id)

    def status(self) -> KafkaStatus:
        """Returns what is there now, without waiting for anything."""
        state = load_state(self._home)
        nodes = () if state is None else state.nodes
        alive = tuple(node.node_id for node in nodes if daemon.is_alive(node.process))
        return KafkaStatus(
            condition=condition_of(state, n_alive=len(alive)),
            bootstrap=state.bootstrap if state is not None and state.ready and alive else None,
            cluster_id=None if state is None else state.cluster_id,
            kafka_version=None if state is None else state.kafka_version,
            nodes=nodes,
            alive=alive,
            data_dir=str(self._home),
        )

    @property
    def bootstrap(self) -> str:
        """`host:port,...` of every node, whether up or down; empty before the first start."""
        state = load_state(self._home)
        return "" if state is None else state.bootstrap

    def log_paths(self) -> list[Path]:
        """Returns the log of each node, in order."""
        state = load_state(self._home)
        return [] if state is None else [self._folder(node.node_id).log_path for node in state.nodes]

    # Steps; the lock is held.

    def _planned(self, state: ClusterState | None, *, fresh_ports: bool) -> ClusterState:
        """Returns the state to bring up: known ports are kept while those of the dead nodes are free."""
        if state is None:
            state = new_state(self._home, n_nodes=self._config.n_nodes or 1)
            fresh_ports = True
        nodes = state.nodes
        if fresh_ports or not ports_are_free([node for node in nodes if not daemon.is_alive(node.process)]):
            self._end(alive_in(nodes))
            ports = iter(free_ports(2 * len(nodes)))
            nodes = tuple(replace(n, port=next(ports), controller_port=next(ports), process=None) for n in nodes)
        return replace(state, nodes=nodes, ready=False, kafka_version=kafka_version(self._embedded_dir))

    def _bring_up(self, state: ClusterState, runtime: Runtime, *, only: int | None = None) -> ClusterState:
        """Starts the dead nodes (or `only` one of them) and waits for them; ends them again when that fails."""
        down = [n for n in state.nodes if not daemon.is_alive(n.process) and only in (None, n.node_id)]
        self._prepare(down, state, runtime)
        started: list[daemon.ProcessRef] = []
        try:
            for node in down:
                started.append(self._folder(node.node_id).spawn(len(state.nodes), runtime, self._config))
                nodes = tuple(replace(n, process=started[-1]) if n.node_id == node.node_id else n for n in state.nodes)
                state = replace(state, nodes=nodes)
                save_state(self._home, state)
            self._wait(state)
        except BaseException:  # an interrupt, too, must leave no half-started broker behind
            daemon.kill(started)
            raise
        state = replace(state, ready=True)
        save_state(self._home, state)
        return state

    def _prepare(self, down: Sequence[Node], state: ClusterState, runtime: Runtime) -> None:
        def prepare(node: Node) -> None:
            self._folder(node.node_id).prepare(node, state.nodes, state.cluster_id, runtime)

        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(prepare, down))

    def _wait(self, state: ClusterState) -> None:
        """Waits until every living node answers and names all the living ones: then all are in service."""
        living = [node for node in state.nodes if daemon.is_alive(node.process)]
        expected = {node.node_id: node.port for node in living}

        def in_service() -> bool:
            views = (cluster_view(node.port) for node in living)
            return all(
                view is not None and view.cluster_id == state.cluster_id and expected.items() <= view.ports.items()
                for view in views
            )

        daemon.wait_until(
            in_service,
            deadline_s=self._config.start_timeout_s,
            refs=alive_in(living),
            what="the embedded Kafka",
            log_paths=[self._folder(node.node_id).log_path for node in living],
        )

    def _runtime(self) -> Runtime:
        libs = ensure_jars(self._embedded_dir, say=self._say)
        return Runtime(java=java(), libs=libs, log_config=self._embedded_dir / "log4j2.yaml")

    def _end_strays(self, state: ClusterState | None) -> None:
        """Ends brokers of this very folder that the state file does not know: their starter died half-way."""
        known = {ref.pid for ref in alive_in(() if state is None else state.nodes)}
        found = [ref for node_id in NODE_IDS for ref in self._folder(node_id).processes()]
        daemon.kill([ref for ref in found if ref.pid not in known])

    def _known(self) -> list[daemon.ProcessRef]:
        """Returns the processes of the state file; one that is about to die shows no arguments to be found by."""
        with contextlib.suppress(FatalError):
            return alive_in(state.nodes) if (state := load_state(self._home)) is not None else []
        return []

    def _end(self, refs: Sequence[daemon.ProcessRef]) -> None:
        daemon.terminate(refs, deadline_s=self._config.stop_timeout_s)

    def _refuse_other_size(self, state: ClusterState | None) -> None:
        wanted = self._config.n_nodes
        if state is not None and wanted is not None and wanted != len(state.nodes):
            raise FatalError(
                f"{self._home} holds the data of {len(state.nodes)} broker(s), not of {wanted}",
                remedy="Remove them first: dallosh dev stop --wipe",
            )

    def _existing(self, node_id: int) -> tuple[ClusterState, Node]:
        state = load_state(self._home)
        nodes = () if state is None else state.nodes
        for node in nodes:
            if state is not None and node.node_id == node_id:
                return state, node
        raise FatalError(f"there is no embedded broker {node_id} in {self._home}", remedy="Run dallosh dev start")

    def _folder(self, node_id: int) -> NodeFolder:
        return NodeFolder(path=self._home / f"node-{node_id}")

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self._home / "lock", timeout_s=2 * self._config.start_timeout_s)
