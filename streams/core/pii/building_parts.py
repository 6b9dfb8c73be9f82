"""Parts of buildings: staircases, floors, doors, and the residence behind a street."""

import re
from typing import Final

from streams.core.pii.street_names import name_end
from streams.core.pii.street_words import CAPITAL

_NUMBERED: Final = (
    "porte|hall|entr[ée]e|bo[îi]te|bte|bal|lot|logement|lgt|studio|chambre|ch\\.?|chb(?:re)?|cage|tour|villa|bp|cs"
    "|interphone|bungalow|chalet|bloc|aile|palier|pavillon|mobil-home|emplacement|parcelle|ponton|digicode|code"
)
"""Parts that have a number, a letter or a side."""
_CODE: Final = r"(?:[A-Z][0-9]{0,3}|[0-9]{1,4}[A-Z]?)(?!\w)"
_SIGN: Final = r"(?:n[\u00b0o]\s?)?"
_FLOOR: Final = (
    r"(?:[0-9]{1,2}\s?(?:er|nd|[èe]me|[eè])?|premier|dernier|rez-de-chauss[ée]e|rdc)\s?(?:[ée]tage|[ée]t\.)"
    r"|(?:[ée]tage|etg\.?|[ée]t\.)\s?[0-9]{1,2}|niveau\s[0-9]{1,2}|rdc"
)
_SIDE: Final = r"(?:[\s,]{1,2}(?:(?:porte|[àa])\s)?(?:gauche|droite|en\sface|au\sfond|au\scentre)(?!\w))?"
_STRONG: Final = rf"(?:b[âa]t(?:iment|\.)?|esc(?:alier|\.)?|app(?:artemen)?t\.?|apt\.?|appart)\s?{_SIGN}{_CODE}"
PART: Final = rf"""(?x:
    (?:(?:au|le)\s)?
    (?: fond\s(?:de\s(?:la\s)?cour|du\s(?:couloir|jardin))(?!\w)
      | {_STRONG}
      | (?:{_FLOOR})(?!\w){_SIDE}
      | [0-9]{{1,2}}(?:er|[èe]me|[eè])(?!\w)(?=\s?[,;.)]|\s?$|\s(?:porte|gauche|droite)){_SIDE}
      | maison\s(?:n[\u00b0\u00bao]\s?)?[0-9]{{1,3}}(?![\w.:]|\spi[èe]ce)
      | n[\u00b0\u00ba]\s?[0-9]{{1,3}}[A-D]?(?!\w)
      | (?:{_NUMBERED})(?!(?!n[\u00b0o])[^\W\d_])\s?{_SIGN}
        (?: {_CODE} | [A-Z]?[0-9]{{2,5}}[A-Z]?(?!\w) | gauche(?!\w) | droite(?!\w) )
    ))"""
"""A part of a building; of a pattern without regard to case."""
_PART: Final = re.compile(rf"[\s,;/\-]{{1,3}}{PART}", re.IGNORECASE)
_RESIDENCE: Final = re.compile(
    rf"""
    [\s,;/\-]{{1,3}} (?:r[ée]sidence|r[ée]s\.) (?=\s(?!r[ée]s(?:idence|\.)))
  | \s?[,;/\-]\s? (?:lotissement|domaine|villa|tour|immeuble|cit[ée]|hameau|clos|foyer|maison|mas|ferme|p[ée]niche
        |bateau)
    (?=\s(?:(?:du|des|de\sla|de)\s)?{CAPITAL}[^\W\d_])""",
    re.VERBOSE | re.IGNORECASE,
)
_SHORTENED: Final = re.compile(r"\.(?=,\s)")
"""The dot of a short form before a part: `résidence univ., chambre 4`."""
_NO_PART: Final = r"(?!\s?(?:m²|m2|pièces?|chambres?|%|\u20ac|[.,:][0-9]))"
ALONE: Final = re.compile(
    rf"""
    [bBeEaA](?<![\w@.\-].)(?:
        (?<=[bB])(?:
            (?:Â|â)[tT](?i:iment|\.)?
          | (?i:atiment)
          | [aA][tT]\.?(?=\s[A-Z](?!\w)|\s[0-9A-Za-z]{{1,3}}[\s,]{{1,2}}(?i:app|apt|esc|porte|hall|[ée]tage))
        )
      | (?<=[eE])(?i:sc(?:alier|\.)?)
      | (?<=[aA])(?i:pp(?:artemen)?t\.?|pt\.?)
    )
    \s?{_SIGN}{_CODE}{_NO_PART}""",
    re.VERBOSE,
)
"""A part that is an address by itself: `bât. C`, `appt 12`; not `appartement 3 pièces`."""
_SOON: Final = re.compile(
    r"(?:b[âa]t|esc)(?:iment|alier|\.?\s?(?:n[\u00b0o]\s?)?(?:[a-z][0-9]{0,3}|[0-9]{1,4}[a-z]?)(?!\w))"
)
"""The quick look for a staircase or a building, which "batterie" and "escroc" are not."""
BEFORE: Final = re.compile(
    rf"(?<![\w@.\-])(?:{PART}\s{{0,2}}[,;\-/]?\s{{0,2}}){{1,3}}(?:(?:de\sla|du|de\sl')\s?)?$", re.IGNORECASE
)
"""Parts that stand before a house or a street: `bât. C, 3e gauche, `."""
MOST_BEFORE: Final = 48
_MOST_PARTS: Final = 6


def may_hold(lower: str) -> bool:
    """Tells quickly whether a part of a building can be there by itself; `lower` is the text in lower case."""
    return (
        (("bât" in lower or "bat" in lower or "esc" in lower) and _SOON.search(lower) is not None)
        or "ppt" in lower or " apt" in lower or "partement" in lower
    )  # fmt: skip


def parts_end(text: str, end: int) -> int:
    """Returns where the parts of the building that follow end."""
    for _ in range(_MOST_PARTS):
        if part := _PART.match(text, end):
            end = part.end()
        elif (residence := _RESIDENCE.match(text, end)) and (named := name_end(text, residence.end())):
            end = named
            if (dot := _SHORTENED.match(text, end)) and _PART.match(text, dot.end()):
                end = dot.end()
        else:
            break
    return end
