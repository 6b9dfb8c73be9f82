"""EMAIL: addresses as written by machines, and as people write them to fool machines."""

import re
from collections.abc import Iterator
from typing import Final

from streams.core.pii.email_servers import AROBASE, MAILERS, ONLY_MAIL
from streams.core.pii.spans import Found, PiiType

_LOCAL_REVERSED: Final = re.compile(r"[\w.+%'-]*\w")
_SERVER: Final = r"(?:[\w-]++\.)+[A-Za-z]{2,}"
_AT_DOMAIN: Final = re.compile(f"@{_SERVER}")
_DOMAIN: Final = re.compile(f"(?:@@?|%40){_SERVER}")
"""`%40` is an `@` within the address of a page; two are one too many."""

_WORLD: Final = "fr|com|net|org|eu|example|invalid|test"
_NATIONAL: Final = (
    f"{_WORLD}|be|ch|lu|de|es|it|pt|nl|uk|ca|us|io|me|info|pro|biz|re|mq|gp|gf|yt|nc|pf|pm|corsica|bzh|alsace|paris"
)
"""Half of these are French words ("point de", ". Me"): they count only right behind a dot."""
_BRACKET_DOT: Final = r"\s{0,2}[\[({<*_/\-]\s?(?:point|dot|\.)\s?[\])}>*_/\-]\s{0,2}"
_SPELLED_DOT: Final = rf"{_BRACKET_DOT}|\s{{1,2}}(?:point|dot|pt)\s{{1,2}}|\s?\u00b7\s?"
_LOOSE_DOT: Final = rf"{_SPELLED_DOT}|\s{{0,2}}\.\s{{0,2}}"
_LABEL: Final = r"[a-z0-9]+(?:[-_][a-z0-9]+)*"
_SPELLED_END: Final = (
    rf"(?:(?:{_SPELLED_DOT})(?:{_WORLD})|(?:{_BRACKET_DOT})(?:{_NATIONAL})"
    rf"|(?:(?<=proton)|(?<=\bpm)|(?<=\bik))(?:{_SPELLED_DOT}|\s{{0,2}}[.,]\s{{0,2}})me)"
)
"""How an address ends whose last dot is spelled out; `.me` stands behind the names of its mailers."""
_NAME: Final = r"[a-z0-9]+"
"""A label that no dash can end, for a dash may stand around the dot."""
_DOMAIN_LOOSE: Final = (
    rf"{_LABEL}(?:(?:{_LOOSE_DOT}){_LABEL}){{0,2}}(?:{_SPELLED_END}|(?:{_LOOSE_DOT})(?:{_WORLD})|\.(?:{_NATIONAL}))"
)
_DOMAIN_SPELLED: Final = rf"{_LABEL}(?:(?:{_SPELLED_DOT}){_LABEL}){{0,2}}{_SPELLED_END}"
_OBFUSCATED: Final = re.compile(
    rf"""
    (?: \s{{0,2}} [\[({{<] \s? (?:at|[a\u00e0]|chez|{AROBASE}|@) \s? [\])}}>] \s{{0,2}}
        (?: {_DOMAIN_LOOSE} | {ONLY_MAIL} )
      | \s{{0,2}} [*_/|\-] \s? (?:at|{AROBASE}) \s? [*_/|\-] \s{{0,2}}
        (?: {_DOMAIN_LOOSE} | {_NAME} {_SPELLED_END} )
      | \s{{0,2}} {AROBASE} \s{{0,2}} (?: {_DOMAIN_LOOSE} | {MAILERS} \s(?:com|fr|net) | {ONLY_MAIL} )
      | \s{{0,2}} @ \s{{1,2}} {_LABEL} (?:\s?\.\s?{_LABEL}){{0,2}}
        (?: {_SPELLED_END} | (?:\.|\s\.\s?) (?:{_WORLD}) | \.(?:{_NATIONAL}) )
      | @ {_LABEL} (?: {_SPELLED_END} | (?:\s{{1,2}}\.\s?|\.\s|,\s?) (?:{_WORLD}) )
      | @ {_LABEL} \. (?:f\sr|c\som|co\sm|n\set|ne\st)
      | \s{{1,2}} (?:at|chez) \s{{1,2}} {_DOMAIN_SPELLED}
    )
    (?![\w@])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_AT_ALONE: Final = re.compile(r"@\s")
_AT_BROKEN: Final = re.compile(
    r"@(?<=\w@)[\w-]+(?:\s{1,2}\.\s?|\.\s|,\s?|\s?\u00b7\s?|\s?[(\[{*_/-]\s?(?:point|dot|\.)\W{1,3}|\s(?:point|dot|pt)\s)(?:[a-z]{2,3}(?!\w)|example)"
    r"|@(?<=\w@)[\w-]+\.[a-z]{1,2}\s[a-z]{1,2}(?!\w)"
)
_BRACKETED: Final = re.compile(r"[\[({<]\s?(?:[aA][tT]?|\u00e0|\u00c0|@|[cC][hH][eE][zZ])\s?[\])}>]")
_APART_LOCAL: Final = re.compile(r"[\[({<]?\s{0,2}[\w.+\-](?:\s{1,2}(?:tniop|tod|[\w.+\-])(?!\w)){2,63}", re.ASCII)
"""Read leftward from the `@`: three single letters at least."""
_APART: Final = re.compile(
    rf"""
    (?: @ | \b{AROBASE}(?!\w) | (?<=[\[({{])at(?=[\])}}]) ) [\])}}>]? \s{{0,2}}
    (?: (?P<spaced> [\w\-] (?:\s{{1,2}}[\w\-]){{1,62}} \s{{1,2}}(?:\.|point|dot)\s{{1,2}}
        (?: f\s{{1,2}}r | c\s{{1,2}}o\s{{1,2}}m | n\s{{1,2}}e\s{{1,2}}t | o\s{{1,2}}r\s{{1,2}}g | e\s{{1,2}}u
          | e\s{{1,2}}x\s{{1,2}}a\s{{1,2}}m\s{{1,2}}p\s{{1,2}}l\s{{1,2}}e | (?:{_WORLD}) ) )
      | {_LABEL} (?:(?:{_LOOSE_DOT}){_LABEL}){{0,2}} (?:{_LOOSE_DOT}) (?:{_WORLD}) )
    (?![\w@])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SPACES: Final = re.compile(r"[\s\[\](){}<>]+")
