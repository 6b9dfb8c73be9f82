"""ADDRESS: zones of workshops and offices before a street or a building: `ZA des Saules, 4 rue du Bief`."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import addresses, building_parts
from streams.core.pii.spans import Found
from streams.core.pii.street_names import name_end

_ZONE: Final = re.compile(
    r"(?<![\w@.\-])(?:Z\.?A\.?(?:[CE]\.?)?|Z\.?I\.?|(?i:z(?:ac|ae|a|i)(?=\s(?:de|du|des|la|les)\s)"
    r"|zone\s(?:artisanale|industrielle|commerciale|d['\u2019]activit[ée]s?)|parc\sd['\u2019]activit[ée]s?))"
    r"(?=\s[^\W\d_])"
)
_SOON: Final = re.compile(
    r"(?<![\w@.\-])z\.?(?:a|i)\.?(?:[ce]\.?)?\s|zone\s(?:art|ind|com|d['\u2019]act)|parc\sd['\u2019]act"
)
"""The quick look, in lower case."""
_FURTHER: Final = re.compile(r"\s[A-ZÀ-Ý][\w'\u2019\-]{2,24}+(?=[\s,;\-])")
"""One more word of the name: `des Grands Saules, bât. 3`."""
_POSTCODE: Final = re.compile(r"(?:,?\s|\s?[\u2013\-]\s?)\(?[0-9]{5}(?![0-9])")


def may_hold(lower: str) -> bool:
    """Tells quickly whether such a zone can be there; `lower` is the text in lower case."""
    return _SOON.search(lower) is not None


def find(text: str) -> Iterator[Found]:
    """Finds zones with the street or the part of a building behind them, and named ones before a postcode."""
    for match in _ZONE.finditer(text):
        named = name_end(text, match.end())
        if not named:
            continue
        end = _tail(text, named)
        while end == named and (further := _FURTHER.match(text, named)):
            named = further.end()
            end = _tail(text, named)
        is_named = any(map(str.isupper, text[match.end() : named]))
        if end > named or (is_named and _POSTCODE.match(text, named)):
            yield addresses.found(text, match.start(), end, "address_part")


def _tail(text: str, named: int) -> int:
    """Returns where the part or the street ends behind a zone's name; `named` itself when none stands there."""
    end = addresses.tail_end(text, named)
    if end > named or text[named : named + 1] != " ":
        return end
    street = addresses.street_end_at(text, named + 1)
    return building_parts.parts_end(text, street) if street else end
