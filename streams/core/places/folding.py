"""A text as the gazetteer spells: small letters without accents, every character at its old offset."""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

_SAME_AS: Final = {"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'", "\u00b4": "'", "\u2010": "-", "\u2011": "-"}
_LIGATURES: Final = {"œ": "oe", "æ": "ae"}
_WORD: Final = re.compile(r"@\w+|https?://\S+|[a-zœæ]+|2[ab](?![a-z0-9])|[0-9]+")
_HUMP: Final = re.compile(r"[a-z\u00df-\u00f6\u00f8-\u00ff](?=[A-Z\u00c0-\u00d6\u00d8-\u00de])")
_HUMPED: Final = re.compile(rf"#\w*?{_HUMP.pattern}")
_DOTTED_I: Final = "\u0130"
"""The one character whose small form is two."""
_USUAL: Final = tuple(zip("éèàêçôûîâùëï\u2019", "eeaecouiauei'", strict=True))
_UNUSUAL: Final = re.compile("[\u00aa-\u1fff\u2010-\u2018\u2070-\u218f\ua640-\uabff\uf900-\uffef\U0001d400-\U0001d7ff]")
"""Letters, signs and digits that have a plainer form; emoji have none."""
_MARKS: Final = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u2060]")


class Word(NamedTuple):
    """A word or a number: as folded, and where it stands (half-open, in characters)."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    folded = _SAME_AS.get(character) or unicodedata.normalize("NFKD", character.lower())[:1].lower()
    return folded if len(folded) == 1 else character


def fold(text: str) -> str:
    """Returns a text of the same length: `Évry-Courcouronnes` gives `evry-courcouronnes`."""
    if text.isascii():
        return text.lower()
    folded = text.replace(_DOTTED_I, "i").lower()
    for letter, plain in _USUAL:
        folded = folded.replace(letter, plain)
    return _UNUSUAL.sub(_fold_one, folded)


def _fold_one(match: "re.Match[str]") -> str:
    return _folded(match[0])


def bare(text: str) -> tuple[str, list[int] | None]:
    """Returns a text without accents that stand apart and what is invisible, and the old offset of each that is left.

    None in place of the offsets means that nothing was taken out.
    """
    if text.isascii() or _MARKS.search(text) is None:
        return text, None
    kept = [place for place, character in enumerate(text) if not _MARKS.match(character)]
    return "".join([text[place] for place in kept]), kept


def spelled(text: str, folded: str) -> list[str]:
    """Returns the words of a folded text, for a quick look; a hashtag like #ParisOuest counts as its words."""
    words: list[str] = _WORD.findall(folded)
    if "st" in words or "ste" in words:
        words += ("saint", "sainte")
    if "#" in folded and _HUMPED.search(text):
        words += [one.word for one in words_of(text, folded)]
    return [_plain(word) for word in words] if "œ" in folded or "æ" in folded else words


def words_of(text: str, folded: str) -> list[Word]:
    """Returns the words of a folded text with their offsets; a mention and a link are one word each."""
    found = [Word(_plain(match[0]), match.start(), match.end()) for match in _WORD.finditer(folded)]
    if "#" not in folded or not _HUMPED.search(text):
        return found
    return [part for word in found for part in _humps(word, text, folded)]


def _humps(word: Word, text: str, folded: str) -> list[Word]:
    """Cuts a word of a hashtag before each capital behind a small letter: `ParisOuest` gives two words."""
    if not _HUMP.search(text, word.start, word.end) or folded[word.start - 1 : word.start] != "#":
        return [word]
    cuts = [word.start, *[match.end() for match in _HUMP.finditer(text, word.start, word.end)], word.end]
    return [Word(_plain(folded[start:end]), start, end) for start, end in pairwise(cuts)]


def _plain(word: str) -> str:
    for sign, letters in _LIGATURES.items():
        word = word.replace(sign, letters)
    return _SAINTS.get(word, word)


_SAINTS: Final = {"st": "saint", "ste": "sainte"}
