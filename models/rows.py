"""Labelled tweets, read from a data folder and split by author."""

import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.labels import HEADS
from streams.core.bert_text import model_text


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
    """Reads `invented.jsonl`; `weight` is what one of its rows counts in the loss, a real one being 1."""
    return [_row(line["text"], None, "", line, weight=weight) for line in _lines(data / "invented.jsonl")]


def split_by_author(rows: Sequence[Row], *, fold: int, n_folds: int) -> tuple[list[Row], list[Row]]:
    """Splits into (train, test): an author is wholly in one; train rows whose text is also in test are left out."""
    test = [row for row in rows if fold_of(row, n_folds) == fold]
    seen = {model_text(row.text) for row in test}
    train = [row for row in rows if fold_of(row, n_folds) != fold and model_text(row.text) not in seen]
    return train, test


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
