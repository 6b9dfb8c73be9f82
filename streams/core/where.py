"""A question about a record, as `where_parser` reads it, and how its comparisons are decided.

Nothing is looked up but what the caller gives. A field that is missing makes its comparison false, whichever it is; so
does a wrong type. An array of a literal and one of JSON are the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

VALUE: Final = "value"
"""The one name that has fields: what the caller gives for it is JSON, or None."""
HIDDEN: Final = "?"
"""Stands in the record of a command for what was compared with the value."""

Lookup = Callable[[str], object]
Part = Callable[[Lookup], Any]
Compare = Callable[[Any, Any], object]

MISSING: Final = object()


@dataclass(frozen=True, slots=True)
class Where:
    """A parsed expression; `_secrets` are the first and last byte of what may be somebody's name."""

    text: str
    _test: Part
    _secrets: tuple[tuple[int, int], ...]

    def holds(self, lookup: Lookup) -> bool:
        """Tells whether it is true; never raises for what the lookup returns.

        Args:
            lookup: returns what a name stands for; asked only for names that the parser was given.
        """
        return bool(self._test(lookup))

    def redacted(self) -> str:
        """Returns the text for a record that is kept, `?` in the place of what is compared with the value."""
        text = self.text.encode()
        for start, end in sorted(self._secrets, reverse=True):
            text = text[:start] + HIDDEN.encode() + text[end:]
        return text.decode()


def contains(left: Any, right: Any) -> bool:
    """Tells whether the right one holds the left one."""
    return left in right


def starts_with(left: Any, right: Any) -> bool:
    """Tells whether a text begins with another, or with one of several."""
    return str.startswith(left, tuple(right) if isinstance(right, list) else right)


def ends_with(left: Any, right: Any) -> bool:
    """Tells whether a text ends with another, or with one of several."""
    return str.endswith(left, tuple(right) if isinstance(right, list) else right)


def compared(compare: Compare, left: object, right: object) -> bool:
    """Compares; what is missing or cannot be compared makes it false."""
    if left is MISSING or right is MISSING:
        return False
    try:
        return bool(compare(left, right))
    except (TypeError, ValueError, RecursionError):
        return False


def chained(first: Part, steps: Sequence[tuple[Compare, Part]]) -> Part:
    """Returns the test of a chain of comparisons: each neighbouring pair must hold."""

    def test(lookup: Lookup) -> bool:
        left = first(lookup)
        for compare, term in steps:
            right = term(lookup)
            if not compared(compare, left, right):
                return False
            left = right
        return True

    return test


def named(lookup: Lookup, name: str) -> object:
    """Looks a name up; a sequence is a list, as JSON's are."""
    found = lookup(name)
    return list(found) if isinstance(found, tuple) else found


def at(value: object, path: Sequence[str]) -> object:
    """Returns the field of a value at a path, `MISSING` where there is none."""
    for name in path:
        if not (isinstance(value, dict) and name in value):
            return MISSING
        value = value[name]
    return value


def is_true(found: object) -> bool:
    """Tells whether a term alone is there and true."""
    return found is not MISSING and bool(found)
