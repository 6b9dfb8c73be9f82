"""Removes from Redis what it holds of forgotten tweets: contexts, marks of ids, near-duplicate marks, kept answers."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError

from streams.errors import FatalError
from streams.settings import Settings
from streams.state.contexts import CONTEXT
from streams.state.kept import KEPT_LEVELS, kept_prefix
from streams.state.marks import ID, NEAR
from streams.state.redis import SCAN_KEYS, connect, key_prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class StateKeys:
    """How many keys Redis held: texts for replies, ids, digests of author and text, and labels of tweets."""

    contexts: int
    ids: int
    near: int
    answers: int

    @property
    def total(self) -> int:
        """Keys in all."""
        return self.contexts + self.ids + self.near + self.answers


async def forget_tweets(
    settings: Settings, ids: Collection[str], near: Collection[bytes], *, execute: bool
) -> StateKeys:
    """Deletes the keys of tweets; without `execute` it only counts those that are there.

    Args:
        settings: the deployment.
        ids: of the tweets.
        near: their near-duplicate keys.
        execute: whether to delete.

    Raises:
        FatalError: Redis is not configured or does not answer; some keys may be deleted then.
    """
    prefix = key_prefix(settings.namespace)
    redis = connect(settings)
    try:
        call = redis.unlink if execute else redis.exists
        encoded = [tweet_id.encode("utf-8", "replace") for tweet_id in ids]
        return StateKeys(
            contexts=await _sum(call, prefix + CONTEXT, encoded),
            ids=await _sum(call, prefix + ID, encoded),
            near=await _sum(call, prefix + NEAR, sorted(near)),
            answers=sum([await _sum(call, prefix + kept_prefix(level), encoded) for level in KEPT_LEVELS]),
        )
    except (RedisError, OSError, TimeoutError) as error:
        raise FatalError(f"Redis does not answer: {type(error).__name__}", remedy="See: dallosh doctor") from error
    finally:
        await redis.aclose()


async def _sum(call: Callable[..., Awaitable[int]], prefix: bytes, names: Sequence[bytes]) -> int:
    """Calls with a block of keys at a time; returns how many of them were there."""
    n_keys = 0
    for start in range(0, len(names), SCAN_KEYS):
        n_keys += await call(*(prefix + name for name in names[start : start + SCAN_KEYS]))
    return n_keys
