"""What of a batch a server of our own is asked once more, after it was found down and came back."""

import re
from collections.abc import Sequence
from typing import Final

from streams.core.cascade import GiveUp, LevelResult
from streams.core.retry import FailureKind

TROUBLE: Final = frozenset(
    {
        FailureKind.CONNECTION.value,
        FailureKind.UNAVAILABLE.value,
        FailureKind.NOT_FOUND.value,
        GiveUp.ALL_OPEN.value,
    }
)
"""Words of a reason that speak of the server, not of the tweets: it is gone, or another one has taken its place."""

_WORD: Final = re.compile("[a-z_]+")


def is_suspicious(result: LevelResult) -> bool:
    """Whether the server should be checked before its next batch: a call failed, or tweets were given up."""
    return bool(result.given_up) or any(event.outcome == "failed" for event in result.spend)


def once_more(result: LevelResult) -> tuple[int, ...]:
    """Returns the items that were given up because of the server, in order."""
    return tuple(i for i, reason in sorted(result.given_up.items()) if TROUBLE.intersection(_WORD.findall(reason)))


def merged(first: LevelResult, items: Sequence[int], second: LevelResult) -> LevelResult:
    """Returns the first result with what the second made of `items`; the calls of both count.

    Example: items (3, 7) of which the second answered its own 1 have an answer for 7, and 3 its second reason.
    """
    left = {i: reason for i, reason in first.given_up.items() if i not in items}
    return LevelResult(
        first.answers | {items[i]: answer for i, answer in second.answers.items()},
        left | {items[i]: reason for i, reason in second.given_up.items()},
        (*first.spend, *second.spend),
    )
