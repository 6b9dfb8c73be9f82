"""Lanes: the VIPs' tweets fill batches of their own, which never wait behind the bulk."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Generic, TypeVar

from streams.core.batching import Admitted, Batch, BatchLimits, Lane, TokenBatcher

T = TypeVar("T")


def lane_limits(bulk: BatchLimits, *, vip_max_tokens: int, vip_linger_s: float) -> dict[Lane, BatchLimits]:
    """Returns the limits of each lane; those of the VIPs are never wider than the bulk's.

    Args:
        bulk: what a call to the level's models can hold.
        vip_max_tokens: tweet tokens of a VIP batch.
        vip_linger_s: age at which a VIP batch leaves unfilled.
    """
    vip = replace(bulk, max_tokens=min(bulk.max_tokens, vip_max_tokens), linger_s=min(bulk.linger_s, vip_linger_s))
    return {Lane.BULK: bulk, Lane.VIP: vip}


class LanedBatcher(Generic[T]):
    """One `TokenBatcher` per lane; the order of items holds within a lane.

    Args:
        limits: of each lane.
    """

    def __init__(self, limits: Mapping[Lane, BatchLimits]) -> None:
        self._lanes = {lane: TokenBatcher[T](limits[lane], lane) for lane in Lane}

    def __len__(self) -> int:
        return sum(len(batcher) for batcher in self._lanes.values())

    def add(self, item: Admitted[T], now: float) -> list[Batch[T]]:
        """Takes one item into its lane and returns the batches that this closes."""
        return self._lanes[item.lane].add(item, now)

    def due(self, lane: Lane, now: float) -> Batch[T] | None:
        """Returns the lane's batch whose oldest item has waited its linger, or None."""
        return self._lanes[lane].due(now)

    def deadline(self, lane: Lane) -> float | None:
        """Tells when `due` will give a batch; None when nothing waits in the lane."""
        return self._lanes[lane].deadline()

    def relimit(self, limits: Mapping[Lane, BatchLimits]) -> list[Batch[T]]:
        """Puts other limits in force; returns the batches that what waits makes under them."""
        return [batch for lane in Lane for batch in self._lanes[lane].relimit(limits[lane])]

    def discard(self, predicate: Callable[[Admitted[T]], bool]) -> int:
        """Drops the waiting items that the predicate names and returns how many."""
        return sum(batcher.discard(predicate) for batcher in self._lanes.values())