_WORDS: Final = (
    (
        re.compile(
            AROBASE + r"|\b(?:chez|at)\b|(?<=[*_/|\-])at(?=[*_/|\-])|(?<=[\[({<])[a\u00e0](?=[\])}>])", re.IGNORECASE
        ),
        "@",
    ),
    (re.compile(r"\b(?:point|dot|pt)\b|(?<=[*_/\-])(?:point|dot)(?=[*_/\-])", re.IGNORECASE), "."),
    (re.compile(r"\btiret\sdu\s(?:bas|8|6)\b|\bunderscore\b", re.IGNORECASE), "_"),
    (re.compile(r"\btiret\b", re.IGNORECASE), "-"),
)


def may_hold(text: str) -> bool:
    """Tells quickly whether an address can be there."""
    return _AT_DOMAIN.search(text) is not None or "%40" in text


def find(text: str) -> Iterator[Found]:
    """Finds addresses with a real `@` and a domain; the local part is read leftward from the `@`."""
    previous = 0
    for match in _DOMAIN.finditer(text):
        at = match.start()
        start = _local_start(text, previous, at)
        if start == at or text[start - 1 : start] == "@":  # a mention, or @name@server: a handle
            continue
        previous = match.end()
        yield Found(start, previous, PiiType.EMAIL, "email", text[start:previous].replace("@@", "@").lower())


def may_be_obfuscated(text: str, lower: str) -> bool:
    """Tells quickly whether an obfuscated address can be there; `lower` is the text in lower case."""
    return (
        "roba" in lower
        or (" commercial" in lower and ("a commercial" in lower or "à commercial" in lower))
        or "-at-" in lower
        or "_at_" in lower
        or "/at/" in lower
        or ("@" in text and _AT_BROKEN.search(text) is not None)
        or ("dot" in lower and "at" in lower)
        or ("point" in lower and ("chez" in lower or "at" in lower or "@" in text))
        or ("@" in text and _AT_ALONE.search(text) is not None)
        or (("(" in text or "[" in text or "<" in text or "{" in text) and _BRACKETED.search(text) is not None)
    )


def find_obfuscated(text: str) -> Iterator[Found]:
    """Finds `name [at] server point fr`, `name arobase server.fr`, `name @ server . fr` and their kin."""
    previous = 0
    for match in _OBFUSCATED.finditer(text):
        at = match.start()
        start = _local_start(text, previous, at)
        if start == at or text[start - 1 : start] == "@":
            continue
        start = _with_joints(text, previous, start)
        previous = match.end()
        yield Found(start, previous, PiiType.EMAIL, "email_obfuscated", _plain(text[start:previous]))


def find_letter_by_letter(text: str) -> Iterator[Found]:
    """Finds `n a m e @ s e r v e r . f r`, of which either side may be written as usual."""
    previous = 0
    for match in _APART.finditer(text):
        at = match.start()
        local = _APART_LOCAL.match(text[max(previous, at - MAX_LOCAL) : at][::-1])
        if local is not None:
            start = at - local.end()
        elif match["spaced"]:
            start = _local_start(text, previous, len(text[:at].rstrip()))
            if start == len(text[:at].rstrip()):
                continue
        else:
            continue
        previous = match.end()
        yield Found(start, previous, PiiType.EMAIL, "email_obfuscated", _plain(text[start:previous]))


def _with_joints(text: str, least: int, start: int) -> int:
    """Returns where a local part begins whose last word is at `start`: `jean` of `jean (point) dupont (at) ...`."""
    while joint := _JOINT.search(text, max(least, start - _LONGEST_JOINT), start):
        start = joint.start("word")
    return start


_LONGEST_JOINT: Final = 48
_JOINT: Final = re.compile(
    r"(?<![\w.+%'@\-])(?P<word>\w[\w.+%'\-]{0,30})"
    r"(?:\s{0,2}[\[({]\s?(?:point|dot|tiret(?:\sdu\s\w{1,3})?|underscore|plus|[._+\-])\s?[\])}]\s{0,2}"
    r"|\s{1,2}(?:point|dot|pt|tiret(?:\sdu\s(?:bas|8|6))?|underscore|[._])\s{1,2})\Z",
    re.IGNORECASE,
)


def _local_start(text: str, least: int, at: int) -> int:
    """Returns where the local part that ends at `at` begins; `at` itself when there is none."""
    match = _LOCAL_REVERSED.match(text[max(least, at - MAX_LOCAL) : at][::-1])
    return at if match is None else at - match.end()


MAX_LOCAL: Final = 128
"""Characters looked back for a local part; RFC 5321 allows 64."""


def _plain(written: str) -> str:
    for words, sign in _WORDS:
        written = words.sub(sign, written)
    return _SPACES.sub("", written).lower()
