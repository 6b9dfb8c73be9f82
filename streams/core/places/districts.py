"""Districts that no list has, named as such: `quartier Boudonville`."""

import re
from collections.abc import Iterator
from typing import Final

_NAME: Final = r"[A-ZÀ-ÖØ-Þ][\wÀ-ÿ]{2,24}"
_DISTRICT: Final = re.compile(
    rf"(?<!\w)[Qq]uartiers?\s(?:de\sla\s|de\sl['\u2019]|des\s|du\s|de\s|d['\u2019])?"
    rf"({_NAME}(?:[ -](?:(?:de|du|des|la|le|les)[ -])?{_NAME}){{0,2}})"
)


def districts(text: str) -> Iterator[tuple[int, int]]:
    """Yields where names with capitals stand behind the word "quartier"; a text in capitals has none to show."""
    for match in _DISTRICT.finditer(text):
        yield match.span(1)
