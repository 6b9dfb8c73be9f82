"""What may stand between the digits of one number; parts of patterns for plain text.

Each is possessive and takes no letter and no digit, so that a pattern of them reads hostile text once, not squared.
"""

import re
from typing import Final

from streams.core.pii.plain import INVISIBLE

UNSEEN: Final = f"{INVISIBLE}*+"
"""Nothing that a reader sees: within a group of digits."""

SPACE: Final = rf"[\s{INVISIBLE}]*+"

CLOSE: Final = rf"{UNSEEN}(?:[ .\-\u00a0]{UNSEEN}){{0,2}}+"
"""Between the digits of a number of any grouping that a checksum alone proves."""

LOOSE: Final = rf"{SPACE}(?:[.\-/_*|~\u00b7]{SPACE}){{0,3}}+"
"""Between single digits: none of the signs that lists, prices and hours are written with."""

ANY: Final = rf"{UNSEEN}(?:(?:_|[^\w@\u20ac$\u00a3%\u00b0\[\]]){UNSEEN}){{0,6}}+"
"""Between groups of digits whose sizes say what they are."""

LONG_NUMBER: Final = r"[0-9](?<![0-9].)(?:[^0-9A-Za-z@\u20ac$\u00a3%\u00b0\[\]]*+[0-9OoIlSBZ]){7}"
"""Eight digits, or letters for one, with any of these between them; no phone, card or account number has fewer."""

O_FOR_ZERO: Final = re.compile(r"[Oo](?:(?<=[0-9Oo].)(?=[ .\-]{0,2}[0-9Oo])|(?<=[0-9][ .\-].)(?=[0-9Oo]))")
"""A letter O among digits, on either side."""
