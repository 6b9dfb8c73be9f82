"""The rows of `dallosh scrub`: a text to scrub, or why there is none."""

from typing import NamedTuple


class Entry(NamedTuple):
    """A text to scrub; `line` is the number of its first physical line, from 1."""

    line: int
    id: str
    text: str


class BadRow(NamedTuple):
    """A row that is none, and why; the reason never quotes it."""

    line: int
    reason: str
