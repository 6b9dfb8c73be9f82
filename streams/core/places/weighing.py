"""How much speaks for each name of a text, and which of its bearers is meant."""

import re
from dataclasses import dataclass, field
from math import log10
from typing import Final, NamedTuple

from schemas.taxonomy import PlaceKind
from streams.core.places import weights
from streams.core.places.gazetteer import Bearer, Sense
from streams.core.places.names import Match
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
    NAMESAKES,
    OF,
    PREPOSITIONS,
    STREETS,
    THROUGHOUT,
)  # fmt: skip

NOWHERE: Final = Bearer(PlaceKind.DISTRICT, None, None, None, 0)
"""Stands for what is called like a place and is none: the gazetteer has such names without a bearer."""
_GLUE: Final = ("@", "_")
_KNOWN: Final = 5_000
"""Inhabitants from which a name of three letters is a town's."""
_CITY: Final = 40_000
_CUT_OFF_FROM: Final = 50_000
_LARGE: Final = 100_000
_CUT_OFF: Final = re.compile(
    r"\s(?:est\s|toujours\s|encore\s){0,3}(?:coupee?|hs|en\spanne|sans\s(?:reseau|internet|fibre))\b"
)
_YEAR: Final = re.compile(r"20[0-9]{2}")
_FAR: Final = 7
"""Words between a town and what says where it lies."""


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


def weigh(match: Match, reading: Reading, evidence: Evidence) -> Weighed | None:
    """Returns the bearer of a name that most speaks for, None when the name is no place here."""
    if not match.name.bearers:
        return Weighed(match, NOWHERE, weights.ENOUGH, is_proven=False)
    around = _around(match, reading)
    if around <= weights.NEVER:
        return None
    if match.name.sense is not Sense.WORD and not evidence.listed.isdisjoint((match.first, match.end - 1)):
        around += weights.LISTED
    best: Weighed | None = None
    for bearer in match.name.bearers:
        proof = _proof(bearer, match, reading, evidence)
        if match.name.words[0] in BRANDS and len(match.name.words) == 1 and proof < weights.BESIDE:
            continue
        weight = around + proof + _size(bearer) + _article(match, bearer, reading)
        if best is None or weight > best.weight:
            best = Weighed(match, bearer, weight, proof > 0)
    return best if best is not None and best.weight >= weights.ENOUGH else None


def _proof(bearer: Bearer, match: Match, reading: Reading, evidence: Evidence) -> float:
    """Weighs the numbers and departments that the text names against where the bearer lies."""
    if bearer.kind is PlaceKind.DEPARTMENT:
        return weights.HINTED if bearer.department in evidence.hinted else 0.0
    if bearer.kind is PlaceKind.REGION:
        return 0.0
    if not evidence.postcodes.isdisjoint(bearer.postcodes):
        return weights.OWN_POSTCODE
    department = (bearer.department or "").lower()
    if department and department in (reading.after(match.end - 1), reading.before(match.first)):
        return weights.BESIDE
    is_beside = any(evidence.begin_at.get(match.end + n_between) == bearer.department for n_between in range(3))
    if is_beside or (evidence.begin_at and _lies_in(match.end, bearer.department, reading, evidence)):
        return weights.BESIDE
    return weights.SOMEWHERE if bearer.department in evidence.departments else 0.0


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
    if bearer.kind in (PlaceKind.DEPARTMENT, PlaceKind.REGION):
        return weights.DIVISION
    if bearer.kind is PlaceKind.DISTRICT:
        return weights.DISTRICT
    return min(max(log10(bearer.population + 1) - 2, weights.SMALLEST_TOWN), weights.LARGEST_TOWN)


def _article(match: Match, bearer: Bearer, reading: Reading) -> float:
    """Weighs the article before a name: `au Havre`, `dans la Vienne` (the department), `à Vienne` (the town)."""
    before = reading.before(match.first)
    article = match.name.article
    if article:
        fits = before in CONTRACTED[article]
        if bearer.kind is PlaceKind.DEPARTMENT:
            return _department_article(match, before, fits, reading)
        own = weights.AU if before in ("au", "aux") else weights.OWN_ARTICLE
        return (own if fits else weights.NO_ARTICLE) + _capital_article(match, reading)
    if bearer.kind is PlaceKind.REGION and before == "en":
        return weights.EN
    return weights.STRANGE_ARTICLE if before in DETERMINERS and bearer.kind is PlaceKind.COMMUNE else 0.0


def _department_article(match: Match, before: str, fits: bool, reading: Reading) -> float:
    """Weighs the word before a department: `dans la Vienne`, `en Vienne`, but `à Vienne`."""
    if fits:
        if reading.is_capital(match.first):
            return weights.DEPARTMENT_ARTICLE_TOLD + _capital_article(match, reading)
        is_told = reading.before(match.first - 1) in THROUGHOUT
        return weights.DEPARTMENT_ARTICLE_TOLD if is_told else weights.DEPARTMENT_ARTICLE
    return weights.DEPARTMENT_AS_TOWN if before in ("a", "de") else weights.EN if before == "en" else 0.0


