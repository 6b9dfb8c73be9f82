"""ADDRESS: number and street up to the postcode and town, which stay; residences, hamlets and parts of buildings."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import building_parts as parts
from streams.core.pii.spans import Found, PiiType, apart
from streams.core.pii.street_names import DATE, PARTICLE, name_end
from streams.core.pii.street_words import AGE, CAPITAL, KIND, SURE, UNSURE, WHOLE

_BEGINNING: Final = rf"""
    [0-9](?<![\w@.,/\u20ac+\-].)(?<![0-9]:.)[0-9]{{0,3}}+ (?![0-9.:])
    (?: (?:\s?[\-/à&]\s?|(?<![0-9]{{4}}),\s?|\s(?:et|au|ou)\s) [0-9]{{1,4}}+ )?+
    (?: [\s,\-]{{0,2}}(?:bis|ter|quater|[a-ft])(?!\w) )?+
    [\s,]{{0,3}}+ (?=[^\W\d_]) (?: (?:de\sla|du|de\sl') \s? )?+ (?: {AGE} )?
    (?: (?P<whole>{WHOLE}) | (?P<sure>{SURE}) | (?P<unsure>{UNSURE}) ) (?!\w) \.? (?: {KIND} )?
"""
_START: Final = re.compile(_BEGINNING, re.VERBOSE | re.IGNORECASE)
_START_LOWER: Final = re.compile(_BEGINNING.replace(CAPITAL, r"\w"), re.VERBOSE)
"""The quick look at the text in lower case: where case counts, five times as fast."""
_NAMED: Final = re.compile(
    r"[lLrR](?<![\w@.\-].)(?:(?<=[lL])(?:ieu[ -]?dit|otissement)|(?<=[rR])[ée]sidence)(?!\w)"
    r"(?=\s[\u00ab\"]?\s?(?:(?-i:[A-ZÀ-Ý])|l[ae]s?\s\w|du\s|des\s|de\sla\s|l'))",
    re.IGNORECASE,
)
_NUMBER_SIGN: Final = re.compile(r"(?<!\w)(?:n[\u00b0\u00bao]|num[ée]ro|[pk][km])\s?$", re.IGNORECASE)
_LINES: Final = (
    "bus|lignes?|tram(?:way)?|m[ée]tro|sortie|rer|train|navette|[ée]changeur|car|vol|ter|gate|gradins?|kilom[èe]tre"
)
_LINE_BEFORE: Final = re.compile(rf"(?:\b(?:{_LINES})\s(?:n[\u00b0o]\s?)?|\bvol [A-Z]{{2}}\s)$", re.IGNORECASE)
"""The number is a bus's or a way out's: `bus 27, place de la République`."""
_HOME: Final = re.compile(
    r"(?:\bau|\badresse\s?:?|\bhabit\w{1,3}|\bdomicili\w{1,3}|\bsise?|\bsituée?)\s(?:le\s|au\s)?$", re.IGNORECASE
)
_RANGE: Final = re.compile(r"[0-9]{1,4}\s(?:au|[àa])\s(?=[0-9])")
_FROM: Final = re.compile(r"(?<!\w)(?:du|le|de|[àa]|jusqu'au)\s$", re.IGNORECASE)
"""Days, or persons, before a house: `du 4 au 11 rue Haute`."""
_POSTCODE: Final = re.compile(r"\s?,?\s?[0-9]{5}(?![0-9])")
_ROAD: Final = re.compile(r"\s?[,;/\-(]\s?(?=[0-9])")
_SENTENCE_END: Final = re.compile(r"[^\W\d_]{5,}\.$")
"""An abbreviation has a dot and four letters at most."""
_JOINTS: Final = re.compile(r"[\W_]+")


def may_hold(lower: str, *, has_digit: bool) -> bool:
    """Tells quickly whether an address can be there; `lower` is the text in lower case."""
    return (
        "sidence" in lower or "u-dit" in lower or "u dit" in lower or "udit" in lower or "lotis" in lower
        or parts.may_hold(lower)
        or (has_digit and _START_LOWER.search(lower) is not None)
    )  # fmt: skip


def find(text: str) -> Iterator[Found]:
    """Finds addresses with the parts of the building behind them, or such parts alone."""
    yield from apart(_all(text))


def _all(text: str) -> Iterator[Found]:
    for match in _START.finditer(text):
        if end := _street_end(text, match):
            before = _NUMBER_SIGN.search(text, max(match.start() - 8, 0), match.start())
            start = before.start() if before else _house_number(text, match.start())
            inside = parts.BEFORE.search(text, max(start - parts.MOST_BEFORE, 0), start)
            yield found(text, inside.start() if inside else start, parts.parts_end(text, end), "address_street")
    lower = text.lower()
    for match in _NAMED.finditer(text) if "dit" in lower or "sidence" in lower or "lotis" in lower else ():
        if end := name_end(text, match.end()):
            yield found(text, match.start(), parts.parts_end(text, end), "address_part")
    for match in parts.ALONE.finditer(text):
        yield found(text, match.start(), parts.parts_end(text, match.end()), "address_part")


def _house_number(text: str, start: int) -> int:
    """Returns where the house's number begins: behind "à 4 au" and "du 4 au", which count something else."""
    numbers = _RANGE.match(text, start)
    return numbers.end() if numbers and _FROM.search(text, max(start - 9, 0), start) else start


def _street_end(text: str, match: "re.Match[str]") -> int:
    """Returns where the street's name ends that a match begins; 0 when none does."""
    if _SENTENCE_END.search(match[0]):  # a sentence ends there
        return 0
    if _LINE_BEFORE.search(text, max(match.start() - 16, 0), match.start()):
        return 0
    end = match.end() if match["whole"] else name_end(text, match.end())
    return end if end and (match["whole"] or match["sure"] or _is_name(text, match, end)) else 0


def tail_end(text: str, end: int) -> int:
    """Returns where the parts and the street end that follow a dwelling's name; `end` itself when none does."""
    end = parts.parts_end(text, end)
    if (road := _ROAD.match(text, end)) and (match := _START.match(text, road.end())):
        street = _street_end(text, match)
        return parts.parts_end(text, street) if street else end
    return end


def street_end_at(text: str, position: int) -> int:
    """Returns where the street ends whose number stands at `position`; 0 when none does."""
    match = _START.match(text, position)
    return _street_end(text, match) if match else 0


def _is_name(text: str, match: "re.Match[str]", end: int) -> bool:
    """Tells whether what stands behind a word of everyday use is a street's name: capitals, or a word of dwelling."""
    name = PARTICLE.sub("", text[match.end() : end], count=2).lstrip()
    if (name[:1].isupper() and not (match[0].isupper() and name.isupper())) or DATE.match(name):
        return True
    return (
        _POSTCODE.match(text, end) is not None
        or _HOME.search(text, max(match.start() - 20, 0), match.start()) is not None
    )


def found(text: str, start: int, end: int, rule: str) -> Found:
    """Returns a find whose value has neither signs nor capitals."""
    return Found(start, end, PiiType.ADDRESS, rule, _JOINTS.sub(" ", text[start:end]).lower())
