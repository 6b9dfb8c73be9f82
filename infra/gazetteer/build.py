"""Makes streams/data/gazetteer.json.gz from the package of etalab and from spoken.tsv and words.txt beside this file.

Run by build.sh. The same inputs give the same bytes. It refuses a code of spoken.tsv that the package does not have.
"""

import gzip
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final

import msgspec

from infra.gazetteer.name_words import DEPARTMENT_ARTICLES, LINKS, NO_SHORT, ORDINARY, PAIRED
from schemas.taxonomy import PlaceKind
from streams.core.places.folding import fold, words_of
from streams.core.places.gazetteer import (
    TOWNS_WITH_ARRONDISSEMENTS,
    Bearer,
    Gazetteer,
    Name,
    Postcode,
    Sense,
)  # fmt: skip
from streams.core.places.vocabulary import FIRST_NAMES

HERE: Final = Path(__file__).parent
PACKAGE: Final = "@etalab/decoupage-administratif"
SHORT_FROM: Final = 4_500
"""Inhabitants from which a town is called by the first half of its name: Corbeil, Levallois."""
SECOND_FROM: Final = 2_500
"""Inhabitants from which a town is called by the second half of its double name: Hossegor."""
SECOND_LETTERS: Final = 7
"""Letters of that half, at least: shorter ones are other towns' names or words."""
JOINED_FROM: Final = 1_000
"""Inhabitants from which a name of several words is known written as one, as in a hashtag."""
ARTICLES: Final = ("le", "la", "les", "l")
SEVERAL: Final = 2
TELLING: Final = 3
"""Letters of a word by which a name may be kept."""
SHORT_LETTERS: Final = 4
"""Letters of a first half by which a town is called, at least."""
CAPITAL_FROM: Final = 3_000
"""Inhabitants from which a town whose name is a word is believed with a capital and a preposition alone."""

NO_DEPARTMENTS: Final = frozenset({"75", "984", "989"})
"""Paris, which is its town; the Terres australes and Clipperton, where nobody lives."""
WITH_POSTCODES: Final = ("commune-actuelle", "arrondissement-municipal")

Row = dict[str, Any]
"""An object of the package's files; the keys are French."""
Key = tuple[tuple[str, ...], str]
"""A name's words without its article, and the article."""
Kept = dict[str, list[tuple[Name, str]]]
"""The names by their most telling word, each with its second most telling one."""


class Look(Enum):
    """What the quick look has to see beside a word before its text may hold a place of one of its names."""

    NOTHING = auto()  # a name of this word alone is a place as it stands
    CAPITAL = auto()  # it is a word, too, and a known town
    PLACE = auto()  # it is a word, too: another place
    PARTNER = auto()  # no name is this word alone: a further word of one


def main(data: Path, target: Path) -> None:
    """Reads the package's files in `data` and writes the gazetteer to `target`."""
    communes, departments, regions = (
        json.loads((data / f"{name}.json").read_text()) for name in ("communes", "departements", "regions")
    )
    found = sorted(set(_named(communes, departments, regions)), key=repr)
    bearers: dict[Key, list[tuple[Sense, Bearer | None]]] = defaultdict(list)
    for key, sense, bearer in found:
        if all(bearer != other for _, other in bearers[key]):
            bearers[key].append((sense, bearer))
    common = _common()
    names = _by_telling_word([_name(key, several, common) for key, several in bearers.items()], common)
    looks = {word: _look(word, several) for word, several in names.items()}
    gazetteer = Gazetteer(
        source=f"{PACKAGE} {json.loads((data.parent / 'package.json').read_text())['version']}",
        names={word: msgspec.Raw(msgspec.json.encode([one for one, _ in several])) for word, several in names.items()},
        weak=frozenset(word for word, look in looks.items() if look is Look.PLACE),
        capital=frozenset(word for word, look in looks.items() if look is Look.CAPITAL),
        partners={
            word: frozenset(partner for _, partner in several if partner)
            for word, several in names.items()
            if looks[word] is not Look.NOTHING
        },
        postcodes=_postcodes(communes),
        departments={row["code"]: row["region"] for row in departments},
    )
    plain = msgspec.json.encode(gazetteer, order="deterministic")
    target.write_bytes(gzip.compress(plain, mtime=0))
    print(  # noqa: T201 - the checksum is what this script has to tell
        f"{target}: {len(names)} names, SHA-256 of the unpacked file {hashlib.sha256(plain).hexdigest()}"
    )


