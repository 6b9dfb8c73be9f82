"""Labels of a file against right ones."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from agents.csv_rows import csv_rows
from agents.offline.lines import LabelledLine, is_labelled, read_csv
from agents.whatif import read_lines
from schemas.complaints import complaint
from schemas.taxonomy import Sentiment
from streams.connectors.csv_file import BOM
from streams.connectors.csv_records import fields_of
from streams.connectors.jsonl_file import object_of
from streams.core.agreement import Agreement, OneOrNot, agreement, one_or_not
from streams.core.bert_heads import HEADS
from streams.core.whatif import Truth
from streams.errors import FatalError, RejectedError

_HEAD_BYTES: Final = 1 << 16
_FORM: Final = "Give what dallosh classify wrote, or tweets to classify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Figures of each head over the tweets that both files name.

    The ids that only one of them has, and those that the classified file has more than once.
    """

    heads: dict[str, Agreement]
    negative_or_not: OneOrNot
    without_truth: Sequence[str]
    without_labels: Sequence[str]
    repeated: Sequence[str]


def read_labelled(path: Path, name: str | None = None) -> Iterator[LabelledLine] | None:
    """Reads a file that `dallosh classify` wrote, in either form; None where it holds no labels.

    Args:
        path: the file.
        name: how messages call it, by default the path.

    Raises:
        FatalError: it cannot be read or is empty; or, while reading, a line is of another form or there is none.
    """
    name = name or str(path)
    try:
        with path.open("rb") as file:
            first = file.read(_HEAD_BYTES).removeprefix(BOM).lstrip().partition(b"\n")[0].rstrip(b"\r")
        if not first:
            raise FatalError(f"{name} is empty", remedy=_FORM)
        is_json = first[:1] == b"{"
        names = list(object_of(first)) if is_json else fields_of(first)
    except OSError as error:
        raise FatalError(f"{name} cannot be read: {error.strerror}", remedy="Check the path") from error
    except RejectedError:
        return None
    if not is_labelled(names):
        return None
    return read_lines(path, LabelledLine, name) if is_json else _read_csv(path, name)


def evaluate(lines: Iterable[LabelledLine], right: Mapping[str, Truth]) -> Evaluation:
    """Compares with the right labels of each id; of several lines of one id the first counts.

    Raises:
        FatalError: no id stands in both.
    """
    given: dict[str, LabelledLine] = {}
    n_lines: Counter[str] = Counter()
    for line in lines:
        given.setdefault(line.id, line)
        n_lines[line.id] += 1
    both = [id_ for id_ in right if id_ in given]
    if not both:
        raise FatalError("no tweet has labels in both files", remedy="Check that both name tweets by the same id")
    heads = {
        head: agreement(
            [str(getattr(right[id_], head)) for id_ in both],
            [str(getattr(given[id_], head)) for id_ in both],
            [getattr(given[id_], f"confidence_{head}") for id_ in both],
            known,
        )
        for head, known in HEADS.items()
    }
    return Evaluation(
        heads=heads,
        negative_or_not=one_or_not(
            [right[id_].sentiment for id_ in both], [given[id_].sentiment for id_ in both], Sentiment.NEGATIVE
        ),
        without_truth=[id_ for id_ in given if id_ not in right],
        without_labels=[id_ for id_ in right if id_ not in given],
        repeated=[id_ for id_, n in n_lines.items() if n > 1],
    )


def _read_csv(path: Path, name: str) -> Iterator[LabelledLine]:
    number = 0

    def rows() -> Iterator[list[str]]:
        nonlocal number
        for number, row in csv_rows(path, name):  # noqa: B007 - read below, where a row is refused
            yield row

    line = None
    try:
        for line in read_csv(rows()):
            yield line
    except msgspec.MsgspecError as error:
        remedy = "Give it as dallosh classify wrote it"
        raise FatalError(f"{name}, line {number}: {complaint(error, LabelledLine)}", remedy=remedy) from None
    if line is None:
        raise FatalError(f"{name} holds no rows", remedy=_FORM)
