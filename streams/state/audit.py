"""The auditor's tables in Redis, with the offsets that they stand for: written together, so lost together or not.

Memory, measured: 430 bytes for a tweet without a reply, 1.3 kB for one with, for `audit_ttl_s`. No text and no author,
for whom a digest stands.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

from redis.exceptions import RedisError

from streams.core.audit.desk import Key
from streams.errors import RetryableError
from streams.settings import Settings
from streams.state.redis import connect, key_prefix

KEYS_AT_ONCE: Final = 5_000
ANSWER_TIMEOUT_S: Final = 30.0
"""For what a block of records reads or writes; single answers wait no longer than `redis_timeout_s`."""


class AuditStore:
    """Reads and writes the tables; every method raises RetryableError while Redis does not answer."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings)
        self._prefix = key_prefix(settings.namespace) + b"audit:"
        self._ttl_s = int(settings.audit_ttl_s)

    async def load(self, keys: Collection[Key]) -> dict[Key, bytes | None]:
        """Returns what stands under each key."""
        ordered, found = list(keys), list[bytes | None]()
        for start in range(0, len(ordered), KEYS_AT_ONCE):
            names = [self._name(key) for key in ordered[start : start + KEYS_AT_ONCE]]
            found += await _answered(self._redis.mget(names))
        return dict(zip(ordered, found, strict=True))

    async def offsets(self) -> dict[str, int]:
        """Returns the offset to go on at for each `topic:partition`; nothing where the tables are new or lost."""
        found = await _answered(self._redis.hgetall(self._prefix + b"offsets"))
        return {name.decode(): int(offset) for name, offset in found.items()}

    async def save(self, changes: Mapping[Key, bytes | None], offsets: Mapping[str, int]) -> None:
        """Writes changes and offsets, all or nothing; call it after what follows from them is delivered."""
        pipe = self._redis.pipeline(transaction=True)
        gone = [self._name(key) for key, value in changes.items() if value is None]
        for key, value in changes.items():
            if value is not None:
                pipe.set(self._name(key), value, ex=self._ttl_s)
        if gone:
            pipe.unlink(*gone)
        if offsets:
            pipe.hset(self._prefix + b"offsets", mapping={name: str(offset) for name, offset in offsets.items()})
        await _answered(pipe.execute())

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()

    def _name(self, key: Key) -> bytes:
        table, name = key
        return self._prefix + table.encode() + b":" + name.encode("utf-8", "surrogatepass")


async def _answered(command: Any) -> Any:
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await command
    except (RedisError, OSError, TimeoutError) as error:
        raise RetryableError(f"Redis does not answer: {type(error).__name__}") from error
