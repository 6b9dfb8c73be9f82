"""The lists of names that the project carries, for the recogniser in `streams.core.pii.persons`."""

from functools import lru_cache
from pathlib import Path
from typing import Final

from streams.carried import CarriedFile
from streams.core.pii.names import Lexicon, Names

PERSON_NAMES: Final = CarriedFile(
    Path(__file__).parent / "data" / "person_names.txt.xz",
    what="the lists of names",
    sha256="11cf388fef95506ab216e9458885cfede27935b9190f9afc7b04b4d1517b1113",
    remedy="Restore the file from the repository, or make it again as streams/data/README.md says",
)


def load_lexicon() -> Lexicon:
    """Reads the lists, one a line: its name, a tab, words separated by spaces.

    Raises:
        MissingToolError: the file is missing or damaged.
    """
    sections = dict(line.split("\t", 1) for line in PERSON_NAMES.read().decode().splitlines())
    return Lexicon(**{field: frozenset(sections[field].split(" ")) for field in Lexicon.__struct_fields__})


@lru_cache(maxsize=1)
def person_names() -> Names:
    """Returns the judge of names, loaded once a process (half a second, 40 MB).

    Raises:
        MissingToolError: the file is missing or damaged.
    """
    return Names(load_lexicon())
