"""The temperature of a head: the divisor of its logits that makes its confidences honest."""

import numpy as np
from numpy.typing import NDArray

from streams.core.bert_heads import softmax

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GRID = np.exp(np.linspace(np.log(0.3), np.log(5.0), 200))
"""Temperatures that are tried."""


def fit_temperature(logits: Floats, truth: Ints) -> float:
    """Gives the temperature of the grid that minimises the log loss on held-out rows."""
    losses = [-np.log(softmax(logits / t)[np.arange(len(truth)), truth] + 1e-12).mean() for t in GRID]
    return float(GRID[int(np.argmin(losses))])


def calibrated(logits: Floats, truth: Ints, folds: Ints) -> Floats:
    """Gives the logits over a temperature that was fitted on the rows of the other folds alone."""
    out = np.zeros_like(logits)
    for fold in np.unique(folds):
        own = folds == fold
        out[own] = logits[own] / fit_temperature(logits[~own], truth[~own])
    return out
