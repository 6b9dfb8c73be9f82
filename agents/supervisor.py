"""Keeps workers running as child processes: starts them, restarts what dies, drains them at the end.

One thread starts, watches and reaps all of them; the kernel kills them when that thread ends, so none outlives the
supervisor, however it dies.
"""

import hashlib
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

import structlog

from agents.child import Child, Relay
from agents.environment import child_environment
from agents.restarts import Restarts
from schemas.taxonomy import Stage, Watcher
from streams.errors import DalloshError, FatalError
from streams.loopback import free_ports
from streams.settings import Settings

log = structlog.get_logger()

WATCH_INTERVAL_S: Final = 0.05
PROBE_INTERVAL_S: Final = 0.1
"""Between looks for the health port of a worker that starts: one that fails on its first block has it open briefly."""
READY_POLL_S: Final = 0.1
KILL_MARGIN_S: Final = 2.0
"""A worker ends by itself `exit_timeout_s` after SIGTERM; only then it is killed."""
KILL_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """How many processes of a stage, and the variables by which their environment differs from the settings."""

    stage: Stage | Watcher
    n_processes: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """One worker now; `pid` is None while it is down, `note` is what its `/ready` said."""

    name: str
    pid: int | None
    health_port: int
    ready: bool
    note: str
    n_restarts: int


@dataclass(slots=True)
class _Watched:
    child: Child
    restarts: Restarts
    start_at_s: float | None = 0.0
    """When it is to be started, by the monotonic clock; None while it runs or is given up."""
    probe_at_s: float = 0.0
    n_starts: int = 0


def worker_module(stage: Stage | Watcher) -> tuple[str, ...]:
    """Returns the module, and its arguments, that runs a stage."""
    return ("agents.cli.main", "worker", stage.value)


