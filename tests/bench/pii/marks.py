"""Marked tweets (`<PER>Mme Blanc</PER>`) and how much of their marks a contender covered."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

_TAG: Final = re.compile(r"<(?P<end>/?)(?P<type>[A-Z]+)>")
PLACE: Final = "LOC"


class Span(NamedTuple):
    """A stretch of a text, half-open, and what it is."""

    start: int
    end: int
    type: str


class Marked(NamedTuple):
    """A text without its tags, and where they stood."""

    text: str
    spans: tuple[Span, ...]


def marked_rows(path: Path) -> list[Marked]:
    """Reads a file of JSON lines whose `marked` holds a text with tags."""
    return [parsed(json.loads(line)["marked"]) for line in path.read_text().splitlines()]


def parsed(marked: str) -> Marked:
    """Takes the tags out of a text; tags do not nest."""
    text, position, start = "", 0, 0
    spans: list[Span] = []
    for tag in _TAG.finditer(marked):
        text += marked[position : tag.start()]
        position = tag.end()
        if tag["end"]:
            spans.append(Span(start, len(text), tag["type"]))
        start = len(text)
    return Marked(text + marked[position:], tuple(spans))


def recall(rows: Sequence[Marked], found: Sequence[Iterable[Sequence[int]]]) -> dict[str, float]:
    """Returns for each type the share of marks of which every letter and digit is covered by finds of any type.

    `LOC` is the share of places that no find touches.
    """
    n_marks: Counter[str] = Counter()
    n_right: Counter[str] = Counter()
    for row, finds in zip(rows, found, strict=True):
        covered = {place for start, end, *_ in finds for place in range(start, end)}
        for span in row.spans:
            n_marks[span.type] += 1
            letters = [place for place in range(span.start, span.end) if row.text[place].isalnum()]
            if span.type == PLACE:
                n_right[span.type] += covered.isdisjoint(letters)
            else:
                n_right[span.type] += covered.issuperset(letters)
    return {type_: n_right[type_] / n_marks[type_] for type_ in sorted(n_marks)}
