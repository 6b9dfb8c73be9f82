"""The lists of names that the project carries, for the recogniser in `streams.core.pii.persons`."""

import lzma
from functools import lru_cache
from pathlib import Path
from typing import Final

from streams.core.pii.names import Lexicon, Names
from streams.errors import FatalError, MissingToolError

LEXICON_FILE: Final = Path(__file__).parent / "data" / "person_names.txt.xz"
REMEDY: Final = "Restore it from the repository, or make it again as streams/data/README.md says"


def load_lexicon(path: Path = LEXICON_FILE) -> Lexicon:
    """Reads the lists, one a line: its name, a tab, words separated by spaces; with the judge half a second, 40 MB.

    Raises:
        MissingToolError: the file cannot be read.
        FatalError: it does not hold the lists.
    """
    try:
        text = lzma.decompress(path.read_bytes()).decode()
    except (lzma.LZMAError, EOFError, UnicodeDecodeError) as error:
        raise FatalError(f"the name lists {path} are damaged: {error}", remedy=REMEDY) from error
    except OSError as error:
        raise MissingToolError(f"the name lists {path} cannot be read: {error.strerror}", remedy=REMEDY) from error
    sections = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    try:
        return Lexicon(**{field: frozenset(sections[field].split(" ")) for field in Lexicon.__struct_fields__})
    except KeyError as error:
        raise FatalError(f"the name lists {path} lack the list {error}", remedy=REMEDY) from error


@lru_cache(maxsize=1)
def person_names() -> Names:
    """Returns the judge of names, loaded once a process.

    Raises:
        FatalError: as `load_lexicon`.
    """
    return Names(load_lexicon())
