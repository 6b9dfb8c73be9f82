"""Redis: reachable, how it evicts; and its clock against ours."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from redis.exceptions import AuthenticationError, RedisError

from agents.checks.check import Check, failed, is_local, ok, skipped, warning
from agents.embedded import connected
from streams.errors import FatalError, SettingsError
from streams.settings import Settings, masked
from streams.state.redis import connect

CLOCK_TOLERANCE_S: Final = 5.0


async def store_checks(settings: Settings) -> AsyncIterator[Check]:
    """Checks Redis and the clock; Kafka tells no time, so Redis is the one other clock that can be asked."""
    try:
        settings = connected(settings, ("redis",))
    except FatalError:
        yield failed(
            "redis",
            f"DALLOSH_REDIS_URL is not set and no embedded Redis runs in {settings.data_dir}",
            "Run dallosh dev start, or set DALLOSH_REDIS_URL",
        )
        yield skipped("clock", "there is no Redis to compare with")
        return
    try:
        server, memory, skew_s = await _asked(settings)
    except (RedisError, OSError, TimeoutError, SettingsError) as error:
        yield _unreachable(settings, error)
        yield skipped("clock", "Redis is not there")
        return
    yield redis_check(settings, server, memory)
    yield clock_check(skew_s)


def redis_check(settings: Settings, server: Mapping[str, Any], memory: Mapping[str, Any]) -> Check:
    """Judges what Redis tells of itself (`INFO server`, `INFO memory`)."""
    where, policy = masked(settings.redis_url), str(memory.get("maxmemory_policy", "unknown"))
    secured = settings.redis_url.startswith("rediss:")
    said = f"{where}: Redis {server.get('redis_version', 'of unknown version')}, {'TLS' if secured else 'no TLS'}"
    if int(memory.get("maxmemory", 0)) and policy.startswith("allkeys"):
        return warning(
            "redis",
            f"{said}; maxmemory-policy {policy} throws marks away before their time, so duplicates pass",
            "Set maxmemory-policy to volatile-ttl, or give Redis more memory",
        )
    if not secured and not _is_here(settings.redis_url):
        return warning("redis", f"{said}, on another machine", "Use rediss:// where the network is not yours alone")
    return ok("redis", f"{said}, maxmemory-policy {policy}")


def clock_check(skew_s: float) -> Check:
    """Judges how far Redis's clock is from ours; both date records, windows and expiries."""
    if abs(skew_s) > CLOCK_TOLERANCE_S:
        way = "behind" if skew_s > 0 else "ahead of"
        return failed(
            "clock",
            f"this machine is {abs(skew_s):.1f} s {way} Redis (tolerance {CLOCK_TOLERANCE_S:.0f} s)",
            "Keep both clocks right: chrony or systemd-timesyncd",
        )
    return ok("clock", f"{abs(skew_s):.1f} s from Redis's")


async def _asked(settings: Settings) -> tuple[Mapping[str, Any], Mapping[str, Any], float]:
    redis = connect(settings)
    try:
        await redis.ping()
        before = time.time()
        seconds, microseconds = await redis.time()
        skew_s = seconds + microseconds / 1e6 - (before + time.time()) / 2
        return await redis.info("server"), await redis.info("memory"), skew_s
    finally:
        await redis.aclose()


def _unreachable(settings: Settings, error: Exception) -> Check:
    """Never quotes the client's message: it may hold parts of the URL."""
    if isinstance(error, SettingsError):
        return failed("redis", "DALLOSH_REDIS_URL is not a URL of Redis", error.remedy)
    if isinstance(error, AuthenticationError):
        return failed("redis", f"{masked(settings.redis_url)} refuses the password", "Set DALLOSH_REDIS_PASSWORD")
    return failed(
        "redis",
        f"{masked(settings.redis_url)} does not answer in {settings.redis_timeout_s:g} s: {type(error).__name__}",
        "Check DALLOSH_REDIS_URL (rediss:// for TLS), DALLOSH_REDIS_CA_FILE, DALLOSH_REDIS_TIMEOUT_S and the network",
    )


def _is_here(url: str) -> bool:
    return url.startswith("unix:") or is_local(url.removeprefix("redis://").rpartition("@")[2])
