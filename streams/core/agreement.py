"""How well a classifier agrees with labels: accuracy, macro-F1, confusion, calibration, and accuracy at a coverage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_DRAWS: Final = 1_000
"""Samples of the bootstrap; the interval is that of their 2.5th and 97.5th percentiles."""

N_BINS: Final = 10
COVERAGES: Final = (1.0, 0.9, 0.8, 0.7, 0.5)


@dataclass(frozen=True, slots=True)
class Bin:
    """A tenth of the answers, by confidence: what they say of themselves, and how many are right."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Coverage:
    """The accuracy of the surest answers; `confidence` is the lowest among them."""

    coverage: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The figures of one head.

    The interval is the 95 % percentile bootstrap of macro-F1. `confusion` has a row for each right label and a column
    for each given one, in the order of `labels`.
    """

    n: int
    accuracy: float
    macro_f1: float
    macro_f1_low: float
    macro_f1_high: float
    ece: float
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    reliability: tuple[Bin, ...]
    coverage: tuple[Coverage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOrNot:
    """A head asked for one label alone: how often both say it or both do not, and the F1 of the other side."""

    n: int
    accuracy: float
    f1_of_others: float


def agreement(
    truth: Sequence[str], given: Sequence[str], confidence: Sequence[float], labels: Sequence[str], *, seed: int = 7
) -> Agreement:
    """Compares the given labels of one head with the right ones.

    Args:
        truth: the right label of each tweet.
        given: what the classifier said of it.
        confidence: the probability that the classifier gives to its answer, in [0, 1].
        labels: every label of the head, in the order of the table.
        seed: of the bootstrap.

    Raises:
        ValueError: there is nothing to compare, the sequences differ in length, or a label is not of the head.
    """
    if not truth or not len(truth) == len(given) == len(confidence):
        raise ValueError(f"{len(truth)} right labels, {len(given)} given ones, {len(confidence)} confidences")
    place = {label: i for i, label in enumerate(labels)}
    if unknown := sorted({*truth, *given} - place.keys()):
        raise ValueError(f"no label of this head: {', '.join(unknown)}")
    right_codes = np.array([place[label] for label in truth])
    given_codes = np.array([place[label] for label in given])
    sureness = np.array(confidence, dtype=np.float64)
    cells = right_codes * len(labels) + given_codes
    confusion = _table(cells, len(labels))
    low, high = _interval(cells, len(labels), seed)
    is_right = right_codes == given_codes
    bins = reliability(is_right, sureness)
    return Agreement(
        n=len(truth),
        accuracy=float(is_right.mean()),
        macro_f1=macro_f1(confusion),
        macro_f1_low=low,
        macro_f1_high=high,
        ece=calibration_error(bins),
        labels=tuple(labels),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        reliability=bins,
        coverage=coverage(is_right, sureness),
    )


def macro_f1(confusion: Ints) -> float:
    """Returns the mean F1 of the labels that are right or given somewhere; one that is neither does not count.

    Worked number: a, a, b answered a, b, b have F1 2/3 each.
    """
    hits = np.diagonal(confusion)
    total = confusion.sum(axis=0) + confusion.sum(axis=1)
    seen = total > 0
    return float(np.mean(2 * hits[seen] / total[seen])) if seen.any() else 0.0


def reliability(is_right: NDArray[np.bool_], confidence: Floats, n_bins: int = N_BINS) -> tuple[Bin, ...]:
    """Sorts the answers by confidence into bins of equal count (two may differ by one answer)."""
    order = np.argsort(confidence, kind="stable")
    parts = np.array_split(order, min(n_bins, len(order)))
    return tuple(Bin(len(part), float(confidence[part].mean()), float(is_right[part].mean())) for part in parts)


def calibration_error(bins: Sequence[Bin]) -> float:
    """Returns the expected calibration error: the mean gap of confidence and accuracy, by answers; 0 is perfect."""
    gaps = sum(abs(one.confidence - one.accuracy) * one.n for one in bins)
    return gaps / max(sum(one.n for one in bins), 1)


def coverage(
    is_right: NDArray[np.bool_], confidence: Floats, shares: Sequence[float] = COVERAGES
) -> tuple[Coverage, ...]:
    """Returns how right the surest answers are, for each share of all of them; at least one answer counts.

    Worked number: of 4 answers with confidences .9, .8, .7, .6 the surest half are the first two.
    """
    order = np.argsort(-confidence, kind="stable")
    rows = []
    for share in shares:
        kept = order[: max(1, round(share * len(order)))]
        rows.append(Coverage(share, len(kept), float(confidence[kept].min()), float(is_right[kept].mean())))
    return tuple(rows)


def one_or_not(truth: Sequence[str], given: Sequence[str], label: str) -> OneOrNot:
    """Compares as if there were two labels: this one, and all others together.

    Worked number: for `n`, right n, p, u and given n, u, n: accuracy 2/3; the others are right twice, given once and
    hit once, F1 2 * 1 / (2 + 1) = 2/3.
    """
    right_others = [one != label for one in truth]
    given_others = [one != label for one in given]
    pairs = list(zip(right_others, given_others, strict=True))
    n_either = sum(right_others) + sum(given_others)
    return OneOrNot(
        n=len(pairs),
        accuracy=sum(a == b for a, b in pairs) / max(len(pairs), 1),
        f1_of_others=2 * sum(a and b for a, b in pairs) / n_either if n_either else 0.0,
    )


def _table(cells: Ints, n_labels: int) -> Ints:
    return np.bincount(cells, minlength=n_labels * n_labels).reshape(n_labels, n_labels)


def _interval(cells: Ints, n_labels: int, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    draws = (cells[rng.integers(0, len(cells), len(cells))] for _ in range(N_DRAWS))
    low, high = np.percentile([macro_f1(_table(draw, n_labels)) for draw in draws], [2.5, 97.5])
    return float(low), float(high)
