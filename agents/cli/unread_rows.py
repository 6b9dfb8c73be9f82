"""How a command ends whose file had rows that are no tweets."""

from agents.cli.counted import counted
from streams.errors import FatalError


def judge_rows(n_refused: int, name: str) -> None:
    """Ends a command whose file had rows that could not be read, each named before; the others were judged.

    Args:
        n_refused: how many.
        name: of the file, as the user gave it.

    Raises:
        FatalError: there were some.
    """
    if n_refused:
        raise FatalError(
            f"{counted(n_refused, 'row')} of {name} could not be read", remedy="Mend the lines named above"
        )
