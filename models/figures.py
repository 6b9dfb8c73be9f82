"""The figures of a set of answers: each head against its labels, and negative or not."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.calibration import Floats, Ints, calibrated
from models.rows import N_FOLDS, Logits, Row, fold_of
from streams.core.agreement import Agreement, OneOrNot, agreement, one_or_not
from streams.core.bert_heads import HEADS, softmax

NEGATIVE: Final = "negative"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one kind of answers is worth; `negative` is the sentiment asked for negative or not."""

    heads: dict[str, Agreement]
    negative: OneOrNot

    def as_dict(self) -> dict[str, Any]:
        """Gives plain values for JSON."""
        return {"heads": {head: asdict(one) for head, one in self.heads.items()}, "negative": asdict(self.negative)}


def figures_of(
    rows: Sequence[Row], given: Mapping[str, Sequence[str]], confidence: Mapping[str, Sequence[float]]
) -> Figures:
    """Compares what was given, per head a label and its confidence for each row, with the rows' labels."""
    right = {head: [HEADS[head][i] for i in truth_of(rows, head)] for head in HEADS}
    heads = {head: agreement(right[head], given[head], confidence[head], HEADS[head]) for head in HEADS}
    return Figures(heads, one_or_not(right["sentiment"], given["sentiment"], NEGATIVE))


def figures_of_logits(rows: Sequence[Row], logits: Logits) -> Figures:
    """Scores answers as they are."""
    probabilities: dict[str, Floats] = {head: softmax(logits[head]) for head in HEADS}
    given = {head: [HEADS[head][i] for i in rows_of.argmax(axis=1)] for head, rows_of in probabilities.items()}
    return figures_of(rows, given, {head: rows_of.max(axis=1).tolist() for head, rows_of in probabilities.items()})


def figures_out_of_fold(rows: Sequence[Row], logits: Logits) -> Figures:
    """Scores out-of-fold answers: each fold's temperature comes from the other folds' answers."""
    return figures_of_logits(rows, _calibrated(rows, logits))


@dataclass(frozen=True, slots=True)
class Threshold:
    """What a least confidence parts: the share of rows below it, and the shares with all three labels right.

    A row is below when the least sure of its labels is, as the worker marks it `unsure`. None: no row is there.
    """

    confidence: float
    share_below: float
    share_right_below: float | None
    share_right_above: float | None


def threshold_of(rows: Sequence[Row], logits: Logits, confidence: float) -> Threshold:
    """Parts out-of-fold answers; each fold's temperature comes from the other folds' answers."""
    sure = np.min([softmax(one).max(axis=1) for one in _calibrated(rows, logits).values()], axis=0)
    right = np.all([logits[head].argmax(axis=1) == truth_of(rows, head) for head in HEADS], axis=0)
    below = sure < confidence
    return Threshold(confidence, float(below.mean()), _share(right[below]), _share(right[~below]))


def _share(of: NDArray[np.bool_]) -> float | None:
    return float(of.mean()) if of.size else None


def _calibrated(rows: Sequence[Row], logits: Logits) -> Logits:
    folds = np.array([fold_of(row, N_FOLDS) for row in rows])
    return {head: calibrated(logits[head], truth_of(rows, head), folds) for head in HEADS}


def truth_of(rows: Sequence[Row], head: str) -> Ints:
    """Gives the class of each row, shape (rows,)."""
    place = list(HEADS).index(head)
    return np.array([row.labels[place] for row in rows])


def same_class(one: Logits, other: Logits) -> dict[str, float]:
    """Gives the share of rows to which two forms of the model give the same class, per head."""
    return {head: float((one[head].argmax(axis=1) == other[head].argmax(axis=1)).mean()) for head in HEADS}
