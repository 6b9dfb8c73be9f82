"""How a worker's process ends: in order when it is told, with exit code 1 or 2 when it failed, and always in time."""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Final, Protocol

import structlog
from mode.threads import WorkerThread

from schemas.taxonomy import Stage, Watcher
from streams.errors import DalloshError, exit_code_of

log = structlog.get_logger()

STOP_TIMEOUT_S: Final = 8.0
"""Longest wait for one part to close."""


class ProcessEnd:
    """The end of one worker: who asked for it, why, and the timer that makes sure of it.

    Args:
        stage: for messages.
        exit_timeout_s: from the first request on; then the process is ended whatever hangs.
    """

    def __init__(self, stage: Stage | Watcher, exit_timeout_s: float) -> None:
        self.asked = asyncio.Event()
        self.is_near = False
        """Whether the end has begun: nothing new is taken on."""
        self.error: BaseException | None = None
        self._stage = stage
        self._exit_timeout_s = exit_timeout_s
        self._timer: threading.Timer | None = None

    @property
    def exit_code(self) -> int:
        """0, or 1 after a failure, or 2 after one that the next start would meet again."""
        return 0 if self.error is None else exit_code_of(self.error)

    def on_signals(self) -> None:
        """Begins the orderly end on SIGTERM and SIGINT; does nothing outside the main thread."""
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.request)

    def request(self) -> None:
        """Begins the orderly end."""
        if not self.is_near:
            log.info("stage_stopping", stage=self._stage)
            self.begin()
            self.asked.set()

    def fail(self, error: BaseException) -> None:
        """Begins the end with the exit code of this error; the first error is the one that is told."""
        if self.error is None:
            self.error = error
            expected = isinstance(error, DalloshError)
            log.error(
                "stage_failed",
                stage=self._stage,
                error=type(error).__name__,
                reason=str(error) if expected else "",
                exc_info=None if expected else error,
            )
        self.asked.set()

    def begin(self) -> None:
        """Arms the hard exit: with the broker gone, an orderly end alone may never come."""
        self.is_near = True
        if self._timer is None and threading.current_thread() is threading.main_thread():
            self._timer = threading.Timer(self._exit_timeout_s, self._hard_exit)
            self._timer.daemon = True
            self._timer.start()

    def is_over(self) -> None:
        """Disarms the hard exit; called when the loop has ended."""
        if self._timer is not None:
            self._timer.cancel()

    async def unless_asked(self, work: Coroutine[Any, Any, None]) -> None:
        """Awaits work, or cancels it when the end is asked for first; what the work raises is raised."""
        working, asking = asyncio.ensure_future(work), asyncio.ensure_future(self.asked.wait())
        try:
            await asyncio.wait({working, asking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asking.cancel()
            if not working.done():
                working.cancel()
        if working.done():
            working.result()

    def _hard_exit(self) -> None:
        log.error("hard_exit", stage=self._stage, after_s=self._exit_timeout_s)
        sys.stderr.flush()
        os._exit(1)


class Worker(Protocol):
    """What runs until its end."""

    end: ProcessEnd

    async def run(self) -> None:
        """Runs until the end was asked for, and shuts down."""


def run_to_its_end(make: Callable[[], Worker]) -> int:
    """Makes a worker in a loop of its own and runs it in this process; returns the exit code."""
    workers: list[Worker] = []

    async def main() -> None:
        workers.append(make())
        await workers[0].run()

    asyncio.run(main())
    code = workers[0].end.exit_code
    _end_if_stuck(code)
    workers[0].end.is_over()  # not before the loop is closed: a task that is left could keep it open for ever
    return code


def _end_if_stuck(code: int) -> None:
    """Ends the process when a thread of Faust's is left: the interpreter would wait for it for ever."""
    if any(isinstance(thread, WorkerThread) for thread in threading.enumerate()):
        log.warning("thread_left", exit_code=code)
        sys.stdout.flush()
        os._exit(code)
