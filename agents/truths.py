"""The right labels of tweets, in a file that people made: JSON lines, or CSV with a header."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from agents.csv_rows import csv_rows
from schemas.taxonomy import PRIORITIES, Sentiment, Topic
from streams.connectors.columns import identifier
from streams.connectors.csv_file import BOM
from streams.connectors.jsonl_file import object_of
from streams.core.bert_heads import HEADS
from streams.core.whatif import Truth
from streams.errors import FatalError, RejectedError

COLUMNS: Final = ("id", *HEADS)
_FORM: Final = f"Give JSON lines, or CSV with a header and commas: {', '.join(COLUMNS)}"


def read_truths(path: Path) -> dict[str, Truth]:
    """Reads the right labels of each tweet id; a repeat that says the same counts once.

    Raises:
        FatalError: it cannot be read, holds no labels or wrong ones, or gives a tweet two different ones. The message
            names lines, and quotes none.
    """
    truths: dict[str, Truth] = {}
    line_of: dict[str, int] = {}
    contradicted: dict[str, tuple[int, int]] = {}
    for number, values in _rows(path):
        try:
            truth = truth_of(values)
        except RejectedError as error:
            raise _wrong(path, number, error) from None
        if truths.setdefault(truth.id, truth) != truth:
            contradicted.setdefault(truth.id, (line_of[truth.id], number))
        line_of.setdefault(truth.id, number)
    if not truths:
        raise FatalError(f"{path} holds no labels", remedy=_FORM)
    if contradicted:
        first, second = next(iter(contradicted.values()))
        raise FatalError(
            f"{path} has contradictory labels for {len(contradicted):,} of its ids (the first: lines {first} and "
            f"{second})",
            remedy="Keep one line for each id",
        )
    return truths


def truth_of(values: Mapping[str, Any]) -> Truth:
    """Makes right labels of the values of `COLUMNS`: ids as a tweet's, the priority as a number or as text.

    Raises:
        RejectedError: a value is missing or none of the labels; it is not quoted.
    """
    id_ = identifier(values.get("id"), "id")
    if id_ is None:
        raise RejectedError("the id is missing")
    label = {head: _label(head, values.get(head)) for head in HEADS}
    return Truth(
        id=id_,
        sentiment=Sentiment(label["sentiment"]),
        priority=PRIORITIES[HEADS["priority"].index(label["priority"])],
        main_topic=Topic(label["main_topic"]),
    )


def _label(head: str, value: Any) -> str:
    label = str(value).strip()
    if label not in HEADS[head]:
        wrong = "missing: it is" if value is None else "not"
        raise RejectedError(f"{head} is {wrong} one of {', '.join(HEADS[head])}")
    return label


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yields the values of every row with its line; JSON lines are known by the first brace."""
    try:
        with path.open("rb") as lines:
            first = next((line for line in lines if line.removeprefix(BOM).strip()), b"").removeprefix(BOM).lstrip()
            if first[:1] == b"{":
                lines.seek(0)
                yield from _objects(path, lines)
                return
    except OSError as error:
        raise FatalError(f"{path} cannot be read: {error.strerror}", remedy="Check the path") from error
    if first[:1] == b"[":
        raise FatalError(f"{path} is one JSON array", remedy="Write one object a line")
    yield from _records(path)


def _objects(path: Path, lines: Iterator[bytes]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        raw = line.removeprefix(BOM) if number == 1 else line
        if raw.strip():
            try:
                yield number, object_of(raw)
            except RejectedError as error:
                raise _wrong(path, number, error) from None


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = csv_rows(path)
    header = [name.strip() for name in next(rows, (0, [*COLUMNS]))[1]]
    if missing := [name for name in COLUMNS if name not in header]:
        raise FatalError(f"{path} has no column {', '.join(missing)}", remedy=_FORM)
    for number, row in rows:
        yield number, dict(zip(header, row, strict=True))


def _wrong(path: Path, line: int, error: RejectedError) -> FatalError:
    return FatalError(f"{path}, line {line}: {error}", remedy=f"A line has {', '.join(COLUMNS)}")
