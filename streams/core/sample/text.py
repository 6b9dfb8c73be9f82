"""Texts of customers, no two alike: the parts of a scene in every combination, each at most once.

An opening, with the detail and the ending that follow, has a number of combinations. The n-th text of an
opening takes the combination `a * n + b` modulo that number, with `a` coprime to it: a permutation, so that no
combination comes twice, in no memory but a count. What is added at random (greetings, mentions, links, case, accents,
abbreviations, slips of the pen, emoji, personal data) does not make two combinations alike.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import gcd, prod
from random import Random
from typing import Final

from streams.core.sample.billing import BILLING
from streams.core.sample.care import CARE
from streams.core.sample.equipment import EQUIPMENT
from streams.core.sample.network import NETWORK
from streams.core.sample.other import OTHER
from streams.core.sample.personal import personal_data
from streams.core.sample.scenes import Scene
from streams.core.sample.slots import SLOTS
from streams.core.sample.subscription import SUBSCRIPTION
from streams.core.sample.voice import voiced

SCENES: Final[tuple[Scene, ...]] = (*NETWORK, *EQUIPMENT, *BILLING, *SUBSCRIPTION, *CARE, *OTHER)
PERSONAL_SHARE: Final = 0.12
"""Of the tweets that want something done, so many hold personal data."""

_SLOT: Final = re.compile(r"\{(\w+)\}")


class ExhaustedError(ValueError):
    """More texts were asked for than there are combinations."""


@dataclass(frozen=True)
class Opening:
    """One opening of a scene, and the combinations that begin with it."""

    scene: Scene
    phrase: str

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """Names of the slots of the phrase, each once."""
        return tuple(dict.fromkeys(_SLOT.findall(self.phrase)))

    @cached_property
    def n_combinations(self) -> int:
        """How many texts begin with it."""
        return len(self.scene.details) * len(self.scene.endings) * prod(len(SLOTS[name]) for name in self.slots)

    def parts(self, number: int) -> tuple[str, str, str]:
        """Returns opening, detail and ending of a combination: the digits of a mixed-radix number."""
        values = {}
        for name in self.slots:
            number, digit = divmod(number, len(SLOTS[name]))
            values[name] = SLOTS[name][digit]
        ending, detail = divmod(number, len(self.scene.details))
        opening = _contracted(self.phrase.format_map(values))
        return opening, self.scene.details[detail], self.scene.endings[ending]


class TextMaker:
    """Makes texts; never the same twice, whoever says it.

    Args:
        rng: decides everything.
    """

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._openings = [[Opening(scene, phrase) for phrase in scene.openings] for scene in SCENES]
        self._weights = list(accumulate(scene.weight for scene in SCENES))
        self._orders = {o: _Order(o.n_combinations, rng) for openings in self._openings for o in openings}

    def make(self) -> tuple[str, Scene]:
        """Returns the next text and the scene that it plays.

        Raises:
            ExhaustedError: a scene has been said in every way.
        """
        rng = self._rng
        opening = rng.choice(rng.choices(self._openings, cum_weights=self._weights)[0])
        said, detail, ending = opening.parts(self._orders[opening].next())
        scene = opening.scene
        text = voiced(said, fill(detail, rng), fill(ending, rng), scene, rng)
        if scene.priority and rng.random() < PERSONAL_SHARE:
            text = f"{text} {personal_data(rng)}"
        return text, scene


class _Order:
    """The order in which an opening's combinations come."""

    __slots__ = ("_left", "_number", "_size", "_step")

    def __init__(self, size: int, rng: Random) -> None:
        self._size = self._left = size
        self._step = rng.randrange(1, size)
        while gcd(self._step, size) != 1:
            self._step = rng.randrange(1, size)
        self._number = rng.randrange(size)

    def next(self) -> int:
        if not self._left:
            raise ExhaustedError(f"an opening has no more than {self._size} combinations")
        self._left -= 1
        self._number = (self._number + self._step) % self._size
        return self._number


def _contracted(said: str) -> str:
    """Says "du" for "de le", as French does."""
    return said.replace(" de le ", " du ").replace(" de les ", " des ")


def fill(phrase: str, rng: Random) -> str:
    """Fills a phrase's slots at random."""
    if "{" not in phrase:
        return phrase
    return _contracted(_SLOT.sub(lambda match: rng.choice(SLOTS[match[1]]), phrase))
