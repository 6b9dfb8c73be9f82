"""How far a name goes once it is known to begin: surnames, particles, initials, second first names."""

import re
from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.names import (
    ASIAN,
    BIG,
    FIRST,
    INITIAL,
    LAST,
    NAME,
    NEVER,
    NO_NAME,
    PARTICLE,
    RARE,
    SURNAME,
    UNKNOWN,
    UPPER,
    WORD,
)

MAX_WORDS: Final = 6

MIN_UNKNOWN: Final = 3
"""Letters of a word in no list that counts as a name in lower case: shorter ones are "tt", "bcp"."""
MAX_ASIAN: Final = 10
"""Letters of a word of such a name."""
_NO_SURNAME: Final = re.compile(r"(?:ments?|[ts]ions?|ez|issimes?)$|(.)\1\1")
"""Adverbs, verbs and cries."""
MIN_SHOUTED: Final = 5
"""Letters of a surname of no list in a text in capitals, where a shorter word is a slip or a short form."""
_VERBAL: Final = ("ez", "er")


def end_of(r: Reading, start: int, *, cued: bool) -> int:
    """Returns the word behind the name that begins with word `start`, or `start` when none does.

    Args:
        r: the text.
        start: a word.
        cued: a title or an introduction stands before it, so that ordinary words and towns with a capital are names.
    """
    i = end = start
    while i < r.n and i - start < MAX_WORDS and (i == start or r.is_joined(i)):
        if _is_particle(r, i, end > start):
            i += 1
            continue
        if not _goes_on(r, i, start, cued=cued):
            break
        i += 1
        end = i
    return end


def _is_particle(r: Reading, i: int, is_inside: bool) -> bool:
    """Tells whether word `i` leads to the next part: "de" before a big surname, "Le", "El", "Ben" before any."""
    if not r.traits[i] & PARTICLE or not r.is_joined(i + 1):
        return False
    following = r.traits[i + 1]
    folded = r.folded[i]
    if following & PARTICLE and folded in ("van", "von", "da", "de") and is_inside and not following & BIG:
        if not r.is_joined(i + 2) or not r.traits[i + 2] & BIG or r.traits[i + 2] & NO_NAME:
            return False
        return folded != "de" or (r.folded[i + 1] in ("la", "l'") and _is_noble(r.traits[i + 2]))
    if folded == "la" and is_inside and r.folded[i - 1] == "de" and not r.traits[i] & BIG:
        return _is_noble(following)
    if folded == "du" and is_inside and r.traits[i - 1] & NAME:
        return _is_noble(following)
    if folded in ("e", "y") and is_inside:
        return bool(following & BIG and following & LAST) and not following & (WORD | NO_NAME | PLACE)
    if following & PARTICLE and folded in ("de", "d'"):
        return is_inside and r.traits[i + 1] & BIG != 0
    if folded in ("la", "le") and r.traits[i] & BIG and is_inside and following & BIG and not following & NO_NAME:
        return True
    if not following & BIG or following & NO_NAME or not following & (NAME | SURNAME):
        return False
    if folded in ("de", "d'", "du", "des"):
        return not following & PLACE and (is_inside or bool(r.traits[i] & BIG)) and folded != "du"
    if folded in ("la", "le"):
        return bool(r.traits[i] & BIG)
    return folded != "et" and folded != "y" and folded != "e"


def _is_noble(traits: int) -> bool:
    """Tells whether a word behind "de la" or "du" is a surname and neither a place nor an ordinary word."""
    return bool(traits & BIG and traits & (LAST | UNKNOWN)) and not traits & (WORD | PLACE | NO_NAME)


