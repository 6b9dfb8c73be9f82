"""What the gazetteer knows: names, the places that bear them, and numbers."""

from enum import StrEnum
from typing import Final

import msgspec

from schemas.taxonomy import PlaceKind


class Sense(StrEnum):
    """What else a name is, which makes it weaker: a word or a surname; or only the first half of a town's name."""

    NONE = ""
    WORD = "w"
    SHORT = "s"


class Bearer(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A place that bears a name. `population` is 0 where none is known; `postcodes` are those of the town."""

    kind: PlaceKind
    insee: str | None
    department: str | None
    region: str | None
    population: int
    postcodes: tuple[str, ...] = ()


class Name(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A name in folded words without its article: `saint pol sur mer`, `havre` (article `le`).

    `article` is empty for a name that takes none; `bearers` stand in falling order of population.
    """

    words: tuple[str, ...]
    article: str
    sense: Sense
    bearers: tuple[Bearer, ...]


class Postcode(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where a postcode leads: its department, and its commune or arrondissement when there is only one."""

    department: str
    insee: str | None


class Gazetteer(msgspec.Struct, frozen=True, kw_only=True):
    """All names by one telling word of each, postcodes, and departments with their regions.

    `names` holds names of one word, and those of several under the word of theirs that is rarest among names. They stay
    encoded until they are asked for: read in 40 ms, and a look costs 3 us.

    For the quick look: the names of one word in `weak` are places only where the text has another place, those in
    `capital` only with a capital or another place; where a word has no other name of one word, `partners` holds a
    further word of each of its names.
    """

    source: str
    names: dict[str, msgspec.Raw]
    weak: frozenset[str]
    capital: frozenset[str]
    partners: dict[str, frozenset[str]]
    postcodes: dict[str, Postcode]
    departments: dict[str, str]

    def named(self, word: str) -> tuple[Name, ...]:
        """Returns the names that are kept under a folded word."""
        encoded = self.names.get(word)
        return () if encoded is None else _NAMES.decode(encoded)


_NAMES: Final = msgspec.json.Decoder(tuple[Name, ...])

TOWNS_WITH_ARRONDISSEMENTS: Final = {"75056": ("751", 20), "69123": ("6938", 9), "13055": ("132", 16)}
"""INSEE code of a town -> what the codes of its arrondissements begin with, and how many there are."""


def arrondissement(town: str, number: int) -> str | None:
    """Returns the INSEE code of a town's arrondissement, if it has that many: the third of Lyon is 69383."""
    prefix, n_arrondissements = TOWNS_WITH_ARRONDISSEMENTS.get(town, ("", 0))
    return f"{prefix}{number:0{5 - len(prefix)}d}" if 1 <= number <= n_arrondissements else None
