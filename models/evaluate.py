"""Runs a model folder on labelled tweets and prints its figures: `python -m models.evaluate --data DIR`.

It goes through the very class that serves. The shipped model has been trained on the labels that it was given: on those
the figures are flattering, and the out-of-fold ones stand in its card. Give it a folder of labels that it never saw.
"""

import argparse
import json
import time
from pathlib import Path

from models.figures import figures_of
from models.rows import read_real
from streams.core.agreement import Agreement
from streams.core.bert_heads import HEADS
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
    given = {head: [str(getattr(answer, head)) for answer in answers] for head in HEADS}
    confidence = {head: [getattr(answer, f"confidence_{head}") for answer in answers] for head in HEADS}
    figures = figures_of(rows, given, confidence)
    if arguments.json:
        print(json.dumps({"model": model.model_id, "tweets_per_s": round(tweets_per_s), **figures.as_dict()}))
        return
    _print_table(figures.heads)
    negative = figures.negative
    print(f"negative or not: accuracy {negative.accuracy:.3f}, F1 of not negative {negative.f1_of_others:.3f}")
    print(f"{model.model_id}: {len(rows)} tweets, {tweets_per_s:.0f} a second on {arguments.threads} thread(s)")


def _print_table(heads: dict[str, Agreement]) -> None:
    print(f"{'head':<12}{'accuracy':>10}{'macro-F1':>10}{'95 % interval':>18}{'ECE':>8}")
    for head, one in heads.items():
        interval = f"{one.macro_f1_low:.3f} to {one.macro_f1_high:.3f}"
        print(f"{head:<12}{one.accuracy:>10.3f}{one.macro_f1:>10.3f}{interval:>18}{one.ece:>8.3f}")


if __name__ == "__main__":
    main()
