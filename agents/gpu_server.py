"""Whether the GPU server can be used now: asked, started where it is down, tested, once for all batches in flight."""

import asyncio
import time
from typing import TYPE_CHECKING, Final

import structlog

from agents.gpu_start import ServerStart
from streams.errors import FatalError
from streams.providers.errors import ProviderError

if TYPE_CHECKING:
    from streams.providers.vllm import VllmProvider  # loads the SDK, which a worker without a server does not need

log = structlog.get_logger()

HEALTH_S: Final = 3.0
SELF_TEST_S: Final = 15.0
"""For every call of one self-test together."""

RECHECK_S: Final = 60.0
"""A server that answers is asked for its model and context again after so long: it may be another one by now."""

HUNG_S: Final = 0.5
PAUSE_S: Final = 15.0
"""A server that took longer than `HUNG_S` to fail, or that does not obey, is left alone for so long."""

POLL_S: Final = 0.25


class GpuServer:
    """The state of the one server of level 2, as this worker sees it.

    `generation` grows with each passed self-test: what was learnt about the server before it holds no more.

    Args:
        provider: the client.
        start: starts the server; None: nobody does.
        start_timeout_s: from the command to a healthy server.
        start_interval_s: from a failed start to the next attempt.
    """

    def __init__(
        self, provider: "VllmProvider", start: ServerStart | None, *, start_timeout_s: float, start_interval_s: float
    ) -> None:
        self.provider = provider
        self.generation = 0
        self._start = start
        self._start_timeout_s = start_timeout_s
        self._start_interval_s = start_interval_s
        self._tested_at: float | None = None
        self._ask_at = 0.0
        self._start_at = 0.0
        self._why = ""
        self._checking: asyncio.Task[str] | None = None

    async def ready(self, *, may_start: bool = True, timeout_s: float | None = None) -> str:
        """Returns when the server can be used (an empty string), or why it cannot; raises nothing.

        All who ask at once wait for the same check, and for the same start where the server is down.

        Args:
            may_start: whether a server that is down is started.
            timeout_s: this caller waits no longer; the check goes on for the others.
        """
        if self._tested_at is not None and time.monotonic() - self._tested_at < RECHECK_S:
            return ""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check(may_start=may_start))
        checking = self._checking  # whoever wakes first may have begun the next one
        done, _ = await asyncio.wait({checking}, timeout=timeout_s)
        return checking.result() if done else "server_down: no time left to wait"

    def suspect(self, generation: int) -> None:
        """Has the server checked before its next batch, unless that was done since the generation."""
        if generation == self.generation:
            self._tested_at = None

    async def close(self) -> None:
        """Ends a check under way; a server that was started goes on."""
        if self._checking is not None and not self._checking.done():
            self._checking.cancel()
            await asyncio.wait({self._checking})

    # --- the check

    async def _check(self, *, may_start: bool) -> str:
        started = time.monotonic()
        if self._tested_at is not None and await self._is_the_same():
            self._tested_at = time.monotonic()
            return ""
        self._tested_at = None
        if started < self._ask_at:
            return self._why
        self._why = await self._health(HEALTH_S)
        self._pause_if_hung(started)
        if self._why and may_start and self._start is not None:
            self._why = await self._started(self._start)
        if not self._why:
            started = time.monotonic()
            self._why = await self._test()
            self._pause_if_hung(started)
        return self._why

    def _pause_if_hung(self, started: float) -> None:
        if self._why and time.monotonic() - started > HUNG_S:
            self._ask_at = time.monotonic() + PAUSE_S

    async def _is_the_same(self) -> bool:
        """Asks a server that passed its test whether it still serves the same model with the same context."""
        before = self.provider.model, self.provider.max_model_len
        try:
            await self.provider.resolve(timeout_s=HEALTH_S)
        except ProviderError:
            return False
        return before == (self.provider.model, self.provider.max_model_len)

    async def _health(self, timeout_s: float) -> str:
        try:
            await self.provider.health(timeout_s=timeout_s)
        except ProviderError as error:
            return f"server_down: {error}"
        return ""

    async def _test(self) -> str:
        """Makes sure that constrained output really constrains; the test's calls are nobody's tweets."""
        try:
            async with asyncio.timeout(SELF_TEST_S):
                constrains = await self.provider.constrains(timeout_s=SELF_TEST_S)
        except (ProviderError, TimeoutError) as error:
            failure = str(error) or "timeout"
            log.warning("self_test_failed", failure=failure)
            return f"self_test: {failure}"
        told = {"model": self.provider.model, "context_tokens": self.provider.context_tokens}
        if not constrains:
            self._ask_at = time.monotonic() + PAUSE_S
            log.error("output_not_constrained", **told, remedy="Use a vLLM of 0.12 or newer, or a newer Ollama")
            return "not_constrained"
        self._tested_at = time.monotonic()
        self.generation += 1
        log.info("self_test_passed", **told, form=self.provider.form)
        return ""

    # --- the start

    async def _started(self, start: ServerStart) -> str:
        """Starts the server and waits for it; after a failed start it waits no more until the interval is over."""
        if time.monotonic() < self._start_at:
            return self._why
        began = time.monotonic()
        try:
            why = await self._begin(start) or await self._healthy(start, began + self._start_timeout_s)
        finally:
            start.end()
        told = {"seconds": round(time.monotonic() - began, 1), "log_file": str(start.log_path)}
        if why:
            self._start_at = time.monotonic() + self._start_interval_s
            log.error("gpu_server_start_failed", reason=why, again_in_s=self._start_interval_s, **told)
        else:
            self._ask_at = 0.0
            log.info("gpu_server_started", **told)
        return why

    async def _begin(self, start: ServerStart) -> str:
        try:
            ours = await asyncio.to_thread(start.begin)
        except FatalError as error:
            return f"start_failed: {error}"
        log.warning("gpu_server_starting", by_another_worker=not ours, reason=self._why)
        return ""

    async def _healthy(self, start: ServerStart, deadline: float) -> str:
        while (left_s := deadline - time.monotonic()) > 0:
            if not await self._health(min(HEALTH_S, left_s)):
                return ""
            if (code := start.failed_with()) is not None:
                return f"start_failed: the command ended with {code}"
            await asyncio.sleep(POLL_S)
        return f"start_failed: no answer within {self._start_timeout_s:g} s"
