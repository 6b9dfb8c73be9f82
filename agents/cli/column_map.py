"""The values of `--map`: which column of a file is which field of a tweet."""

from collections.abc import Sequence
from pathlib import Path

from streams.connectors.columns import read_changes


def changes_of(maps: Sequence[str]) -> dict[str, str]:
    """Returns field -> column of values such as `id=tweet_id`, or names of YAML or JSON files of such.

    Raises:
        FatalError: a file cannot be read.
    """
    changes: dict[str, str] = {}
    for text in maps:
        field, equals, column = text.partition("=")
        if equals and not Path(text).exists():
            changes[field.strip()] = column.strip()
        else:
            changes |= read_changes(Path(text))
    return changes
