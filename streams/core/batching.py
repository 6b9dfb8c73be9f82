"""Micro-batches filled by tokens: every limit is checked BEFORE an item goes in, so no batch overshoots."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from streams.core.output import SourceRecord

T = TypeVar("T")

MAX_BATCH_BYTES: Final = 8 << 20
"""Of its records' values: tokens bound what a model reads of them, and a record may be large beside its text."""


class CloseReason(StrEnum):
    """Which rule closed a batch.

    `oversize` is a single item longer than the limit: it travels alone.
    """

    TOKENS = "tokens"
    ITEMS = "items"
    BYTES = "bytes"
    LINGER = "linger"
    DRAIN = "drain"
    OVERSIZE = "oversize"


class Lane(StrEnum):
    """Which batches a record travels in: those of VIPs are small, and wait neither for nor behind the bulk."""

    BULK = "bulk"
    VIP = "vip"


@dataclass(frozen=True, slots=True)
class Admitted(Generic[T]):
    """A decoded record that waits for its batch; `n_tokens` is what it takes of the budget."""

    record: SourceRecord
    value: T
    n_tokens: int
    lane: Lane = Lane.BULK


@dataclass(frozen=True, slots=True)
class Batch(Generic[T]):
    """Items for one call, in the order they came; `max_tokens` is the limit that held when it closed."""

    items: tuple[Admitted[T], ...]
    reason: CloseReason
    lane: Lane = Lane.BULK
    max_tokens: int = 0

    @property
    def n_tokens(self) -> int:
        """Tweet tokens of the batch."""
        return sum(item.n_tokens for item in self.items)

    @property
    def fill(self) -> float:
        """Tweet tokens of the batch over its limit; above 1 only for an oversize item, 0 where no limit is known."""
        return self.n_tokens / self.max_tokens if self.max_tokens else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchLimits:
    """When a batch closes: whichever comes first.

    `max_tokens` is the tweet tokens of a call, `max_items` the hard cap, `linger_s` the age of the oldest item.
    """

    max_tokens: int
    max_items: int
    linger_s: float

    def __post_init__(self) -> None:
        if self.max_tokens < 1 or self.max_items < 1 or self.linger_s < 0:
            raise ValueError(f"limits must be positive: {self}")


class TokenBatcher(Generic[T]):
    """Gathers items into batches; pure, so the caller passes a monotonic `now` in seconds.

    Never loses or reorders an item, and never exceeds `max_tokens` but for a single oversize item.
    """

    def __init__(self, limits: BatchLimits, lane: Lane = Lane.BULK) -> None:
        self._limits = limits
        self._lane = lane
        self._items: list[Admitted[T]] = []
        self._added_at: list[float] = []
        self._n_tokens = self._n_bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    @property
    def limits(self) -> BatchLimits:
        """The limits in force."""
        return self._limits

    @property
    def n_tokens(self) -> int:
        """Tweet tokens that wait."""
        return self._n_tokens

    def relimit(self, limits: BatchLimits) -> list[Batch[T]]:
        """Puts other limits in force; returns the batches that what waits makes under them, each item of its age."""
        if limits == self._limits:
            return []
        waiting = list(zip(self._items, self._added_at, strict=True))
        self._clear()
        self._limits = limits
        return [batch for item, added_at in waiting for batch in self.add(item, added_at)]

    def add(self, item: Admitted[T], now: float) -> list[Batch[T]]:
        """Takes one item and returns the batches that this closes: none, one or two, in order."""
        closed: list[Batch[T]] = []
        if item.n_tokens > self.limits.max_tokens:
            closed += self._close_if_any(CloseReason.TOKENS)
            closed.append(Batch((item,), CloseReason.OVERSIZE, self._lane, self.limits.max_tokens))
            return closed
        if self._n_tokens + item.n_tokens > self.limits.max_tokens:
            closed += self._close_if_any(CloseReason.TOKENS)
        n_bytes = _n_bytes(item)
        if self._n_bytes + n_bytes > MAX_BATCH_BYTES:
            closed += self._close_if_any(CloseReason.BYTES)
        self._items.append(item)
        self._added_at.append(now)
        self._n_tokens += item.n_tokens
        self._n_bytes += n_bytes
        if self._n_tokens == self.limits.max_tokens:
            closed += self._close_if_any(CloseReason.TOKENS)
        elif len(self._items) >= self.limits.max_items:
            closed += self._close_if_any(CloseReason.ITEMS)
        return closed

    def due(self, now: float) -> Batch[T] | None:
        """Returns the batch whose oldest item has waited `linger_s`, or None."""
        deadline = self.deadline()
        return self._close(CloseReason.LINGER) if deadline is not None and now >= deadline else None

    def flush(self) -> Batch[T] | None:
        """Returns all that waits, at the end of the work."""
        return self._close(CloseReason.DRAIN) if self._items else None

    def deadline(self) -> float | None:
        """Tells when `due` will give a batch; None when nothing waits."""
        return self._added_at[0] + self.limits.linger_s if self._items else None

    def discard(self, predicate: Callable[[Admitted[T]], bool]) -> int:
        """Drops the waiting items that the predicate names (revoked partitions) and returns how many."""
        kept = [(item, at) for item, at in zip(self._items, self._added_at, strict=True) if not predicate(item)]
        n_dropped = len(self._items) - len(kept)
        self._items = [item for item, _ in kept]
        self._added_at = [at for _, at in kept]
        self._n_tokens = sum(item.n_tokens for item in self._items)
        self._n_bytes = sum(_n_bytes(item) for item in self._items)
        return n_dropped

    def _close_if_any(self, reason: CloseReason) -> list[Batch[T]]:
        return [self._close(reason)] if self._items else []

    def _close(self, reason: CloseReason) -> Batch[T]:
        batch = Batch(tuple(self._items), reason, self._lane, self.limits.max_tokens)
        self._clear()
        return batch

    def _clear(self) -> None:
        self._items, self._added_at = [], []
        self._n_tokens = self._n_bytes = 0


def _n_bytes(item: Admitted[T]) -> int:
    return len(item.record.value or b"")
