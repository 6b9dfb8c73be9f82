"""One broker of the embedded cluster: its folder, its properties, its format, its process."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams import daemon
from streams.disk import remedy_of, tail, write_whole
from streams.errors import FatalError
from streams.kafka.embedded_config import ONE_COMPILER, KafkaConfig, Node, jvm_options, properties
from streams.loopback import is_free

FORMAT_TIMEOUT_S: Final = 120.0
ARCHIVE: Final = "classes.jsa"
"""Beside the jars: their classes as a JVM of this machine has read and verified them (see embedded_archive)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What runs every broker: the Java program, the folder of the jars and the file that configures the log."""

    java: str
    libs: Path
    log_config: Path

    def argv(self, main_class: str, *options: str) -> list[str]:
        """Returns the command line up to the class; its arguments follow."""
        archive = self.libs / ARCHIVE
        if archive.is_file():  # of another Java or other jars it is refused with a warning
            options = (f"-XX:SharedArchiveFile={archive}", *options)
        log_option = f"-Dlog4j2.configurationFile={self.log_config}"
        return [
            self.java, *options, "-Djava.awt.headless=true", log_option, "-cp", str(self.libs / "*"), main_class
        ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFolder:
    """`node-N/` with `server.properties`, `kafka.log` (and the log before the last start) and `data/`."""

    path: Path

    @property
    def properties_path(self) -> Path:
        """The file that the broker's command line names: it tells the broker's process from all others."""
        return self.path / "server.properties"

    @property
    def log_path(self) -> Path:
        """What the broker printed since its last start."""
        return self.path / "kafka.log"

    def prepare(self, node: Node, nodes: Sequence[Node], cluster_id: str, runtime: Runtime) -> None:
        """Writes the properties, and formats the data folder where that was never done (1 second).

        Raises:
            FatalError: the disk refuses, or the format failed.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FatalError(f"cannot write {self.path}: {error}", remedy=remedy_of(error)) from error
        write_whole(self.properties_path, properties(node, nodes, self.path / "data").encode())
        if not (self.path / "data" / "meta.properties").is_file():
            self._format(cluster_id, runtime)

    def spawn(self, n_nodes: int, runtime: Runtime, config: KafkaConfig) -> daemon.ProcessRef:
        """Starts the broker's process; the log of the run before is kept as `kafka.log.1`."""
        if self.log_path.exists():
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        options = jvm_options(n_nodes, optimising=config.optimising)
        if config.archive is not None:
            options = (*options, f"-XX:ArchiveClassesAtExit={config.archive}")
        argv = [*runtime.argv("kafka.Kafka", *options), str(self.properties_path)]
        return daemon.spawn(argv, log_path=self.log_path, tied=config.tied)

    def processes(self) -> list[daemon.ProcessRef]:
        """Returns every process that runs a broker of this very folder, known to the state file or not."""
        return daemon.find_by_argument(str(self.properties_path))

    def says_port_taken(self) -> bool:
        """Whether the broker's log says that another program holds its port."""
        return any("address already in use" in line.lower() for line in tail(self.log_path, 200))

    def _format(self, cluster_id: str, runtime: Runtime) -> None:
        argv = [
            *runtime.argv("kafka.tools.StorageTool", ONE_COMPILER),
            "format",
            "--ignore-formatted",
            "-t",
            cluster_id,
        ]
        try:
            answer = subprocess.run(
                [*argv, "-c", str(self.properties_path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=FORMAT_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise FatalError(f"cannot format {self.path}: {error}") from error
        if answer.returncode != 0:
            full = "No space left on device" in answer.stdout
            remedy = "The disk is full: free some space, or set DALLOSH_DATA_DIR to another disk" if full else ""
            raise FatalError(f"cannot format {self.path}:\n{answer.stdout[-2000:]}\n", remedy=remedy)


def ports_are_free(nodes: Sequence[Node]) -> bool:
    """Whether every port of these nodes can be listened on now."""
    return all(is_free(port) for node in nodes for port in (node.port, node.controller_port))
