"""A text as it is read for places: folded, cut into words, with what stands around each."""

import re
from typing import Final

from schemas.taxonomy import PlaceKind
from schemas.tweet import Place
from streams.core.places.folding import Word, words_of

_GAP: Final = re.compile(r"[-\s'/]{0,3}")
_BEHIND: Final = re.compile(r"[-\s(\[']{1,3}|")
_INSIDE: Final = re.compile(r"[ \t\u00a0'.-]{1,3}|")
_SENTENCE: Final = re.compile(r"(?:^|[.!?:;\n|>\u2026\u00bb)\]]|[^\w\s,'\u2019\"(#/&+%*-])\s*$")
_CLAUSE: Final = re.compile(r"\s{0,2}(?:[.,;:!?)\n]|$)")
_COMMA: Final = re.compile(r"\s?[,/+&]\s?")
_AND: Final = frozenset({"et", "ou"})
_SHOUTED: Final = 0.6
_LOOKED_BACK: Final = 4
_LONGEST_HASHTAG: Final = 8
"""Words of a hashtag that are looked back over."""
_LONGEST_TITLE: Final = 3
"""Letters of `M.`, `Mme.`: the dot behind them ends no sentence."""


class Reading:
    """A text and its words; offsets are characters of `text`."""

    __slots__ = ("_shouted", "folded", "spelled", "text", "words")

    def __init__(self, text: str, folded: str) -> None:
        self.text = text
        self.folded = folded
        self.words: list[Word] = words_of(text, folded)
        self.spelled = tuple([one.word for one in self.words])
        self._shouted: bool | None = None

    @property
    def is_shouted(self) -> bool:
        """Whether most letters are capitals, so that a capital says nothing."""
        if self._shouted is None:
            letters = [letter for letter in self.text if letter.isalpha()]
            self._shouted = sum(map(str.isupper, letters)) > _SHOUTED * len(letters)
        return self._shouted

    def is_capital(self, index: int) -> bool:
        """Tells whether a word is written with a capital."""
        return self.text[self.words[index].start].isupper()

    def begins_sentence(self, index: int) -> bool:
        """Tells whether a word stands where everybody writes a capital."""
        start = self.words[index].start
        return (
            _SENTENCE.search(self.text[max(start - _LOOKED_BACK, 0) : start]) is not None
            or start == 0
            or (index > 0 and self.words[index - 1].word[0] == "@")
        )

    def is_hashtag(self, index: int) -> bool:
        """Tells whether a word stands in a hashtag, at its beginning or behind its other words."""
        start = self.words[index].start
        for before in reversed(self.words[max(index - _LONGEST_HASHTAG, 0) : index]):
            if before.end != start:
                break
            start = before.start
        return self.folded[start - 1 : start] == "#"

    def before(self, index: int) -> str:
        """Returns the word right before the one at `index`; empty when punctuation or nothing stands there."""
        if index <= 0:
            return ""
        last, word = self.words[index - 1], self.words[index]
        if _GAP.fullmatch(self.folded, last.end, word.start):
            return last.word
        is_title = word.start - last.end == len(". ") and last.end - last.start <= _LONGEST_TITLE
        return last.word if is_title and self.folded.startswith(". ", last.end) else ""

    def after(self, index: int) -> str:
        """Returns the word right behind the one at `index`, past nothing but blanks, hyphens and brackets."""
        if index + 1 >= len(self.words):
            return ""
        word, following = self.words[index], self.words[index + 1]
        return following.word if _BEHIND.fullmatch(self.folded, word.end, following.start) else ""

    def ends_clause(self, index: int) -> bool:
        """Tells whether nothing or a sign of punctuation stands behind a word."""
        return _CLAUSE.match(self.folded, self.words[index].end) is not None

    def listed_with(self, first: int, end: int) -> list[int]:
        """Returns the words that a comma, a slash or `et` ties to those from `first` to `end`, on both sides."""
        words = self.words
        beside = []
        if end < len(words):
            if words[end].word in _AND and end + 1 < len(words):
                beside.append(end + 1)
            elif _COMMA.fullmatch(self.folded, words[end - 1].end, words[end].start):
                beside.append(end)
        if first > 0:
            if words[first - 1].word in _AND and first > 1:
                beside.append(first - 2)
            elif _COMMA.fullmatch(self.folded, words[first - 1].end, words[first].start):
                beside.append(first - 1)
        return beside

    def place(
        self, start: int, end: int, kind: PlaceKind, confidence: float, *,
        insee: str | None = None, department: str | None = None, region: str | None = None,
    ) -> Place:  # fmt: skip
        """Returns the place that stands from `start` to `end`."""
        return Place(
            text=self.text[start:end], start=start, end=end, kind=kind, insee=insee, department=department,
            region=region, confidence=confidence,
        )  # fmt: skip

    def spells(self, index: int, words: tuple[str, ...]) -> bool:
        """Tells whether these words stand at `index`, with blanks, hyphens and apostrophes between them."""
        if index < 0 or index + len(words) > len(self.words):
            return False
        if self.spelled[index : index + len(words)] != words:
            return False
        return all(
            _INSIDE.fullmatch(self.folded, self.words[place].end, self.words[place + 1].start)
            for place in range(index, index + len(words) - 1)
        )
