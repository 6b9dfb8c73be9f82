"""Names that a name found elsewhere in the text brings along."""

from itertools import pairwise
from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_reading import PLACE, Reading
from streams.core.pii.name_runs import end_of
from streams.core.pii.name_things import is_thing
from streams.core.pii.names import BIG, LAST, NAME, NO_NAME, PARTICLE, UNKNOWN, WORD, fold

MAX_COMPARED: Final = 8
"""Words of names found whose misspellings are looked for, so that hostile text costs no square."""
_AND: Final = frozenset({" ", ", ", "/", " / ", " & ", " + ", ",", ", et "})


def again(r: Reading, taken: list[tuple[int, int, str]], free: list[bool]) -> list[tuple[int, int, str]]:
    """Returns further names: a word of a name found, written the same, and what "and" or a comma joins to one."""
    new: list[tuple[int, int, str]] = []
    written = {
        r.text[r.starts[k] : r.ends[k]]
        for start, end, _ in taken
        for k in range(start, end)
        if not r.traits[k] & (NO_NAME | WORD | PLACE) and len(r.folded[k]) > 2
    }
    for i in range(r.n) if written else ():
        if free[i] and r.text[r.starts[i] : r.ends[i]] in written:
            free[i] = False
            new.append((i, i + 1, "person_again"))
    new += _twins(r, free)
    if not taken and not new:
        return new
    if taken:
        new += _misspelt(r, sorted(map(fold, written))[:MAX_COMPARED], free)
    starts = {start for start, _, _ in taken + new}
    for i in range(r.n - 2):
        joins = (
            i + 2 in starts and r.is_joined(i + 1) and r.is_joined(i + 2) and r.folded[i + 1] in ("et", "ou", "puis")
        )
        if joins and free[i] and r.traits[i] & BIG and r.traits[i] & NAME and not r.traits[i] & (NO_NAME | PLACE):
            free[i] = False
            new.append((i, i + 1, "person_beside"))
    ends = {end for _, end, _ in taken + new}
    for i in range(1, r.n):
        if (i in ends or i - 1 in ends) and free[i] and _is_beside(r, i, ends):
            end = max(end_of(r, i, cued=False), i + 1)
            if all(free[i:end]):
                free[i:end] = [False] * (end - i)
                ends.add(end)
                new.append((i, end, "person_beside"))
    return new


def _is_beside(r: Reading, i: int, ends: set[int]) -> bool:
    traits = r.traits[i]
    if not traits & BIG or traits & (NO_NAME | PLACE) or not traits & (NAME | LAST | UNKNOWN) or is_thing(r, i):
        return False
    if r.before(i) in ("et", "ou", "puis") and i - 1 in ends:
        return traits & (NAME | UNKNOWN) != 0
    return i in ends and r.gap(i) in _AND and traits & NAME != 0 and r.before(i) not in cues.ARTICLES


def _misspelt(r: Reading, folded: list[str], free: list[bool]) -> list[tuple[int, int, str]]:
    """Returns what is denied beside a name ("pas Obrian, ni Aubryan") or spelt nearly as one."""
    new = []
    for i in range(r.n):
        if not free[i] or not r.traits[i] & BIG or r.traits[i] & (NO_NAME | PARTICLE | PLACE | WORD):
            continue
        is_near = any(_is_near(r.folded[i], other) for other in folded)
        if is_near or (r.before(i) in ("pas", "ni") and r.traits[i] & UNKNOWN):
            free[i] = False
            new.append((i, i + 1, "person_again"))
    return new


def _is_near(one: str, other: str) -> bool:
    """Tells whether two words begin with the same letter and share at least half of their pairs of letters."""
    if one[0] != other[0] or abs(len(one) - len(other)) > 2 or min(len(one), len(other)) < 5:
        return False
    pairs, others = ({word[k : k + 2] for k in range(len(word) - 1)} for word in (one, other))
    return len(pairs & others) * 2 >= len(pairs | others)


def _twins(r: Reading, free: list[bool]) -> list[tuple[int, int, str]]:
    """Returns two names that differ in a letter or two: "Durand, pas Durant"."""
    some = [i for i in range(r.n) if free[i] and r.traits[i] & BIG and r.traits[i] & (LAST | UNKNOWN | NAME)]
    some = [i for i in some if not r.traits[i] & (NO_NAME | PARTICLE | PLACE | WORD)]
    new = []
    for one, other in pairwise(some):
        if r.folded[one] != r.folded[other] and _is_near(r.folded[one], r.folded[other]):
            new += [(i, i + 1, "person_again") for i in (one, other) if free[i]]
            free[one] = free[other] = False
    return new
