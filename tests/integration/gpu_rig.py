"""A GPU server that can be started by a command and killed: the simulator as a process, and a file of its starts."""

import os
import shlex
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from agents.gpu_start import LastStart
from agents.gpu_worker import GpuModels
from schemas.tweet import ScrubbedTweet
from streams.core.cascade import LevelResult
from streams.daemon import is_alive, kill, session_of
from streams.settings import Settings, load_settings

AT: Final = datetime(2026, 1, 2, tzinfo=UTC)
TEXTS: Final = ("Plus de fibre depuis 3 jours", "Merci, super", "Ma facture est fausse")
TOO_LONG_S: Final = 20.0


def tweets(n: int = 3, texts: Sequence[str] = TEXTS) -> list[ScrubbedTweet]:
    said = [texts[i % len(texts)] for i in range(n)]
    return [
        ScrubbedTweet(id=str(i), created_at=AT, author="a", text=text, scrubbed=text) for i, text in enumerate(said)
    ]


def is_whole(result: LevelResult, n: int) -> bool:
    """Whether each of the tweets was answered or given up, once."""
    return sorted([*result.answers, *result.given_up]) == list(range(n))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Machine:
    """A machine without a server: a port, a data directory, and commands that count how often they ran."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.data_dir = folder / "data"
        self.counted = folder / "starts"
        self.log = self.data_dir / "logs" / "gpu-server.log"

    @property
    def n_starts(self) -> int:
        return len(self.counted.read_text().splitlines()) if self.counted.exists() else 0

    @property
    def server(self) -> str:
        """A command that is the server itself."""
        return self.command(f"exec {shlex.quote(sys.executable)} -m tests.simulator --port {self.port}")

    def command(self, script: str) -> str:
        return shlex.join(["sh", "-c", f"echo started >> {shlex.quote(str(self.counted))}; {script}"])

    def settings(self, command: str = "", **changes: object) -> Settings:
        url = f"http://127.0.0.1:{self.port}/vllm/v1"
        given = {"gpu_start_command": command, "gpu_start_timeout_s": TOO_LONG_S, "batch_deadline_s": 5.0}
        return load_settings(vllm_base_url=url, data_dir=self.data_dir, **{**given, **changes})

    def last_start(self) -> LastStart:
        return msgspec.json.decode((self.data_dir / "gpu-server.json").read_bytes(), type=LastStart)

    def kill(self) -> None:
        """Kills the server as the kernel does when memory is short."""
        os.kill(self.last_start().process.pid, signal.SIGKILL)

    def is_running(self) -> bool:
        return is_alive(self.last_start().process)

    def clean(self) -> None:
        if (self.data_dir / "gpu-server.json").exists():
            kill(session_of(self.last_start().process))


@asynccontextmanager
async def worker(settings: Settings) -> AsyncIterator[GpuModels]:
    """A worker's models, started and closed."""
    models = GpuModels(settings)
    try:
        await models.start()
        yield models
    finally:
        await models.close()
