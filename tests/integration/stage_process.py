"""A stage worker as a real process: its settings by environment, its log in a file, signals, its metrics."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from streams.settings import Settings
from tests.integration.router_rig import PROJECT_DIR, until

SETTINGS: Final = ("kafka_bootstrap", "namespace", "data_dir", "worker_id", "session_timeout_s", "drain_timeout_s",
                   "exit_timeout_s", "delivery_timeout_s", "watchdog_timeout_s", "poll_records",
                   "max_batch_tokens", "linger_s", "batches_in_flight")  # fmt: skip
OPTIONAL: Final = ("breaker_share", "breaker_run_length", "breaker_min_records")


class StageProcess:
    """A worker in a process of its own."""

    def __init__(self, command: Iterable[str], settings: Settings, log: Path, environment: Mapping[str, str]) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith("DALLOSH_")}
        env |= {"DALLOSH_ENV_FILE": ""} | {f"DALLOSH_{name.upper()}": str(getattr(settings, name)) for name in SETTINGS}
        env |= {f"DALLOSH_{name.upper()}": str(value) for name in OPTIONAL if (value := getattr(settings, name))}
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *command], env={**env, **environment}, cwd=PROJECT_DIR, stdout=out, stderr=out
            )

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Ends it at once, as the machine's failure would."""
        self.process.kill()
        self.process.wait(10)

    async def exit_code(self, timeout_s: float = 20.0) -> int:
        """Waits for its end."""
        return await asyncio.to_thread(self.process.wait, timeout_s)

    async def stop(self, timeout_s: float = 20.0) -> int:
        """Sends SIGTERM and waits for its end."""
        self.signal(signal.SIGTERM)
        return await self.exit_code(timeout_s)

    def text(self) -> str:
        """Its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def n_events(self, event: str) -> int:
        """Counts the lines of one event in its log."""
        return self.text().count(f'"event": "{event}"')

    async def logged(self, event: str, n_times: int = 1, timeout_s: float = 25.0) -> None:
        """Waits until its log holds an event so often."""

        async def enough() -> bool:
            assert self.process.poll() is None or self.n_events(event) >= n_times, self.text()
            return self.n_events(event) >= n_times

        await until(enough, timeout_s)

    async def metric(self, name: str) -> float | None:
        """Reads one value of its metrics port; None before the worker has set it."""
        found = re.search(r'"health_port": (\d+)', self.text())
        assert found, self.text()
        lines = (await asyncio.to_thread(_get, f"http://127.0.0.1:{found[1]}/metrics")).splitlines()
        return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name + "{")), None)


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        text: str = answer.read().decode()
    return text