class Supervisor:
    """Runs workers until `stop`; usable from any thread, and by `with`, which kills what still runs at its end.

    Args:
        settings: the deployment, with the addresses of broker and Redis. A `health_port` other than 0 is the first
            worker's, the others follow it.
        workers: what to run, in the order of the pipe.
        relay: gets each line of the workers' output; without it each worker has a file under `data_dir/logs`.
        module_of: what runs a stage; a test's.
    """

    def __init__(
        self,
        settings: Settings,
        workers: Sequence[WorkerSpec],
        *,
        relay: Relay | None = None,
        module_of: Callable[[Stage | Watcher], Sequence[str]] = worker_module,
    ) -> None:
        self._settings = settings
        self._relay = relay
        self._module_of = module_of
        self._lock = threading.Lock()
        self._stopping = False
        self._failure: FatalError | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        n_workers = sum(spec.n_processes for spec in workers)
        first = settings.health_port
        ports = iter(range(first, first + n_workers) if first else free_ports(n_workers))
        self._watched = [
            _Watched(self._child(spec, number, next(ports)), Restarts(random.SystemRandom()))
            for spec in workers
            for number in range(1, spec.n_processes + 1)
        ]

    # --- the owner's side

    def start(self) -> None:
        """Starts every worker and returns at once."""
        self._thread.start()

    def wait_ready(self, timeout_s: float) -> bool:
        """Waits until every worker is ready at the same time; returns whether they are.

        Raises:
            FatalError: a worker was given up; the message ends with its last lines.
        """
        deadline = time.monotonic() + timeout_s
        while not all(one.ready for one in self.status()):
            self.wait(READY_POLL_S)
            if time.monotonic() > deadline:
                return False
        return True

    def wait(self, timeout_s: float | None = None) -> bool:
        """Waits until the workers have been stopped; returns whether they have.

        Raises:
            FatalError: a worker was given up; the message ends with its last lines.
        """
        is_over = self._over.wait(timeout_s)
        if self._failure is not None:
            raise self._failure
        return is_over

    def status(self) -> list[WorkerStatus]:
        """Asks every worker's `/ready`."""
        found = []
        for watched in self._watched:
            child = watched.child
            ready, note = child.probe()
            n_restarts = max(0, watched.n_starts - 1)
            found.append(
                WorkerStatus(name=child.name, pid=child.pid, health_port=child.port, ready=ready, note=note,
                             n_restarts=n_restarts)
            )  # fmt: skip
        return found

    def stop(self, timeout_s: float | None = None) -> dict[str, int]:
        """Drains every worker by SIGTERM and kills what still runs at the deadline; may be called again.

        Args:
            timeout_s: by default a little longer than the workers' own `exit_timeout_s`.

        Returns:
            Each worker's exit code, below 0 for a signal: -9 is one that had to be killed.
        """
        if timeout_s is None:
            timeout_s = self._settings.exit_timeout_s + KILL_MARGIN_S
        self._signal_all(signal.SIGTERM)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                self._signal_all(signal.SIGKILL)
                self._thread.join(KILL_TIMEOUT_S)
        return {one.child.name: one.child.exit_code for one in self._watched if one.child.exit_code is not None}

    def __enter__(self) -> Self:
        """Starts every worker."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kills what `stop` has not ended."""
        self.stop(0.0)

    def _signal_all(self, number: signal.Signals) -> None:
        with self._lock:
            self._stopping = True
            for watched in self._watched:
                watched.child.send(number)

    # --- the watching thread's side

    def _watch(self) -> None:
        try:
            while self._turn(time.monotonic()):
                time.sleep(WATCH_INTERVAL_S)
        except Exception as error:  # the boundary of the thread: with it every worker ends
            log.error("supervisor_failed", exc_info=error)
            self._failure = FatalError(f"the supervisor failed: {type(error).__name__}")
        finally:
            self._over.set()

    def _turn(self, now_s: float) -> bool:
        """Looks at every worker once; False when the end was asked for and all have ended."""
        for watched in self._watched:
            if watched.start_at_s is not None:
                self._start_due(watched, now_s)
            elif watched.child.pid is not None and watched.child.poll() is not None:
                self._ended(watched, now_s)
            elif not watched.child.began and now_s >= watched.probe_at_s:
                watched.child.probe()
                watched.probe_at_s = time.monotonic() + PROBE_INTERVAL_S
        return not self._stopping or any(one.child.pid is not None for one in self._watched)

    def _start_due(self, watched: _Watched, now_s: float) -> None:
        with self._lock:
            if self._stopping or watched.start_at_s is None or now_s < watched.start_at_s:
                return
            try:
                watched.child.spawn()
            except DalloshError as error:
                self._give_up(watched, str(error))
            else:
                watched.n_starts += 1
                watched.start_at_s, watched.probe_at_s = None, now_s + PROBE_INTERVAL_S
                log.info("worker_started", worker=watched.child.name, health_port=watched.child.port)

    def _ended(self, watched: _Watched, now_s: float) -> None:
        child, code = watched.child, watched.child.exit_code or 0
        if self._stopping:
            return
        lived_s = now_s - child.started_at_s
        delay_s = watched.restarts.ended(code, lived_s=lived_s, began=child.began)
        if delay_s is None:
            self._give_up(
                watched, f"ended {watched.restarts.n_ends} times in a row, the last time with exit code {code}"
            )
            return
        watched.start_at_s = now_s + delay_s
        report = log.error if watched.restarts.is_crash_loop else log.warning
        report(
            "worker_crash_loop" if watched.restarts.is_crash_loop else "worker_ended", worker=child.name,
            exit_code=code, lived_s=round(lived_s, 1), n_ends=watched.restarts.n_ends, restart_in_s=round(delay_s, 1),
        )  # fmt: skip

    def _give_up(self, watched: _Watched, why: str) -> None:
        name, lines = watched.child.name, watched.child.last_lines()
        log.error("worker_given_up", worker=name, reason=why)
        watched.start_at_s = None
        if self._failure is None:
            self._failure = FatalError("\n".join([f"worker {name} {why}; its last lines:", *lines]))
        self._over.set()

    def _child(self, spec: WorkerSpec, number: int, port: int) -> Child:
        settings, name = self._settings, f"{spec.stage.value}-{number}"
        log_file = settings.data_dir / "logs" / settings.namespace / f"{name}.log"
        return Child(
            name,
            self._module_of(spec.stage),
            child_environment(settings, {"DALLOSH_WORKER_ID": _worker_id(settings, number), **spec.environment}),
            health=(settings.health_host, port),
            output=self._relay or log_file,
        )


def _worker_id(settings: Settings, number: int) -> str:
    """Returns an id that the same worker has after every restart, and no worker of another supervisor has."""
    if settings.worker_id:
        return f"{settings.worker_id[:36]}-{number}"
    place = f"{socket.gethostname()}:{settings.data_dir.resolve()}"
    return f"{hashlib.sha256(place.encode()).hexdigest()[:12]}-{number}"
