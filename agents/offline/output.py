"""What a run writes: labelled lines, rows without labels, calls to models; and how it goes on after a kill."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

import msgspec

from agents.offline.lines import LabelledLine, Writer
from schemas.spend import Spend
from streams.errors import FatalError

BESIDE: Final = ("rejected", "spend", "cursor", "lock")
"""What a run writes beside OUT: names that are its own with one of these behind a dot."""

_AGAIN: Final = "Mend that, then run the same command again"
_GOES_ON: Final = f"{_AGAIN}: it goes on where it stopped"


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row without labels: its first line, why, and its bytes (in base64)."""

    line: int
    reason: str
    raw: bytes


class Output(Protocol):
    """Takes what a run makes of its rows, in their order."""

    def label(self, line: LabelledLine) -> None:
        """Takes a row with its labels."""

    def reject(self, row: RejectedRow) -> None:
        """Takes a row that has none."""

    def spend(self, calls: Iterable[Spend]) -> None:
        """Takes the calls that were made for rows."""

    def flush(self) -> None:
        """Hands all that was taken to the system."""


class StreamOutput:
    """Lines on a stream: what is rejected is named elsewhere, and paid calls are counted alone.

    Raises:
        FatalError: the stream cannot be written.
        BrokenPipeError: its reader has gone, which is its right.
    """

    def __init__(self, stream: BinaryIO, writer: Writer) -> None:
        self._stream, self._writer = stream, writer
        self._write(writer.head)

    def label(self, line: LabelledLine) -> None:
        """Writes the line."""
        self._write(self._writer.line(line))

    def reject(self, row: RejectedRow) -> None:
        """Keeps nothing of it."""

    def spend(self, calls: Iterable[Spend]) -> None:
        """Keeps nothing of them."""

    def flush(self) -> None:
        """Flushes the stream."""
        with _writing("the output", _AGAIN):
            self._stream.flush()

    def _write(self, data: bytes) -> None:
        with _writing("the output", _AGAIN):
            self._stream.write(data)


class Sizes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bytes of a run's files at a moment."""

    lines: int
    rejected: int


class FileOutput:
    """OUT, with OUT.rejected and OUT.spend beside it where there is something for them.

    OUT.spend outlives runs: it alone knows what was paid, so each run appends to it.

    Args:
        path: OUT.
        writer: how its lines look.
        sizes: where the files ended when a run stopped that goes on now; what stands behind is cut off. None: anew.

    Raises:
        FatalError: a file cannot be written, or is shorter than it was.
    """

    def __init__(self, path: Path, writer: Writer, sizes: Sizes | None = None) -> None:
        self._writer = writer
        self._path = path
        self._encode = msgspec.json.Encoder(decimal_format="string").encode
        self._rejected_path, self._spend_path = beside(path, "rejected"), beside(path, "spend")
        self._lines = _opened(path, None if sizes is None else sizes.lines)
        self._rejected = _opened(self._rejected_path, None if sizes is None else sizes.rejected)
        self._spend = _opened(self._spend_path, _whole_lines(self._spend_path))
        if sizes is None:
            with _writing(path):
                self._lines.write(writer.head)

    def label(self, line: LabelledLine) -> None:
        """Writes the line."""
        with _writing(self._path):
            self._lines.write(self._writer.line(line))

    def reject(self, row: RejectedRow) -> None:
        """Writes the row byte for byte."""
        with _writing(self._rejected_path):
            self._rejected.write(self._encode(row) + b"\n")

    def spend(self, calls: Iterable[Spend]) -> None:
        """Writes the calls, at once: a kill takes none back."""
        with _writing(self._spend_path):
            self._spend.writelines(self._encode(call) + b"\n" for call in calls)
            self._spend.flush()

    def flush(self) -> None:
        """Hands all to the disk."""
        with _writing(self._path):
            for file in (self._lines, self._rejected, self._spend):
                file.flush()
                os.fsync(file.fileno())

    def sizes(self) -> Sizes:
        """Returns where the files end."""
        return Sizes(lines=self._lines.tell(), rejected=self._rejected.tell())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the files; those that hold nothing are removed, but OUT."""
        for file in (self._lines, self._rejected, self._spend):
            with contextlib.suppress(OSError):  # the disk is full, and an error says so
                file.close()
        for path in (self._rejected_path, self._spend_path):
            if path.exists() and path.stat().st_size == 0:
                path.unlink()


def beside(path: Path, what: str) -> Path:
    """Returns the name of a file that belongs to another one."""
    return path.with_name(f"{path.name}.{what}")


def _opened(path: Path, size: int | None) -> BinaryIO:
    """Opens a file that is written anew, or on from a size."""
    is_new = size is None or (size == 0 and not path.exists())
    with _writing(path):
        file: BinaryIO = path.open("wb" if is_new else "r+b")
    if size is None or is_new:
        return file
    if file.seek(0, os.SEEK_END) < size:
        file.close()
        raise FatalError(f"{path} is shorter than the run left it", remedy="--restart begins anew")
    file.seek(size)
    file.truncate()
    return file


def _whole_lines(path: Path) -> int:
    """Returns the bytes of a file's whole lines: a kill may have cut the last one short."""
    size = 0
    with _writing(path), contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            size += len(line) if line.endswith(b"\n") else 0
    return size


@contextlib.contextmanager
def _writing(what: Path | str, remedy: str = _GOES_ON) -> Iterator[None]:
    """Says what could not be written."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FatalError(f"cannot write {what}: {error.strerror}", remedy=remedy) from error
