"""The file of rows that a command writes on request: misses of a measurement, recorded answers."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from streams.errors import FatalError


def write_json_lines(path: Path, rows: Iterable[object]) -> None:
    """Writes rows to a file, a JSON object a line; an existing file is replaced.

    Args:
        path: as the operator named it.
        rows: whatever msgspec encodes as an object: structs, dataclasses, dicts.

    Raises:
        FatalError: the file cannot be written.
    """
    encode = msgspec.json.Encoder().encode
    try:
        with path.open("wb") as file:
            file.writelines(encode(row) + b"\n" for row in rows)
    except OSError as error:
        raise FatalError(
            f"cannot write {path}: {error.strerror}", remedy="Name a file in a directory that you may write to"
        ) from None
