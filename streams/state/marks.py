"""Marks of tweets in Redis: which origin an id belongs to, and the last one kept of each near-duplicate.

One read and one write per block. A mark takes about 110 bytes: the value of an id is its origin, `3:12345`; that of a
near-duplicate key is the origin and the tweet's `created_at` in milliseconds, `3:12345 1767225600000`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import Redis

from schemas.taxonomy import Origin
from streams.core.noise import NEAR_WINDOW
from streams.core.recent import NearMark
from streams.state.guard import Guard

ID: Final = b"id:"
NEAR: Final = b"near:"
"""What follows the namespace's prefix in the keys of marks, before the tweet id or the near-duplicate key."""
NEAR_TTL_S: Final = int(timedelta(days=1).total_seconds() + NEAR_WINDOW.total_seconds())
"""The window is counted in event time and the life of a mark on the wall: the day more bridges lag."""

_WRITE: Final = """
local n_ids = tonumber(ARGV[1])
for i = 1, #KEYS do
  redis.call('SET', KEYS[i], ARGV[i + 3], 'EX', i <= n_ids and ARGV[2] or ARGV[3])
end
"""
"""One command for a block: a pipeline of as many SETs costs ten times the processor time here."""


class MarkStore:
    """Reads and writes marks; with Redis down it knows nothing and keeps nothing."""

    def __init__(self, redis: Redis, guard: Guard, *, prefix: bytes, ttl_s: int) -> None:
        self._redis = redis
        self._guard = guard
        self._id_prefix = prefix + ID
        self._near_prefix = prefix + NEAR
        self._ttl_s = ttl_s
        self._write = redis.register_script(_WRITE)

    async def look_up(
        self, ids: Sequence[str], near: Sequence[bytes]
    ) -> tuple[dict[str, Origin], dict[bytes, NearMark]]:
        """Returns the marks that are there."""
        keys = [*self._id_keys(ids), *self._near_keys(near)]
        if not keys:
            return {}, {}
        values: list[Any] | None = await self._guard.call(self._redis.mget(keys), None)
        if values is None:
            return {}, {}
        n_ids = len(ids)
        origins = {
            tweet_id: Origin(value.decode("utf-8", "replace"))
            for tweet_id, value in zip(ids, values, strict=False)
            if value is not None
        }
        marks = {
            key: mark
            for key, value in zip(near, values[n_ids:], strict=True)
            if value is not None and (mark := _near_mark(value)) is not None
        }
        return origins, marks

    async def write(self, ids: Mapping[str, Origin], near: Mapping[bytes, NearMark]) -> None:
        """Stores marks; each lives for its time from now."""
        keys = [*self._id_keys(ids), *self._near_keys(near)]
        if not keys:
            return
        values: list[Any] = [len(ids), self._ttl_s, NEAR_TTL_S, *ids.values()]
        values += [f"{mark.origin} {mark.at_ms}" for mark in near.values()]
        await self._guard.call(self._write(keys=keys, args=values), None)

    def _id_keys(self, ids: Iterable[str]) -> list[bytes]:
        prefix = self._id_prefix
        return [prefix + tweet_id.encode() for tweet_id in ids]

    def _near_keys(self, near: Iterable[bytes]) -> list[bytes]:
        prefix = self._near_prefix
        return [prefix + key for key in near]


def _near_mark(value: bytes) -> NearMark | None:
    origin, _, at_ms = value.decode("utf-8", "replace").rpartition(" ")
    try:
        return NearMark(Origin(origin), int(at_ms))
    except ValueError:  # written by something else
        return None
