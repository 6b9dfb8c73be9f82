"""A model folder in arrival order, 16 tweets a run, one session: `python -m tests.bench.bert.in_order PLAN FOLDER`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from streams.providers.onnx_bert import BATCH_SIZE, OnnxBert
from tests.bench.bert.ours import named
from tests.bench.bert.task import play, read_plan


def main() -> None:
    """Loads the folder and plays the plan; a call of one batch is not sorted across batches."""
    plan = read_plan()
    model = OnnxBert.load(Path(sys.argv[2]), threads=plan.n_threads)

    def classify(texts: Sequence[str]) -> list[list[str]]:
        batches = (texts[start : start + BATCH_SIZE] for start in range(0, len(texts), BATCH_SIZE))
        return [named(labels) for batch in batches for labels in model.classify(batch, [None] * len(batch))]

    play(plan.texts, plan.n_warm, classify)


if __name__ == "__main__":
    main()
