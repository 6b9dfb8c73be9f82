"""What is known of single words: is it a name, an ordinary word, a town, a title; how is it written."""

import re
import unicodedata
from enum import IntFlag, auto
from typing import Final

import msgspec

from streams.core.pii import name_cues as cues
from streams.core.pii import name_never as never

MAX_REMEMBERED: Final = 50_000
"""Words judged before that are kept; then the memory begins anew."""
MAX_LENGTH: Final = 40
"""Letters; nothing longer is a name, and none is looked up."""


class Trait(IntFlag):
    """One thing that is true of a word."""

    CAPITAL = auto()  # "Karim", "LeGoff"
    UPPER = auto()  # "KARIM"
    INITIAL = auto()  # one letter, written big, or "J-P", "Ph"
    FIRST = auto()
    RARE = auto()  # a first name that few bear, or foreign
    LAST = auto()
    WORD = auto()  # in the dictionary
    NEVER = auto()  # brands, products, months, greetings: no part of a name
    TOWN = auto()
    TITLE = auto()
    ROLE = auto()
    PARTICLE = auto()
    CUE = auto()  # announces a name: "appelle", "nom"
    MINE = auto()  # "mon", "ma", "notre"
    CLAIM = auto()  # these, "le" and "son": "Armel le prénom"
    SPELLING = auto()  # "avec", "sans": "Lenoir avec un X"
    UNKNOWN = auto()  # in none of the lists
    HOT = auto()  # a text without such a word has no name
    ASIAN = auto()  # a Vietnamese or Chinese family name, or a word with a Vietnamese accent


FIRST: Final = int(Trait.FIRST)
RARE: Final = int(Trait.RARE)
NAME: Final = FIRST | RARE
LAST: Final = int(Trait.LAST)
UNKNOWN: Final = int(Trait.UNKNOWN)
SURNAME: Final = LAST | UNKNOWN
WORD: Final = int(Trait.WORD)
NEVER: Final = int(Trait.NEVER)
TOWN: Final = int(Trait.TOWN)
TITLE: Final = int(Trait.TITLE)
ROLE: Final = int(Trait.ROLE)
PARTICLE: Final = int(Trait.PARTICLE)
CUE: Final = int(Trait.CUE)
MINE: Final = int(Trait.MINE)
CLAIM: Final = int(Trait.CLAIM)
SPELLING: Final = int(Trait.SPELLING)
UPPER: Final = int(Trait.UPPER)
INITIAL: Final = int(Trait.INITIAL)
BIG: Final = int(Trait.CAPITAL | Trait.UPPER)
HOT: Final = int(Trait.HOT)
ASIAN: Final = int(Trait.ASIAN)
NO_NAME: Final = NEVER | ROLE | TITLE
_LISTED: Final = NAME | LAST | WORD | NEVER | TOWN | TITLE | ROLE | PARTICLE | CUE | MINE


class Word(msgspec.Struct, frozen=True, gc=False):
    """A word as written, folded (lower case, no accents), and its traits as one plain number, which is fast."""

    folded: str
    traits: int


NO_WORD: Final = Word("", 0)
_NO_LETTER: Final = frozenset("@#[]0123456789_")
_NO_PIECE: Final = ("@", "#", "https://", "http://")
_QUICK: Final = re.compile(r"(?:https?://|[@#])\S++|\[[A-Z]++_[0-9]++\]|([^\W\d_]++)")


class Lexicon(msgspec.Struct, frozen=True):
    """The lists that a `Names` stands on, folded; `streams.person_names` loads them."""

    first_common: frozenset[str] = frozenset()
    first_rare: frozenset[str] = frozenset()
    last: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    towns: frozenset[str] = frozenset()


_CUES: Final = (
    (never.NEVER, NEVER),
    (never.COUNTRIES, TOWN),
    (cues.TITLES, TITLE),
    (cues.ROLES, ROLE),
    (cues.PARTICLES, PARTICLE),
    (cues.ANNOUNCING, CUE),
    (cues.MINE, MINE),
    (cues.CLAIMING, CLAIM),
    (cues.SPELLING, SPELLING),
)
_VIETNAMESE: Final = re.compile("[\u01a0\u01a1\u01af\u01b0\u1ea0-\u1ef9\u0110\u0111]", re.IGNORECASE)
"""Letters that Vietnamese alone writes."""