def _common() -> frozenset[str]:
    lines = (HERE / "words.txt").read_text().splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def _named(
    communes: list[Row], departments: list[Row], regions: list[Row]
) -> Iterator[tuple[Key, Sense, Bearer | None]]:
    """Yields every name with a place that bears it."""
    current = {row["code"]: row for row in communes if row["type"] == "commune-actuelle"}
    arrondissements = {row["code"]: row for row in communes if row["type"] == "arrondissement-municipal"}
    for row in communes:
        if row["type"] == "arrondissement-municipal" or (row["type"] != "commune-actuelle" and row["code"] in current):
            continue
        bearer = _commune(row, current.get(row.get("chefLieu", ""), row))
        words, article = _cut(row["nom"])
        yield (words, article), Sense.NONE, bearer
        if len(words) >= SEVERAL and bearer.population >= JOINED_FROM:
            yield (("".join(words),), ""), Sense.NONE, bearer
        if bearer.population >= SHORT_FROM and (short := _short(words)):
            yield (short, article), Sense.SHORT, bearer
        if bearer.population >= SECOND_FROM and (second := _second(words)):
            yield (second, ""), Sense.SHORT, bearer
    for row in departments:
        if row["code"] not in NO_DEPARTMENTS:
            yield from _division(row["nom"], Bearer(PlaceKind.DEPARTMENT, None, row["code"], row["region"], 0))
    overseas = {row["region"] for row in departments if row["zone"] != "metro"}
    for row in regions:
        if row["code"] not in overseas:
            yield from _division(row["nom"], Bearer(PlaceKind.REGION, None, None, row["code"], 0))
    of_department = {row["code"]: row["region"] for row in departments}
    for line in (HERE / "spoken.tsv").read_text().splitlines():
        if line.startswith("#"):
            continue
        name, kind, code = line.split("\t")
        if kind == "none":
            yield _cut(name), Sense.NONE, None
            continue
        yield from _spoken(name, PlaceKind(kind), code, current | arrondissements, of_department, regions)


def _spoken(
    name: str, kind: PlaceKind, code: str, communes: dict[str, Row], departments: dict[str, str], regions: list[Row]
) -> Iterator[tuple[Key, Sense, Bearer | None]]:
    if kind is PlaceKind.REGION:
        if code not in {row["code"] for row in regions}:
            raise SystemExit(f"spoken.tsv: {name}: no region {code}")
        bearer = Bearer(kind, None, None, code, 0)
    elif code in departments:
        bearer = Bearer(kind, None, code, departments[code], 0)
    elif kind in (PlaceKind.COMMUNE, PlaceKind.DISTRICT) and code in communes:
        town = _commune(communes[code], communes[code])
        bearer = msgspec.structs.replace(
            town, kind=kind, population=town.population if kind is PlaceKind.COMMUNE else 0
        )
    else:
        raise SystemExit(f"spoken.tsv: {name}: no {kind} {code}")
    yield from _division(name, bearer)


def _division(name: str, bearer: Bearer) -> Iterator[tuple[Key, Sense, Bearer | None]]:
    words, article = _cut(name)
    article = article or DEPARTMENT_ARTICLES.get(bearer.department or "", "") * (bearer.kind is PlaceKind.DEPARTMENT)
    yield (words, article), Sense.NONE, bearer
    if len(words) >= SEVERAL:
        yield (("".join(words),), ""), Sense.NONE, bearer
        if bearer.kind is PlaceKind.DEPARTMENT:  # bouche du rhône, haut de seine
            singular = tuple(word if word in LINKS else word.removesuffix("s") for word in words)
            yield (singular, article), Sense.NONE, bearer


