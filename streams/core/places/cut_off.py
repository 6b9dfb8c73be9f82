"""Towns that are first names, where no person can be meant: "Léon coupé", "Alban en panne"."""

import re
from collections.abc import Iterator
from typing import Final

from schemas.taxonomy import PlaceKind
from streams.core.places.folding import fold
from streams.core.places.gazetteer import Gazetteer

_CUT_OFF: Final = re.compile(
    r"(?<![^\s(])([A-Z\u00c0-\u00de][\w\-]{2,24})\s(?:est\s|toujours\s|encore\s){0,2}"
    r"(?:coup\u00e9e?s?|HS|hs|en panne)(?!\w)"
)


def cut_off(text: str, gazetteer: Gazetteer) -> Iterator[tuple[int, int]]:
    """Yields where communes stand that are said to be cut off, as offsets of `text`."""
    for match in _CUT_OFF.finditer(text):
        if any(bearer.kind is PlaceKind.COMMUNE for name in gazetteer.named(fold(match[1])) for bearer in name.bearers):
            yield match.span(1)
