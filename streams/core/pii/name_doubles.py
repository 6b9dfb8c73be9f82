"""Surnames by themselves: double ones of which no list knows a half, and families."""

from typing import Final

from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.name_runs import end_of
from streams.core.pii.names import BIG, LAST, NO_NAME, WORD

Span = tuple[int, int]

MIN_HALF: Final = 4
"""Letters of each half; shorter ones are "Wi-Fi" and "E-Sim"."""
_QUOTES: Final = frozenset({"\u00ab", '"', "\u201c", "'"})
_LEADING: Final = frozenset({
    "pour", "avec", "est", "c'est", "cest", "etait", "suis", "ecrit", "famille", "dossier", "facture", "compte",
    "courrier", "colis", "cherche", "cherchait", "demande", "merci", "appeler", "rappeler", "contacter", "chez",
    "etiquette",
})  # fmt: skip
"""Words right before a person, or before "de" or "les" and a person."""


def double(r: Reading, i: int) -> Span | None:
    """Finds two surnames joined by a hyphen, both with a capital, behind a word that leads to a person."""
    if r.traits[i] & (WORD | NO_NAME | PLACE) or not r.traits[i] & BIG or "-" not in r.folded[i]:
        return None
    halves = r.text[r.starts[i] : r.ends[i]].split("-")
    if len(halves) != len("ab") or any(len(half) < MIN_HALF or not half[0].isupper() for half in halves):
        return None
    before = r.folded[i - 1] if i and r.gap(i).strip() in _QUOTES else r.before(i)
    if before in ("de", "d'", "les"):
        before = r.before(i - 1)
    return (i, max(end_of(r, i, cued=False), i + 1)) if before in _LEADING and r.traits[i] & LAST else None


def family(r: Reading, i: int) -> Span | None:
    """Finds "chez les Dubourg": a surname that is no ordinary word, place or listed first name."""
    if not r.traits[i] & BIG or r.traits[i] & (WORD | NO_NAME | PLACE):
        return None
    return (i, i + 1) if r.before(i) == "les" and r.before(i - 1) == "chez" else None