def _commune(row: Row, town: Row) -> Bearer:
    return Bearer(
        PlaceKind.COMMUNE, row["code"], row["departement"], row["region"], row.get("population", 0),
        tuple(row.get("codesPostaux") or town.get("codesPostaux", ())),
    )  # fmt: skip


def _cut(name: str) -> tuple[tuple[str, ...], str]:
    """Returns a name's words without its article, and the article."""
    words = [one.word for one in words_of(name, fold(name))]
    if len(words) >= SEVERAL and words[0] in ARTICLES:
        return tuple(words[1:]), words[0]
    return tuple(words), ""


def _short(words: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the first half of a name: `corbeil` of Corbeil-Essonnes, `saint pol` of Saint-Pol-sur-Mer."""
    n_kept = 2 if words[0] in PAIRED else 1
    short = words[:n_kept]
    if len(words) <= n_kept or short[-1] in LINKS or (n_kept == 1 and short[0] in NO_SHORT):
        return ()
    return short if len(short[0]) >= SHORT_LETTERS else ()


def _second(words: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the second half of a double name: `hossegor` of Soorts-Hossegor."""
    is_double = len(words) == SEVERAL and LINKS.isdisjoint(words) and NO_SHORT.isdisjoint(words)
    return words[1:] if is_double and len(words[1]) >= SECOND_LETTERS else ()


def _name(key: Key, several: list[tuple[Sense, Bearer | None]], common: frozenset[str]) -> Name:
    words, article = key
    if "_".join(words) in common:
        sense = Sense.WORD
    else:
        sense = Sense.SHORT if all(one is Sense.SHORT for one, _ in several) else Sense.NONE
    bearers = sorted((bearer for _, bearer in several if bearer), key=lambda one: (-one.population, one.insee or ""))
    return Name(words, article, sense, tuple(bearers))


def _by_telling_word(names: Iterable[Name], common: frozenset[str]) -> Kept:
    """Orders names by the words that tell most."""
    names = sorted(names, key=lambda name: (name.words, name.article))
    n_names = Counter(word for name in names for word in set(name.words))
    found: Kept = defaultdict(list)
    for name in names:
        telling, *others = sorted(set(name.words), key=lambda word: _rank(word, common, n_names[word]))
        found[telling].append((name, others[0] if others else ""))
    return dict(sorted(found.items()))


def _rank(word: str, common: frozenset[str], n_names: int) -> tuple[bool, bool, int, str]:
    """Orders the words of a name, the rarest in tweets first."""
    return word in LINKS - {"saint", "sainte"} or len(word) < TELLING, word in common or word in ORDINARY, n_names, word


def _look(word: str, several: list[tuple[Name, str]]) -> Look:
    alone = [name for name, _ in several if len(name.words) == 1]
    if not alone:
        return Look.PARTNER
    if any(name.sense is not Sense.WORD and word not in FIRST_NAMES for name in alone):
        return Look.NOTHING
    bearers = [bearer for name in alone for bearer in name.bearers]
    is_known = any(bearer.kind is not PlaceKind.COMMUNE or bearer.population >= CAPITAL_FROM for bearer in bearers)
    return Look.CAPITAL if is_known else Look.PLACE


def _postcodes(communes: list[Row]) -> dict[str, Postcode]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in communes:
        if row["code"] not in TOWNS_WITH_ARRONDISSEMENTS and row["type"] in WITH_POSTCODES:
            for postcode in row.get("codesPostaux", ()):
                rows[postcode].append(row)
    found = {}
    for postcode, several in sorted(rows.items()):
        department = Counter(row["departement"] for row in several).most_common(1)[0][0]
        found[postcode] = Postcode(department, several[0]["code"] if len(several) == 1 else None)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
