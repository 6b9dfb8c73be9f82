"""What a recogniser finds and what the scrubber returns."""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

import msgspec


class PiiType(StrEnum):
    """A kind of personal data; the word inside its placeholder."""

    PHONE = "PHONE"
    EMAIL = "EMAIL"
    IBAN = "IBAN"
    CARD = "CARD"
    HANDLE = "HANDLE"
    PER = "PER"


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
    """One replaced stretch of the text as written; offsets in its characters, half-open."""

    start: int
    end: int
    type: PiiType
    rule: str


class Scrubbed(msgspec.Struct, frozen=True, gc=False):
    """A text without its personal data, and what was taken out, in the order of the text."""

    text: str
    spans: tuple[Span, ...] = ()


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


def start_of(find: Found) -> int:
    """Returns where a find begins, to sort by."""
    return find.start
