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
    FOREIGN,
    JOINED,
    KIND,
    NO_ADJECTIVES,
    OF,
    PROLONGED,
    STOP,
    SURE,
    TITLES,
    UNSURE,
    WHOLE,
    WINDS,
)

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
_PARTICLE: Final = re.compile(
    r"\s{0,2}(?:(?-i:Sans|Chez|Entre|Derri[èe]re|Devant|Sur|Sous|Vers|En|Au|Aux)\s(?=(?:l['\u2019]|l[ae]s?\s|du\s|des\s)?(?-i:[A-ZÀ-Ý]))|d['\u2019]en\s|\b(?:de\sla|de|du|des|la|les|le|aux|au|à\sla|sur|sous|d)\s{1,2}|\b(?:de\sl|d|l)['\u2019]\s?)",
    re.IGNORECASE,
)
_JOIN: Final = re.compile(
    r"\s(?:(?:(?-i:[Qq]ui(?=\s[A-Z\u00c0-\u00dd]))|de\sla|du|des|aux|à\sla|de|à)\s|(?:de\sl|d)['\u2019])", re.IGNORECASE
)
_WORD: Final = re.compile(
    r"\s{0,2}(?P<word>(?:[^\W\d_]\.(?:-?[^\W\d_]\.){0,3}|(?:ste?s?|dr|gal|g[ée]n|mal|prof?|col|cdt|cpt|mgr|lt|pdt|fbg?)\.)(?=\s?[^\W\d_])"
    r"|[^\W\d_](?:\w|['\u2019\-](?=\w)){0,40}+)",
    re.IGNORECASE,
)
_DATE: Final = re.compile(
    rf"\s?(?:[0-9]{{1,2}}(?:er)?|premier|quatre|huit|onze|quatorze|dix-neuf)[\s\-]{{1,2}}{MONTH}(?!\w)"
    r"(?:[\s\-]{1,2}(?:18|19)[0-9]{2})?",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(r"\s?[0-9]{1,2}(?=\s[^\W\d_])")
_TOWN_BEHIND: Final = re.compile(r"\s?[,(/\-]\s?(?:[0-9]{5}|[^\W\d_])|\s[0-9]{5}(?![0-9])|\sà\s")
_TOWN_OR_PART: Final = re.compile(
    r"\s?[,(/]\s?(?:[0-9]{5}(?![0-9])|(?-i:[A-Z\u00c0-\u00dd])(?!\w{0,12}\s?[!?]))|\s[0-9]{5}(?![0-9])|\sà\s(?-i:[A-Z\u00c0-\u00dd])"
)
"""Behind two words with a capital it shows that the second one is no town: `rue du Coq Hardi, Blois`."""
_LINE_BEFORE: Final = re.compile(
    r"(?:\b(?:bus|lignes?|tram(?:way)?|m[ée]tro|sortie|rer|train|navette|[ée]changeur|car|vol|ter|gate|gradins?|kilom[èe]tre)\s(?:n[\u00b0o]\s?)?"
    r"|\bvol [A-Z]{2}\s)$",
    re.IGNORECASE,
)
"""The number is a bus's or a way out's: `bus 27, place de la République`."""
_HOME: Final = re.compile(
    r"(?:\bau|\badresse\s?:?|\bhabit\w{1,3}|\bdomicili\w{1,3}|\bsise?|\bsituée?)\s(?:le\s|au\s)?$", re.IGNORECASE
)
_POSTCODE: Final = re.compile(r"\s?,?\s?[0-9]{5}(?![0-9])")
_CODE: Final = r"(?:[A-Z][0-9]{0,3}|[0-9]{1,4}[A-Z]?)(?!\w)"
_FLOOR: Final = (
    r"(?:[0-9]{1,2}\s?(?:er|nd|[èe]me|[eè])?|premier|dernier|rez-de-chauss[ée]e|rdc)\s?(?:[ée]tage|[ée]t\.)"
    r"|(?:[ée]tage|etg\.?|[ée]t\.)\s?[0-9]{1,2}|niveau\s[0-9]{1,2}|rdc"
)
_SIDE: Final = r"(?:[\s,]{1,2}(?:(?:porte|[àa])\s)?(?:gauche|droite|en\sface|au\sfond|au\scentre)(?!\w))?"
_STRONG: Final = (
    rf"(?:b[âa]t(?:iment|\.)?|esc(?:alier|\.)?|app(?:artemen)?t\.?|apt\.?|appart)\s?(?:n[\u00b0o]\s?)?{_CODE}"
)
PART: Final = (
    rf"(?:(?:au|le)\s)?(?:fond\s(?:de\s(?:la\s)?cour|du\s(?:couloir|jardin))(?!\w)|{_STRONG}|(?:{_FLOOR})(?!\w){_SIDE}"
    rf"|[0-9]{{1,2}}(?:er|[èe]me|[eè])(?!\w)(?=\s?[,;.)]|\s?$|\s(?:porte|gauche|droite)){_SIDE}"
    rf"|maison\s(?:n[\u00b0\u00bao]\s?)?[0-9]{{1,3}}(?![\w.:]|\spi[èe]ce)|n[\u00b0\u00ba]\s?[0-9]{{1,3}}[A-D]?(?!\w)"
    r"|(?:porte|hall|entr[ée]e|bo[îi]te|bte|bal|lot|logement|lgt|studio|chambre|ch\.?|chb(?:re)?|cage|tour|villa|bp|cs|interphone"
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
_NUMBERED: Final = frozenset(
    {"rural", "vicinal", "communal", "départementale", "departementale", "nationale", "dep", "dép"}
)
_ROAD_NUMBER: Final = re.compile(r"\s(?:n[\u00b0\u00ba]\s?)?[0-9]{1,4}(?!\w)")
_ALONE: Final = re.compile(
    r"[bBeEaA](?<![\w@.\-].)(?:(?<=[bB])(?:(?:Â|â)[tT](?i:iment|\.)?|(?i:atiment)|[aA][tT]\.?(?=\s[A-Z](?!\w)"
    r"|\s[0-9A-Za-z]{1,3}[\s,]{1,2}(?i:app|apt|esc|porte|hall|[ée]tage)))"
    r"|(?<=[eE])(?i:sc(?:alier|\.)?)|(?<=[aA])(?i:pp(?:artemen)?t\.?|pt\.?))"
    rf"\s?(?:n[\u00b0o]\s?)?{_CODE}(?!\s?(?:m²|m2|pièces?|chambres?|%|\u20ac|[.,:][0-9]))"
)
_SENTENCE_END: Final = re.compile(r"[^\W\d_]{5,}\.$")
"""An abbreviation has a dot and four letters at most."""
_TYPE: Final = re.compile(SURE.replace("(?=\\.)", "") + "|" + UNSURE, re.IGNORECASE)


def may_hold(lower: str, *, has_digit: bool) -> bool:
    """Tells quickly whether an address can be there; `lower` is the text in lower case."""
    return (
        "sidence" in lower or "u-dit" in lower or "u dit" in lower or "udit" in lower or "lotis" in lower
        or "bât" in lower or "bat" in lower or "esc" in lower or "ppt" in lower or " apt" in lower
        or "partement" in lower
        or (has_digit and _START_LOWER.search(lower) is not None)
    )  # fmt: skip


def find(text: str) -> Iterator[Found]:
    """Finds addresses with the parts of the building behind them, or such parts alone."""
    yield from apart(_all(text))


def _all(text: str) -> Iterator[Found]:
    for match in _START.finditer(text):
        if end := _street_end(text, match):
            before = _NUMBER_SIGN.search(text, max(match.start() - 8, 0), match.start())
            yield found(text, before.start() if before else match.start(), parts_end(text, end), "address_street")
    lower = text.lower()
    for match in _NAMED.finditer(text) if "dit" in lower or "sidence" in lower or "lotis" in lower else ():
        if end := name_end(text, match.end()):
            yield found(text, match.start(), parts_end(text, end), "address_part")
    for match in _ALONE.finditer(text):
        yield found(text, match.start(), parts_end(text, match.end()), "address_part")


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
    end = parts_end(text, end)
    if (road := _ROAD.match(text, end)) and (match := _START.match(text, road.end())):
        street = _street_end(text, match)
        return parts_end(text, street) if street else end
    return end


def street_end_at(text: str, position: int) -> int:
    """Returns where the street ends whose number stands at `position`; 0 when none does."""
    match = _START.match(text, position)
    return _street_end(text, match) if match else 0


def _is_name(text: str, match: "re.Match[str]", end: int) -> bool:
    """Tells whether what stands behind a word of everyday use is a street's name: capitals, or a word of dwelling."""
    name = _PARTICLE.sub("", text[match.end() : end], count=2).lstrip()
    if (name[:1].isupper() and not (match[0].isupper() and name.isupper())) or _DATE.match(name):
        return True
    return (
        _POSTCODE.match(text, end) is not None
        or _HOME.search(text, max(match.start() - 20, 0), match.start()) is not None
    )


def name_end(text: str, position: int) -> int:
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


_MADE: Final = frozenset({
    "chaux", "vent", "huile", "eau", "papier", "tan", "plâtre", "pain", "pains", "fer", "sel", "bois", "feu", "blé",
    "foin", "poudre", "cidre", "tabac", "roue", "loup", "loups", "l'eau", "l'huile", "poissons", "farine", "drap",
    "foulon", "chanvre",
})  # fmt: skip
"""What ovens and mills are for: `rue du Four à Chaux`."""
_MOST_WORDS: Final = 5


def _further(
    text: str, word: "re.Match[str]", end: int, *, has_particle: bool, is_first: bool
) -> "re.Match[str] | None":
    """Returns the next word of a name, or None where the name ends."""
    last = word["word"].lower().rstrip(".")
    following = _WORD.match(text, end)
    if following and _belongs(following, has_particle=has_particle):
        return following
    if following and last in ("ar", "an", "al", "er") and _is_capital(following):
        return following
    if following and following["word"] in ("ar", "an", "al", "er") and (more := _WORD.match(text, following.end())):
        return following if _is_capital(more) else None
    is_open = (last in TITLES and (has_particle or last not in ASIDE)) or last in FIRST_NAMES or "." in word["word"]
    is_open |= last in BROTHERS and following is not None and _is_capital(following)
    join = _JOIN.match(text, end)
    if join:
        behind = _WORD.match(text, join.end())
        if behind is None or behind["word"].lower() in STOP:
            return None
        if join[0].strip() == "à":  # a town follows, but for these
            return behind if behind["word"].lower() in _MADE else None
        goes_on = is_open or (
            (has_particle or (last in ASIDE and _is_capital(word) and join[0].strip() != "de"))
            and (_is_capital(behind) or last in JOINED)
            and (join[0].strip().lower() != "de" or last in OF)
        )
        return behind if goes_on else None
    if following is None or following["word"].lower() in STOP or _TYPE.fullmatch(following["word"]):
        return None
    if is_open:
        return following
    is_pair = (is_first or has_particle) and _is_capital(word) and _is_capital(following)
    shown = _TOWN_OR_PART if has_particle else _TOWN_BEHIND
    return following if is_pair and shown.match(text, following.end()) else None


def _belongs(word: "re.Match[str]", *, has_particle: bool) -> bool:
    """Tells whether a word is an adjective of the name before it: `Moulin Vert`, `Homme Armé`."""
    written = word["word"].lower()
    if written in FOREIGN and _is_capital(word):
        return True
    if not has_particle:
        return written in PROLONGED
    if _is_capital(word):
        return written in ADJECTIVES or (_PARTICIPLE.search(written) is not None and written not in NO_ADJECTIVES)
    return written in ADJECTIVES and written not in WINDS


_PARTICIPLE: Final = re.compile(r"..(?:ée?s?)$")


def _is_capital(word: "re.Match[str]") -> bool:
    return word["word"][0].isupper()


def parts_end(text: str, end: int) -> int:
    """Returns where the parts of the building that follow end."""
    for _ in range(_MOST_PARTS):
        if part := _PART.match(text, end):
            end = part.end()
        elif (residence := _RESIDENCE.match(text, end)) and (named := name_end(text, residence.end())):
            end = named
        else:
            break
    return end


_MOST_PARTS: Final = 6


def found(text: str, start: int, end: int, rule: str) -> Found:
    """Returns a find whose value has neither signs nor capitals."""
    return Found(start, end, PiiType.ADDRESS, rule, _JOINTS.sub(" ", text[start:end]).lower())


_JOINTS: Final = re.compile(r"[\W_]+")
