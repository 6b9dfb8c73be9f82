"""Surnames behind initials: "F. Roy", "J.-P. Roy", "JP Roy", "Ph. de Roy"."""

from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.name_runs import end_of, is_surname
from streams.core.pii.names import BIG, INITIAL, LAST, NAME, NO_NAME, TITLE, UNKNOWN, WORD

Span = tuple[int, int]
_BEFORE_INITIAL: Final = (" ", "", "\n", ",", "(", ":", "\u00a0", "\u00ab")
MAX_INITIALS: Final = 4


def with_initial(r: Reading, i: int) -> Span | None:
    """Finds "F. Chaumartin", "J.-P. Roy", "J.M. Roy", "Ph. Roy"."""
    if _is_pair(r, i):
        return i, max(end_of(r, i + 1, cued=True), i + 2)
    if i + 1 >= r.n or r.gap(i + 1) not in (".", ". ", ".-") or (i > 0 and r.gap(i)[-1:] not in _BEFORE_INITIAL):
        return None
    if i + MAX_INITIALS < r.n and all(traits & INITIAL for traits in r.traits[i + 1 : i + 1 + MAX_INITIALS]):
        return None
    k = i + 1
    while k < r.n and k - i < MAX_INITIALS and r.traits[k] & INITIAL and r.is_joined(k):
        k += 1
    if r.traits[i] & TITLE and k == i + 1:
        return None
    if k - i > 1 and _is_all(r, i, k):
        return i, k
    if k >= r.n or r.gap(k) not in ((".", ". ") if k == i + 1 else (".", ". ", " ")):
        return None
    if r.folded[k] in cues.SMALL_PARTICLES and r.is_joined(k + 1) and _is_new(r, k + 1):  # "Ph. de Beaulieu"
        return i, max(end_of(r, k + 1, cued=True), k + 2)
    if not is_surname(r, k) and not (r.traits[k] & WORD and k == r.n - 1 and "," in r.gap(i)):
        return None
    if not r.traits[k] & BIG and not (r.is_upper(k) and not r.traits[k] & WORD):
        return None
    is_signed = k == r.n - 1 and "," in r.gap(i)
    if r.traits[k] & (PLACE | WORD) and not r.traits[k] & (LAST | NAME) and not is_signed:
        return None
    return i, max(end_of(r, k, cued=True), k + 1)


def _is_all(r: Reading, i: int, k: int) -> bool:
    """Tells whether the initials `i` to `k` are all of a name: "Cordialement, J. M.", "J-P. M., abonn\u00e9"."""
    if i > 0 and r.folded[i - 1] in cues.CLOSINGS:
        return True
    return k < r.n and r.gap(k) == "., " and r.folded[k] in cues.PERSON_DOES


def _is_pair(r: Reading, i: int) -> bool:
    """Tells whether two initials without dots stand before a surname: "J-P Roy", "JP Roy"."""
    if r.folded[i].replace("-", "") not in cues.PAIRS or i + 1 >= r.n or r.gap(i + 1) not in (" ", ". "):
        return False
    return _is_new(r, i + 1)


def _is_new(r: Reading, k: int) -> bool:
    """Tells whether a word with a capital is a surname and no ordinary word or place."""
    traits = r.traits[k]
    return bool(traits & BIG and traits & (LAST | UNKNOWN)) and not traits & (WORD | NO_NAME | PLACE | INITIAL)
