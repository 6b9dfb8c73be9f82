"""What a contender of `make bench-pii` reads and prints; standard library alone, for the peer has none of ours."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

Finds = list[tuple[int, int]]


def play(find: Callable[[str], Finds]) -> None:
    """Runs one contender on one core: the plan's texts for speed, then its marked texts.

    The first `n_warm` texts go through once before the clock starts.

    Prints one JSON object: `tweets_per_s`, and `found`, the finds of each marked text.
    """
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    plan = json.loads(Path(sys.argv[1]).read_text())
    for text in plan["texts"][: plan["n_warm"]]:
        find(text)
    began = time.perf_counter()
    for text in plan["texts"]:
        find(text)
    seconds = time.perf_counter() - began
    found = [find(text) for text in plan["marked"]]
    print(json.dumps({"tweets_per_s": len(plan["texts"]) / seconds, "found": found}))
