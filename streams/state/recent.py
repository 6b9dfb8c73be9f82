"""What Redis knows of recent tweets: marks and contexts behind one guard."""

import asyncio
from collections.abc import Sequence

from streams.core.recent import Marks
from streams.settings import Settings
from streams.state.contexts import ContextStore
from streams.state.guard import PROBE_INTERVAL_S, Guard
from streams.state.marks import MarkStore
from streams.state.redis import connect, key_prefix


class RecentStore:
    """Looks up and writes what the scrubber remembers; never raises on a Redis that is down."""

    def __init__(self, settings: Settings, *, probe_interval_s: float = PROBE_INTERVAL_S) -> None:
        self._redis = connect(settings)
        self._guard = Guard(self._redis, timeout_s=settings.redis_timeout_s, probe_interval_s=probe_interval_s)
        prefix = key_prefix(settings.namespace)
        self._marks = MarkStore(self._redis, self._guard, prefix=prefix, ttl_s=settings.dedup_ttl_s)
        self._contexts = ContextStore(self._redis, self._guard, prefix=prefix, ttl_s=settings.context_ttl_s)

    @property
    def is_up(self) -> bool:
        """Whether Redis answered lately."""
        return self._guard.is_up

    async def look_up(self, ids: Sequence[str], near: Sequence[bytes], contexts: Sequence[str]) -> Marks:
        """Returns what is known of these ids, near-duplicate keys and answered tweets."""
        (origins, marks), found = await asyncio.gather(self._marks.look_up(ids, near), self._contexts.look_up(contexts))
        return Marks(ids=origins, near=marks, contexts=found)

    async def write(self, marks: Marks) -> None:
        """Stores a block's marks; call it after the block's outputs are delivered."""
        await asyncio.gather(self._marks.write(marks.ids, marks.near), self._contexts.write(marks.contexts))

    async def close(self) -> None:
        """Closes the connections."""
        await self._guard.close()
        await self._redis.aclose()
