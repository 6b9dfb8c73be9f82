"""A long-running `dallosh` command as a process: started, asked over HTTP, signalled, always ended."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

DALLOSH: Final = (sys.executable, "-m", "agents.cli.main")
TIMEOUT_S: Final = 60.0


def until(condition: Callable[[], object], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Polls a condition until it holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s:.0f} s: {what}"
        time.sleep(0.1)


def tied_dallosh() -> list[str]:
    """Returns the command as a child that cannot outlive this process, whatever ends it (Linux)."""
    return [sys.executable, "-m", "agents.tied", str(os.getpid()), "agents.cli.main"]


def get(port: int, path: str) -> tuple[int, str]:
    """Asks a health port; (0, "") when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


class Running:
    """The process, its standard output and error in files; killed at the end of the block if it still runs."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        *,
        name: str = "out",
        cwd: Path | None = None,
    ) -> None:
        self.command = command
        folder.mkdir(parents=True, exist_ok=True)
        self._out, self._err = folder / f"{name}.stdout", folder / f"{name}.stderr"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command, env=dict(env), cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        if error is not None:
            sys.stderr.write(f"--- end of the output of {' '.join(self.command)}\n{self.stderr()[-3000:]}\n")

    def stdout(self) -> str:
        return self._out.read_text()

    def stderr(self) -> str:
        return self._err.read_text(errors="replace")

    def events(self) -> list[dict[str, Any]]:
        """Returns the JSON lines of standard error."""
        return [json.loads(line) for line in self.stderr().splitlines() if line.startswith("{")]

    def event(self, name: str) -> dict[str, Any] | None:
        """Returns the first event of that name."""
        return next((event for event in self.events() if event["event"] == name), None)

    def wait_for(self, condition: Callable[[], object], what: str, timeout_s: float = TIMEOUT_S) -> None:
        """Polls a condition; fails at once when the process ends before."""

        def holds() -> object:
            assert self.process.poll() is None, f"ended with {self.process.returncode} before: {what}\n{self.stderr()}"
            return condition()

        until(holds, what, timeout_s)

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout_s: float = 40.0) -> int:
        """Sends the signal and returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout_s)

    def end(self, timeout_s: float = TIMEOUT_S) -> int:
        """Waits for its end by itself."""
        return self.process.wait(timeout_s)


def workers_of(up: Running) -> dict[str, dict[str, Any]]:
    """Waits for the line of `dallosh up` that says that all are up, and returns its workers by name."""
    up.wait_for(lambda: '"ready"' in up.stdout(), "up", timeout_s=150)
    said = json.loads(up.stdout().splitlines()[0])
    assert said["ready"] is True
    return {worker["name"]: worker for worker in said["workers"]}
