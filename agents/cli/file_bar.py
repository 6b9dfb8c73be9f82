"""The bar of a file on a terminal: its share, its rows, the time that is left; on standard error."""

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn


def file_bar(*, transient: bool = False) -> Progress:
    """Returns a bar whose tasks have a field `rows`, a text; nothing in it or in a description is markup.

    Args:
        transient: take the bar away at the end.
    """
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
        TextColumn("{task.fields[rows]}", markup=False), TimeRemainingColumn(), console=Console(stderr=True),
        transient=transient,
    )  # fmt: skip
