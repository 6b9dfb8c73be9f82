"""What a contender of `make bench-bert` reads and prints; standard library alone, for the peers have none of ours."""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """The tweets of one run: as written, and as the model reads them (links, handles and emoji made plain)."""

    texts: list[str]
    read: list[str]
    n_warm: int
    n_threads: int


def read_plan() -> Plan:
    """Reads the plan that the first argument names."""
    return Plan(**json.loads(Path(sys.argv[1]).read_text()))


def play(items: Sequence[T], n_warm: int, classify: Callable[[Sequence[T]], Sequence[Any]]) -> None:
    """Classifies the first `n_warm` items, then, with the clock on, all of them.

    Prints one JSON object: `tweets_per_s`, `cpu_ms` of all threads for a tweet (which other processes on the machine
    move less), `peak_mb`, and `answers`, what `classify` made of all items.
    """
    classify(items[:n_warm])
    began, cpu_began = time.perf_counter(), time.process_time()
    answers = classify(items)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    if len(answers) != len(items):
        raise RuntimeError(f"{len(answers)} answers to {len(items)} tweets")
    figures = {
        "tweets_per_s": len(items) / seconds, "cpu_ms": cpu_s * 1000 / len(items), "peak_mb": peak_rss_mb(os.getpid())
    }  # fmt: skip
    print(json.dumps({**figures, "answers": answers}))


def peak_rss_mb(pid: int) -> float:
    """Returns the largest resident set that a process has had, in 10^6 bytes, from /proc.

    Where there is no /proc, only this process can be asked; `ru_maxrss` alone would count the process that started it.
    """
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on a Mac
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6
