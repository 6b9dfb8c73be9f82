"""Recall and precision on the marked tweets of tests/data/pii.jsonl: the measured figures, which may not fall."""

import re
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from streams.core.pii.scrub import scrub
from streams.core.pii.spans import PiiType

MARKED: Final = Path(__file__).resolve().parents[3] / "data" / "pii.jsonl"
TAG: Final = re.compile(r"<(/?)(PER|PHONE|EMAIL|IBAN|CARD|NIR|ACCOUNT|ADDRESS|DOB|IP|HANDLE|LOC)>")
MEASURED: Final = {
    "PHONE": (50, 50), "EMAIL": (28, 28), "IBAN": (16, 16), "CARD": (14, 14), "HANDLE": (23, 23), "PER": (0, 148),
}  # fmt: skip
"""Type -> (found, marked)."""
MEASURED_BESIDE: Final = 5
"""Finds that are marked as another type: pieces of social security and subscriber numbers that look like phones."""

Mark = tuple[int, int, str]


def parsed(marked: str) -> tuple[str, list[Mark]]:
    """Returns the text and its marks (start, end, type)."""
    parts: list[str] = []
    marks: list[Mark] = []
    position = length = start = 0
    for tag in TAG.finditer(marked):
        parts.append(marked[position : tag.start()])
        length += len(parts[-1])
        position = tag.end()
        if tag[1]:
            marks.append((start, length, tag[2]))
        else:
            start = length
    return "".join([*parts, marked[position:]]), marks


def rows() -> list[tuple[str, list[Mark]]]:
    return [parsed(msgspec.json.decode(line)["marked"]) for line in MARKED.read_bytes().splitlines()]


def test_recall_is_what_was_measured() -> None:
    found: Counter[str] = Counter()
    marked: Counter[str] = Counter()
    for text, marks in rows():
        covered = {i for span in scrub(text).spans for i in range(span.start, span.end)}
        for start, end, kind in marks:
            marked[kind] += 1
            found[kind] += all(i in covered for i in range(start, end) if text[i].isalnum())
    assert {kind: (found[kind], marked[kind]) for kind in PiiType} == MEASURED


def test_nothing_unmarked_and_no_place_is_touched() -> None:
    n_beside = 0
    for text, marks in rows():
        for span in scrub(text).spans:
            inside = [kind for start, end, kind in marks if start <= span.start and span.end <= end]
            assert inside, f"{span} is not marked"
            assert inside != ["LOC"]
            n_beside += inside != [span.type]
    assert n_beside <= MEASURED_BESIDE


def test_scrubbing_the_marked_tweets_twice_is_scrubbing_them_once() -> None:
    for text, _ in rows():
        once = scrub(text).text
        assert scrub(once).text == once