class Names:
    """The judge of single words; remembers what it judged, and always says the same of the same word."""

    __slots__ = ("_cold", "_listed_as", "_remembered", "nothing_in")

    def __init__(self, lexicon: Lexicon) -> None:
        self._listed_as: dict[str, int] = {}
        lists = (
            (lexicon.first_common, FIRST),
            (lexicon.first_rare, RARE),
            (lexicon.last, LAST),
            (lexicon.words, WORD),
            (lexicon.towns, TOWN),
            *_CUES,
        )
        for words, trait in lists:
            for word in words:
                self._listed_as[word] = self._listed_as.get(word, 0) | trait
        for word in cues.PARTICLES:
            self._listed_as[word] &= ~(NAME | LAST)
        self._remembered: dict[str, Word] = {}
        self._cold: set[str] = set()
        self.nothing_in: tuple[str, list[tuple[int, int]]] | None = None
        """The last text, with its places, in which no name was found: a scrubber looks twice."""

    def of(self, written: str) -> Word:
        """Returns what is known of a word; for one of several parts ("Jean-Pierre") what its parts say together."""
        word = self._remembered.get(written)
        if word is None:
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            word = self._remembered[written] = self._judged(written)
        return word

    def of_all(self, written: list[str]) -> list[Word]:
        """Returns what is known of each; nothing is of what begins with no letter, or is an address on the web."""
        known = self._remembered.get
        return [known(one) or (NO_WORD if one[0] in _NO_LETTER or "://" in one else self.of(one)) for one in written]

    def may_hold(self, text: str) -> bool:
        """Tells quickly whether a name can be in a text; true too often, never false wrongly.

        Pieces between spaces in which nothing can be are remembered: few pieces of a text are new.
        """
        if len(self._cold) >= MAX_REMEMBERED:
            self._cold.clear()
        for piece in set(text.split()) - self._cold:
            if piece.startswith(_NO_PIECE):
                continue
            if any(self.of(word).traits & HOT for word in _QUICK.findall(piece)):
                return True
            self._cold.add(piece)
        return False

    def _judged(self, written: str) -> Word:
        if len(written) > MAX_LENGTH:
            return Word(written[:MAX_LENGTH].lower(), WORD)
        folded = cues.GRANDPARENTS.get(written.lower()) or fold(written)
        shape = _shape(written)
        if folded.endswith("'") or (folded in cues.HASTY and not shape & BIG):
            return Word(folded, NEVER | (PARTICLE if folded == "d'" else 0))
        traits = self._listed(folded)
        if "-" in folded and not traits & _LISTED:
            traits = self._of_parts(folded)
        elif folded.startswith(("saint-", "sainte-", "st-", "ste-")):
            traits |= TOWN
        if not traits & _LISTED:
            traits = UNKNOWN
        if folded in cues.SHORTENED and shape:
            traits, shape = 0, INITIAL | int(Trait.CAPITAL)
        elif shape & UPPER and folded in cues.PAIRS:
            shape |= INITIAL
        traits |= shape
        if folded in cues.ASIAN_FAMILIES or (not written.isascii() and _VIETNAMESE.search(written)):
            traits |= ASIAN | HOT
        return Word(folded, traits | HOT if folded in cues.HOT or _is_hot(traits) else traits)

    def _listed(self, folded: str) -> int:
        traits = self._listed_as.get(folded, 0)
        if not traits and folded.endswith("s") and self._listed(folded[:-1]) & (WORD | NAME | LAST) == WORD:
            return WORD
        return traits

    def _of_parts(self, folded: str) -> int:
        parts = [part for part in folded.split("-") if part]
        if not parts or parts[0] in cues.SAINTS or any(part in cues.WITHIN_TOWNS for part in parts[1:-1]):
            return TOWN
        each = [self._listed(part) for part in parts]
        if (
            parts[0] in cues.BEFORE_HYPHEN
            and len(parts) > 1
            and not any(traits & (WORD | NEVER) for traits in each[1:])
        ):
            return LAST
        if each[0] & NEVER or all(traits & (NEVER | WORD) and not traits & (NAME | LAST) for traits in each):
            return NEVER
        if each[0] & NAME:
            ordinary = all(traits & WORD and not traits & FIRST for traits in each)
            return (each[0] & NAME) | (WORD if ordinary else 0)
        if any(traits & (NAME | LAST) for traits in each) or not any(traits & WORD for traits in each):
            return LAST
        return WORD


_HYPHENS: Final = "-\u2010\u2011"
_LIGATURES: Final = {
    0x153: "oe", 0xE6: "ae", 0x131: "i", 0x142: "l", 0xF8: "o", 0xDF: "ss", 0x2019: "'", 0x2010: "-", 0x2011: "-",
    0x111: "d",
}  # fmt: skip


def fold(written: str) -> str:
    """Returns a word in lower case without accents: "\u00c9lodie" is "elodie", "N\u2019Guessan" is "n'guessan"."""
    lower = written.lower()
    if lower.isascii():
        return lower
    lower = lower.translate(_LIGATURES)
    return "".join([sign for sign in unicodedata.normalize("NFD", lower) if not unicodedata.combining(sign)])


def _shape(written: str) -> int:
    if not written[:1].isupper():
        return 0
    if len(written) == 1 or (len(written) == len("J-P") and written[1] in _HYPHENS and written[2].isupper()):
        return INITIAL | int(Trait.CAPITAL)
    return UPPER if written.isupper() else int(Trait.CAPITAL)


def _is_hot(traits: int) -> bool:
    """Tells whether a word may be a name or announce one, looked at by itself."""
    if traits & NEVER:
        return traits & TITLE != 0
    if traits & (TITLE | FIRST) or (traits & RARE and not traits & WORD):
        return True
    return bool(traits & BIG and not traits & (INITIAL | WORD) and traits & (NAME | LAST | UNKNOWN))
