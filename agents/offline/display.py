"""Who is shown how far a run over a file is."""

from typing import Protocol


class Display(Protocol):
    """Shows people how far a run is."""

    def phase(self, what: str, position: int = 0, n_rows: int = 0) -> None:
        """Names what is done from now on, and where in the file, after how many rows, it begins."""

    def show(self, position: int, n_rows: int | None = None) -> None:
        """Shows the place in the file, and the rows that are done so far."""

    def say(self, text: str) -> None:
        """Shows a line of its own."""
