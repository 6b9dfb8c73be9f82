"""Names that the words before them announce: a title, an introduction, a role."""

import re
from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.name_runs import end_of
from streams.core.pii.names import (
    BIG,
    CUE,
    FIRST,
    INITIAL,
    LAST,
    NAME,
    NEVER,
    NO_NAME,
    PARTICLE,
    ROLE,
    SURNAME,
    TITLE,
    UNKNOWN,
    UPPER,
    WORD,
)

_AFTER_TITLE: Final = frozenset({" ", ".", ". ", "  ", "\u00a0", ".\u00a0"})
_AFTER_ROLE: Final = frozenset({", ", " (", ": ", " : ", " \u00ab ", ' "'})
_SAYS: Final = re.compile(r"\s{0,2}(?:[:=,(\u00ab\"\u201c']{1,2}\s{0,2})?")
"""What may stand between an introduction and the name: `:`, `=`, a comma, an opening bracket or quote."""
_COLON: Final = re.compile(r"\s{0,2}[:=]\s{0,2}")

MAX_TITLES: Final = 4
"""Words of "Madame Vve" or "M. et Mme"."""
MAX_SIGNED: Final = 3
MAX_SMALL: Final = 2
"""Particles written small before a surname written small, which has more letters than that."""
MIN_SHOUTED: Final = 6
"""Letters of a word of no list in capitals behind "dossier"; fewer are an acronym."""
MAX_BEHIND_OF: Final = 4
MAX_ABOUT: Final = 6
"""Words between "le nom" and "est": "le nom sur la boîte aux lettres est"."""

Span = tuple[int, int]


def behind_title(r: Reading, i: int) -> Span | None:
    """Finds "Mme Blanc", "M. et Mme Roy", "Dr Le Goff" with their titles, and "Josette" of "mamie Josette"."""
    if not r.traits[i] & TITLE or (i > 0 and r.traits[i - 1] & INITIAL and r.gap(i) in (".", ".-")):
        return None
    if i + MAX_TITLES < r.n and all(traits & TITLE for traits in r.traits[i + 1 : i + 1 + MAX_TITLES]):
        return None
    title, k = r.folded[i], i + 1
    while (
        k < min(r.n, i + MAX_TITLES)
        and r.gap(k) in _AFTER_TITLE
        and (r.traits[k] & TITLE or r.folded[k] in ("et", "vve", "veuve"))
    ):
        if r.folded[k] == "et" and not (k + 1 < r.n and r.traits[k + 1] & TITLE):
            break
        title, k = r.folded[k] if r.traits[k] & TITLE else title, k + 1
    if (
        k >= r.n
        or r.traits[k] & TITLE
        or r.gap(k) not in _AFTER_TITLE
        or (r.gap(k)[:1] == "." and title in cues.LONG_TITLES)
    ):
        return None
    if not _may_follow(r, k, title):
        return None
    surname = _behind_small_particles(r, k)
    if surname == k and r.folded[k] in ("de", "d'") and not r.traits[k] & BIG:  # "Mme de Beaulieu"
        surname = k + 1
        return i, end_of(r, surname, cued=True)
    end = end_of(r, surname, cued=True)
    if k < end < r.n and r.gap(end) == " - " and _is_other_half(r.traits[end]):  # "Mme Blanc - Kerbrat"
        end += 1
    return (i, end) if end > k else None


def _is_other_half(traits: int) -> bool:
    return bool(traits & BIG and traits & (LAST | UNKNOWN)) and not traits & (NO_NAME | WORD | PLACE | INITIAL)


def _behind_small_particles(r: Reading, k: int) -> int:
    """Returns the word behind "da", "le", "el", "ben" written small before a surname written small: "mr da silva"."""
    start = k
    while k - start < MAX_SMALL and r.folded[k] in cues.SMALL_PARTICLES and not r.traits[k] & BIG:
        if not r.is_joined(k + 1):
            return start
        k += 1
    traits = r.traits[k]
    if k == start or traits & (WORD | NO_NAME | PLACE | BIG) or not traits & (NAME | SURNAME):
        return start
    return k if len(r.folded[k]) > MAX_SMALL else start


def _may_follow(r: Reading, k: int, title: str) -> bool:
    traits, folded = r.traits[k], r.folded[k]
    if folded in cues.SMALL_PARTICLES and _behind_small_particles(r, k) > k:
        surname = r.traits[_behind_small_particles(r, k)]
        return bool(surname & (NAME | LAST)) or (title not in cues.ADDRESSES and title not in cues.FAMILY_TITLES)
    if traits & PARTICLE and not traits & NAME:
        if k + 1 >= r.n or r.traits[k + 1] & (ROLE | NEVER) or not r.traits[k + 1] & BIG:
            return False
        return bool(r.traits[k + 1] & (NAME | SURNAME)) and (k + 2 >= r.n or r.is_joined(k + 1))
    if title in cues.FAMILY_TITLES:
        return bool(traits & (NAME | UNKNOWN if traits & BIG else NAME)) and (not traits & WORD or bool(traits & BIG))
    if traits & BIG:
        return not traits & ROLE and folded not in cues.OFFICES
    if title in cues.ADDRESSES or title in cues.SHORT_TITLES or title.startswith("prof"):
        return bool(traits & (NAME | LAST)) and not traits & (WORD | NEVER)
    return bool(traits & (NAME | SURNAME)) and not traits & (NEVER | ROLE)