def _goes_on(r: Reading, i: int, start: int, *, cued: bool) -> bool:
    traits = r.traits[i]
    if i > start and (traits | r.traits[i - 1] | r.traits[start]) & ASIAN and _is_asian(r, i, start):
        return True
    if traits & INITIAL and i > start and r.behind(i)[:1] == ".":
        return True
    if not traits or traits & NO_NAME:
        if traits & NEVER and traits & BIG and i > start and r.folded[i] in cues.REAL_NAMES and traits & FIRST:
            return r.traits[i - 1] & RARE != 0
        return bool(traits & NEVER and cued and traits & BIG and traits & (FIRST if i == start else LAST))
    if traits & BIG:
        if traits & INITIAL:
            leads_on = cued and r.is_joined(i + 1) and r.traits[i + 1] & BIG != 0 and not r.traits[i + 1] & NO_NAME
            return leads_on or r.behind(i)[:1] in (".", "", ",", ")") or (cued and i == start)
        if traits & PLACE:
            return cued or (i > start and traits & LAST != 0 and r.before(i) == r.folded[i - 1])
        if traits & (NAME | SURNAME):
            return True
        return (cued and i == start) or (i > start and r.folded[i - 1] in ("la", "le") and r.traits[i - 1] & BIG != 0)
    return _goes_on_small(r, i, start, cued=cued)


def _is_asian(r: Reading, i: int, start: int) -> bool:
    """Tells whether a word goes on a Vietnamese or Chinese name of up to five short words."""
    family, traits = r.traits[start] | r.traits[i - 1], r.traits[i]
    if not (family | traits) & ASIAN or len(r.folded[i]) > MAX_ASIAN:
        return False
    if traits & ASIAN or r.folded[i] in cues.ASIAN_GIVEN:
        return bool(traits & BIG) or not r.traits[start] & BIG
    return bool(traits & BIG) and not traits & (NO_NAME | PLACE | PARTICLE) and bool(traits & (NAME | SURNAME))


def _goes_on_small(r: Reading, i: int, start: int, *, cued: bool) -> bool:
    """Tells it of a word in lower case, which must be a listed name, or unknown where a name is announced."""
    traits, folded = r.traits[i], r.folded[i]
    if traits & PLACE or len(folded) < MIN_UNKNOWN or folded.endswith("'"):
        return False
    if not traits & WORD:
        if traits & NAME:
            return True
        if traits & UNKNOWN and not cued:
            return i > start and _is_shouted_surname(r, i)
        return bool(traits & LAST and (cued or i > start)) or bool(traits & UNKNOWN)
    if i == start:
        return cued and bool(traits & FIRST)
    before = r.traits[i - 1]
    return cued and bool(traits & LAST) and bool(before & NAME) and not before & BIG


def _is_shouted_surname(r: Reading, i: int) -> bool:
    """Tells it of a word of no list in capitals, behind a first name that is no ordinary word."""
    before = r.traits[i - 1]
    if len(r.folded[i]) < MIN_SHOUTED or not r.is_upper(i) or _NO_SURNAME.search(r.folded[i]) is not None:
        return False
    return bool(before & NAME) and not before & (WORD | PLACE)


def begins_of(r: Reading, start: int, least: int) -> int:
    """Returns where a name begins of which word `start` is part: surnames written before it, and big particles."""
    i = start
    while i > least and r.is_joined(i) and start - i < MAX_WORDS:
        traits = r.traits[i - 1]
        if not traits & BIG or traits & (NO_NAME | PLACE) or not traits & (NAME | SURNAME):
            break
        if traits & WORD and (not traits & (LAST | FIRST) or r.is_start(i - 1)) and not traits & UPPER:
            break
        if r.is_start(i - 1) and traits & UNKNOWN and not traits & UPPER and r.folded[i - 1][-2:] in _VERBAL:
            break
        i -= 1
    while i > least and r.is_joined(i) and r.folded[i - 1] in cues.LEADING and r.traits[i - 1] & BIG:
        i -= 1
    return i


def is_surname(r: Reading, k: int) -> bool:
    """Tells whether word `k` may be a surname, by the lists or for want of another sense."""
    return bool(r.traits[k] & (LAST | UNKNOWN | NAME)) and not r.traits[k] & NO_NAME
