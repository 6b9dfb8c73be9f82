"""Labels of a file against right ones."""

import csv
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from agents.offline.lines import LabelledLine, is_labelled, read_csv
from agents.offline.output import RejectedRow
from agents.whatif import read_lines
from schemas.spend import Spend
from schemas.taxonomy import PRIORITIES, Sentiment, Topic
from streams.connectors.csv_file import BOM
from streams.connectors.csv_records import fields_of
from streams.connectors.jsonl_file import object_of
from streams.core.agreement import Agreement, OneOrNot, agreement, one_or_not
from streams.core.whatif import HEADS, Truth
from streams.errors import FatalError, RejectedError

LABELS: Final[dict[str, tuple[str, ...]]] = {
    "sentiment": tuple(Sentiment),
    "priority": tuple(map(str, PRIORITIES)),
    "main_topic": tuple(Topic),
}
_HEAD_BYTES: Final = 1 << 16


@dataclass(slots=True)
class Gathered:
    """An output that keeps the labelled lines in memory."""

    lines: list[LabelledLine] = field(default_factory=list)

    def label(self, line: LabelledLine) -> None:
        """Keeps the line."""
        self.lines.append(line)

    def reject(self, row: RejectedRow) -> None:
        """Keeps nothing of it."""

    def spend(self, calls: Iterable[Spend]) -> None:
        """Keeps nothing of them."""

    def flush(self) -> None:
        """Has nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Figures of each head over the tweets that both files name, and the ids that only one of them has."""

    heads: dict[str, Agreement]
    negative_or_not: OneOrNot
    without_truth: Sequence[str]
    without_labels: Sequence[str]


def read_labelled(path: Path) -> Iterator[LabelledLine] | None:
    """Reads a file that `dallosh classify` wrote, in either form; None where it holds no labels.

    Raises:
        FatalError: it cannot be read; or, while reading, a line is of another form.
    """
    try:
        with path.open("rb") as file:
            first = file.read(_HEAD_BYTES).removeprefix(BOM).lstrip().partition(b"\n")[0].rstrip(b"\r")
        is_json = first[:1] == b"{"
        names = list(object_of(first)) if is_json else fields_of(first)
    except OSError as error:
        raise FatalError(f"{path} cannot be read: {error.strerror}", remedy="Check the path") from error
    except RejectedError:
        return None
    if not is_labelled(names):
        return None
    return read_lines(path, LabelledLine) if is_json else _read_csv(path)


def evaluate(lines: Iterable[LabelledLine], truths: Iterable[Truth]) -> Evaluation:
    """Compares; of several lines of one id the first counts, of several truths the last.

    Raises:
        FatalError: no id stands in both.
    """
    given: dict[str, LabelledLine] = {}
    for line in lines:
        given.setdefault(line.id, line)
    right = {truth.id: truth for truth in truths}
    both = [id_ for id_ in right if id_ in given]
    if not both:
        raise FatalError("no tweet has labels in both files", remedy="Both name tweets by the same id")
    heads = {
        head: agreement(
            [str(getattr(right[id_], head)) for id_ in both],
            [str(getattr(given[id_], head)) for id_ in both],
            [getattr(given[id_], f"confidence_{head}") for id_ in both],
            LABELS[head],
        )
        for head in HEADS
    }
    return Evaluation(
        heads=heads,
        negative_or_not=one_or_not(
            [right[id_].sentiment for id_ in both], [given[id_].sentiment for id_ in both], Sentiment.NEGATIVE
        ),
        without_truth=[id_ for id_ in given if id_ not in right],
        without_labels=[id_ for id_ in right if id_ not in given],
    )


def _read_csv(path: Path) -> Iterator[LabelledLine]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        lines = read_csv(rows)
        for number in itertools.count(2):
            try:
                yield next(lines)
            except StopIteration:
                return
            except (msgspec.MsgspecError, csv.Error, UnicodeDecodeError) as error:
                raise FatalError(
                    f"{path}, row {number}: {type(error).__name__}", remedy="Give it as dallosh classify wrote it"
                ) from None
