"""Texts of recent tweets in Redis, for the replies to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from redis.asyncio import Redis

from schemas.tweet import Context
from streams.state.guard import Guard

CONTEXT: Final = b"ctx:"
"""What follows the namespace's prefix in the key of a context, before the tweet id."""

_WRITE: Final = "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[1]) end"


class _Stored(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A context as stored; most tweets hold nothing personal, and their text is stored once.

    What an earlier release wrote ends before `author`, and what it reads may go on behind what it knows.
    """

    text: str
    scrubbed: str | None = None
    author: str | None = None


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_Stored)


class ContextStore:
    """Reads and writes contexts; with Redis down it knows nothing and keeps nothing."""

    def __init__(self, redis: Redis, guard: Guard, *, prefix: bytes, ttl_s: int) -> None:
        self._redis = redis
        self._guard = guard
        self._prefix = prefix + CONTEXT
        self._ttl_s = ttl_s
        self._write = redis.register_script(_WRITE)

    async def look_up(self, ids: Sequence[str]) -> dict[str, Context]:
        """Returns the contexts that are there."""
        if not ids:
            return {}
        keys = [self._prefix + tweet_id.encode() for tweet_id in ids]
        values: list[Any] | None = await self._guard.call(self._redis.mget(keys), None)
        if values is None:
            return {}
        found = {tweet_id: _read(value) for tweet_id, value in zip(ids, values, strict=True) if value is not None}
        return {tweet_id: context for tweet_id, context in found.items() if context is not None}

    async def write(self, contexts: Mapping[str, Context]) -> None:
        """Stores contexts for `ttl_s` from now."""
        if not contexts:
            return
        keys = [self._prefix + tweet_id.encode() for tweet_id in contexts]
        arguments: list[Any] = [self._ttl_s, *map(_written, contexts.values())]
        await self._guard.call(self._write(keys=keys, args=arguments), None)


def _written(context: Context) -> bytes:
    scrubbed = None if context.scrubbed == context.text else context.scrubbed
    return _ENCODER.encode(_Stored(context.text, scrubbed, context.author))


def _read(value: bytes) -> Context | None:
    try:
        stored = _DECODER.decode(value)
    except msgspec.MsgspecError:  # written by something else
        return None
    scrubbed = stored.text if stored.scrubbed is None else stored.scrubbed
    return Context(scrubbed=scrubbed, text=stored.text, author=stored.author)
