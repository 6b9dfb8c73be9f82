"""The rows of a CSV file that is small, or read once: no row may be broken."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from streams.errors import FatalError

_REMEDY: Final = "Mend it, or export the file anew in UTF-8, with commas between the columns"


def csv_rows(path: Path, name: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yields the rows that are not blank with the line on which each ends, the header first.

    Args:
        path: UTF-8, with or without BOM, commas.
        name: how messages call it, by default the path.

    Raises:
        FatalError: it cannot be read, is no CSV, or a row has another number of columns than the header.
    """
    name, n_columns = name or str(path), 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            for row in filter(None, rows):
                n_columns = n_columns or len(row)
                if len(row) != n_columns:
                    raise _refused(name, rows.line_num, f"the row has {len(row)} columns, the header {n_columns}")
                yield rows.line_num, row
    except OSError as error:
        raise FatalError(f"{name} cannot be read: {error.strerror}", remedy="Check the path") from error
    except UnicodeDecodeError:
        raise FatalError(f"{name} is not UTF-8", remedy=_REMEDY) from None
    except csv.Error as error:
        raise _refused(name, rows.line_num, f"it is not CSV: {error}") from None


def _refused(name: str, line: int, words: str) -> FatalError:
    return FatalError(f"{name}, line {line}: {words}", remedy=_REMEDY)
