"""What a recogniser finds and what the scrubber returns."""

import re
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final

import msgspec


class PiiType(StrEnum):
    """A kind of personal data; the word inside its placeholder."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    IBAN = "IBAN"
    CARD = "CARD"
    NIR = "NIR"
    ACCOUNT = "ACCOUNT"
    ADDRESS = "ADDRESS"
    DOB = "DOB"
    IP = "IP"
    URL = "URL"
    HANDLE = "HANDLE"
    PER = "PER"


STRUCTURED: Final = frozenset(PiiType) - {PiiType.PER}
"""Types that rules find; persons need lexicons."""


class Found(msgspec.Struct, frozen=True, gc=False):
    """One find of a recogniser: where (half-open, in characters), what, by which rule.

    `value` is the canonical form, equal for two spellings of the same thing: `06 12 34 56 78` and `+33612345678`.
    """

    start: int
    end: int
    type: PiiType
    rule: str
    value: str


class Span(msgspec.Struct, frozen=True, gc=False):
    """One replaced stretch of the text as written; offsets in its characters, half-open.

    `confidence` is the rule's (see `confidence.py`), `placeholder` what stands in the scrubbed text instead.
    """

    start: int
    end: int
    type: PiiType
    rule: str
    confidence: float = 1.0
    placeholder: str = ""


class Scrubbed(msgspec.Struct, frozen=True, gc=False):
    """A text without its personal data, and what was taken out, in the order of the text."""

    text: str
    spans: tuple[Span, ...] = ()

    def original(self, offset: int) -> int:
        """Returns where a character of `text` stood as written; for one of a placeholder, where its span begins.

        The end of `text` gives the end of the text as written. Nothing is kept for it: the spans are walked anew.

        Example: in `au [PHONE_1] svp`, made of `au 0612345678 svp`, 2 gives 2, 5 gives 3 and 13 gives 14.
        """
        shift = 0  # as written minus scrubbed, at `offset`
        for span in self.spans:
            at = span.start - shift
            if offset < at:
                break
            if offset < at + len(span.placeholder):
                return span.start
            shift = span.end - at - len(span.placeholder)
        return offset + shift

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Returns the stretch as written of a half-open, non-empty stretch of `text`, with all that it touches.

        A placeholder that is touched counts whole.
        """
        first, last = self.original(start), self.original(end - 1)
        ends = [span.end for span in self.spans if span.start == last and span.end > span.start]
        return first, ends[0] if ends else last + 1


FILLER: Final = "]"


def masked(text: str, found: list[Found]) -> str:
    """Returns the text with each find blanked out, every other character at its old offset.

    The filler stops every recogniser, as the placeholder will in the scrubbed text: what is found beside a masked
    stretch is found beside the placeholder too, which is what makes scrubbing idempotent.
    """
    parts: list[str] = []
    position = 0
    for find in sorted(found, key=start_of):
        parts.append(text[position : find.start])
        parts.append(FILLER * (find.end - find.start))
        position = find.end
    parts.append(text[position:])
    return "".join(parts)


def judged(
    text: str, candidate: re.Pattern[str], judge: Callable[[str, re.Match[str]], Found | None]
) -> Iterator[Found]:
    """Yields what a judge makes of each candidate; behind one that it refuses the next character is a start again."""
    position = 0
    while match := candidate.search(text, position):
        found = judge(text, match)
        if found is None:
            position = match.start() + 1
        else:
            position = found.end
            yield found


def apart(found: Iterable[Found]) -> list[Found]:
    """Returns the finds in the order of the text without those that begin within one before them."""
    kept: list[Found] = []
    for find in sorted(found, key=start_of):
        if not kept or find.start >= kept[-1].end:
            kept.append(find)
    return kept


def start_of(find: Found) -> int:
    """Returns where a find begins, to sort by."""
    return find.start
