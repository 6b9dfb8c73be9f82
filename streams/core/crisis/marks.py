"""What is kept of a minute's complaints beside their number: the first one's time, ids, and what did not count."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

KEPT_MINUTES: Final = 60
IDS_PER_MINUTE: Final = 3


@dataclass(slots=True)
class Mark:
    """The complaints of one family in one minute; `first_s` in seconds since 1970, of those that count."""

    minute: int
    first_s: float = 0.0
    n: int = 0
    n_degraded: int = 0
    n_capped: int = 0
    ids: list[str] = field(default_factory=list)


class Marks:
    """The marks of the last hour, oldest first."""

    def __init__(self, marks: list[Mark] | None = None) -> None:
        self.marks = deque(marks or ())

    def add(self, mark: Mark) -> None:
        """Takes the mark of the present minute, and drops what is older than the hour."""
        self.marks.append(mark)
        while self.marks[0].minute <= mark.minute - KEPT_MINUTES:
            self.marks.popleft()

    def since(self, minute: int) -> list[Mark]:
        """Returns the marks from a minute on."""
        return [mark for mark in self.marks if mark.minute >= minute]
