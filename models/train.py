"""Trains the small model of level 3 and writes its folder: `python -m models.train --data DIR`.

Two runs of one recipe: on four fifths of the real authors, to measure and to fit the temperatures, then on everything.
"""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from models import baseline, export
from models.card import Made, Measured, write_card
from models.fit import Recipe, train
from models.labels import HEADS
from models.network import ThreeHeads
from models.rows import Row, read_invented, read_real, split_by_author
from models.scores import calibrated_score, fit_temperature, score

VERSION = "bert-v1"
N_FOLDS = 5


def main() -> None:
    """Reads the arguments and runs the whole of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of tweets.jsonl, labels.jsonl, invented.jsonl")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / VERSION, help="folder to write")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.use_deterministic_algorithms(True)
    recipe, started = Recipe(), time.monotonic()
    real, invented = read_real(arguments.data), read_invented(arguments.data, weight=recipe.invented_weight)
    with tempfile.TemporaryDirectory() as scratch:
        measured = _measure(real, invented, recipe, Path(scratch))
        print(measured, flush=True)
        agreement = _make(real, invented, recipe, Path(scratch), arguments.out)
    export.write_config(
        arguments.out, version=VERSION, max_length=recipe.max_length, temperatures=measured.temperatures
    )
    minutes = (time.monotonic() - started) / 60
    hardware = f"{arguments.threads} threads of a {platform.machine()} processor, no GPU"
    made = Made(agreement, len(real), len(invented), minutes, hardware)
    write_card(arguments.out / "CARD.md", measured, made, recipe)
    print(f"{arguments.out} written after {minutes:.0f} min; int8 agrees with float32 on {agreement}")


def _measure(real: list[Row], invented: list[Row], recipe: Recipe, scratch: Path) -> Measured:
    known, test = split_by_author(real, fold=0, n_folds=N_FOLDS)
    model = _fit(known + invented, recipe)
    export.to_onnx(model, scratch / "held.onnx")
    export.to_int8(scratch / "held.onnx", scratch / "held-int8.onnx")
    logits = export.run_onnx(scratch / "held-int8.onnx", test, recipe.max_length)
    rival = baseline.predict(known + invented, test, seed=recipe.seed)
    truth = {head: np.array([row.labels[k] for row in test]) for k, head in enumerate(HEADS)}
    negative = (logits["sentiment"].argmax(1) == 0) == (truth["sentiment"] == 0)
    return Measured(
        model={head: calibrated_score(truth[head], logits[head], seed=recipe.seed) for head in HEADS},
        baseline={head: score(truth[head], rival[head].argmax(1), seed=recipe.seed) for head in HEADS},
        temperatures={head: fit_temperature(logits[head], truth[head]) for head in HEADS},
        n_train=len(known),
        negative_or_not=float(negative.mean()),
    )


def _make(real: list[Row], invented: list[Row], recipe: Recipe, scratch: Path, out: Path) -> dict[str, float]:
    """Trains on everything, writes `model.onnx`, and gives the share of real rows on which int8 and float32 agree."""
    model = _fit(real + invented, recipe)
    out.mkdir(parents=True, exist_ok=True)
    export.to_onnx(model, scratch / "all.onnx")
    export.to_int8(scratch / "all.onnx", out / "model.onnx")
    exact = export.run_onnx(scratch / "all.onnx", real, recipe.max_length)
    small = export.run_onnx(out / "model.onnx", real, recipe.max_length)
    return {head: round(float((exact[head].argmax(1) == small[head].argmax(1)).mean()), 4) for head in HEADS}


def _fit(rows: list[Row], recipe: Recipe) -> ThreeHeads:
    teacher = baseline.out_of_fold(rows, n_folds=recipe.teacher_folds, seed=recipe.seed)
    return train(rows, teacher, recipe)


if __name__ == "__main__":
    main()
