"""Figures of a classifier: accuracy, macro-F1 with its confidence interval, calibration, temperature."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Scores:
    """The figures of one head on one set of rows; the interval is the 95 % percentile bootstrap of macro-F1."""

    n: int
    accuracy: float
    macro_f1: float
    macro_f1_low: float
    macro_f1_high: float
    ece: float | None = None

    def as_dict(self) -> dict[str, float | int | None]:
        """Gives the figures rounded to three decimals."""
        return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(self).items()}


def score(truth: Ints, guess: Ints, confidence: Floats | None = None, *, seed: int = 7) -> Scores:
    """Scores one head; `confidence` (the probability of `guess`) adds the expected calibration error."""
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(truth), len(truth)) for _ in range(1_000)]
    low, high = np.percentile([macro_f1(truth[draw], guess[draw]) for draw in draws], [2.5, 97.5])
    ece = None if confidence is None else expected_calibration_error(truth == guess, confidence)
    return Scores(len(truth), float((truth == guess).mean()), macro_f1(truth, guess), float(low), float(high), ece)


def macro_f1(truth: Ints, guess: Ints) -> float:
    """Gives the mean F1 over the classes that the truth or the guess holds (a class in neither does not count)."""
    values = []
    for label in np.union1d(truth, guess):
        hits = np.sum((truth == label) & (guess == label))
        values.append(2 * hits / (np.sum(truth == label) + np.sum(guess == label)))
    return float(np.mean(values))


def expected_calibration_error(right: NDArray[np.bool_], confidence: Floats, n_bins: int = 10) -> float:
    """Gives the mean gap of confidence and accuracy over bins of equal count (0 is perfect)."""
    order = np.argsort(confidence)
    bins = np.array_split(order, min(n_bins, len(order)))
    gaps = [abs(right[part].mean() - confidence[part].mean()) * len(part) for part in bins]
    return float(sum(gaps) / len(order))


def softmax(logits: Floats) -> Floats:
    """Gives the probabilities of rows of logits."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def fit_temperature(logits: Floats, truth: Ints) -> float:
    """Gives the divisor of the logits that minimises the log loss on held-out rows (golden grid, 0.3 to 5)."""
    grid = np.exp(np.linspace(np.log(0.3), np.log(5.0), 200))
    losses = [-np.log(softmax(logits / t)[np.arange(len(truth)), truth] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])


def calibrated_score(truth: Ints, logits: Floats, *, seed: int = 7) -> Scores:
    """Scores one head; the temperature behind the calibration error is fitted on the other half of the rows."""
    confidence = np.zeros(len(truth))
    for half in (0, 1):
        own = np.arange(len(truth)) % 2 == half
        temperature = fit_temperature(logits[~own], truth[~own])
        confidence[own] = softmax(logits[own] / temperature).max(axis=1)
    return score(truth, logits.argmax(axis=1), confidence, seed=seed)
