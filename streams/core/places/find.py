"""One text in, the places of France that it names out."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from msgspec.structs import replace

from schemas.taxonomy import PlaceKind
from schemas.tweet import Place
from streams.core.places import arrondissements, numbers, weights
from streams.core.places.arrondissements import Arrondissement
from streams.core.places.districts import districts
from streams.core.places.folding import bare, fold
from streams.core.places.gazetteer import TOWNS_WITH_ARRONDISSEMENTS, Bearer, Gazetteer, Sense, arrondissement
from streams.core.places.names import Match, matches
from streams.core.places.numbers import Numbered
from streams.core.places.quick import may_hold
from streams.core.places.reading import Reading
from streams.core.places.weighing import NOWHERE, Evidence, Weighed, weigh

MOST: Final = 100
"""Names and numbers of each sort that are weighed in one text; a tweet in earnest has a tenth of them."""
_TOWN: Final = 10_000
"""Inhabitants from which a town hints at its department's name."""
_PARIS: Final = "75056"
_DEPARTMENT_DIGITS: Final = 2
"""Of an INSEE code of the mainland."""
_BARE_NUMBER: Final = 0.8
"""The most that `Paris 15` is believed."""
_LEAST_SURE: Final = 0.5
"""A postcode below it is rather an amount."""


def find_places(text: str, gazetteer: Gazetteer) -> tuple[Place, ...]:
    """Returns the places that a text names, in its order; offsets are characters of `text`.

    Places of one kind do not overlap. France itself, other countries, brands, streets and persons are none. Beyond the
    first `MOST` names the rest is not read. No string makes it raise; the same text gives the same places.

    Example: `coupé à st-denis 93` gives the commune 93066 (`st-denis`) and the department 93.
    """
    plain, offsets = bare(text)
    folded = fold(plain)
    if not may_hold(plain, folded, gazetteer):
        return ()
    found = sorted(_found(Reading(plain, folded), gazetteer), key=lambda place: (place.start, place.end))
    if offsets is None:
        return tuple(found)
    return tuple([_moved(place, text, offsets) for place in found])


def _found(reading: Reading, gazetteer: Gazetteer) -> Iterator[Place]:
    evidence = Evidence()
    folded = numbers.readable(reading.folded)
    by_number = list(islice(numbers.departments(folded, gazetteer), MOST))
    in_brackets = list(islice(numbers.bracketed(folded, gazetteer), MOST))
    codes = list(islice(numbers.postcodes(folded, gazetteer), MOST))
    evidence.postcodes.update(one.code for one, _ in codes)
    evidence.departments.update(one.code for one in (*by_number, *in_brackets))
    evidence.departments.update(gazetteer.postcodes[code].department for code in evidence.postcodes)
    weighed = _weighed(reading, gazetteer, evidence)
    towns = [one for one in weighed if one.bearer.kind not in (PlaceKind.DEPARTMENT, PlaceKind.REGION)]
    named = [_place(reading, one) for one in weighed]
    yield from named
    yield from _arrondissements(reading, gazetteer, weighed, named)
    yield from _postcodes(reading, gazetteer, codes, towns)
    yield from _districts(reading, weighed, towns)
    beside = [one for one in in_brackets if numbers.is_sure_alone(one) or _lies_in(one, weighed)]
    yield from _departments(reading, gazetteer, [*by_number, *beside, *_adjacent(reading, towns, named)])


def _weighed(reading: Reading, gazetteer: Gazetteer, evidence: Evidence) -> list[Weighed]:
    """Returns the names that are places: departments first, for they tell which of two towns is meant."""
    found = list(islice(matches(reading, gazetteer), MOST))
    for match in found:
        evidence.hinted.update(_hints(match))
    for match in found:
        if not any(bearer.kind is PlaceKind.DEPARTMENT for bearer in match.name.bearers):
            continue
        one = weigh(match, reading, evidence)
        if one is not None and one.bearer.kind is PlaceKind.DEPARTMENT and one.bearer.department:
            evidence.departments.add(one.bearer.department)
            evidence.begin_at[match.first] = one.bearer.department
    weighed = [one for match in found if (one := weigh(match, reading, evidence)) is not None]
    if weighed and len(weighed) < len(found):
        evidence.listed.update(
            index for one in weighed for index in reading.listed_with(one.match.first, one.match.end)
        )
        weighed = [one for match in found if (one := weigh(match, reading, evidence)) is not None]
    return _without_overlaps(weighed)


def _hints(match: Match) -> Iterator[str]:
    """Yields the departments of the towns of a name that is no word."""
    if match.name.sense is not Sense.WORD:
        for bearer in match.name.bearers:
            if bearer.department and bearer.population > _TOWN:
                yield bearer.department


def _without_overlaps(weighed: Iterable[Weighed]) -> list[Weighed]:
    """Keeps of overlapping names the longest, of equally long ones the one that most speaks for."""
    kept: list[Weighed] = []
    taken: set[int] = set()
    for one in sorted(weighed, key=lambda one: (one.match.first - one.match.end, -one.weight, one.match.first)):
        words = range(one.match.first, one.match.end)
        if taken.isdisjoint(words):
            taken.update(words)
            kept.append(one)
    return sorted([one for one in kept if one.match.name.bearers], key=lambda one: one.match.first)


