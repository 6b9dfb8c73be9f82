"""The tables that the project carries for the scrubber: names of persons and places."""

from functools import lru_cache

from streams.core.redaction import Tables
from streams.gazetteer import gazetteer
from streams.person_names import person_names


@lru_cache(maxsize=1)
def tables() -> Tables:
    """Returns names and gazetteer, read once a process (half a second, 60 MB).

    Raises:
        MissingToolError: a file is missing or damaged; it is named, with the remedy.
    """
    return Tables(person_names(), gazetteer())
