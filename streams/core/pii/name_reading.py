"""A text cut into words, each with its traits: what the rules for person names read."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

from streams.core.pii.names import BIG, HOT, INITIAL, TOWN, UPPER, Names, Word

_TOKEN: Final = re.compile(
    r"(?:https?://|www\.)\S++|[@#][\w.-]++|\[[A-Z]++_[0-9]++\]|[0-9_]\w*+|\]++"  # no words: kept apart, not read
    r"|(?:[cdjlmnstCDJLMNST]|[qQ][uU])['\u2019](?=[aeiouyhAEIOUYH\u00c0-\u00ff\u0152\u0153])"
    r"|[^\W\d_]+(?:['\u2019\-\u2010\u2011][^\W\d_]+)*"
)
_JOINED: Final = frozenset({"", " ", "  ", "\u00a0", "\u202f"})
_BEHIND_INITIAL: Final = frozenset({".", ". ", ".-"})
"""Between an initial and what follows: "J. Roy", "J.-P. Roy", "J.M. Roy"."""
_BREAK: Final = re.compile(
    r"[.!?\n:;|()\u00ab\u00bb\"\u201c\u201d\u2026\u2022/\u2192]|[\u2600-\u27bf\U0001f300-\U0001faff]"
)
_SPACED_DASH: Final = re.compile(r"\s[-\u2013\u2014]\s")
MIN_SHOUTED: Final = 4
"""Words in capitals from which on capitals say nothing, when nearly all words have them."""
SHOUTED_SHARE: Final = 0.6

_IN_PLACE: Final = 1 << 30
PLACE: Final = _IN_PLACE | TOWN
"""A town of the list, or a word within one of the places that the caller found."""


class Reading:
    """The words of a text in order; `traits[i]` is a plain number made of `Trait`.

    Where nearly every word is written big, none counts as big.
    """

    __slots__ = ("ends", "folded", "n", "starts", "text", "traits")

    def __init__(self, text: str, words: list[Word], starts: list[int], ends: list[int]) -> None:
        self.text = text
        self.starts, self.ends = starts, ends
        self.folded = [word.folded for word in words]
        self.traits = [word.traits for word in words]
        self.n = len(words)

    def gap(self, i: int) -> str:
        """Returns what stands between word `i` and the one before it."""
        return self.text[self.ends[i - 1] if i else 0 : self.starts[i]]

    def behind(self, i: int) -> str:
        """Returns what stands between word `i` and the next, or the end."""
        return self.text[self.ends[i] : self.starts[i + 1] if i + 1 < self.n else len(self.text)]

    def is_joined(self, i: int) -> bool:
        """Tells whether word `i` follows the one before it with a space, or with the dot of an initial."""
        if i <= 0 or i >= self.n:
            return False
        gap = self.gap(i)
        return gap in _JOINED or (self.traits[i - 1] & INITIAL != 0 and gap in _BEHIND_INITIAL)

    def is_upper(self, i: int) -> bool:
        """Tells whether a word of several letters is written in capitals, also in a text that shouts."""
        written = self.text[self.starts[i] : self.ends[i]]
        return len(written) > 1 and written.isupper()

    def is_start(self, i: int) -> bool:
        """Tells whether a sentence or a piece of one begins with word `i`, so that a capital says little."""
        if i == 0 or not self.folded[i - 1]:
            return True
        gap = self.gap(i)
        return gap not in _JOINED and (_BREAK.search(gap) is not None or _SPACED_DASH.search(gap) is not None)

    def follows_postcode(self, i: int) -> bool:
        """Tells whether a number of five digits stands right before word `i`: "14320 Mondeville"."""
        if i == 0 or self.folded[i - 1] or self.gap(i) not in _JOINED:
            return False
        written = self.text[self.starts[i - 1] : self.ends[i - 1]]
        return len(written) == 5 and written.isdecimal()

    def before(self, i: int) -> str:
        """Returns the word before `i` when a space or an apostrophe alone parts them, else ""."""
        return self.folded[i - 1] if i > 0 and self.gap(i) in _JOINED else ""

    def after(self, i: int) -> str:
        """Returns the word behind `i` when a space alone parts them, else ""."""
        return self.folded[i + 1] if i + 1 < self.n and self.gap(i + 1) in _JOINED else ""


def read(text: str, names: Names, places: Iterable[tuple[int, int]]) -> Reading | None:
    """Cuts a text into words, or returns None when none of them can be part of a name."""
    if not names.may_hold(text):
        return None
    matches = list(_TOKEN.finditer(text))
    written = [match[0] for match in matches]
    words = names.of_all(written)
    if not any(word.traits & HOT for word in words):
        return None
    reading = Reading(text, words, [match.start() for match in matches], [match.end() for match in matches])
    _lower_shouting(reading)
    for start, end in places:
        for i in range(bisect_right(reading.ends, start), bisect_left(reading.starts, end)):
            reading.traits[i] |= _IN_PLACE
    return reading


def _lower_shouting(reading: Reading) -> None:
    """Takes capitals off the words of a text that is written in capitals, or With A Capital To Each Word."""
    long = [i for i, folded in enumerate(reading.folded) if len(folded) > 1]
    big = [i for i in long if reading.traits[i] & BIG]
    if len(big) < MIN_SHOUTED or len(big) <= SHOUTED_SHARE * len(long):
        return
    upper = [i for i in big if reading.traits[i] & UPPER]
    if len(upper) >= MIN_SHOUTED and len(upper) > SHOUTED_SHARE * len(long):
        big = upper
    elif len(big) < 2 * MIN_SHOUTED or len(big) <= (1 + SHOUTED_SHARE) / 2 * len(long):
        return
    for i in big:
        reading.traits[i] &= ~BIG
