"""Runs the folder that ships on labelled tweets and prints its figures: `python -m models.evaluate --data DIR`.

It goes through the very class that serves. The shipped model has been trained on the labels that it was given: on those
the figures are flattering, and the held-out ones stand in its card. Give it a folder of labels that it never saw.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from models.labels import HEADS
from models.rows import read_real
from models.scores import Scores, score
from schemas.classification import Labels
from streams.providers.onnx_bert import OnnxBert


def main() -> None:
    """Reads the arguments, classifies, prints a table (or one JSON object)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of tweets.jsonl and labels.jsonl")
    parser.add_argument("--model", type=Path, default=Path(__file__).parent / "bert-v1", help="model folder")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")
    arguments = parser.parse_args()
    model = OnnxBert.load(arguments.model, threads=arguments.threads)
    rows = read_real(arguments.data)
    started = time.perf_counter()
    answers = model.classify([row.text for row in rows], [row.context for row in rows])
    tweets_per_s = len(rows) / (time.perf_counter() - started)
    scores = {head: _score(head, np.array([row.labels[k] for row in rows]), answers) for k, head in enumerate(HEADS)}
    if arguments.json:
        figures = {head: each.as_dict() for head, each in scores.items()}
        print(json.dumps({"model": model.model_id, "tweets_per_s": round(tweets_per_s), "heads": figures}))
    else:
        _print_table(scores)
        print(f"{model.model_id}: {len(rows)} tweets, {tweets_per_s:.0f} a second on {arguments.threads} thread(s)")


def _score(head: str, truth: "np.ndarray", answers: list[Labels]) -> Scores:
    guess = np.array([HEADS[head].index(str(getattr(answer, head))) for answer in answers])
    confidence = np.array([getattr(answer, f"confidence_{head}") for answer in answers])
    return score(truth, guess, confidence)


def _print_table(scores: dict[str, Scores]) -> None:
    print(f"{'head':<12}{'accuracy':>10}{'macro-F1':>10}{'95 % interval':>18}{'ECE':>8}")
    for head, each in scores.items():
        interval = f"{each.macro_f1_low:.3f} to {each.macro_f1_high:.3f}"
        print(f"{head:<12}{each.accuracy:>10.3f}{each.macro_f1:>10.3f}{interval:>18}{each.ece or 0:>8.3f}")


if __name__ == "__main__":
    main()
