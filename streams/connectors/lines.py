"""Bytes as they come, to physical lines, in flat memory."""

from typing import Final, NamedTuple

from streams.connectors.source import MAX_KEPT_BYTES

BREAK: Final = b"\n"


class Line(NamedTuple):
    """A physical line without its line feed; `end` is the position after it. `n_cut` bytes of it were let go."""

    raw: bytes
    number: int
    end: int
    n_cut: int = 0


class LineSplitter:
    """Cuts chunks at line feeds.

    A line longer than `MAX_KEPT_BYTES` is cut there and says by how much, so that a file without line breaks needs
    no more memory than any other.

    Args:
        position: bytes before the first chunk.
        line: lines before the first chunk.
    """

    def __init__(self, position: int = 0, line: int = 0) -> None:
        self._position = position
        self._line = line
        self._rest = b""
        self._n_cut = 0

    def feed(self, chunk: bytes) -> list[Line]:
        """Returns the lines that the chunk ends."""
        pieces = chunk.split(BREAK)
        pieces[0] = self._rest + pieces[0]
        last = pieces.pop()
        lines = []
        position, number = self._position, self._line
        for piece in pieces:
            position += len(piece) + 1 + self._n_cut
            number += 1
            lines.append(Line(piece[:MAX_KEPT_BYTES], number, position, self._cut_of(piece)))
            self._n_cut = 0
        self._position, self._line = position, number
        self._n_cut = self._cut_of(last)
        self._rest = last[:MAX_KEPT_BYTES]
        return lines

    def finish(self) -> list[Line]:
        """Returns the last line where no line feed ends it."""
        if not self._rest:
            return []
        self._line += 1
        self._position += len(self._rest) + self._n_cut
        line = Line(self._rest, self._line, self._position, self._n_cut)
        self._rest, self._n_cut = b"", 0
        return [line]

    def _cut_of(self, piece: bytes) -> int:
        return self._n_cut + max(0, len(piece) - MAX_KEPT_BYTES)
