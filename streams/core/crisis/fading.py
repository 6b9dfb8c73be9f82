"""A memory that fades: what was put in lately, in bounded space."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(slots=True)
class Fading(Generic[V]):
    """Remembers for at least `minutes`, for twice as long at most: two dictionaries, of which the older is dropped.

    Keys are fingerprints: what is remembered, and saved, names nobody.
    """

    minutes: int
    young: dict[int, V] = field(default_factory=dict)
    old: dict[int, V] = field(default_factory=dict)
    since: int = 0

    def get(self, key: int) -> V | None:
        """Returns what is remembered of a key."""
        found = self.young.get(key)
        return self.old.get(key) if found is None else found

    def put(self, key: int, value: V) -> None:
        """Remembers, from the present minute on."""
        self.young[key] = value

    def turn(self, minute: int) -> None:
        """Makes a minute the present one; no earlier one comes after it."""
        if minute >= self.since + self.minutes:
            self.old = self.young if minute < self.since + 2 * self.minutes else {}
            self.young, self.since = {}, minute
