"""What the words of a complaint tell: that it is an old story, whom they speak to, and which text they are.

All functions take a text in lower case. The detector reads every complaint, so each pattern begins with a literal that
is looked for first.
"""

import re
from collections.abc import Iterable
from typing import Final

from schemas.taxonomy import KEPT_HANDLES
from streams.core.noise import MIN_WORDS

MOST_HANDLES: Final = 5
_HANDLE: Final = re.compile(r"@(\w{2,30})")
_MENTION: Final = re.compile(r"@\S*\s*")
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
    """Returns a text without mentions, links and spacing, or None where hardly anything is left.

    Two people who say the same have sent the same text on; "same here" is what a wave is made of. A coarser form than
    `near_key`, which decides what is dropped: a tenth of its time, and here a text only stops to count.
    """
    said = (_MENTION.sub("", lower) if "@" in lower else lower).strip()
    if "  " in said or "://" in said or "www." in said or not said.isprintable():
        words = [word for word in said.split() if "://" not in word and not word.startswith("www.")]
        said = " ".join(words)
    is_long = said.count(" ") >= 2 * MIN_WORDS
    return said if is_long or _n_spoken(said.split()) >= MIN_WORDS else None


def _n_spoken(words: Iterable[str]) -> int:
    """Counts the words that hold a letter or a digit."""
    return sum(any(map(str.isalnum, word)) for word in words)