def _capital_article(match: Match, reading: Reading) -> float:
    """Weighs the capitals of `La Réunion` and `Le Port`, which no common word has."""
    if reading.is_shouted or match.first == 0 or reading.words[match.first - 1].word != match.name.article:
        return 0.0
    has_both = reading.is_capital(match.first) and reading.is_capital(match.first - 1)
    return weights.CAPITAL_ARTICLE if has_both else 0.0


def _around(match: Match, reading: Reading) -> float:
    """Weighs what holds for all bearers: capitals, the words around, and what else the name means."""
    first, name = match.first, match.name
    start, end = reading.words[first].start, reading.words[match.end - 1].end
    if reading.folded[end : end + 1] in _GLUE or reading.folded[start - 1 : start] in _GLUE:
        return weights.NEVER
    if reading.folded[start - 1 : start] == "." and reading.folded[start - 2 : start - 1].isalnum():
        return weights.NEVER
    after = reading.after(match.end - 1)
    if after in AFTER_NO_PLACE or _YEAR.fullmatch(after):
        return weights.NEVER
    before = reading.before(first)
    n_back = 1
    if name.article and before in CONTRACTED[name.article]:
        before, n_back = reading.before(first - 1), 2
    weight = _introduced(reading, first, before, n_back)
    if weight <= weights.NEVER:
        return weights.NEVER
    if weight == 0.0:
        weight = _bare(match, reading)
    return weight + _form(match, reading)


def _bare(match: Match, reading: Reading) -> float:
    """Weighs a name without a preposition: beside another capital it is a person's, set apart it is a place's."""
    first, end = match.first, match.end
    before, after = reading.before(first), reading.after(end - 1)
    if not reading.is_shouted and before.isalpha() and reading.is_capital(first - 1) and before not in BEFORE_BARE:
        in_address = any(reading.words[index].word in STREETS for index in range(max(first - 5, 0), first - 1))
        return 0.0 if in_address else weights.BEHIND_CAPITAL
    if not reading.is_shouted and after.isalpha() and len(after) > 1 and reading.is_capital(end):
        is_large = match.name.bearers[0].population > _LARGE
        return weights.LARGE_BEFORE_CAPITAL if is_large else weights.BEFORE_CAPITAL
    return weights.ALONE if not before and reading.ends_clause(end - 1) else 0.0


def _introduced(reading: Reading, first: int, before: str, n_back: int) -> float:
    """Weighs the words before a name."""
    if before in NAMESAKES or (before in FIRST_NAMES and first > n_back - 1):
        return weights.NEVER
    if before == "a" or before in LOCATIVE:
        written = reading.text[reading.words[first - n_back].start]
        return weights.INTRODUCED_BY_A if before == "a" and written in "aA" else weights.INTRODUCED
    if before in LINKING:
        further = reading.before(first - n_back)
        if further in LINKING:
            further = reading.before(first - n_back - 1)
        if further in STREETS:
            return weights.NEVER
        if before in OF and further in FIRST_NAMES:
            return weights.OF_A_PERSON
        return weights.LINKED_TO_PLACE if before in OF and further in BEFORE_LINK else weights.LINKED
    return 0.0


def _form(match: Match, reading: Reading) -> float:
    """Weighs how a name is written and what else it means."""
    first, name = match.first, match.name
    weight = 0.0
    if reading.is_hashtag(first):
        weight += weights.HASHTAG
    elif not reading.is_capital(first):
        weight += weights.SMALL
    elif not reading.is_shouted:
        weight += weights.CAPITAL_AT_START if reading.begins_sentence(first) else weights.CAPITAL
    telling = [word for word in name.words if word not in LINKING and len(word) > 1]
    if len(telling) > 1 and name.sense is not Sense.SHORT:
        weight += weights.SEVERAL_WORDS
    is_known = name.bearers[0].kind is PlaceKind.DEPARTMENT or name.bearers[0].population > _KNOWN
    if len(name.words) == 1 and len(name.words[0]) <= 3 and not is_known:
        weight += weights.THREE_LETTERS
    if name.sense is Sense.WORD or (len(name.words) == 1 and name.words[0] in FIRST_NAMES):
        weight += weights.CAPITAL_WORD if reading.is_capital(first) else weights.SMALL_WORD
        weight += weights.CITY if name.bearers[0].population > _CITY else 0.0
        weight += weights.CUT_OFF if _is_cut_off(match, reading) else 0.0
    if _is_glued(reading, match):
        weight += weights.GLUED
    return weight


def _is_cut_off(match: Match, reading: Reading) -> bool:
    """Tells whether a sentence begins with a large town that takes no article, and says that it is cut off."""
    is_large = match.name.bearers[0].population > _CUT_OFF_FROM and not match.name.article
    begins = is_large and reading.is_capital(match.first) and reading.begins_sentence(match.first)
    return begins and _CUT_OFF.match(reading.folded, reading.words[match.end - 1].end) is not None


def _is_glued(reading: Reading, match: Match) -> bool:
    """Tells whether a hyphen ties a name to a word before it that is no preposition: `Koh-Lanta`."""
    start = reading.words[match.first].start
    before = reading.before(match.first)
    return reading.folded[start - 1 : start] == "-" and before.isalpha() and before not in PREPOSITIONS
