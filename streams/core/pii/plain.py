"""A text as the recognisers read it: look-alikes made plain, every character at its old offset."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

INVISIBLE: Final = "\u200b"
"""Stands for whatever shows nothing of its own: zero-width spaces, keycaps, variation selectors, accents apart."""

_UNUSUAL: Final = re.compile(
    "[^ -~\n\r\t\u00a0-\u00ac\u00ae-\u00b1\u00b4-\u00b8\u00ba-\u02ff"  # all that an ordinary tweet is written in
    "\u2018-\u201f\u2026\u20ac\u2600-\u2775\u2794-\u27bf\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff]"
)
_EMOJI_STYLE: Final = "\ufe0f"
_EMOJI: Final = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u25b0-\u25bf\u25f0-\u25ff\u2600-\u2775\u2794-\u27bf\u2b00-\u2b55\U0001f300-\U0001faff]"
)
_SAME_AS: Final = {
    character: sign
    for sign, characters in {
        ".": "\u3002\uff61",
        "\u00b7": "\u2022\u2023\u2027\u2219\u22c5\u25cf\u25e6\u25aa\u30fb\uff65",
        "-": "\u2043\u2212\u2500\u2501\u30fc",
        "/": "\u2044\u2215\u29f8",
        "|": "\u2502\u2503\u2223",
        "*": "\u204e\u2217",
        ":": "\u2236\ua789",
        ",": "\u060c\u201a\u3001",
        "_": "\u203f\u2040",
        " ": "\u115f\u1160\u2800\u3164\uffa0",
        "\n": "\u0085\u000b\u000c",
    }.items()
    for character in characters
}
_BY_CATEGORY: Final = {
    "Zs": " ", "Zl": "\n", "Zp": "\n", "Pd": "-",
    "Cc": INVISIBLE, "Cf": INVISIBLE, "Cn": INVISIBLE, "Me": INVISIBLE, "Mn": INVISIBLE,
}  # fmt: skip


def plain(text: str) -> str:
    """Returns a text of the same length with ASCII in place of its look-alikes.

    Digits of every script, full-width and mathematical letters and signs, spaces and dashes of every width. An ordinary
    text comes back as it is.

    Example: `０６–12＠` gives `06-12@`.
    """
    if _UNUSUAL.search(text) is None:
        return text
    text = _UNUSUAL.sub(_of, text)
    return _FOREIGN.sub(_latin, text) if _FOREIGN.search(text) else text


_CYRILLIC: Final = dict(
    zip(
        "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0430\u0435\u0455\u0456\u0458\u043e\u0440\u0441\u0443\u0445\u0501\u051b\u051d",
        "ABESIJKMHOPCTYXaesijopcyxdqw",
        strict=True,
    )
)
_GREEK: Final = dict(
    zip(
        "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03b9\u03bd\u03c1",
        "ABEZHIKMNOPTYXoivp",
        strict=True,
    )
)
_AS_LETTER: Final = _CYRILLIC | _GREEK
_AS_DIGIT: Final = dict(zip("\u041e\u043e\u039f\u03bf\u0431\u0417\u0437\u0427\u0406\u0399", "0000633411", strict=True))
"""What they are beside a digit."""
_FOREIGN: Final = re.compile(rf"[{''.join({*_AS_LETTER, *_AS_DIGIT})}]+")
_BESIDE: Final = re.compile(r"[A-Za-z0-9@]")


def _latin(match: "re.Match[str]") -> str:
    """Returns Cyrillic and Greek letters as the Latin ones and the digits that they look like, within such words."""
    signs = match[0]
    beside = match.string[max(match.start() - 1, 0) : match.start()] + match.string[match.end() : match.end() + 1]
    if not _BESIDE.search(beside):
        return signs
    if any(map(str.isdecimal, beside)):
        signs = "".join([_AS_DIGIT.get(sign, sign) for sign in signs])
    return "".join([_AS_LETTER.get(sign, sign) for sign in signs])


def unscored(text: str) -> str:
    """Returns a plain text with spaces for the underscores that only stand around words, and in forged placeholders.

    Example: `_06 12_` and `[PHONE_0612345678]` give ` 06 12 ` and `[PHONE 0612345678]`; `jean_12` and `[PHONE_1]` stay.
    """
    return _OF_HANDLE_OR_SCORE.sub(_space, text) if _SCORE.search(text) else text


def divided(text: str) -> str:
    """Returns a plain text, for numbers: tildes for all underscores but those of handles, blanks for `%20`."""
    return _OF_HANDLE_OR_ANY.sub(_tilde, text.replace("%20", "   "))


def unspoken(text: str) -> str:
    """Returns a plain text, for numbers that a sum proves: nothing for the words of somebody who dictates them.

    Example: `FR76 puis 3000` has as many characters, and only what is invisible between the spaces.
    """
    return _SPOKEN.sub(lambda word: INVISIBLE * len(word[0]), text) if " puis " in text or " espace " in text else text


_SPOKEN: Final = re.compile(r"(?:(?<=[0-9]{2}\s)|(?<=[0-9]{2},\s))(?:puis|ensuite|espace)(?=\s[0-9A-Z]{2})")


def _space(match: "re.Match[str]") -> str:
    return match[1] or " "


def _tilde(match: "re.Match[str]") -> str:
    return match[1] or "~"


_FORGED: Final = "|".join(
    rf"(?<=\[(?:{types}).)" for types in ("IP", "URL|NIR|DOB|PER", "IBAN|CARD", "PHONE|EMAIL", "ACCOUNT|ADDRESS")
)
_SCORE: Final = re.compile(
    r"_(?:(?<![\w.+%'@\-/].)(?=[^\W_])|(?<=[^\W_].)(?![\w@]|[.\-+]\w)"
    rf"|(?:{_FORGED})(?![0-9]{{1,4}}\]))"
)
_OF_HANDLE_OR_SCORE: Final = re.compile(rf"(@\w+)|{_SCORE.pattern}")
_OF_HANDLE_OR_ANY: Final = re.compile(r"(@\w+)|_")


def squeezed(text: str) -> tuple[str, list[int]]:
    """Returns a plain text without what is invisible, and the old offset of each character that is left."""
    return text.replace(INVISIBLE, ""), [place for place, character in enumerate(text) if character != INVISIBLE]


def past_marks(text: str, end: int) -> int:
    """Returns the place behind the keycap, the variation selector and the accents that stand on what ends at `end`."""
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Me"):
        end += 1
    return end


def _of(match: "re.Match[str]") -> str:
    character, start = match[0], match.start()
    if character == _EMOJI_STYLE and start and _EMOJI.match(match.string, start - 1):
        return character  # hides nothing there, and most texts with one hold no other
    sign = _plain(character)
    if not sign.isdecimal() or character.isdecimal():
        return sign
    beside = match.string[max(start - 1, 0) : start], match.string[start + 1 : start + 2]
    return sign if any(map(_is_ornament, beside)) else character


def _is_ornament(character: str) -> bool:
    """A raised or circled digit, which is a digit only beside another: alone it is a note or a bullet."""
    return character.isdigit() and not character.isdecimal()


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    sign = _SAME_AS.get(character) or _BY_CATEGORY.get(unicodedata.category(character))
    if sign is not None:
        return sign
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    normal = unicodedata.normalize("NFKC", character)
    return normal if len(normal) == 1 and normal.isascii() else character
