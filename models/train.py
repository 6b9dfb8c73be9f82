"""Trains the small model of level 3 and writes its folder: `python -m models.train --data DIR --work DIR`.

First stage on the invented tweets; second stage five times for the cross-validation by author, then once on everything.
Stages and folds that are done are kept in the work folder: a run that was stopped goes on where it was.
"""

import argparse
import os
import platform
from pathlib import Path
from typing import Final

import torch

from models import baseline, export, fit, near, network, vocabulary
from models.calibration import fit_temperature
from models.card import Made, write_card
from models.figures import figures_of_logits, figures_out_of_fold, same_class, threshold_of, truth_of
from models.fit import Recipe, examples_of, look, pretrained
from models.folds import CrossValidation, taught
from models.keeping import Workbench
from models.near import without_near
from models.network import base_network, encode
from models.rows import OWN_INVENTED, read_invented, read_real
from models.vocabulary import kept_ids, trimmed_tokenizer
from streams.core import bert_text
from streams.core.bert_heads import HEADS
from streams.core.sample import labelled
from streams.settings import Settings

VERSION: Final = "bert-v1"

CODE: Final = tuple(Path(str(one.__file__)) for one in (bert_text, vocabulary, network, fit, baseline, near))
"""What a network is made by: where one of these has changed, kept networks are not taken."""

UNSURE_BELOW: Final = Settings.model_fields["bert_min_confidence"].default
"""The confidence below which the worker says `unsure`, unless it is told otherwise."""

POSITIVE: Final = HEADS["sentiment"].index("positive")

N_PROBES: Final = 384
"""Invented tweets, about, by which the outliers of the activations are found."""

N_SAMPLE: Final = 5_000
"""Tweets of the demo's generator that no training row may be near to."""


def main() -> None:
    """Reads the arguments and runs the whole of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of tweets.jsonl, labels.jsonl, invented.jsonl")
    parser.add_argument("--work", type=Path, required=True, help="folder for stages and folds that are done")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / VERSION, help="folder to write")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    _run(arguments.data, arguments.work, arguments.out, Recipe())
    print(f"{arguments.out} written")


def _run(data: Path, work: Path, out: Path, recipe: Recipe) -> None:
    read = [data / "tweets.jsonl", data / "labels.jsonl", data / "invented.jsonl", OWN_INVENTED]
    bench = Workbench(work, recipe, [*read, *CODE])
    real = read_real(data)
    invented = read_invented(data, weight=recipe.invented_weight)
    kept = kept_ids([text for row in invented for text in (row.text, row.context) if text])
    tokens = trimmed_tokenizer(kept, recipe.max_length)
    invented = without_near(invented, [row.text for row in real] + _sample())
    torch.manual_seed(recipe.seed)
    base = base_network(kept, dropout=recipe.dropout)
    seen = look(base, tokens, [*real, *invented])
    first = bench.network("first-stage", base, lambda: pretrained(base, examples_of(invented, seen), recipe))
    probes = encode(tokens, invented[:: max(1, len(invented) // N_PROBES)])
    answers = CrossValidation(first, tokens, seen, probes, recipe, bench).answers(real, invented)
    final = bench.network("final", first, lambda: taught(first, real, invented, seen, recipe))

    temperatures = {head: fit_temperature(answers["int8"][head], truth_of(real, head)) for head in HEADS}
    export.write_folder(
        final, tokens, out, version=VERSION, max_length=recipe.max_length, temperatures=temperatures, probes=probes
    )
    made = Made(
        n_real=len(real), n_positive=int((truth_of(real, "sentiment") == POSITIVE).sum()), n_invented=len(invented),
        n_words=len(kept), minutes=bench.seconds / 60,
        hardware=f"{torch.get_num_threads()} threads of a {platform.machine()} processor, no GPU",
        same_class=same_class(answers["int8"], answers["float32"]),
        unsure=threshold_of(real, answers["int8"], UNSURE_BELOW),
    )  # fmt: skip
    write_card(
        out, made, recipe,
        model=figures_out_of_fold(real, answers["int8"]), alone=figures_out_of_fold(real, answers["int8_alone"]),
        baseline=figures_of_logits(real, answers["baseline"]),
    )  # fmt: skip


def _sample() -> list[str]:
    return [one.tweet.text for one in labelled(N_SAMPLE, seed=1)]


if __name__ == "__main__":
    main()
