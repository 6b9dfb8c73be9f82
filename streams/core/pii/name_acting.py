"""Names without a listed first name: Vietnamese and Chinese ones, and foreign words before what a customer does."""

from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.name_runs import end_of
from streams.core.pii.name_things import is_thing
from streams.core.pii.names import ASIAN, BIG, FIRST, INITIAL, LAST, NAME, NO_NAME, PARTICLE, UNKNOWN, UPPER, WORD

Span = tuple[int, int]

MIN_FOREIGN: Final = 4
"""Letters of a word of no list that is a name for want of another sense."""
MAX_BEFORE: Final = 4


def asian(r: Reading, i: int) -> Span | None:
    """Finds "nguyen van thanh", "Zhang Xiaoming", names with Vietnamese accents: a family and what follows."""
    start = i
    while (
        start > max(0, i - MAX_BEFORE)
        and r.is_joined(start)
        and r.traits[start - 1] & BIG
        and r.traits[start - 1] & (NAME | LAST | UNKNOWN | ASIAN)
        and not r.traits[start - 1] & (NO_NAME | PLACE | WORD)
    ):
        start -= 1
    if (
        start > 0
        and r.is_joined(start)
        and bool(r.traits[start - 1] & BIG) is bool(r.traits[start] & BIG)
        and r.folded[start - 1] in cues.SHORT_FAMILIES
        and r.folded[start] in cues.ASIAN_GIVEN
    ):
        start -= 1
    end = end_of(r, i, cued=True)
    if end <= i or end - start < len("ab") or (start == i and not r.traits[i] & (BIG | LAST)):
        return None
    if not r.traits[i] & BIG and r.after(i) not in cues.ASIAN_GIVEN:
        return None
    return start, end


def acting(r: Reading, i: int) -> Span | None:
    """Finds two names of which no list knows a first name, before what a customer does: "Tchibinda Makosso attend"."""
    if i + 2 >= r.n or not r.traits[i + 1] & BIG or r.traits[i] & NO_NAME:  # the cheap look
        return None
    if not _may_be(r, i) or (i > 0 and r.is_joined(i) and r.traits[i - 1] & BIG) or not r.is_joined(i + 1):
        return None
    if not _may_be(r, i + 1) or r.before(i) in cues.OF_STREETS or r.before(i) in cues.ARTICLES:
        return None
    end = i + 2
    while end < r.n and end - i < MAX_BEFORE and r.is_joined(end) and _may_be(r, end):
        end += 1
    known = [k for k in range(i, end) if r.traits[k] & (NAME | LAST) and not r.traits[k] & WORD]
    strange = [k for k in range(i, end) if r.traits[k] & UNKNOWN]
    if len(known) + len(strange) < len("ab") and not (r.traits[i] & FIRST and r.traits[i + 1] & LAST):
        return None
    return (i, end) if _does(r, end) else None


def _may_be(r: Reading, k: int) -> bool:
    traits = r.traits[k]
    if not traits & BIG or traits & (NO_NAME | INITIAL | PARTICLE | UPPER) or is_thing(r, k):
        return False
    if traits & PLACE:
        return bool(traits & FIRST) and bool(traits & LAST)
    if traits & UNKNOWN:
        return len(r.folded[k]) >= MIN_FOREIGN
    return bool(traits & (NAME | LAST))


def _does(r: Reading, end: int) -> bool:
    """Tells whether a customer's deed or state stands behind a name: "attend", "n'a plus", ", cliente", "est ravi"."""
    if end >= r.n or r.gap(end) not in (" ", ", ", " ("):
        return False
    word = r.folded[end]
    if word in cues.PERSON_DOES:
        return True
    if r.gap(end) != " " or end + 1 >= r.n:
        return False
    if word == "est":
        return r.folded[end + 1] in cues.PERSON_IS
    return word == "a" and r.traits[end + 1] & PLACE != 0 and r.traits[end + 1] & BIG != 0
