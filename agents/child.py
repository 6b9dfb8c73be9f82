"""One supervised worker process: its command, environment, output, health and signals."""

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import IO, Final

from streams.disk import remedy_of, tail
from streams.errors import FatalError
from streams.loopback import HOST, free_ports, is_free

PROBE_TIMEOUT_S: Final = 1.0
LAST_LINES: Final = 20
ANY_ADDRESS: Final = ("0.0.0.0", "::", "")  # noqa: S104 compared with, not bound to

Relay = Callable[[str, str], None]
"""Takes a worker's name and one line of its output."""


class Child:
    """A worker that may be started again and again; between two lives it keeps its name and, if still free, its port.

    Args:
        name: stage and number, e.g. "classifier-2".
        module: module to run and its arguments.
        environment: its environment, without its health port.
        health: host and port of its `/ready`.
        output: a file that its output is appended to, or a function that gets each line.
    """

    def __init__(
        self,
        name: str,
        module: Sequence[str],
        environment: Mapping[str, str],
        *,
        health: tuple[str, int],
        output: Path | Relay,
    ) -> None:
        self.name = name
        self.port = health[1]
        self.exit_code: int | None = None
        self.started_at_s = 0.0
        self.began = False
        """Whether its health port was seen open in this life: it is past its settings and libraries."""
        self._module, self._environment, self._output = module, environment, output
        self._host = HOST if health[0] in ANY_ADDRESS else health[0]
        self._process: subprocess.Popen[bytes] | None = None
        self._last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._reader: Thread | None = None

    @property
    def pid(self) -> int | None:
        """Its process, while it lives."""
        return self._process.pid if self._process is not None and self.exit_code is None else None

    def spawn(self) -> None:
        """Starts it in a session of its own, so that the terminal's Ctrl-C does not reach it.

        It dies with the THREAD that calls this.

        Raises:
            FatalError: it cannot be started, or its log cannot be written.
        """
        if not is_free(self.port):
            self.port = free_ports(1)[0]
        command = [sys.executable, "-m", "agents.tied", str(os.getpid()), *self._module]
        environment = {**self._environment, "DALLOSH_HEALTH_PORT": str(self.port)}
        with contextlib.ExitStack() as stack:
            try:
                sink = self._sink(stack)
                self._process = subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                    start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise FatalError(f"cannot start {self.name}: {error}", remedy=remedy_of(error)) from error
        self.exit_code, self.began, self.started_at_s = None, False, time.monotonic()
        if self._process.stdout is not None:
            self._reader = Thread(target=self._read, args=(self._process.stdout,), name=self.name, daemon=True)
            self._reader.start()

    def poll(self) -> int | None:
        """Returns the exit code once it has ended (below 0: the signal), and lets the kernel forget the process."""
        if self._process is not None and self.exit_code is None:
            self.exit_code = self._process.poll()
            if self.exit_code is not None and self._reader is not None:
                self._reader.join(PROBE_TIMEOUT_S)
        return self.exit_code

    def send(self, number: signal.Signals) -> None:
        """Sends a signal, if it still lives."""
        if self._process is not None:
            self._process.send_signal(number)

    def probe(self) -> tuple[bool, str]:
        """Asks `/ready`; returns whether it is, and what it said."""
        if self.pid is None:
            return False, "not running" if self.exit_code is None else f"ended with exit code {self.exit_code}"
        connection = http.client.HTTPConnection(self._host, self.port, timeout=PROBE_TIMEOUT_S)
        try:
            connection.connect()
            self.began = True  # also when it is then too busy to answer
            connection.request("GET", "/ready")
            answer = connection.getresponse()
            said = answer.read(500).decode("utf-8", "replace").strip()
        except (OSError, http.client.HTTPException):
            return False, "no answer"
        finally:
            connection.close()
        return answer.status == 200, said

    def last_lines(self) -> list[str]:
        """Returns the end of its output."""
        return tail(self._output, LAST_LINES) if isinstance(self._output, Path) else list(self._last_lines)

    def _sink(self, stack: contextlib.ExitStack) -> IO[bytes] | int:
        if not isinstance(self._output, Path):
            return subprocess.PIPE
        self._output.parent.mkdir(parents=True, exist_ok=True)
        return stack.enter_context(self._output.open("ab"))

    def _read(self, stream: IO[bytes]) -> None:
        with stream:
            for raw in stream:
                line = raw.decode("utf-8", "replace").rstrip()
                self._last_lines.append(line)
                if not isinstance(self._output, Path):
                    self._output(self.name, line)
