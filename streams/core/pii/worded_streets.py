"""ADDRESS: streets whose number is in words: `quarante-deux rue Haute`, `au douze de la rue Pasteur`."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii import addresses, building_parts
from streams.core.pii.spans import Found
from streams.core.pii.street_names import name_end

_ONES: Final = r"(?:et[ -])?(?:une?|deux|trois|quatre|cinq|six|sept|huit|neuf)"
_TEENS: Final = r"dix(?:[ -](?:sept|huit|neuf))?|onze|douze|treize|quatorze|quinze|seize"
_UNDER_HUNDRED: Final = (
    rf"(?:(?:vingt|trente|quarante|cinquante)(?:[ -]{_ONES})?"
    rf"|(?:soixante|quatre[ -]vingts?)(?:[ -](?:et[ -])?(?:{_TEENS}|{_ONES}))?|{_TEENS}"
    r"|deux|trois|quatre|cinq|six|sept|huit|neuf)"
)
_NUMBER: Final = (
    rf"(?:(?:(?:deux|trois|quatre)[ -])?cents?(?:[ -]{_UNDER_HUNDRED}|[ -]une?)?|{_UNDER_HUNDRED}"
    r"|un(?=\s(?:de|bis|ter)))"
)
_WAYS: Final = (
    r"rue|avenue|av\.?|boulevard|bd|chemin|impasse|all[ée]e|route|quai|square|place|ruelle|venelle|sentier|faubourg"
    r"|cours|passage|mont[ée]e|chauss[ée]e|esplanade|traverse|cit[ée]|grand[' \-]?rue"
)
_START: Final = re.compile(
    rf"(?<![\w@.\-])(?P<number>{_NUMBER})(?:\s(?:bis|ter|quater))?,?\s"
    rf"(?:(?:de\sla|du|de\sl['\u2019])\s?)?(?:{_WAYS})(?!\w)",
    re.IGNORECASE,
)
_SOON: Final = re.compile(r" (?:rue|avenue|av|bd|boulevard|chemin|impasse|route|place|quai|all[ée]e) ")
"""The quick look for a street; one letter to begin with makes it so."""
_HOME: Final = re.compile(
    r"(?:\bau|\badresse\s?:?|\bhabit\w{1,3}|\bdomicili\w{1,3}"
    r"|\bnum[ée]ro)\s(?:le\s|au\s)?$",
    re.IGNORECASE,
)
_BEFORE: Final = 20


def may_hold(lower: str) -> bool:
    """Tells quickly whether such a street can be there; `lower` is the text in lower case."""
    return _SOON.search(lower) is not None and _START.search(lower) is not None


def find(text: str) -> Iterator[Found]:
    """Finds streets with their number in words; the name has a capital, or somebody lives there."""
    for match in _START.finditer(text):
        end = name_end(text, match.end())
        if not end:
            continue
        is_named = any(map(str.isupper, text[match.end() : end])) and not match[0].isupper()
        if is_named or _HOME.search(text, max(match.start() - _BEFORE, 0), match.start()):
            yield addresses.found(text, match.start(), building_parts.parts_end(text, end), "address_street")
