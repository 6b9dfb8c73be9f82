"""When so many records die that their cause is systemic: a stage stops then, before it floods the dead letters.

Judged over what a stage has worked on lately, not over a block: the size of blocks must not hide a flood.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from schemas.topics import DeadLetterLimits

MEMORY_RECORDS: Final = 10_000
"""Records remembered at most; a minimum far above it therefore means that nothing ever stops the stage."""


class Flood(NamedTuple):
    """Why a stage stops: `n_dead` of the last `n_records` records would die; `in_a_row`: its run is too long."""

    n_dead: int
    n_records: int
    in_a_row: bool

    def __str__(self) -> str:
        if self.in_a_row:
            return f"{self.n_dead} records in a row"
        return f"{self.n_dead} of {self.n_records} records"


class _Seen(NamedTuple):
    n_records: int
    n_dead: int


class FloodGuard:
    """Remembers what became of a stage's last records.

    Example, with a share of 0.5 of the last 500 records, 50 at least, 200 in a row: 49 dead of the first 49 records
    pass, the 50th does not. After 500 good ones 199 may die in a row, and the next one may not.
    """

    __slots__ = ("_limits", "_n_dead", "_n_records", "_run", "_seen")

    def __init__(self, limits: DeadLetterLimits) -> None:
        self._limits = limits
        self.forget()

    def forget(self) -> None:
        """Begins anew, where records that were seen may come again."""
        self._seen: deque[_Seen] = deque()
        self._n_records = self._n_dead = self._run = 0

    def add(self, died: Sequence[bool], *, n_records: int) -> Flood | None:
        """Judges the next records, before any of their outputs is written.

        The share is that of these records and of as many before them as fill the window.

        Args:
            died: whether each record goes to the dead letters, in the order in which they were worked on. It is longer
                than `n_records` where a record has several outputs, and shorter where it has none.
            n_records: how many records these are.

        Returns:
            What is wrong, or None.
        """
        n_dead = sum(died)
        self._remember(_Seen(n_records, n_dead))
        longest = self._longest_run(died, n_records)
        if not n_dead or self._n_records < self._limits.min_records:
            return None
        if self._n_dead >= self._limits.share * self._n_records:
            return Flood(self._n_dead, self._n_records, in_a_row=False)
        return Flood(longest, longest, in_a_row=True) if longest >= self._limits.run_length else None

    def _remember(self, seen: _Seen) -> None:
        self._seen.append(seen)
        self._n_records += seen.n_records
        self._n_dead += seen.n_dead
        most = min(max(self._limits.window_records, self._limits.min_records), MEMORY_RECORDS)
        while self._n_records - self._seen[0].n_records >= most:
            oldest = self._seen.popleft()
            self._n_records -= oldest.n_records
            self._n_dead -= oldest.n_dead

    def _longest_run(self, died: Sequence[bool], n_records: int) -> int:
        """Counts the most deaths in a row, those before this block included; a record without output is well."""
        longest = run = self._run if len(died) >= n_records else 0
        for is_dead in died:
            run = run + 1 if is_dead else 0
            longest = max(longest, run)
        self._run = run
        return longest
