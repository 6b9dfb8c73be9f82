"""The memory of the workers while a cell runs."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import psutil

from schemas.taxonomy import WORKER_STAGES
from tests.chaos.sampling import Sampling

SAMPLE_INTERVAL_S: Final = 2.0
MIB: Final = 1 << 20
_STAGES: Final = frozenset(stage.value for stage in WORKER_STAGES)


class MemoryWatch(Sampling):
    """Samples the resident memory of the workers below a process, in MiB by stage, of which the largest one counts."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self.mib: dict[str, list[float]] = defaultdict(list)
        self._pid = pid

    def peaks(self) -> dict[str, float]:
        """Returns the most that a worker of each stage held, in MiB."""
        return {stage: round(max(samples), 1) for stage, samples in sorted(self.mib.items())}

    def peak_ratio(self) -> float:
        """Returns the peak of the last third by the peak before it, of the stage where it is largest; 1.0 is flat."""
        return round(max((ratio_of(samples) for samples in self.mib.values()), default=1.0), 2)

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


def ratio_of(samples: Sequence[float]) -> float:
    """Returns the peak of the last third of the samples by the peak before it; 1.0 where there are too few."""
    third = len(samples) // 3
    return max(samples[-third:]) / max(samples[:-third]) if third else 1.0
