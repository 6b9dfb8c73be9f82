"""How far the work on a file is: a bar on a terminal, a line now and then elsewhere, all on standard error."""

import contextlib
import sys
import time
from types import TracebackType
from typing import Final, Self

import click

from agents.cli.file_bar import file_bar
from agents.printable import printable

LINE_S: Final = 10.0
"""From one plain line to the next."""


class FileProgress:
    """Shows the share of a file that is done, its rows, rows a second, and the time that is left.

    Args:
        name: of the file, as the user gave it.
        size: its bytes.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name, self._size = printable(name), size
        self._bar = file_bar(transient=True) if sys.stderr.isatty() else None
        self._task = None if self._bar is None else self._bar.add_task("", total=size, rows="")
        self._what, self._first = "", (0, 0)
        self._started = self._said = time.monotonic()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def phase(self, what: str, position: int = 0, n_rows: int = 0) -> None:
        """Begins a bar anew where the work begins."""
        self._what, self._first = what, (position, n_rows)
        self._started = self._said = time.monotonic()
        if self._bar is not None and self._task is not None:
            self._bar.reset(self._task, completed=position, description=f"{what} {self._name}", rows="")

    def show(self, position: int, n_rows: int | None = None) -> None:
        """Shows how far it is."""
        rows = "" if n_rows is None else f"{n_rows:,} rows, {self._rate(n_rows):,.0f}/s"
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=position, rows=rows)
        elif time.monotonic() - self._said >= LINE_S:
            self._said = time.monotonic()
            words = (f"{100 * position // max(self._size, 1)} %", rows, self._left(position))
            tell(f"{self._what} {self._name}: {', '.join(filter(None, words))}")

    def say(self, text: str) -> None:
        """Shows a line about a place in the file, above the bar."""
        self._tell(f"{self._name}, {text}")

    def warn(self, text: str) -> None:
        """Shows a line about the whole file that nobody should miss, above the bar."""
        self._tell(f"WARNING: {self._name}: {text}")

    def _tell(self, text: str) -> None:
        line = printable(text)
        if self._bar is None:
            tell(line)
        else:
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _rate(self, n_rows: int) -> float:
        return (n_rows - self._first[1]) / max(time.monotonic() - self._started, 0.001)

    def _left(self, position: int) -> str:
        n_done = position - self._first[0]
        seconds = (time.monotonic() - self._started) * (self._size - position) / max(n_done, 1)
        return f"{seconds:,.0f} s left" if n_done > 0 else ""


def tell(line: str) -> None:
    """Shows a line; where standard error is closed or full, the work goes on without it."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(line, err=True)
