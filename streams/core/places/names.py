"""Names of the gazetteer in a text."""

from collections.abc import Iterator
from typing import NamedTuple

from streams.core.places.gazetteer import Gazetteer, Name
from streams.core.places.reading import Reading


class Match(NamedTuple):
    """A name at a word: the index of its first word and of the word behind its last."""

    first: int
    end: int
    name: Name


def matches(reading: Reading, gazetteer: Gazetteer) -> Iterator[Match]:
    """Yields every name that stands in the text, shorter ones within longer ones too."""
    names = gazetteer.names
    known: dict[str, tuple[Name, ...]] = {}
    for index, one in enumerate(reading.words):
        if one.word in names:
            if one.word not in known:
                known[one.word] = gazetteer.named(one.word)
            for name in known[one.word]:
                first = index - name.words.index(one.word)
                if reading.spells(first, name.words):
                    yield Match(first, first + len(name.words), name)
