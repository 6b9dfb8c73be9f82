"""What one worker has seen of the day's shared spending, and what it has spent since without Redis."""

import uuid
from dataclasses import dataclass, field
from typing import Final

from streams.core.budget import LEVEL
from streams.state.limits_wire import Answer, Arguments


@dataclass(frozen=True, slots=True)
class Seen:
    """What a budget had paid, nano-USD, by the word of the Redis that `gen` names; `at` in its seconds since 1970."""

    nano: int = 0
    gen: str = ""
    at: float = 0.0


NEVER: Final = Seen()


@dataclass(frozen=True, slots=True)
class Bill:
    """What Redis must be told; its id keeps it from being added twice."""

    id: str
    words: Arguments


@dataclass(slots=True)
class Ledger:
    """Brings the day's spending through an outage: even a Redis that comes back empty hears of it.

    `owed` may be below 0: the outage began before a call was settled that cost less than reserved.
    """

    day: int = 0
    gen: str = ""
    seq: int = 0
    seen: dict[str, Seen] = field(default_factory=dict)
    owed: dict[str, int] = field(default_factory=dict)
    _bill: Bill | None = None

    def see(self, name: str, found: Answer) -> None:
        """Notes what Redis said of a model's budget and of the level's, unless newer word of them came before."""
        self._turn(found.day)
        if found.day != self.day:
            return
        if found.now >= self.seen.get(LEVEL, NEVER).at:
            self.gen, self.seq = found.gen, found.seq
        for one, nano in ((name, found.own_nano), (LEVEL, found.level_nano)):
            if found.now >= self.seen.get(one, NEVER).at:
                self.seen[one] = Seen(nano, found.gen, found.now)

    def owe(self, day: int, name: str, nano_usd: int) -> None:
        """Notes what was spent, nano-USD, for a model and for the level."""
        self._turn(day)
        if day == self.day:
            for one in (name, LEVEL):
                self.owed[one] = self.owed.get(one, 0) + nano_usd

    def seen_words(self, name: str) -> Arguments:
        """Returns what a script is told of a model's budget and of the level's."""
        own, level = self.seen.get(name, NEVER), self.seen.get(LEVEL, NEVER)
        return [self.day, self.gen, self.seq, own.gen, own.nano, level.gen, level.nano]

    def bill(self) -> Bill:
        """Returns what is owed, under the same id until it is paid; what is spent meanwhile goes on the next one."""
        if self._bill is None:
            words: Arguments = [self.day, self.gen, self.seq]
            for name in self.seen.keys() | self.owed.keys():
                seen = self.seen.get(name, NEVER)
                words += [name, seen.gen, seen.nano, self.owed.get(name, 0)]
            self.owed.clear()
            self._bill = Bill(uuid.uuid4().hex, words)
        return self._bill

    def pay(self) -> bool:
        """Ends the bill; tells whether nothing more is owed."""
        self._bill = None
        return not self.owed

    def _turn(self, day: int) -> None:
        if day > self.day:
            self.day = day
            self.gen, self.seq = "", 0
            self.seen.clear()
            self.owed.clear()
