"""Names of the gazetteer in a text, and how much speaks for each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import log10
from typing import Final, NamedTuple

from streams.core.places.gazetteer import Bearer, Gazetteer, Kind, Name, Sense
from streams.core.places.reading import Reading
from streams.core.places.vocabulary import (
    AFTER_NO_PLACE,
    BEFORE_BARE,
    BEFORE_LINK,
    BRANDS,
    CONTRACTED,
    DETERMINERS,
    FIRST_NAMES,
    LINKING,
    LOCATIVE,
    LYING,
    OF,
    STREETS,
    TITLES,
)  # fmt: skip

ENOUGH: Final = 2.0
"""Weight from which a name is a place."""
_NEVER: Final = -100.0
NOWHERE: Final = Bearer(Kind.DISTRICT, None, None, None, 0)
"""Stands for what is called like a place and is none: the gazetteer has such names without a bearer."""


class Match(NamedTuple):
    """A name at a word: the index of its first word and of the word behind its last."""

    first: int
    end: int
    name: Name


class Weighed(NamedTuple):
    """A match with the bearer that most speaks for, and by how much."""

    match: Match
    bearer: Bearer
    weight: float
    is_proven: bool


@dataclass(slots=True)
class Evidence:
    """What else the text names: postcodes and departments (by number or by name)."""

    postcodes: set[str] = field(default_factory=set)
    departments: set[str] = field(default_factory=set)
    hinted: set[str] = field(default_factory=set)
    """Departments of towns that may be meant: they speak for a department's name, never for a town."""
    begin_at: dict[int, str] = field(default_factory=dict)
    """Index of a word -> the department whose name begins there."""
    listed: set[int] = field(default_factory=set)
    """Indexes of words that a list ties to a place: `Lens et Liévin`."""


def matches(reading: Reading, gazetteer: Gazetteer) -> Iterator[Match]:
    """Yields every name that stands in the text, shorter ones within longer ones too."""
    names = gazetteer.names
    known: dict[str, tuple[Name, ...]] = {}
    for index, one in enumerate(reading.words):
        if one.word in names:
            if one.word not in known:
                known[one.word] = gazetteer.named(one.word)
            for name in known[one.word]:
                first = index - name.words.index(one.word)
                if reading.spells(first, name.words):
                    yield Match(first, first + len(name.words), name)


def weigh(match: Match, reading: Reading, evidence: Evidence) -> Weighed | None:
    """Returns the bearer of a name that most speaks for, None when the name is no place here."""
    if not match.name.bearers:
        return Weighed(match, NOWHERE, ENOUGH, is_proven=False)
    around = _around(match, reading)
    if around <= _NEVER:
        return None
    if match.name.sense is not Sense.WORD and not evidence.listed.isdisjoint((match.first, match.end - 1)):
        around += _LISTED
    best: Weighed | None = None
    for bearer in match.name.bearers:
        proof = _proof(bearer, match, reading, evidence)
        if match.name.words[0] in BRANDS and len(match.name.words) == 1 and proof < _BESIDE:
            continue
        weight = around + proof + _size(bearer) + _article(match, bearer, reading)
        if best is None or weight > best.weight:
            best = Weighed(match, bearer, weight, proof > 0)
    return best if best is not None and best.weight >= ENOUGH else None


_LISTED: Final = 1.5
_GLUE: Final = ("@", "_")
_BESIDE: Final = 4.0
_KNOWN: Final = 5_000
_CITY: Final = 40_000
_LARGE: Final = 100_000
_SOMEWHERE: Final = 2.0
_HINTED: Final = 2.5
_FAR: Final = 7


def _proof(bearer: Bearer, match: Match, reading: Reading, evidence: Evidence) -> float:
    """Weighs the numbers and departments that the text names against where the bearer lies."""
    if bearer.kind is Kind.DEPARTMENT:
        return _HINTED if bearer.department in evidence.hinted else 0.0
    if bearer.kind is Kind.REGION:
        return 0.0
    if not evidence.postcodes.isdisjoint(bearer.postcodes):
        return _BESIDE + 1
    department = (bearer.department or "").lower()
    if department and department in (reading.after(match.end - 1), reading.before(match.first)):
        return _BESIDE
    is_beside = any(evidence.begin_at.get(match.end + n_between) == bearer.department for n_between in range(3))
    if is_beside or (evidence.begin_at and _lies_in(match.end, bearer.department, reading, evidence)):
        return _BESIDE
    return _SOMEWHERE if bearer.department in evidence.departments else 0.0


def _lies_in(end: int, department: str | None, reading: Reading, evidence: Evidence) -> bool:
    """Tells whether the words from `end` say where the place is: `se trouve dans le Nord`, `est une ville de l'Ain`."""
    for index in range(end, min(end + _FAR, len(reading.words))):
        if evidence.begin_at.get(index) == department:
            return True
        if reading.words[index].word not in LYING:
            return False
    return False


def _size(bearer: Bearer) -> float:
    """Weighs how likely a place is meant: 0.3 below 200 inhabitants, 3 from 100,000; a department is well known."""
    if bearer.kind in (Kind.DEPARTMENT, Kind.REGION):
        return 2.0
    if bearer.kind is Kind.DISTRICT:
        return 1.5
    return min(max(log10(bearer.population + 1) - 2, 0.3), 3.3)


