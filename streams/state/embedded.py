"""The embedded Redis: one redis-server that Dallosh starts itself on a free port of 127.0.0.1.

It outlives the command that started it; a state file under the data folder lets any process find it. What it holds is
a cache (marks, contexts, counters): it is saved at a clean stop and every 15 minutes, and may lose the rest.

Layout: `<data_dir>/redis/state.json`, `lock`, `redis.conf`, `redis.log`, `dump.rdb`.
"""

import re
import shutil
import socket
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from streams import daemon
from streams.disk import locked, tail, write_whole
from streams.errors import FatalError, MissingToolError
from streams.loopback import HOST, free_ports, is_free

Condition = Literal["running", "starting", "stale", "stopped"]
START_ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisConfig:
    """What to start. A `tied` server is killed by the kernel when the thread that started it ends (tests, on Linux)."""

    data_dir: Path
    start_timeout_s: float = 30.0
    stop_timeout_s: float = 10.0
    tied: bool = False

    @property
    def home(self) -> Path:
        """Folder of everything that belongs to this server."""
        return self.data_dir.resolve() / "redis"


class RedisState(msgspec.Struct, frozen=True, kw_only=True):
    """The state file; `process` is None while the server is meant to be down."""

    port: int
    process: daemon.ProcessRef | None = None
    ready: bool = False

    @property
    def url(self) -> str:
        """`redis://host:port/0`."""
        return f"redis://{HOST}:{self.port}/0"


class RedisStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What is there now; stale means that the server died without a stop."""

    condition: Condition
    url: str | None
    process: daemon.ProcessRef | None
    data_dir: str


def find_running(data_dir: Path) -> str | None:
    """Returns the URL of the embedded Redis when it is ready and lives, else None."""
    state = _load(data_dir.resolve() / "redis")
    return state.url if state is not None and state.ready and daemon.is_alive(state.process) else None


class EmbeddedRedis:
    """A handle on the server in one data folder; any number of processes may hold one, a file lock orders them."""

    def __init__(self, config: RedisConfig) -> None:
        self._config = config
        self._home = config.home

    def start(self) -> str:
        """Starts the server unless it runs, and returns its URL; a port once taken is kept while it is free.

        Raises:
            MissingToolError: redis-server is missing.
            FatalError: it did not come up; its log's end is in the message.
        """
        with self._locked():
            state = _load(self._home)
            if state is not None and state.ready and daemon.is_alive(state.process):
                return state.url
            program = redis_server()
            daemon.kill(daemon.find_by_argument(str(self._conf)) + self._remains(state))
            for attempt in range(1, START_ATTEMPTS + 1):
                keep = state is not None and attempt == 1 and is_free(state.port)
                state = RedisState(port=state.port if state is not None and keep else free_ports(1)[0])
                try:
                    return self._bring_up(state, program).url
                except FatalError:
                    taken = any("address already in use" in line.lower() for line in tail(self.log_path))
                    if attempt == START_ATTEMPTS or not taken:
                        raise
        raise AssertionError("unreachable: the loop returns or raises")

    def stop(self) -> bool:
        """Stops the server (SIGTERM, SIGKILL at the deadline), keeps the data; returns whether it was running."""
        if not self._home.exists():
            return False
        with self._locked():
            state = _load(self._home)
            if state is None:
                return False
            refs = self._remains(state)
            daemon.terminate(refs, deadline_s=self._config.stop_timeout_s)
            self._save(replace(state, ready=False, process=None))
            return bool(refs)

    def wipe(self) -> None:
        """Kills the server and removes its data."""
        if self._home.exists():
            with self._locked():
                daemon.kill(self._remains(_load(self._home)))
                shutil.rmtree(self._home, ignore_errors=True)

    def kill(self) -> None:
        """Kills the server with SIGKILL, as a fault would; the state file is left as the fault would leave it."""
        with self._locked():
            daemon.kill(self._remains(_load(self._home)))

    def status(self) -> RedisStatus:
        """Returns what is there now, without waiting for anything."""
        state = _load(self._home)
        alive = state is not None and daemon.is_alive(state.process)
        if state is None or state.process is None:
            condition: Condition = "stopped"
        elif not alive:
            condition = "stale"
        else:
            condition = "running" if state.ready else "starting"
        return RedisStatus(
            condition=condition,
            url=state.url if state is not None and condition == "running" else None,
            process=None if state is None else state.process,
            data_dir=str(self._home),
        )

    @property
    def log_path(self) -> Path:
        """What the server printed since its last start."""
        return self._home / "redis.log"

    @property
    def _conf(self) -> Path:
        return self._home / "redis.conf"

    def _bring_up(self, state: RedisState, program: str) -> RedisState:
        """Starts the server and waits for its own answer; ends it again when that fails."""
        write_whole(self._conf, _conf_text(state.port, self._home).encode())
        self.log_path.unlink(missing_ok=True)
        process = daemon.spawn([program, str(self._conf)], log_path=self.log_path, tied=self._config.tied)
        state = replace(state, process=process)
        try:
            self._save(state)
            daemon.wait_until(
                lambda: answering_pid(state.port) == process.pid,
                deadline_s=self._config.start_timeout_s,
                refs=[process],
                what="the embedded Redis",
                log_paths=[self.log_path],
            )
        except BaseException:  # an interrupt, too, must leave no half-started server behind
            daemon.kill([process])
            raise
        state = replace(state, ready=True)
        self._save(state)
        return state

    def _remains(self, state: RedisState | None) -> list[daemon.ProcessRef]:
        process = None if state is None else state.process
        return [process] if process is not None and daemon.is_alive(process) else []

    def _save(self, state: RedisState) -> None:
        write_whole(self._home / "state.json", msgspec.json.format(msgspec.json.encode(state), indent=1) + b"\n")

    def _locked(self) -> AbstractContextManager[None]:
        return locked(self._home / "lock", timeout_s=2 * self._config.start_timeout_s)


def redis_server() -> str:
    """Returns the path of `redis-server`.

    Raises:
        MissingToolError: it is not on the PATH.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise MissingToolError(
            "redis-server is missing",
            remedy="On Debian: apt-get install redis-server; elsewhere install Redis 6.2 or newer",
        )
    return program


def answering_pid(port: int, *, timeout_s: float = 1.0) -> int | None:
    """Returns the pid of the Redis that answers at this port of 127.0.0.1, None when none does."""
    try:
        with socket.create_connection((HOST, port), timeout=timeout_s) as connection:
            connection.sendall(b"INFO server\r\n")
            answer = connection.recv(65_536)
    except OSError:
        return None
    found = re.search(rb"process_id:(\d+)", answer)
    return int(found.group(1)) if found else None


def _conf_text(port: int, home: Path) -> str:
    lines = (
        f"bind {HOST}",
        f"port {port}",
        f'dir "{home}"',
        "daemonize no",
        "supervised no",
        "save 900 1",
        "appendonly no",
        "stop-writes-on-bgsave-error no",
        "set-proc-title no",
        "loglevel notice",
    )
    return "".join(f"{line}\n" for line in lines)


def _load(home: Path) -> RedisState | None:
    path = home / "state.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=RedisState)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise FatalError(f"cannot read {path}: {error}", remedy="Remove that folder and start again") from error
