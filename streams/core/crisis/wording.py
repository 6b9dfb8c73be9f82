"""What the words of a complaint tell: that it is an old story, whom they speak to, and which text they are.

All functions take a text in lower case. The detector reads every complaint, so each pattern begins with a literal that
is looked for first.
"""

import re
from typing import Final

from schemas.taxonomy import KEPT_HANDLES
from streams.core.noise import MIN_WORDS

MOST_HANDLES: Final = 5
_HANDLE: Final = re.compile(r"@(\w{2,30})")
_SIGNS: Final = ".,;:!?()[]\"'«»…-*"
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe0f\ufeff]")
_ANONYMOUS: Final = KEPT_HANDLES | {"user"}
"""Handles that name nobody in particular; exports write @user in place of a private one."""

_UNITS: Final = ("jours", "jour", "j", "semaines", "semaine", "sem", "mois", "ans", "an", "années", "année")
_UNIT: Final = rf"(?:{'|'.join(_UNITS)})\b"
_NUMBER: Final = (
    r"(?:\d{1,3}|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|quinze|vingt|plusieurs|quelques|des|bientôt \w+)"
)
_LONG: Final = rf"\s+(?:plus d[e']\s*|au moins |presque |d[ée]j[àa] )?{_NUMBER}\s*{_UNIT}"
_DAY: Final = r"hier|avant-hier|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|la semaine derni|longtemps|le \d"
_SINCE: Final[tuple[tuple[str, re.Pattern[str]], ...]] = tuple(
    (hint, re.compile(pattern))
    for hint, pattern in (
        ("depuis", rf"depuis(?:{_LONG}| (?:{_DAY}))"),
        (" fait", rf" fait(?:(?<=[çc][aà] fait)|(?<=cela fait)){_LONG}"),
        ("voil", rf"voil[àa]{_LONG}"),
        ("y a", rf"y a{_LONG}"),
        ("pendant", rf"pendant{_LONG}"),
        ("apr", rf"apr[èe]s{_LONG}"),
    )
)
_ENDS: Final = (" sans", " que")
_WITHOUT: Final = re.compile(rf"{_NUMBER}\s*{_UNIT}(?:{'|'.join(_ENDS)})\b")


def is_chronic(lower: str) -> bool:
    """Tells whether a text speaks of something that has lasted for days: `depuis 3 semaines`, `ça fait 15 jours`."""
    for hint, pattern in _SINCE:
        if hint in lower and pattern.search(lower):
            return True
    ends = [end for end in _ENDS if end in lower and _ends_a_unit(lower, end)]
    return bool(ends) and _WITHOUT.search(lower) is not None


def _ends_a_unit(lower: str, end: str) -> bool:
    """Tells whether `end` follows a unit of time somewhere."""
    at = lower.find(end)
    while at >= 0:
        if lower.endswith(_UNITS, 0, at):
            return True
        at = lower.find(end, at + 1)
    return False


def handles_in(lower: str) -> list[str]:
    """Returns the private accounts that a text speaks to, each once, `MOST_HANDLES` at most."""
    if "@" not in lower:
        return []
    found = [handle for handle in _HANDLE.findall(lower) if handle not in _ANONYMOUS]
    return list(dict.fromkeys(found))[:MOST_HANDLES] if len(found) > 1 else found


def said_in(lower: str) -> str | None:
    """Returns the words of a text, or None where hardly any are left.

    Mentions, links, hashtags, numbers, signs, words of one or two letters and what cannot be seen are left out: a text
    that is passed on with a trifle changed is the same one. "Same here" is no text but what a wave is made of. This is
    coarser than `near_key`, which decides what is dropped; here a text only stops to count.
    """
    if not lower.isprintable():
        lower = _INVISIBLE.sub("", lower)
    words = []
    for part in lower.split():
        word = part if part.isalpha() else part.strip(_SIGNS)
        if len(word) > 2 and word.isalpha():
            words.append(word)
    return " ".join(words) if len(words) >= MIN_WORDS else None
