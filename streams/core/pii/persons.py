"""PER: names of persons, by titles, introductions, lists of names and how they are written."""

from collections.abc import Callable, Iterable
from functools import reduce
from operator import or_
from typing import Final

from streams.core.pii import name_cues as cues
from streams.core.pii.name_acting import acting, asian
from streams.core.pii.name_announced import behind_introduction, behind_role, behind_title
from streams.core.pii.name_claimed import before_claim, before_spelling
from streams.core.pii.name_doors import behind_door, behind_rank, is_told
from streams.core.pii.name_doubles import double, family
from streams.core.pii.name_initials import with_initial
from streams.core.pii.name_listed import alone, foreign, full, signature
from streams.core.pii.name_never import NOBODY
from streams.core.pii.name_reading import Reading, read
from streams.core.pii.name_repeats import again
from streams.core.pii.name_shows import is_show
from streams.core.pii.names import ASIAN, BIG, CLAIM, CUE, INITIAL, LAST, NAME, ROLE, SPELLING, TITLE, UNKNOWN, Names
from streams.core.pii.spans import Found, PiiType, masked, start_of

Rule = Callable[[Reading, int], tuple[int, int] | None]
"""Looks at a word; returns the words of the name that it finds there, half-open, or None."""

_RULES: Final[tuple[tuple[str, int, Rule], ...]] = (
    ("person_title", TITLE, behind_title),
    ("person_introduced", CUE, behind_introduction),
    ("person_introduced", CUE, behind_door),
    ("person_title", CUE, behind_rank),
    ("person_claimed", CLAIM, before_claim),
    ("person_spelt", SPELLING, before_spelling),
    ("person_asian", ASIAN, asian),
    ("person_full", NAME, full),
    ("person_initial", INITIAL, with_initial),
    ("person_role", ROLE, behind_role),
    ("person_listed", NAME, alone),
    ("person_foreign", UNKNOWN, foreign),
    ("person_acting", BIG, acting),
    ("person_double", LAST, double),
    ("person_family", LAST, family),
    ("person_signature", BIG, signature),
)
"""Rule, the trait of the words it looks at, and how it looks; in this order: the rules that know most go first, and
what one took the next do not see."""
_UNANNOUNCED: Final = frozenset({"person_full", "person_listed", "person_signature", "person_acting"})
"""What they find may be a programme's name."""
MAX_READINGS: Final = 8
"""A text with a name found in each of so many readings is hostile; the rest stays."""


def find(text: str, names: Names, places: Iterable[tuple[int, int]] = ()) -> list[Found]:
    """Returns the names of persons in a text, in its order, without overlaps; no string makes it raise.

    What is found is masked and the rest read again until nothing is left to find, so that a scrubbed text comes back
    as it is. Two spellings of a name by case and accents have one value; "Karim" and "Karim Benali" have two.

    Args:
        text: as written, or with finds of other kinds masked.
        names: what is known of words.
        places: half-open offsets of the places in the text; a word within one is a name only where a title, an
            introduction or a claim ("Tours, c'est mon nom") says so, or where it is the surname of a full name.
    """
    found: list[Found] = []
    spans = list(places)
    for _ in range(MAX_READINGS):
        if names.nothing_in == (text, spans):
            break
        reading = read(text, names, spans)
        new = [] if reading is None else _once(reading)
        if not new:
            names.nothing_in = text, spans
            break
        found += new
        text = masked(text, new)
    return sorted(found, key=start_of)


def _once(reading: Reading) -> list[Found]:
    taken: list[tuple[int, int, str]] = []
    all_traits = reduce(or_, reading.traits)
    free = [True] * (reading.n + 1)
    having: dict[int, list[int]] = {}
    for rule, trait, look in _RULES:
        if not all_traits & trait:
            continue
        if trait not in having:
            having[trait] = [i for i, traits in enumerate(reading.traits) if traits & trait]
        for i in having[trait]:
            if free[i] and (words := look(reading, i)) is not None:
                start, end = words
                if (rule in _UNANNOUNCED and is_show(reading, start, end)) or is_told(reading, start):
                    continue
                if start < end and all(free[start:end]) and all(reading.folded[start:end]):  # nothing that is no word
                    free[start:end] = [False] * (end - start)
                    if " ".join(reading.folded[start:end]).replace("-", " ") not in NOBODY:
                        taken.append((start, end, rule))
    taken += again(reading, taken, free)
    return [
        Found(reading.starts[start], reading.ends[end - 1], PiiType.PER, rule, _value(reading, start, end))
        for start, end, rule in taken
    ]


def _value(reading: Reading, start: int, end: int) -> str:
    """Returns the name without titles: "Mme BLANC" and "mme Blanc" are "blanc"."""
    words = [word for word in reading.folded[start:end] if word not in cues.TITLES and word not in cues.WIDOW]
    return " ".join(words) or " ".join(reading.folded[start:end])
