"""Dead letters for tests: what a stage failed on, as its dead-letter topic holds it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from schemas.headers import Header
from schemas.taxonomy import Level, Stage
from schemas.topics import INPUT_OF
from streams.core.dead_letters import dead_letter
from streams.core.letters import DeadLetter, described

NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
NOW_MS: Final = 1_767_312_000_000


class Record(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


def buried(
    value: bytes | None = b"{}", *, stage: Stage = Stage.CLASSIFIER, key: bytes | None = b"k",
    headers: Sequence[Header] = (), error: Exception | None = None, attempts: int = 1, levels: Sequence[Level] = (),
    offset: int = 7, timestamp: int = NOW_MS,
) -> tuple[DeadLetter, Record]:  # fmt: skip
    """A letter and its record, at partition 2."""
    source = Record(INPUT_OF[stage], 1, 5, 1, key, value, tuple(headers))
    output = dead_letter(
        source, stage=stage, error=error or ValueError("field id"), now=NOW, attempts=attempts, levels=levels
    )  # fmt: skip
    record = Record(output.topic, 2, offset, timestamp, output.key, output.value, output.headers)
    return described(record, output.topic), record
