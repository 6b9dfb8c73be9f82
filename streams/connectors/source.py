"""What every source of tweets offers: rows in order, each with the place where a later run can go on."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from schemas.tweet import Tweet
from streams.errors import DalloshError

MAX_KEPT_BYTES: Final = 8 << 20
"""Of a longer row only so much is held in memory and kept in the dead letters; its reason says so."""


class Cursor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a reading stopped.

    `position` is the source's own measure of how far (bytes, in a file), `line` the lines before it, and `fingerprint`
    what the source needs to recognise itself.
    """

    position: int
    line: int
    fingerprint: str


class Row(NamedTuple):
    """A row that is a tweet. `end` is the position just after it, `end_line` the lines up to there.

    `line` is the number of its first physical line, from 1; `raw` its bytes without the line break that ends it.
    """

    line: int
    end: int
    end_line: int
    raw: bytes
    tweet: Tweet


class RefusedRow(NamedTuple):
    """A row that is none, and why; otherwise as `Row`."""

    line: int
    end: int
    end_line: int
    raw: bytes
    error: DalloshError


AnyRow = Row | RefusedRow


class Source(Protocol):
    """A source of tweets that can be read again from a cursor."""

    @property
    def name(self) -> str:
        """Names it in dead letters and in `ops.coverage`."""

    @property
    def size(self) -> int | None:
        """The position of the end, or None where nobody knows."""

    def batches(self, after: Cursor | None = None) -> AsyncIterator[Sequence[AnyRow]]:
        """Yields every row after the cursor, or every row, in order, a few hundred at a time.

        Never waits for more rows than have come, and never drops one: what is no tweet is a `RefusedRow`.

        Raises:
            FatalError: it cannot be read, or the cursor belongs to another source.
        """

    def cursor_after(self, row: AnyRow) -> Cursor:
        """Returns the place just after a row that `batches` yielded."""

    def knows(self, cursor: Cursor) -> bool:
        """Whether a cursor was written for this source, which may have grown since."""
