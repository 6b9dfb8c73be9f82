"""ADDRESS: number and street up to the postcode and town, which stay; residences, hamlets and parts of buildings."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.births import MONTH
from streams.core.pii.spans import Found, PiiType, apart
from streams.core.pii.street_words import (
    ADJECTIVES,
    AGE,
    ASIDE,
    BROTHERS,
    CAPITAL,
    FIRST_NAMES,
    JOINED,
    OF,
    STOP,
    SURE,
    TITLES,
    UNSURE,
    WHOLE,
)

_BEGINNING: Final = rf"""
    [0-9](?<![\w@.,/\u20ac+\-].)(?<![0-9]:.)[0-9]{{0,3}}+ (?![0-9.:]) (?: \s?[\-/à]\s?[0-9]{{1,4}}+ )?+
    (?: \s?(?:bis|ter|quater|[abcdt])(?!\w) )?+
    [\s,]{{0,3}}+ (?=[^\W\d_]) (?: (?:de\sla|du|de\sl') \s? )?+ (?: {AGE} )?
    (?: (?P<whole>{WHOLE}) | (?P<sure>{SURE}) | (?P<unsure>{UNSURE}) ) (?!\w) \.?
"""
_START: Final = re.compile(_BEGINNING, re.VERBOSE | re.IGNORECASE)
_START_LOWER: Final = re.compile(_BEGINNING.replace(CAPITAL, r"\w"), re.VERBOSE)
"""The quick look at the text in lower case: where case counts, five times as fast."""
_NAMED: Final = re.compile(
    r"[lLrR](?<![\w@.\-].)(?:(?<=[lL])(?:ieu[ -]?dit|otissement)|(?<=[rR])[ée]sidence)(?!\w)"
    r"(?=\s(?:(?-i:[A-ZÀ-Ý])|l[ae]s?\s\w|du\s|des\s|de\sla\s|l'))",
    re.IGNORECASE,
)
_PARTICLE: Final = re.compile(
    r"\s{0,2}(?:\b(?:de\sla|de|du|des|la|les|le|aux|au|à\sla|sur|sous|d)\s{1,2}|\b(?:de\sl|d|l)['\u2019]\s?)",
    re.IGNORECASE,
)
_JOIN: Final = re.compile(r"\s(?:(?:de\sla|du|des|aux|à\sla|de|à)\s|(?:de\sl|d)['\u2019])", re.IGNORECASE)
_WORD: Final = re.compile(r"\s{0,2}(?P<word>[^\W\d_](?:\w|['\u2019\-](?=\w)|\.(?=\s?[^\W\d_])){0,40}+)")
_DATE: Final = re.compile(
    rf"\s?(?:[0-9]{{1,2}}(?:er)?|premier|quatre|huit|onze|quatorze|dix-neuf)[\s\-]{{1,2}}{MONTH}(?!\w)"
    r"(?:[\s\-]{1,2}(?:18|19)[0-9]{2})?",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(r"\s?[0-9]{1,2}(?=\s[^\W\d_])")
_TOWN_BEHIND: Final = re.compile(r"\s?[,(/\-]\s?(?:[0-9]{5}|[^\W\d_])|\s[0-9]{5}(?![0-9])|\sà\s")
_HOME: Final = re.compile(
    r"(?:\bau|\badresse\s?:?|\bhabit\w{1,3}|\bdomicili\w{1,3}|\bsise?|\bsituée?)\s(?:le\s|au\s)?$", re.IGNORECASE
)
_POSTCODE: Final = re.compile(r"\s?,?\s?[0-9]{5}(?![0-9])")
_CODE: Final = r"(?:[A-Z][0-9]{0,3}|[0-9]{1,4}[A-Z]?)(?!\w)"
_FLOOR: Final = (
    r"(?:[0-9]{1,2}\s?(?:er|nd|[èe]me|[eè])?|premier|dernier|rez-de-chauss[ée]e|rdc)\s?(?:[ée]tage|[ée]t\.)"
    r"|[ée]tage\s[0-9]{1,2}|niveau\s[0-9]{1,2}|rdc"
)
_SIDE: Final = r"(?:[\s,]{1,2}(?:(?:porte|[àa])\s)?(?:gauche|droite|en\sface|au\sfond|au\scentre)(?!\w))?"
_STRONG: Final = (
    rf"(?:b[âa]t(?:iment|\.)?|esc(?:alier|\.)?|app(?:artemen)?t\.?|apt\.?|appart)\s?(?:n[\u00b0o]\s?)?{_CODE}"
)
PART: Final = (
    rf"(?:(?:au|le)\s)?(?:{_STRONG}|(?:{_FLOOR})(?!\w){_SIDE}"
    rf"|[0-9]{{1,2}}(?:er|[èe]me|[eè])(?!\w)(?=\s?[,;.)]|\s?$|\s(?:porte|gauche|droite)){_SIDE}"
    rf"|maison\s(?:n[\u00b0\u00bao]\s?)?[0-9]{{1,3}}(?![\w.:]|\spi[èe]ce)|n[\u00b0\u00ba]\s?[0-9]{{1,3}}[A-D]?(?!\w)"
    r"|(?:porte|hall|entr[ée]e|bo[îi]te|bte|bal|lot|logement|lgt|studio|chambre|ch\.|chb(?:re)?|cage|tour|villa|bp|cs|interphone"
    rf"|bungalow|chalet|bloc|aile|palier|pavillon|mobil-home|emplacement|digicode"
    rf"|code)(?!(?!n[\u00b0o])[^\W\d_])\s?(?:n[\u00b0o]\s?)?(?:{_CODE}|[A-Z]?[0-9]{{2,5}}[A-Z]?(?!\w)|gauche(?!\w)|droite(?!\w)))"
)
"""A part of a building; of a pattern without regard to case."""
_PART: Final = re.compile(rf"[\s,;/\-]{{1,3}}{PART}", re.IGNORECASE)
_RESIDENCE: Final = re.compile(
    r"[\s,;/\-]{1,3}(?:r[ée]sidence|r[ée]s\.)(?=\s)"
    r"|\s?[,;/\-]\s?(?:lotissement|domaine|villa|tour|immeuble|cit[ée]|hameau|clos|foyer|maison|mas|ferme)"
    r"(?=\s(?:(?:du|des|de\sla|de)\s)?(?-i:[A-ZÀ-Ý])[^\W\d_])",
    re.IGNORECASE,
)
_ROAD: Final = re.compile(r"\s?[,;/\-(]\s?(?=[0-9])")
_NUMBERED: Final = frozenset({"rural", "vicinal", "communal", "départementale", "departementale", "nationale"})
_ROAD_NUMBER: Final = re.compile(r"\s(?:n[\u00b0\u00ba]\s?)?[0-9]{1,4}(?!\w)")
_ALONE: Final = re.compile(
    r"[bBeEaA](?<![\w@.\-].)(?:(?<=[bB])(?:(?:Â|â)[tT](?i:iment|\.)?|(?i:atiment)|[aA][tT]\.?(?=\s[A-Z](?!\w)))"
    r"|(?<=[eE])(?i:sc(?:alier|\.)?)|(?<=[aA])(?i:pp(?:artemen)?t\.?|pt\.?))"
    rf"\s?(?:n[\u00b0o]\s?)?{_CODE}(?!\s?(?:m²|m2|pièces?|chambres?|%|\u20ac|[.,:][0-9]))"
)
_SENTENCE_END: Final = re.compile(r"[^\W\d_]{5,}\.$")
"""An abbreviation has a dot and four letters at most."""
_TYPE: Final = re.compile(SURE.replace("(?=\\.)", "") + "|" + UNSURE, re.IGNORECASE)


def may_hold(lower: str, *, has_digit: bool) -> bool:
    """Tells quickly whether an address can be there; `lower` is the text in lower case."""
    return (
        "sidence" in lower or "u-dit" in lower or "u dit" in lower or "lotis" in lower or "bât" in lower
        or "bat" in lower or "esc" in lower or "ppt" in lower or " apt" in lower or "partement" in lower
        or (has_digit and _START_LOWER.search(lower) is not None)
    )  # fmt: skip


def find(text: str) -> Iterator[Found]:
    """Finds addresses with the parts of the building behind them, or such parts alone."""
    yield from apart(_all(text))


def _all(text: str) -> Iterator[Found]:
    for match in _START.finditer(text):
        if end := _street_end(text, match):
            yield found(text, match.start(), parts_end(text, end), "address_street")
    lower = text.lower()
    for match in _NAMED.finditer(text) if "dit" in lower or "sidence" in lower or "lotis" in lower else ():
        if end := _name_end(text, match.end()):
            yield found(text, match.start(), parts_end(text, end), "address_part")
    for match in _ALONE.finditer(text):
        yield found(text, match.start(), parts_end(text, match.end()), "address_part")


def _street_end(text: str, match: "re.Match[str]") -> int:
    """Returns where the street's name ends that a match begins; 0 when none does."""
    if _SENTENCE_END.search(match[0]):  # a sentence ends there
        return 0
    end = match.end() if match["whole"] else _name_end(text, match.end())
    return end if end and (match["whole"] or match["sure"] or _is_name(text, match, end)) else 0


def tail_end(text: str, end: int) -> int:
    """Returns where the parts and the street end that follow a dwelling's name; `end` itself when none does."""
    end = parts_end(text, end)
    if (road := _ROAD.match(text, end)) and (match := _START.match(text, road.end())):
        street = _street_end(text, match)
        return parts_end(text, street) if street else end
    return end


def _is_name(text: str, match: "re.Match[str]", end: int) -> bool:
    """Tells whether what stands behind a word of everyday use is a street's name: capitals, or a word of dwelling."""
    name = _PARTICLE.sub("", text[match.end() : end], count=2).lstrip()
    if name[:1].isupper() and not match[0].isupper():
        return True
    return (
        _POSTCODE.match(text, end) is not None
        or _HOME.search(text, max(match.start() - 20, 0), match.start()) is not None
    )


def _name_end(text: str, position: int) -> int:
    """Returns where a street's name ends that begins at `position`; 0 when none does."""
    has_particle = False
    for _ in range(2):
        if particle := _PARTICLE.match(text, position):
            position, has_particle = particle.end(), True
    if date := _DATE.match(text, position):
        return date.end()
    if count := _COUNT.match(text, position):
        position = count.end()
    word = _WORD.match(text, position)
    if word is None or word["word"].lower() in STOP:
        return 0
    end = word.end()
    for n_words in range(1, _MOST_WORDS):
        further = _further(text, word, end, has_particle=has_particle, is_first=n_words == 1)
        if further is None:
            break
        word, end = further, further.end()
    if word["word"].lower() in _NUMBERED and (number := _ROAD_NUMBER.match(text, end)):
        return number.end()
    return end


_MADE: Final = frozenset({"chaux", "vent", "huile", "eau", "papier", "tan", "plâtre"})
"""What ovens and mills are for: `rue du Four à Chaux`."""
_MOST_WORDS: Final = 5


def _further(
    text: str, word: "re.Match[str]", end: int, *, has_particle: bool, is_first: bool
) -> "re.Match[str] | None":
    """Returns the next word of a name, or None where the name ends."""
    last = word["word"].lower().rstrip(".")
    following = _WORD.match(text, end)
    if following and following["word"].lower() in ADJECTIVES and has_particle:
        return following
    is_open = (last in TITLES and (has_particle or last not in ASIDE)) or last in FIRST_NAMES
    is_open |= last in BROTHERS and following is not None and _is_capital(following)
    join = _JOIN.match(text, end)
    if join:
        behind = _WORD.match(text, join.end())
        if behind is None or behind["word"].lower() in STOP:
            return None
        if join[0].strip() == "à":  # a town follows, but for these
            return behind if behind["word"].lower() in _MADE else None
        goes_on = is_open or (
            has_particle and (_is_capital(behind) or last in JOINED) and (join[0].strip().lower() != "de" or last in OF)
        )
        return behind if goes_on else None
    if following is None or following["word"].lower() in STOP or _TYPE.fullmatch(following["word"]):
        return None
    if is_open:
        return following
    is_pair = is_first and _is_capital(word) and _is_capital(following) and not has_particle
    return following if is_pair and _TOWN_BEHIND.match(text, following.end()) else None


def _is_capital(word: "re.Match[str]") -> bool:
    return word["word"][0].isupper()


def parts_end(text: str, end: int) -> int:
    """Returns where the parts of the building that follow end."""
    for _ in range(_MOST_PARTS):
        if part := _PART.match(text, end):
            end = part.end()
        elif (residence := _RESIDENCE.match(text, end)) and (named := _name_end(text, residence.end())):
            end = named
        else:
            break
    return end


_MOST_PARTS: Final = 6


def found(text: str, start: int, end: int, rule: str) -> Found:
    """Returns a find whose value has neither signs nor capitals."""
    return Found(start, end, PiiType.ADDRESS, rule, _JOINTS.sub(" ", text[start:end]).lower())


_JOINTS: Final = re.compile(r"[\W_]+")
