"""The quick look: nine tweets in ten name no place, and this tells most of them."""

from typing import Final

from streams.core.places import numbers
from streams.core.places.folding import spelled
from streams.core.places.gazetteer import Gazetteer

_CORSICAN: Final = frozenset({"2a", "2b"})


def may_hold(text: str, folded: str, gazetteer: Gazetteer) -> bool:
    """Tells whether a text can name a place.

    It tells no where a closer look would find none, and where nothing but a name of `gazetteer.weak` stands.
    """
    words = set(spelled(text, folded))
    if "quartier" in folded or "arrond" in folded:
        return True
    partners = gazetteer.partners
    for word in gazetteer.names.keys() & words:
        if word not in partners or not partners[word].isdisjoint(words):
            return True
        if word in gazetteer.capital and _has_capital(word, text, folded):
            return True
    return _has_number(words, folded, gazetteer)


def _has_number(words: set[str], folded: str, gazetteer: Gazetteer) -> bool:
    if not gazetteer.postcodes.keys().isdisjoint(words):
        return True
    is_named = not gazetteer.departments.keys().isdisjoint(words) or not _CORSICAN.isdisjoint(words)
    return is_named and numbers.may_hold(folded, gazetteer)


def _has_capital(word: str, text: str, folded: str) -> bool:
    position = folded.find(word)
    while position >= 0:
        if text[position].isupper():
            return True
        position = folded.find(word, position + len(word))
    return False
