"""Names at doors and behind ranks: "interphone Roy", "sonnez chez Roy", "une dame Roy", "Sœur Odile", "colonel Roy"."""

import re
from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.name_runs import end_of
from streams.core.pii.name_things import MAKES
from streams.core.pii.names import BIG, FIRST, LAST, NAME, NO_NAME, PARTICLE, UNKNOWN, UPPER, WORD

Span = tuple[int, int]

_SAYS: Final = re.compile(r"\s{0,2}(?:[:=,(\u00ab\"\u201c]{1,2}\s{0,2})?")
_MAKERS: Final = MAKES | {
    "legrand", "urmet", "bticino", "comelit", "fermax", "aiphone", "intratone", "hager", "somfy", "ring", "nest",
    "netatmo", "extel", "philips", "avidsen", "chacon", "google", "eufy", "arlo",
    "blink", "reolink", "tapo", "ezviz", "imou", "tuya", "vigik", "noralsy", "gmail", "yahoo",
    "outlook", "hotmail", "zimbra", "free", "laposte",
}  # fmt: skip
"""Who makes bells, and whose post boxes are not at doors."""
_TOLD: Final = frozenset({
    "lachaise", "fouras", "noel", "castor", "dodu", "fouettard", "teresa", "denis", "sourire", "marleau", "flam",
    "haddock", "crochet", "igloo", "nemo", "sparrow", "kirk", "america", "cousteau", "moutarde", "sanders", "columbo",
    "maigret", "moulin", "montalbano", "dupin", "magellan", "gadget", "derrick", "barnaby", "harry", "sylvestre",
    "rex", "fracasse", "fabien", "rousselle", "jacques", "marvel", "planet",
})  # fmt: skip
"""Whom films, songs and underground stations name so."""
MIN_SHORT: Final = 5
"""Letters in capitals; fewer are an acronym."""


def behind_door(r: Reading, i: int) -> Span | None:
    """Finds the name at a bell, a post box or a door, from the word for it."""
    folded, k = r.folded[i], i + 1
    if folded in cues.LODGING:
        if k < r.n and r.folded[k] == "chez" and r.is_joined(k):
            return _name(r, k + 1)
        return None
    if folded not in cues.DOORS or (folded == "lettres" and r.before(i) not in ("aux", "a")):
        return None
    while k < min(r.n, i + 3) and r.is_joined(k) and r.folded[k] in ("a", "chez", "marquee", "marque", "est", "c'est"):
        k += 1
    return _name(r, k)


def behind_rank(r: Reading, i: int) -> Span | None:
    """Finds "Sœur Odile" with the rank where it is written big, "Kerbrat" of "le colonel Kerbrat"."""
    if r.folded[i] not in cues.RANKS or not r.is_joined(i + 1) or r.folded[i + 1] in _TOLD:
        return None
    if r.before(i) in cues.OF_STREETS or (r.before(i) in ("du", "de", "la", "des") and i > 1 and _is_street(r, i)):
        return None
    k = i + 1
    if not r.traits[k] & BIG or (r.traits[k] & UPPER and len(r.folded[k]) < MIN_SHORT):
        return None
    if r.traits[k] & WORD and not r.traits[k] & FIRST:
        return None
    is_kin = r.folded[i] in cues.ROLES
    if is_kin and (not r.traits[i] & BIG or r.traits[i] & UPPER):  # left to the roles
        return None
    span = _name(r, k) if not r.traits[k] & (FIRST | PARTICLE) else (k, end_of(r, k, cued=True))
    if span is None or span[1] <= k:
        return None
    is_of_the_cloth = r.traits[i] & BIG and not r.traits[i] & UPPER
    return (i, span[1]) if is_of_the_cloth else span


def is_told(r: Reading, start: int) -> bool:
    """Tells whether a rank makes a word the name of a film or a station: "Colonel Fabien"."""
    return (
        r.folded[start] in _TOLD
        and r.before(start) in cues.RANKS
        and r.traits[start - 1] & BIG != 0
        and r.before(start - 1) not in cues.MINE
    )


def _is_street(r: Reading, i: int) -> bool:
    return any(word in cues.OF_STREETS for word in r.folded[max(i - 3, 0) : i])


def _name(r: Reading, k: int) -> Span | None:
    """Returns the name from word `k`: with a capital, in a list or in none, and neither a word, a place nor a make."""
    if k >= r.n or _SAYS.fullmatch(r.gap(k)) is None or r.folded[k] in _MAKERS:
        return None
    traits = r.traits[k]
    if traits & (NO_NAME | PLACE) or (traits & WORD and not traits & NAME):
        return None
    if not traits & BIG:
        return (k, end_of(r, k, cued=False)) if traits & (LAST | NAME) and not traits & WORD else None
    if traits & UPPER and traits & UNKNOWN and len(r.folded[k]) < MIN_SHORT:
        return None
    if not traits & (LAST | UNKNOWN | NAME):
        return None
    return k, max(end_of(r, k, cued=False), k + 1)
