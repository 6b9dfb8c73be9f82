"""A plain table on standard output: columns as wide as their cells, so that a pipe cuts nothing off."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import click

_GAP: Final = "  "


def cell(value: Any) -> str:
    """Returns a value as a word: yes, no, - for none, else its text."""
    if value is None:
        return "-"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints rows under their heading, or without one when it is empty; the last column is not padded."""
    lines = [tuple(line) for line in ([head] if head else []) + list(rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo(_GAP.join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip())
