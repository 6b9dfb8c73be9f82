"""Texts with inline marks (`<PHONE>06 ...</PHONE>`) and how well a scrubbed text answers them."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from streams.core.pii.spans import STRUCTURED, PiiType, Scrubbed

PLACE: Final = "LOC"
"""The mark of what must survive whole."""
_TAG: Final = re.compile(rf"<(?P<end>/?)(?P<type>{'|'.join([*PiiType, PLACE])})>")
_WORD: Final = re.compile(r"\w+")


class Mark(NamedTuple):
    """A marked stretch of a text (half-open, in characters) and the word of its tag."""

    start: int
    end: int
    type: str


class Marked(NamedTuple):
    """A text without its tags, and its marks in their order."""

    text: str
    marks: tuple[Mark, ...]


def parsed(written: str) -> Marked:
    """Takes the tags out of a text.

    Raises:
        ValueError: a tag is not closed, closes another or stands within another.
    """
    parts: list[str] = []
    marks: list[Mark] = []
    position = length = start = 0
    open_type = ""
    for tag in _TAG.finditer(written):
        parts.append(written[position : tag.start()])
        length += len(parts[-1])
        position = tag.end()
        if tag["end"] and tag["type"] == open_type:
            marks.append(Mark(start, length, open_type))
            open_type = ""
        elif tag["end"] or open_type:
            raise ValueError(f"{tag[0]} at character {tag.start() + 1} does not go with <{open_type}> before it")
        else:
            open_type, start = tag["type"], length
    if open_type:
        raise ValueError(f"<{open_type}> is never closed")
    parts.append(written[position:])
    return Marked("".join(parts), tuple(marks))


class Miss(NamedTuple):
    """What went wrong with one stretch of a text: `kind` is missed, wrong (nothing marked there), place or decoy."""

    kind: str
    type: str
    start: int
    end: int
    text: str


@dataclass(slots=True)
class Evaluation:
    """Counts over marked texts.

    A mark is found when every letter and digit of it is covered, and, for a structured type, the string is not in the
    scrubbed text any more. A span is right when it lies within marks (of whatever type but a place). A decoy is a word
    outside all marks; a place survives when no character of it is covered.
    """

    n_texts: int = 0
    n_marked: Counter[str] = field(default_factory=Counter)
    n_found: Counter[str] = field(default_factory=Counter)
    n_spans: Counter[str] = field(default_factory=Counter)
    n_right: Counter[str] = field(default_factory=Counter)
    n_places: int = 0
    n_places_whole: int = 0
    n_decoys: int = 0
    n_decoys_whole: int = 0

    def add(self, marked: Marked, scrubbed: Scrubbed) -> list[Miss]:
        """Counts one text and returns what went wrong with it."""
        covered = {place for span in scrubbed.spans for place in range(span.start, span.end)}
        misses = self._marks(marked, covered, scrubbed.text)
        return misses + self._spans(marked, scrubbed) + self._decoys(marked, covered)

    def add_finds(self, marked: Marked, finds: Iterable[tuple[int, int]]) -> list[Miss]:
        """Counts one text by what was found in it, half-open, in characters, and returns what was missed or touched.

        Finds have no type and replace nothing: no span is counted, and no string is looked for in what is left.
        """
        covered = {place for start, end in finds for place in range(start, end)}
        return self._marks(marked, covered, None) + self._decoys(marked, covered)

    def _marks(self, marked: Marked, covered: set[int], scrubbed: str | None) -> list[Miss]:
        self.n_texts += 1
        return [
            Miss(kind, mark.type, mark.start, mark.end, marked.text[mark.start : mark.end])
            for mark in marked.marks
            if (kind := self._mark(mark, marked.text, scrubbed, covered))
        ]

    def _mark(self, mark: Mark, text: str, scrubbed: str | None, covered: set[int]) -> str:
        if mark.type == PLACE:
            is_whole = covered.isdisjoint(range(mark.start, mark.end))
            self.n_places += 1
            self.n_places_whole += is_whole
            return "" if is_whole else "place"
        is_found = all(place in covered for place in range(mark.start, mark.end) if text[place].isalnum())
        if scrubbed is not None and mark.type in STRUCTURED:
            is_found = is_found and text[mark.start : mark.end] not in scrubbed
        self.n_marked[mark.type] += 1
        self.n_found[mark.type] += is_found
        return "" if is_found else "missed"

    def _spans(self, marked: Marked, scrubbed: Scrubbed) -> list[Miss]:
        personal = _places(mark for mark in marked.marks if mark.type != PLACE)
        wrong: list[Miss] = []
        for span in scrubbed.spans:
            written = marked.text[span.start : span.end]
            self.n_spans[span.type] += 1
            if any(sign.isalnum() and span.start + i not in personal for i, sign in enumerate(written)):
                wrong.append(Miss("wrong", span.type, span.start, span.end, written))
            else:
                self.n_right[span.type] += 1
        return wrong

    def _decoys(self, marked: Marked, covered: set[int]) -> list[Miss]:
        inside = _places(marked.marks)
        gone: list[Miss] = []
        for word in _WORD.finditer(marked.text):
            if inside.isdisjoint(range(*word.span())):
                self.n_decoys += 1
                if covered.isdisjoint(range(*word.span())):
                    self.n_decoys_whole += 1
                else:
                    gone.append(Miss("decoy", "", *word.span(), word[0]))
        return gone


def _places(marks: Iterable[Mark]) -> set[int]:
    return {place for mark in marks for place in range(mark.start, mark.end)}
