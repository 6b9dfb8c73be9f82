"""Which openings are templates: those that an account writes again and again, whatever their words.

Measured on 2,044 real replies: with 3 to 10 words and 2 to 20 repeats the share of templates moves between 99.3 and
99.5 %, so the two constants decide nothing but how soon a new template is known.
"""

import re
from collections import Counter
from typing import Final, NamedTuple

from streams.core.audit.form import first_line, without_greeting
from streams.core.noise import spoken
from streams.core.places.folding import fold

WORDS: Final = 6
"""So many words, behind mentions and greeting, are an opening."""
REPEATS: Final = 5
"""An opening that an account has written so often is a template."""
_LINE_WORDS: Final = 40
_WORD: Final = re.compile(r"[\w']+")


class Opening(NamedTuple):
    """How a reply begins, as folded words: its first `WORDS`, its first line, and that line without its last word.

    A line that is a known one and a word more has a name at its end: « … nous en sommes désolés Max ».
    """

    words: str
    line: str
    stem: str


class Judgement(NamedTuple):
    """What repetition tells of an opening; `named_at_end`: a known line, followed by a word that is not part of it."""

    template: bool
    named_at_end: bool


def opening_of(text: str) -> Opening:
    """Returns how a reply begins; parts are empty where it says nothing. Never raises on any string."""
    behind = without_greeting(fold(spoken(text)))
    line = _WORD.findall(first_line(behind))[:_LINE_WORDS]
    return Opening(" ".join(_WORD.findall(behind)[:WORDS]), " ".join(line), " ".join(line[:-1]))


def judged(opening: Opening, *, n_words: int, n_line: int, n_stem: int) -> Judgement:
    """Judges an opening by how often the account has begun so, this reply included.

    Args:
        opening: of the reply.
        n_words: replies that open with the same words.
        n_line: replies with the same first line.
        n_stem: replies whose first line is this one without its last word.
    """
    return Judgement(
        template=bool(opening.words) and n_words >= REPEATS,
        named_at_end=bool(opening.stem) and n_line < REPEATS <= n_stem,
    )


class Openings:
    """Counts the openings of each account: all of them first, then judges each."""

    def __init__(self) -> None:
        self._words: Counter[tuple[str, str]] = Counter()
        self._lines: Counter[tuple[str, str]] = Counter()

    def add(self, account: str, opening: Opening) -> None:
        """Counts a reply."""
        self._words[account, opening.words] += 1
        self._lines[account, opening.line] += 1

    def judge(self, account: str, opening: Opening) -> Judgement:
        """Judges a reply that was counted."""
        return judged(
            opening,
            n_words=self._words[account, opening.words],
            n_line=self._lines[account, opening.line],
            n_stem=self._lines[account, opening.stem],
        )

    def most_frequent(self) -> list[int]:
        """Returns how many replies open with each template, the most frequent first."""
        return [n for (_, words), n in self._words.most_common() if words and n >= REPEATS]
