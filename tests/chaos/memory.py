"""The memory of the workers while a cell runs."""

import asyncio
import contextlib
from collections import defaultdict
from typing import Final

import psutil

from schemas.taxonomy import WORKER_STAGES

SAMPLE_INTERVAL_S: Final = 2.0
MIB: Final = 1 << 20
_STAGES: Final = frozenset(stage.value for stage in WORKER_STAGES)


class MemoryWatch:
    """Samples the resident memory of the workers below a process, in MiB by stage, of which the largest one counts."""

    def __init__(self, pid: int) -> None:
        self.mib: dict[str, list[float]] = defaultdict(list)
        self._pid = pid
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "MemoryWatch":
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def peaks(self) -> dict[str, float]:
        """Returns the most that a worker of each stage held, in MiB."""
        return {stage: round(max(samples), 1) for stage, samples in sorted(self.mib.items())}

    def growth(self) -> float:
        """Returns the peak of the last third by the peak before it, of the stage where it is largest; 1.0 is flat."""
        return round(max((_growth(samples) for samples in self.mib.values()), default=1.0), 2)

    async def _run(self) -> None:
        while True:
            largest: dict[str, float] = {}
            with contextlib.suppress(psutil.Error):
                for child in psutil.Process(self._pid).children():
                    with contextlib.suppress(psutil.Error, IndexError):
                        if (stage := child.cmdline()[-1]) in _STAGES:
                            largest[stage] = max(largest.get(stage, 0.0), child.memory_info().rss / MIB)
            for stage, mib in largest.items():
                self.mib[stage].append(mib)
            await asyncio.sleep(SAMPLE_INTERVAL_S)


def _growth(samples: list[float]) -> float:
    third = len(samples) // 3
    return max(samples[-third:]) / max(samples[:-third]) if third else 1.0
