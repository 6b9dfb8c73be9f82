"""Labelled tweets, read from a data folder and split by author."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from streams.core.bert_heads import HEADS

N_FOLDS: Final = 5

Logits = dict[str, NDArray[np.float64]]
"""Head -> (rows, classes)."""

OWN_INVENTED: Final = Path(__file__).parent / "data" / "invented.jsonl"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled tweet as written; `labels` holds one class index per head of `HEADS`.

    `author` is empty for an invented tweet; `weight` is what the row counts in the loss.
    """

    text: str
    context: str | None
    author: str
    labels: tuple[int, ...]
    weight: float


def read_real(data: Path) -> list[Row]:
    """Reads `labels.jsonl` joined with `tweets.jsonl`; a reply takes its context from the same file, where it is."""
    tweets = {tweet["id"]: tweet for tweet in _lines(data / "tweets.jsonl")}
    rows = []
    for label in _lines(data / "labels.jsonl"):
        tweet = tweets[label["id"]]
        context = tweets.get(tweet["in_reply_to"], {}).get("text")
        rows.append(_row(tweet["text"], context, tweet["author"], label, weight=1.0))
    return rows


def read_invented(data: Path, *, weight: float) -> list[Row]:
    """Reads the `invented.jsonl` of the folder and ours; `weight` is what one row counts in the loss, a real one 1."""
    lines = [*_lines(data / "invented.jsonl"), *_lines(OWN_INVENTED)]
    return [_row(line["text"], line.get("context"), "", line, weight=weight) for line in lines]


def without_context(rows: Sequence[Row]) -> list[Row]:
    """Gives the rows as if nobody knew what they reply to."""
    return [replace(row, context=None) for row in rows]


def fold_of(row: Row, n_folds: int) -> int:
    """Gives the fold of a row: by its author, or by its text where it is invented."""
    return zlib.crc32((row.author or row.text).encode()) % n_folds


def _row(text: str, context: str | None, author: str, label: dict[str, Any], *, weight: float) -> Row:
    classes = tuple(names.index(str(label[head])) for head, names in HEADS.items())
    return Row(text, context, author, classes, weight)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
