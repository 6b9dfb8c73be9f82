"""Numbered placeholders: the same value has the same number within a tweet and the tweet that it answers."""

from typing import Final

from streams.core.pii.spans import PiiType

MAX_NUMBER: Final = 9_999
MAX_HANDLE: Final = 99
"""Values past these share the last number, so that the shape of a placeholder is bounded.

A text as written may hold that shape, too, and keeps it, for a scrubbed text comes back as it is: `[PHONE_1]` says
nothing, and of real handles only those from `@u1` to `@u99` pass for ours; `@u123` and `@1234` go.
"""


class Pseudonyms:
    """The placeholders given so far; share one between a tweet and its context.

    Example: two phone numbers and a handle give `[PHONE_1]`, `[PHONE_2]` and `@u1`.
    """

    __slots__ = ("_given", "_last")

    def __init__(self) -> None:
        self._given: dict[tuple[PiiType, str], str] = {}
        self._last: dict[PiiType, int] = {}

    def of(self, kind: PiiType, value: str, *, text: str) -> str:
        """Returns the placeholder of a canonical value.

        A new one is never a placeholder that `text`, the text being scrubbed, already holds: in a text scrubbed
        before, number 1 is somebody else.
        """
        known = self._given.get((kind, value))
        if known is not None:
            return known
        placeholder = self._next(kind, text)
        self._given[kind, value] = placeholder
        return placeholder

    def _next(self, kind: PiiType, text: str) -> str:
        number = self._last.get(kind, 0) + 1
        placeholder = _placeholder(kind, number)
        most = MAX_HANDLE if kind is PiiType.HANDLE else MAX_NUMBER
        while number < most and placeholder in text:
            number += 1
            placeholder = _placeholder(kind, number)
        number = min(number, most)
        self._last[kind] = number
        return _placeholder(kind, number)


def _placeholder(kind: PiiType, number: int) -> str:
    return f"@u{number}" if kind is PiiType.HANDLE else f"[{kind.value}_{number}]"