def behind_introduction(r: Reading, i: int) -> Span | None:
    """Finds what "je m'appelle", "mon nom :", "signé", "de la part de" or "titulaire" announce."""
    if not r.traits[i] & CUE:
        return None
    folded, k = r.folded[i], i + 1
    if folded in cues.CALLED:
        if folded in cues.CALLED_OF_ONESELF and r.before(i) not in cues.ONESELF:
            return None
        return _named(r, k, may_be_small=True)
    if folded in cues.NAMED:
        return _behind_nom(r, k)
    if folded in cues.SIGNED:
        k = _behind_contract(r, k)
        return _named(r, k, may_be_small=_COLON.fullmatch(r.behind(i)) is not None or folded.startswith("sous"))
    if folded in cues.ON_BEHALF and r.after(i) in ("de", "d'"):
        if k + 1 < r.n and r.traits[k + 1] & PLACE and not r.traits[k + 1] & FIRST:
            return None
        return _named(r, k + 1, may_be_small=folded == "part")
    if folded in cues.PARTINGS and k < r.n and _signs_small(r, k):
        return k, r.n
    return None


def _behind_contract(r: Reading, k: int) -> int:
    """Returns the word behind "de la ligne" or "du contrat", or `k`."""
    if k >= r.n or r.folded[k] not in ("de", "du"):
        return k
    for j in range(k + 1, min(k + MAX_BEHIND_OF, r.n)):
        if r.is_joined(j) and r.folded[j] in cues.HELD:
            return j + 1
    return k


def _signs_small(r: Reading, i: int) -> bool:
    """Tells whether all the words from `i` to the end are names, behind "cordialement" or "cdt"."""
    if r.n - i > MAX_SIGNED:
        return False
    rest = r.traits[i:]
    return all(not traits & (WORD | PLACE | NO_NAME) or traits & INITIAL for traits in rest) and any(
        traits & (NAME | LAST) for traits in rest
    )


def _behind_nom(r: Reading, k: int) -> Span | None:
    """Looks behind "nom": "nom de famille", "nom est", "nom :", "nom szymanski", "au nom de"."""
    skipped = k
    while skipped < r.n and skipped - k < 4 and r.is_joined(skipped) and r.folded[skipped] in cues.OF_A_NAME:
        if r.folded[skipped] == "et" and not (skipped + 1 < r.n and r.folded[skipped + 1] in cues.NAMED):
            break
        skipped += 1
    if skipped > k:
        is_on_behalf = skipped == k + 1 and r.folded[k] == "de" and r.before(k - 1) == "au"
        return _named(r, skipped, may_be_small=is_on_behalf or r.folded[skipped - 1] in ("est", "c'est"))
    return _named(r, k, may_be_small=True) or _said_of_nom(r, k)


def _said_of_nom(r: Reading, k: int) -> Span | None:
    """Looks behind "le nom sur la porte est", "le nom affiché :" for what is written with a capital."""
    for verb in range(k, min(k + MAX_ABOUT, r.n - 1)):
        if not r.is_joined(verb):
            return None
        is_said = r.folded[verb] in ("est", "etait", "c'est") or _COLON.fullmatch(r.gap(verb + 1)) is not None
        if is_said and r.traits[verb + 1] & BIG and not r.traits[verb + 1] & (WORD | PLACE | INITIAL):
            return _named(r, verb + 1, may_be_small=False)
    return None


def _named(r: Reading, k: int, *, may_be_small: bool) -> Span | None:
    if k >= r.n or _SAYS.fullmatch(r.gap(k)) is None:
        return None
    traits = r.traits[k]
    if traits & TITLE:
        return behind_title(r, k)
    if "," in r.gap(k) and not traits & NAME:
        return None
    if not traits & BIG:
        if not may_be_small or traits & (NEVER | ROLE) or (traits & WORD and not traits & FIRST):
            return None
    elif r.folded[k] in cues.OFFICES or traits & ROLE:
        return None
    end = end_of(r, k, cued=True)
    return (k, end) if end > k else None


def behind_role(r: Reading, i: int) -> Span | None:
    """Finds "le technicien Rachid", "ma voisine Odile", "votre conseillère Prudence", "client : Karim"."""
    traits = r.traits[i]
    if not traits & ROLE or i + 1 >= r.n:
        return None
    k = i + 1
    if r.is_joined(k) and r.folded[k] in cues.OF_THE_HOUSE:
        k += 1
    if k >= r.n or not (r.is_joined(k) or r.gap(k) in _AFTER_ROLE or _COLON.fullmatch(r.gap(k))):
        return None
    named = r.traits[k]
    if named & (NEVER | ROLE | TITLE) or r.folded[k] in cues.FEASTS:
        return None
    if r.folded[i] in cues.OF_PAPERS and named & UPPER and named & UNKNOWN and len(r.folded[k]) < MIN_SHOUTED:
        return None
    if not named & BIG:
        is_small_name = named & NAME and not named & (WORD | PLACE)
        return (k, end_of(r, k, cued=False)) if is_small_name else None
    if named & (NAME | SURNAME) and not named & PLACE and (not named & WORD or r.folded[i] in cues.KIN):
        return k, end_of(r, k, cued=False)
    if r.folded[i] in cues.KIN and r.is_joined(k) and (named & FIRST or named & LAST):
        return k, end_of(r, k, cued=True)
    return None