def _place(reading: Reading, one: Weighed) -> Place:
    """Turns a name into a place, with the number of the arrondissement behind it."""
    match, bearer = one.match, one.bearer
    start, end = reading.words[match.first].start, reading.words[match.end - 1].end
    kind, insee, confidence = bearer.kind, bearer.insee, _confidence(one)
    numbered = _numbered(reading, bearer, start, end)
    if numbered is not None and (code := arrondissement(insee or "", numbered.number)) is not None:
        kind, insee, end = PlaceKind.ARRONDISSEMENT, code, numbered.end
        confidence = confidence if numbered.is_sure else min(confidence, _BARE_NUMBER)
    start = _with_article(reading, match, start)
    return reading.place(start, end, kind, confidence, insee=insee, department=bearer.department, region=bearer.region)


def _numbered(reading: Reading, town: Bearer, start: int, end: int) -> Arrondissement | None:
    """Returns the arrondissement behind a town; the 13 of `Marseille 13` is rather its department."""
    if town.insee not in TOWNS_WITH_ARRONDISSEMENTS:
        return None
    found = arrondissements.behind(reading.text, reading.folded, start, end)
    is_its_department = found is not None and not found.is_sure and str(found.number) == town.department
    return None if is_its_department else found


def _arrondissements(
    reading: Reading, gazetteer: Gazetteer, weighed: list[Weighed], named: list[Place]
) -> Iterator[Place]:
    """Yields arrondissements apart from their town: of the nearest one that the text names, else of Paris."""
    towns = [
        (one.bearer.insee or _PARIS, reading.words[one.match.first].start)
        for one in weighed
        if one.bearer.insee in TOWNS_WITH_ARRONDISSEMENTS
    ]
    for one in islice(arrondissements.apart(reading.text, reading.folded), MOST):
        _, town = min([(abs(start - one.end), insee) for insee, start in towns], default=(0, _PARIS))
        insee = arrondissement(town, one.number)
        if insee is not None and all(place.end <= one.start or one.end <= place.start for place in named):
            department = insee[:_DEPARTMENT_DIGITS]
            yield reading.place(
                one.start, one.end, PlaceKind.ARRONDISSEMENT, 0.95 if towns else 0.6,
                insee=insee, department=department, region=gazetteer.departments[department],
            )  # fmt: skip


def _with_article(reading: Reading, match: Match, start: int) -> int:
    """Returns where a name begins with its article: at `Le` of `Le Havre`, not of `la Gironde`."""
    if not match.name.article or match.first == 0:
        return start
    before = reading.words[match.first - 1]
    is_town = any(bearer.kind is PlaceKind.COMMUNE for bearer in match.name.bearers)
    is_its_own = is_town and before.word == match.name.article and reading.before(match.first) == before.word
    return before.start if is_its_own and reading.is_capital(match.first - 1) else start


def _confidence(one: Weighed) -> float:
    """Returns 0.5 for what is just enough, rising to 0.99; less where bearers of one name are as likely."""
    sure = min(0.99, 0.6 + 0.1 * (one.weight - weights.ENOUGH))
    rivals = one.match.name.bearers
    if one.is_proven or len(rivals) == 1 or one.bearer.kind is not PlaceKind.COMMUNE:
        return round(sure, 2)
    share = (one.bearer.population + 1) / sum(rival.population + 1 for rival in rivals)
    return round(sure * max(share, 0.3), 2)


def _postcodes(
    reading: Reading, gazetteer: Gazetteer, codes: list[tuple[Numbered, float]], towns: list[Weighed]
) -> Iterator[Place]:
    known = {postcode for one in towns for postcode in one.bearer.postcodes}
    for one, confidence in codes:
        sure = 0.99 if one.code in known else confidence
        if sure < _LEAST_SURE:
            continue
        leads = gazetteer.postcodes[one.code]
        yield reading.place(
            one.start, one.end, PlaceKind.POSTCODE, sure,
            insee=leads.insee, department=leads.department, region=gazetteer.departments.get(leads.department),
        )  # fmt: skip


def _districts(reading: Reading, weighed: list[Weighed], towns: list[Weighed]) -> Iterator[Place]:
    """Yields districts that only the text names, in the town that it names."""
    town = towns[0].bearer if len({one.bearer.department for one in towns}) == 1 else NOWHERE
    taken = [(reading.words[one.match.first].start, reading.words[one.match.end - 1].end) for one in weighed]
    for start, end in islice(districts(reading.text), MOST):
        if all(others_end <= start or end <= others_start for others_start, others_end in taken):
            yield reading.place(
                start, end, PlaceKind.DISTRICT, 0.6, insee=town.insee, department=town.department, region=town.region
            )


def _lies_in(one: Numbered, weighed: list[Weighed]) -> bool:
    return any(named.bearer.department == one.code for named in weighed)


def _adjacent(reading: Reading, towns: list[Weighed], named: list[Place]) -> Iterator[Numbered]:
    """Yields department numbers right beside a commune of theirs: `st-denis 93`, `06 Nice`; not `Marseille 13e`."""
    taken = {offset for place in named for offset in range(place.start, place.end)}
    for town in towns:
        for index in (town.match.first - 1, town.match.end):
            if 0 <= index < len(reading.words):
                number = reading.words[index]
                beside = reading.after(index) if index < town.match.first else reading.after(index - 1)
                if beside and number.word == town.bearer.department and number.start not in taken:
                    yield Numbered(number.start, number.end, number.word)


def _departments(reading: Reading, gazetteer: Gazetteer, found: Iterable[Numbered]) -> Iterator[Place]:
    for one in dict.fromkeys(found):
        yield reading.place(
            one.start, one.end, PlaceKind.DEPARTMENT, 0.9, department=one.code, region=gazetteer.departments[one.code]
        )


def _moved(place: Place, text: str, offsets: list[int]) -> Place:
    """Returns a place of the bare text where it stands in the text as written."""
    start, end = offsets[place.start], offsets[place.end - 1] + 1
    return replace(place, text=text[start:end], start=start, end=end)
