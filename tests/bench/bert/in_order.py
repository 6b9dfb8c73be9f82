"""A model folder in arrival order, 16 tweets a run, one session: `python -m tests.bench.bert.in_order PLAN FOLDER`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from streams.providers.onnx_bert import OnnxBert
from tests.bench.bert.ours import named
from tests.bench.bert.task import play, read_plan

N_TWEETS_A_RUN: Final = 16


def main() -> None:
    """Loads the folder and plays the plan: what the worker does, less the sorting."""
    plan = read_plan()
    model = OnnxBert.load(Path(sys.argv[2]), threads=plan.n_threads)

    def classify(texts: Sequence[str]) -> list[list[str]]:
        batches = (texts[start : start + N_TWEETS_A_RUN] for start in range(0, len(texts), N_TWEETS_A_RUN))
        runs = (model.run([model.encode(text, None) for text in batch]) for batch in batches)
        return [named(labels) for run in runs for labels in run]

    play(plan.texts, plan.n_warm, classify)


if __name__ == "__main__":
    main()
