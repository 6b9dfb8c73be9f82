"""The simulator as a process of its own, controlled over HTTP: what it answers is simulated, never a model's."""

import json
import os
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.e2e.process import Running
from tests.simulator.modes import Mode

START_S: Final = 60.0
ANSWER_S: Final = 10.0
CLEAN: Final = 0

API: Final = ("gemini", "mistral", "openai")
"""The providers of level 1 that are configured."""


class Simulated:
    """`python -m tests.simulator`; `with` starts it and ends it by SIGTERM."""

    def __init__(self, folder: Path, env: dict[str, str], arguments: Sequence[str] = ()) -> None:
        command = [sys.executable, "-m", "agents.tied", str(os.getpid()), "tests.simulator", *arguments]
        self._running = Running(command, env, folder, name="simulator")
        self._url = ""
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._running.__enter__()
        self._running.wait_for(lambda: "\n" in self._running.stdout(), "the simulator serves", START_S)
        said = json.loads(self._running.stdout().splitlines()[0])
        self._url, self.environment = said["url"], said["env"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                assert self._running.stop() == CLEAN
        finally:
            self._running.__exit__(kind, error, trace)

    def play(self, modes: dict[str, Mode]) -> None:
        """Sets the mode of each provider named."""
        for provider, mode in modes.items():
            self._post("mode", {"provider": provider, "mode": mode.value})

    def stats(self) -> dict[str, dict[str, Any]]:
        """Returns the counters of each provider."""
        with urllib.request.urlopen(f"{self._url}/_simulator/stats", timeout=ANSWER_S) as answer:
            found: dict[str, dict[str, Any]] = json.loads(answer.read())
        return found

    def _post(self, what: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(
            f"{self._url}/_simulator/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:
            assert answer.status == 200
