"""How far a street's name goes: `du Général Leclerc`, `du 8 Mai 1945`, `Jean Jaurès`, `du Moulin Vert`."""

import re
from typing import Final

from streams.core.pii.birth_dates import MONTH
from streams.core.pii.street_words import (
    ADJECTIVES,
    ASIDE,
    BROTHERS,
    CAPITAL,
    FIRST_NAMES,
    FOREIGN,
    JOINED,
    NO_ADJECTIVES,
    OF,
    PROLONGED,
    STOP,
    SURE,
    TITLES,
    UNSURE,
    WINDS,
)

_NAME_BEFORE: Final = "Sans|Chez|Entre|Derri[èe]re|Devant|Sur|Sous|Vers|En|Au|Aux"
"""Words that begin a name by themselves: `Sans Souci`, `Chez les Roy`."""
PARTICLE: Final = re.compile(
    rf"""
    \s{{0,2}}(?:
        (?-i:{_NAME_BEFORE})\s (?= (?:l['\u2019]|l[ae]s?\s|du\s|des\s)? {CAPITAL} )
      | d['\u2019]en\s
      | \b (?:de\sla|dels?|de|du|des|la|les|le|aux|au|à\sla|sur|sous|d) \s{{1,2}}
      | \b (?:de\sl|d|l)['\u2019]\s?
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_JOIN: Final = re.compile(
    r"\s(?: (?:(?-i:[Qq]ui(?=\s[A-ZÀ-Ý]))|de\sla|du|des|aux|à\sla|de|à)\s | (?:de\sl|d)['\u2019] )",
    re.VERBOSE | re.IGNORECASE,
)
_SHORTENED: Final = "ste?s?|dr|gal|g[ée]n|mal|prof?|col|cdt|cpt|mgr|lt|pdt|fbg?"
_WORD: Final = re.compile(
    rf"""
    \s{{0,2}}(?P<word>
        (?: [^\W\d_]\.(?:-?[^\W\d_]\.){{0,3}} | (?:{_SHORTENED})\. ) (?=\s?[^\W\d_])
      | [^\W\d_] (?: \w | ['\u2019\-](?=\w) ){{0,40}}+
    )""",
    re.VERBOSE | re.IGNORECASE,
)
DATE: Final = re.compile(
    rf"\s?(?:[0-9]{{1,2}}(?:er)?|premier|quatre|huit|onze|quatorze|dix-neuf)[\s\-]{{1,2}}{MONTH}(?!\w)"
    r"(?:[\s\-]{1,2}(?:18|19)[0-9]{2})?",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(r"\s?[0-9]{1,2}(?=\s(?!rue\s)[^\W\d_])")
_TOWN_BEHIND: Final = re.compile(r"\s?[,(/\-]\s?(?:[0-9]{5}|[^\W\d_])|\s[0-9]{5}(?![0-9])|\sà\s")
_TOWN_OR_PART: Final = re.compile(
    rf"""
    \s?[,(/]\s?(?: [0-9]{{5}}(?![0-9]) | {CAPITAL}(?!\w{{0,12}}\s?[!?]) )
  | \s[0-9]{{5}}(?![0-9])
  | \sà\s{CAPITAL}""",
    re.VERBOSE,
)
"""Behind two words with a capital it shows that the second one is no town: `rue du Coq Hardi, Blois`."""
_NUMBERED: Final = frozenset(
    {"rural", "vicinal", "communal", "départementale", "departementale", "nationale", "dep", "dép"}
)
_ROAD_NUMBER: Final = re.compile(r"\s(?:n[\u00b0\u00ba]\s?)?[0-9]{1,4}(?!\w)")
_TYPE: Final = re.compile(SURE.replace("(?=\\.)", "") + "|" + UNSURE, re.IGNORECASE)
_PARTICIPLE: Final = re.compile(r"..(?:ée?s?)$")
_MADE: Final = frozenset({
    "chaux", "vent", "huile", "eau", "papier", "tan", "plâtre", "pain", "pains", "fer", "sel", "bois", "feu", "blé",
    "foin", "poudre", "cidre", "tabac", "roue", "loup", "loups", "l'eau", "l'huile", "poissons", "farine", "drap",
    "foulon", "chanvre",
})  # fmt: skip
"""What ovens and mills are for: `rue du Four à Chaux`."""
_MOST_WORDS: Final = 5


def name_end(text: str, position: int) -> int:
    """Returns where a street's name ends that begins at `position`; 0 when none does."""
    has_particle = False
    for _ in range(2):
        if particle := PARTICLE.match(text, position):
            position, has_particle = particle.end(), True
    if date := DATE.match(text, position):
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


def _is_capital(word: "re.Match[str]") -> bool:
    return word["word"][0].isupper()
