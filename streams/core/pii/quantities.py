"""Numbers that are no identifier: phones, dates, hours, years, service numbers, round numbers, whatever has a unit."""

import re
from typing import Final

PHONE: Final = re.compile(
    r"0[1-9](?:[ .\-]?[0-9]{2}){4}|0[ .]?8[0-9]{2}(?:[ .]?[0-9]{3}){2}|(?:00)?33[1-9][0-9]{8}|0[1-9](?: [0-9]{2}){1,3}"
)
"""Also the first pairs of one that goes on in another way."""
ABROAD: Final = re.compile(r"\+[0-9]{0,3}[\s(.]{0,2}\Z")
"""The country's code of a phone number, before the rest of it."""
DATE: Final = re.compile(
    r"[0-3]?[0-9]([/.\- ])[01]?[0-9](?:\1(?:[0-9]{2}){1,2})?|(?:19|20)[0-9]{2}([/.\-])[01]?[0-9](?:\2[0-3]?[0-9])?"
    r"|[01]?[0-9]/(?:19|20)[0-9]{2}"
)
COMPACT_DATE: Final = re.compile(
    r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{4,6})?"
    r"|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2}"
)
"""`20240512`, with or without an hour, and `12052024`."""
_HOURS: Final = re.compile(r"[0-9]{1,2}-[0-9]{1,2}[hH]|[0-9]{1,2}[hH:][0-9]{0,2}(?:[\-/][0-9]{1,2}[hH:][0-9]{0,2})?")
_YEAR_OR_SERVICE: Final = re.compile(r"19[0-9]{2}|20[0-9]{2}(?:[/\-]20[0-9]{2})?|(?:3[0-9]|10) ?[0-9]{2}|11[0-9]{4}")
"""3244, 1044, 39 00."""
DIRECTORY: Final = re.compile(r"11[ .\-]?[68](?:[ .\-]?[0-9]){3}")
"""118 712, 11 87 12, 116 117: directories and helplines."""
DATE_HOUR_OR_PHONE: Final = (DATE, _HOURS, PHONE, _YEAR_OR_SERVICE, DIRECTORY)
ROUND: Final = re.compile(r"[1-9][0-9]?[0 .]*000")
UNIT: Final = re.compile(
    r"(?:[.,][0-9]+)?\s?"
    r"(?:[\u20ac$\u00a3%\u00b0]|k?\u20ac"
    r"|(?:euros?|eur|balles|cts?|centimes"
    r"|h|heures?|min(?:utes)?|mn|sec(?:ondes)?|s|ms|j|jours?|semaines?|mois|ans?|ann[ée]es?|fois"
    r"|[kmgt]?bits?|[kmgt](?:o|b)(?:/s|ps)?|[kmg]bit/s|octets?"
    r"|k?m|cm|mm|km/h|m[h²]z|[kmg]?hz|d[bB]m?|w|kwh|v|a|x|p|i|points?|pixels?"
    r"|personnes|clients|abonn[ée]e?s|foyers|logements|habitants|utilisateurs|tweets?|followers|vues)(?![\w]))"
    r"|,[0-9]|:[0-9]",
    re.IGNORECASE,
)
"""What stands behind an amount or a measure."""


def is_quantity(text: str, start: int, end: int) -> bool:
    """Tells whether digits are a phone number, of a service too, a round number or have a unit behind them."""
    return (
        PHONE.fullmatch(text, start, end) is not None
        or DIRECTORY.fullmatch(text, start, end) is not None
        or ROUND.fullmatch(text, start, end) is not None
        or UNIT.match(text, end) is not None
    )
