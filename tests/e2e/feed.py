"""Rows into the pipe at a steady pace: `dallosh ingest -` as a process, its standard input written line by line."""

import asyncio
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.e2e.process import DALLOSH

TICK_S: Final = 0.2
END_S: Final = 60.0


class Feed:
    """Sends a file's lines at `per_s`; `hurry` sends what is left at once and returns the summary of ingest."""

    def __init__(self, file: Path, env: dict[str, str], *, per_s: float) -> None:
        self._lines = file.read_bytes().splitlines(keepends=True)
        self._env = env
        self._per_s = per_s
        self._n_sent = 0
        self._process: asyncio.subprocess.Process | None = None
        self._pacing: asyncio.Task[None] | None = None

    @property
    def n_left(self) -> int:
        """Lines that are not sent yet."""
        return len(self._lines) - self._n_sent

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *DALLOSH, "ingest", "-", "--format", "jsonl", "--json", env=self._env,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._pacing = asyncio.create_task(self._pace())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pacing is not None:
            self._pacing.cancel()
            await asyncio.gather(self._pacing, return_exceptions=True)
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def hurry(self) -> dict[str, Any]:
        """Sends the rest and waits until every row is acknowledged."""
        assert self._process is not None
        assert self._pacing is not None
        self._pacing.cancel()
        await asyncio.gather(self._pacing, return_exceptions=True)
        rest = b"".join(self._lines[self._n_sent :])
        self._n_sent = len(self._lines)
        async with asyncio.timeout(END_S):
            out, _ = await self._process.communicate(rest)
        assert self._process.returncode == 0
        summary: dict[str, Any] = json.loads(out.splitlines()[-1])
        return summary

    async def _pace(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        while self.n_left:
            n_due = min(len(self._lines), int((loop.time() - began) * self._per_s))
            self._write(n_due)
            await asyncio.sleep(TICK_S)

    def _write(self, n_due: int) -> None:
        """Hands lines to the pipe's own buffer, so that a cancelled pace never sends half of them."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(b"".join(self._lines[self._n_sent : n_due]))
        self._n_sent = n_due
