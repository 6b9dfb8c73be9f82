"""In-order acknowledgement: which offset may be committed while records finish in any order.

The offset to commit is the end of the contiguous prefix of finished records, in the order in which they were
registered (offsets have gaps after compaction and transactions, so order counts, not arithmetic). Stock Faust commits
past records that are still in flight; this ledger is the only source of the offsets that Dallosh commits.
"""

from collections import deque
from collections.abc import Hashable, Iterable, Sequence
from typing import Generic, TypeVar

P = TypeVar("P", bound=Hashable)


class PartitionLedger:
    """The records of one partition, from its assignment to its revocation.

    Example: registered 10, 11, 13; finished 13 then 10: the offset to commit is 11; once 11 finishes it is 14.
    """

    __slots__ = ("_committed", "_done", "_finished", "_next", "_pending")

    def __init__(self) -> None:
        self._pending: deque[int] = deque()
        self._finished: set[int] = set()
        self._next = -1
        self._done = -1
        self._committed = -1

    @property
    def next_offset(self) -> int:
        """The first offset that was not yet registered; -1 before the first record."""
        return self._next

    @property
    def n_pending(self) -> int:
        """Registered records that hold back the offset to commit, finished ones behind a gap included."""
        return len(self._pending)

    def register(self, offsets: Sequence[int]) -> None:
        """Takes note of records handed to the stage, in ascending order, each once.

        Raises:
            ValueError: an offset was registered before; handing a record on twice would finish it twice.
        """
        if not offsets:
            return
        if offsets[0] < self._next:
            raise ValueError(f"offset {offsets[0]} was handed on before; the next one is {self._next}")
        self._pending.extend(offsets)
        self._next = offsets[-1] + 1

    def finish(self, offsets: Iterable[int]) -> None:
        """Takes note of records whose outputs the broker has acknowledged."""
        finished, pending = self._finished, self._pending
        finished.update(offsets)
        done = self._done
        while pending and pending[0] in finished:
            done = pending.popleft()
            finished.remove(done)
            done += 1
        self._done = done

    def committable(self) -> int | None:
        """Returns the offset to commit (the next one to read), or None when there is nothing new."""
        return self._done if self._done > self._committed else None

    def committed(self, offset: int) -> None:
        """Takes note of a commit that the broker accepted."""
        self._committed = max(self._committed, offset)


class Ledger(Generic[P]):
    """The ledgers of the partitions that this worker holds.

    `reset` begins a new epoch: what the old one had in flight can finish no more, for its partitions may be another
    worker's by now, and its records come again from the committed offset.
    """

    def __init__(self) -> None:
        self._partitions: dict[P, PartitionLedger] = {}
        self.epoch = 0

    def reset(self) -> None:
        """Forgets every partition; marks of earlier epochs are ignored from now on."""
        self._partitions = {}
        self.epoch += 1

    def partition(self, key: P) -> PartitionLedger:
        """Returns the ledger of a partition, new when it had none in this epoch."""
        ledger = self._partitions.get(key)
        if ledger is None:
            ledger = self._partitions[key] = PartitionLedger()
        return ledger

    def finish(self, key: P, offsets: Iterable[int], *, epoch: int) -> bool:
        """Marks records as finished; returns False, and does nothing, when they belong to an earlier epoch."""
        if epoch != self.epoch:
            return False
        self.partition(key).finish(offsets)
        return True

    def committable(self) -> dict[P, int]:
        """Returns the offset to commit of every partition that has a new one."""
        found = ((key, ledger.committable()) for key, ledger in self._partitions.items())
        return {key: offset for key, offset in found if offset is not None}

    def committed(self, offsets: dict[P, int], *, epoch: int) -> None:
        """Takes note of commits that the broker accepted in this epoch."""
        if epoch == self.epoch:
            for key, offset in offsets.items():
                self.partition(key).committed(offset)

    @property
    def n_pending(self) -> int:
        """Records registered and not yet part of a committable prefix."""
        return sum(ledger.n_pending for ledger in self._partitions.values())
