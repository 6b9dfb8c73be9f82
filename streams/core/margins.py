"""How sure a model was of each label, measured on the probabilities of the tokens that spell it.

A tokeniser may cut `"12n2b7"` anywhere ("12", "n2", "b7"), so the label's characters are found first and the tokens
that carry them second.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

TokenLogprob = tuple[str, float, Sequence[tuple[str, float]]]
"""A token's text, its natural logarithm of probability, and the likeliest tokens in its place (itself may be one)."""

_CODE: Final = re.compile(r'"\s*([1-9][0-9]{0,3})([nup][0-2][nebsco])[0-9]\s*"', re.IGNORECASE)
"""An entry of an answer: its index, and the three characters that are labels; the digit of confidence is none."""


def margins(tokens: Sequence[TokenLogprob], text: str) -> dict[int, float]:
    """Returns, by index of the answer (from 1), the smallest margin of the tokens that carry the entry's labels.

    A margin is the probability of what was said less that of the likeliest other thing, in 0..1. Candidates that only
    cut the same text elsewhere count as the same thing; where no other thing is listed, it has at most what remains.
    Raises nothing, whatever the tokens are; an index said twice has the smaller margin; entries cut short have none.

    Args:
        tokens: of the answer, in order.
        text: the answer; tokens before it (a thought, a mark of the template) count for nothing.

    Worked number: "n" with probability 0.7 before "u" with 0.2 has 0.5.
    """
    tokens = [token for token in tokens if token[0]]
    said = "".join(token for token, _, _ in tokens)
    start = said.find(text)
    starts = list(_starts(tokens))
    found: dict[int, float] = {}
    at = 0
    for match in _CODE.finditer(said, max(0, start), start + len(text) if start >= 0 else len(said)):
        index, (first, end) = int(match.group(1)), match.span(2)
        while at + 1 < len(starts) and starts[at + 1] <= first:
            at += 1
        i = at
        while i < len(starts) and starts[i] < end:
            margin = _margin(tokens[i], said, starts[i])
            found[index] = min(margin, found.get(index, 1.0))
            i += 1
    return found


def _starts(tokens: Iterable[TokenLogprob]) -> Iterator[int]:
    """Yields where each token begins in the text that they make."""
    position = 0
    for token, _, _ in tokens:
        yield position
        position += len(token)


def _margin(token: TokenLogprob, said: str, start: int) -> float:
    text, logprob, listed = token
    candidates = {**{other: _probability(value) for other, value in listed}, text: _probability(logprob)}
    agrees = {other: bool(other) and said.startswith(other, start) for other in candidates}
    same = sum(p for other, p in candidates.items() if agrees[other])
    others = [p for other, p in candidates.items() if not agrees[other]]
    rival = max(others) if others else max(0.0, min(1.0 - same, *candidates.values()))
    return min(1.0, max(0.0, same - rival))


def _probability(logprob: float) -> float:
    """Reads what servers send: minus infinity and -9999 are 0, and so is what is no number."""
    return math.exp(min(0.0, logprob)) if logprob == logprob else 0.0  # NaN differs from itself
