"""Which price held from when on: one JSON line a change, appended under a lock, so that many workers write it once."""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import msgspec

from streams.core.pricing import Price
from streams.disk import locked, remedy_of
from streams.errors import FatalError
from streams.providers.price_file import PriceRow, row_of

Source = Literal["bundled", "refresh", "override"]
"""Where a price comes from: genai-prices as installed, its list as fetched later, or the operator's file."""

LOCK_TIMEOUT_S: Final = 5.0


class PriceChange(msgspec.Struct, frozen=True, kw_only=True):
    """From `at` on the model costs `new` (None: unknown); calls after it carry the price version `version`."""

    at: datetime
    ref: str
    old: PriceRow | None
    new: PriceRow | None
    source: Source | None
    version: str


_CHANGE: Final = msgspec.json.Decoder(PriceChange)


def read_history(path: Path) -> Iterator[PriceChange]:
    """Yields the changes, oldest first; a line that a crash cut short is left out.

    Raises:
        FatalError: the file cannot be read.
    """
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        raise FatalError(f"{path} cannot be read: {error.strerror}", remedy=remedy_of(error)) from error
    for line in lines:
        try:
            yield _CHANGE.decode(line)
        except msgspec.MsgspecError:
            continue


def append_changes(
    path: Path, prices: Mapping[str, tuple[Price | None, Source | None]], *, version: str, at: datetime
) -> list[PriceChange]:
    """Appends what differs from the last line of each model, and returns that; the bytes are on the disk by then.

    A price that is unknown and was never known is no change.

    Raises:
        FatalError: the file cannot be written.
    """
    with locked(path.with_name(f".{path.name}.lock"), timeout_s=LOCK_TIMEOUT_S):
        last = {change.ref: change.new for change in read_history(path)}
        rows = {ref: (row_of(price) if price else None, source) for ref, (price, source) in prices.items()}
        changes = [
            PriceChange(at=at, ref=ref, old=last.get(ref), new=row, source=source, version=version)
            for ref, (row, source) in sorted(rows.items())
            if last.get(ref) != row
        ]
        if changes:
            _append(path, b"".join(msgspec.json.encode(change) + b"\n" for change in changes))
        return changes


def _append(path: Path, lines: bytes) -> None:
    try:
        with path.open("ab+") as file:
            if file.tell() and _last_byte(path) != b"\n":  # a crash cut the last line short: leave it alone on its own
                lines = b"\n" + lines
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise FatalError(f"cannot write {path}: {error}", remedy=remedy_of(error)) from error


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
