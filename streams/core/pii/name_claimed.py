"""Names that the words behind them claim or spell: "Tours, c'est mon nom", "Lenoir avec un X"."""

from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import Reading
from streams.core.pii.names import BIG, MINE, NAME, NEVER, NO_NAME, ROLE, SURNAME, WORD

MAX_CLAIMED: Final = 3
_BEFORE_CLAIM: Final = frozenset({" ", ", ", ",", " : ", " (", " - "})

Span = tuple[int, int]


def before_claim(r: Reading, i: int) -> Span | None:
    """Finds "Tours c'est mon nom", "Armel le prénom", "Ange, c'est mon fils" from the word "mon" or "le"."""
    if i < 1 or i + 1 >= r.n or not r.is_joined(i + 1):
        return None
    is_name = r.folded[i + 1] in cues.NAMED
    if not is_name and not (r.traits[i] & MINE and r.folded[i + 1] in cues.KIN):
        return None
    last = i - 1
    if _is_apposed(r, i):
        return last, i
    if r.folded[last] in ("est", "cest", "c"):
        last -= 2 if r.folded[last] == "est" and r.folded[last - 1] in ("c'", "c") else 1
    elif not is_name or r.traits[last] & WORD or not r.traits[last] & (NAME | SURNAME):
        return None
    if last < 0 or not r.traits[last] & BIG or r.traits[last] & (NEVER | ROLE) or r.gap(last + 1) not in _BEFORE_CLAIM:
        return None
    start = last
    while (
        start > max(0, last - MAX_CLAIMED)
        and r.is_joined(start)
        and r.traits[start - 1] & BIG
        and not r.traits[start - 1] & NEVER
    ):
        start -= 1
    return start, last + 1


def _is_apposed(r: Reading, i: int) -> bool:
    """Tells whether "mon fils" stands between commas behind one name: "Milan, mon fils, ..."."""
    traits = r.traits[i - 1]
    return (
        r.folded[i + 1] in cues.KIN
        and r.gap(i) == ", "
        and r.behind(i + 1)[:1] == ","
        and bool(traits & BIG and traits & NAME)
        and not traits & (NEVER | ROLE)
        and r.before(i - 1) not in cues.OF_PLACES
    )


def before_spelling(r: Reading, i: int) -> Span | None:
    """Finds "Lenoir avec un X", "Anaëlle, avec deux L", "Le Goff sans accent" from the word "avec" or "sans"."""
    if i < 1 or i + 1 >= r.n or r.gap(i) not in _BEFORE_CLAIM:
        return None
    spelt = i + 2 if r.folded[i + 1] in cues.HOW_MANY else i + 1
    if spelt >= r.n or not (len(r.folded[spelt]) == 1 or r.folded[spelt] in cues.SPELT):
        return None
    if not r.traits[i - 1] & BIG or r.traits[i - 1] & NO_NAME or r.behind(spelt)[:2] == ".-":
        return None
    return i - 1, i