def _article(match: Match, bearer: Bearer, reading: Reading) -> float:
    """Weighs the article before a name: `au Havre`, `dans la Vienne` (the department), `à Vienne` (the town)."""
    before = reading.before(match.first)
    article = match.name.article
    if article:
        fits = before in CONTRACTED[article]
        if bearer.kind is Kind.DEPARTMENT:
            if fits:
                if reading.is_capital(match.first):
                    return 2.5 + _capital_article(match, reading)
                return 2.5 if reading.before(match.first - 1) in ("dans", "partout", "tout", "toute", "sur") else 2.0
            return -2.0 if before in ("a", "de") else 1.5 if before == "en" else 0.0
        return ((2.0 if before in ("au", "aux") else 1.5) if fits else -0.5) + _capital_article(match, reading)
    if bearer.kind is Kind.REGION and before == "en":
        return 1.5
    if before in DETERMINERS:
        return -2.0 if bearer.kind is Kind.COMMUNE else 0.0
    return 0.0


def _capital_article(match: Match, reading: Reading) -> float:
    """Weighs the capitals of `La Réunion` and `Le Port`, which no common word has."""
    if reading.is_shouted or match.first == 0 or reading.words[match.first - 1].word != match.name.article:
        return 0.0
    return 2.0 if reading.is_capital(match.first) and reading.is_capital(match.first - 1) else 0.0


def _around(match: Match, reading: Reading) -> float:
    """Weighs what holds for all bearers: capitals, the words around, and what else the name means."""
    first, name = match.first, match.name
    start, end = reading.words[first].start, reading.words[match.end - 1].end
    if reading.folded[end : end + 1] in _GLUE or reading.folded[start - 1 : start] in _GLUE:
        return _NEVER
    if reading.folded[start - 1 : start] == "." and reading.folded[start - 2 : start - 1].isalnum():
        return _NEVER
    if reading.after(match.end - 1) in AFTER_NO_PLACE:
        return _NEVER
    before = reading.before(first)
    n_back = 1
    if name.article and before in CONTRACTED[name.article]:
        before, n_back = reading.before(first - 1), 2
    weight = _introduced(reading, first, before, n_back)
    if weight <= _NEVER:
        return _NEVER
    if weight == 0.0:
        weight = _bare(match, reading)
    return weight + _form(match, reading)


def _bare(match: Match, reading: Reading) -> float:
    """Weighs a name without a preposition: beside another capital it is a person's, set apart it is a place's."""
    first, end = match.first, match.end
    before, after = reading.before(first), reading.after(end - 1)
    if not reading.is_shouted and before.isalpha() and reading.is_capital(first - 1) and before not in BEFORE_BARE:
        in_address = any(reading.words[index].word in STREETS for index in range(max(first - 5, 0), first - 1))
        return 0.0 if in_address else -2.0
    if not reading.is_shouted and after.isalpha() and len(after) > 1 and reading.is_capital(end):
        return -1.0 if match.name.bearers[0].population > _LARGE else -2.0
    return 0.5 if not before and reading.ends_clause(end - 1) else 0.0


def _introduced(reading: Reading, first: int, before: str, n_back: int) -> float:
    """Weighs the words before a name."""
    if before in STREETS or before in TITLES or (before in FIRST_NAMES and first > n_back - 1):
        return _NEVER
    if before == "a" or before in LOCATIVE:
        written = reading.text[reading.words[first - n_back].start]
        return 2.5 if before == "a" and written in "aA" else 3.0
    if before in LINKING:
        further = reading.before(first - n_back)
        if further in LINKING:
            further = reading.before(first - n_back - 1)
        if further in STREETS:
            return _NEVER
        if before in OF and further in FIRST_NAMES:
            return -2.0
        return 2.5 if before in OF and further in BEFORE_LINK else 0.5
    return 0.0


def _form(match: Match, reading: Reading) -> float:
    """Weighs how a name is written and what else it means."""
    first, name = match.first, match.name
    weight = 0.0
    if reading.is_hashtag(first):
        weight += 2.0
    elif reading.is_capital(first):
        weight += 0.0 if reading.is_shouted else 0.5 if reading.begins_sentence(first) else 1.5
    else:
        weight -= 0.5
    telling = [word for word in name.words if word not in LINKING and len(word) > 1]
    if len(telling) > 1 and name.sense is not Sense.SHORT:
        weight += 1.5
    is_known = name.bearers[0].kind is Kind.DEPARTMENT or name.bearers[0].population > _KNOWN
    if len(name.words) == 1 and len(name.words[0]) <= 3 and not is_known:
        weight -= 1.0
    if name.sense is Sense.WORD or (len(name.words) == 1 and name.words[0] in FIRST_NAMES):
        is_city = name.bearers[0].population > _CITY
        weight -= (3.5 if reading.is_capital(first) else 5.0) - is_city
    if _is_glued(reading, match):
        weight -= 6.0
    return weight


def _is_glued(reading: Reading, match: Match) -> bool:
    """Tells whether a hyphen ties a name to a word before it that is no preposition: `Koh-Lanta`."""
    start = reading.words[match.first].start
    before = reading.before(match.first)
    return reading.folded[start - 1 : start] == "-" and before.isalpha() and before not in LOCATIVE | LINKING
