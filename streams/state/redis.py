"""The connection to Redis and the names of our keys. What Redis holds is a cache: it may be lost at any time."""

from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from streams.errors import FatalError, SettingsError
from streams.settings import Settings

SCAN_KEYS: Final = 1_000


def connect(settings: Settings) -> Redis:
    """Returns a client; nothing is sent before its first command.

    A command waits at most `redis_timeout_s`; a connection that died meanwhile is opened again once. Raises:
        SettingsError: there is no URL (the embedded Redis was not started), or it is not one.
    """
    if not settings.redis_url:
        raise SettingsError("redis_url is empty", remedy="Set DALLOSH_REDIS_URL, or start ours: dallosh dev start")
    try:
        return Redis.from_url(settings.redis_url, **_options(settings))
    except ValueError:  # its message may quote a part of the password
        raise SettingsError(
            "redis_url is not a URL of Redis", remedy="Use redis://host:port/0 or rediss://, special characters escaped"
        ) from None


def key_prefix(namespace: str) -> bytes:
    """Returns what every key of a namespace begins with: `run7:dallosh:`."""
    return f"{namespace}:dallosh:".encode()


async def forget_namespace(settings: Settings) -> int:
    """Deletes every key of the settings' namespace; returns how many there were.

    Raises:
        FatalError: Redis does not answer.
    """
    n_deleted = 0
    redis = connect(settings)
    try:
        pattern = key_prefix(settings.namespace) + b"*"
        async for keys in _pages(redis, pattern):
            n_deleted += await redis.unlink(*keys)
    except (RedisError, OSError) as error:
        raise FatalError(f"Redis does not answer: {type(error).__name__}", remedy="See: dallosh doctor") from error
    finally:
        await redis.aclose()
    return n_deleted


async def _pages(redis: Redis, pattern: bytes) -> Any:
    cursor = 0
    while True:
        cursor, keys = await redis.scan(cursor, match=pattern, count=SCAN_KEYS)
        if keys:
            yield keys
        if not cursor:
            return


def _options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "socket_timeout": settings.redis_timeout_s,
        "socket_connect_timeout": settings.redis_timeout_s,
        "retry": Retry(NoBackoff(), 1),
        "client_name": "dallosh",
    }
    if settings.redis_password.get_secret_value():  # a password in the URL wins
        options["password"] = settings.redis_password.get_secret_value()
    if settings.redis_ca_file is not None and settings.redis_url.startswith("rediss:"):
        options["ssl_ca_certs"] = str(settings.redis_ca_file)
    return options
