"""Marked tweets, and how much of their marks a contender covered."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from streams.core.pii.marked import PLACE, Marked, parsed


def marked_rows(path: Path) -> list[Marked]:
    """Reads a file of JSON lines whose `marked` holds a text with tags."""
    return [parsed(json.loads(line)["marked"]) for line in path.read_text("utf-8").splitlines()]


def recall(rows: Sequence[Marked], found: Sequence[Iterable[Sequence[int]]]) -> dict[str, float]:
    """Returns for each type the share of marks of which every letter and digit is covered by finds of any type.

    `LOC` is the share of places that no find touches.
    """
    n_marks: Counter[str] = Counter()
    n_right: Counter[str] = Counter()
    for row, finds in zip(rows, found, strict=True):
        covered = {place for start, end, *_ in finds for place in range(start, end)}
        for mark in row.marks:
            n_marks[mark.type] += 1
            letters = [place for place in range(mark.start, mark.end) if row.text[place].isalnum()]
            n_right[mark.type] += covered.isdisjoint(letters) if mark.type == PLACE else covered.issuperset(letters)
    return {type_: n_right[type_] / n_marks[type_] for type_ in sorted(n_marks)}
