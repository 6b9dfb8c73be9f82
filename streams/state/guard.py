"""Redis down is no reason to wait: the guard goes on without it, and finds out by itself when it is back."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from streams import metrics

log = structlog.get_logger()

T = TypeVar("T")
PROBE_INTERVAL_S: Final = 2.0
LOG_INTERVAL_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Words:
    """How the log calls an outage, its end, and what goes on without Redis."""

    lost: str = "state_lost"
    found: str = "state_found"
    effect: str = "no duplicate marks, no context"


class Guard:
    """Lets calls through while Redis answers.

    The first call that fails opens the circuit: from then on calls give their default at once, and a task of its own
    asks Redis every `probe_interval_s` until it answers. So an outage costs the stage one timeout, whatever its length.

    Args:
        redis: asked by the probe.
        timeout_s: longest wait for one call.
        probe_interval_s: pause between two probes.
        words: for the log.
        on_return: brings Redis up to date before calls are let through again; where it fails, Redis counts as down.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        timeout_s: float,
        probe_interval_s: float = PROBE_INTERVAL_S,
        words: Words | None = None,
        on_return: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._redis = redis
        self._timeout_s = timeout_s
        self._probe_interval_s = probe_interval_s
        self._words = words or Words()
        self._on_return = on_return
        self._probe: asyncio.Task[None] | None = None
        self._logged_at = float("-inf")
        self._is_told = False

    @property
    def is_up(self) -> bool:
        """Whether calls are let through."""
        return self._probe is None

    async def call(self, command: Awaitable[T], default: T) -> T:
        """Awaits a command; returns `default` when Redis is down. Each call that failed or was skipped counts."""
        if not self.is_up:
            _drop(command)
            metrics.STATE_ERRORS.inc()
            return default
        try:
            async with asyncio.timeout(self._timeout_s):
                return await command
        except (RedisError, OSError, TimeoutError) as error:
            metrics.STATE_ERRORS.inc()
            self._open(error)
            return default

    async def close(self) -> None:
        """Ends the probe."""
        if self._probe is not None:
            self._probe.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._probe

    def _open(self, error: BaseException) -> None:
        if self._probe is not None:  # several calls failed at once
            return
        self._tell(error)
        self._probe = asyncio.get_running_loop().create_task(self._until_it_answers())

    def _tell(self, error: BaseException) -> None:
        """Logs an outage once: at its start, or later where another one was logged just before."""
        now = asyncio.get_running_loop().time()
        if not self._is_told and now - self._logged_at >= LOG_INTERVAL_S:
            self._logged_at, self._is_told = now, True
            log.warning(self._words.lost, reason=type(error).__name__, effect=self._words.effect)

    async def _until_it_answers(self) -> None:
        while True:
            await asyncio.sleep(self._probe_interval_s)
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self._redis.ping()
                    if self._on_return is not None:
                        await self._on_return()
            except (RedisError, OSError, TimeoutError) as error:
                self._tell(error)
                continue
            if self._is_told:
                self._is_told = False
                log.info(self._words.found)
            self._probe = None
            return


def _drop(command: Awaitable[object]) -> None:
    """Closes a coroutine that is not awaited, so that Python does not complain."""
    if asyncio.iscoroutine(command):
        command.close()
