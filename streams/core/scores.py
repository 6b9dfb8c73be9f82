"""How right labels are: accuracy and macro-F1 over pairs of right and given label."""

from collections import Counter
from collections.abc import Hashable, Sequence

Pair = tuple[Hashable, Hashable]
"""The right label and the given one, which is None where none was given: that is wrong."""


def accuracy(pairs: Sequence[Pair]) -> float:
    """Returns the share of pairs that agree, in [0, 1]; 0 of none."""
    return sum(right == given for right, given in pairs) / max(len(pairs), 1)


def macro_f1(pairs: Sequence[Pair]) -> float:
    """Returns the mean F1 of the labels that are right or given somewhere, in [0, 1]; 0 of none.

    Worked number: a, a, b answered a, b, b have F1 2/3 each.
    """
    counts = Counter(pairs)
    scores = []
    for label in {label for pair in counts for label in pair} - {None}:
        n_right = sum(n for (right, _), n in counts.items() if right == label)
        n_given = sum(n for (_, given), n in counts.items() if given == label)
        scores.append(2 * counts[label, label] / (n_right + n_given))
    return sum(scores) / max(len(scores), 1)
