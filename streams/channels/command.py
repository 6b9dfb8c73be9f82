"""A command: the JSON on its standard input, the key in its environment, its exit code as the answer."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from typing import Final

import msgspec

from schemas.notice import AlertMessage
from streams.errors import RejectedError, RetryableError
from streams.settings import PREFIX

KEY_VARIABLE: Final = "IDEMPOTENCY_KEY"
REFUSED: Final = 65
"""EX_DATAERR of sysexits.h: the command will never take this message."""


class Command:
    """A program, run without a shell, in a group of its own that is killed when its time is over.

    Exit code 0: taken; 65: refused for good; any other: tried again. What it prints goes nowhere. It has the worker's
    environment without the settings and keys of Dallosh.
    """

    def __init__(self, argv: Sequence[str], *, timeout_s: float) -> None:
        self._argv, self._timeout_s = argv, timeout_s

    async def tell(self, message: AlertMessage) -> str:
        """Runs it; see `Channel`."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX) and not k.endswith("_API_KEY")}
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL, start_new_session=True, env={**kept, KEY_VARIABLE: message.key},
            )  # fmt: skip
        except OSError as error:
            raise RetryableError(f"not started: {type(error).__name__}") from None
        try:
            async with asyncio.timeout(self._timeout_s):
                await process.communicate(msgspec.json.encode(message))
        except TimeoutError:
            raise RetryableError(f"not done within {self._timeout_s:g} s") from None
        finally:
            await _kill(process)
        if process.returncode == REFUSED:
            raise RejectedError(f"exit code {REFUSED}")
        if process.returncode:
            raise RetryableError(f"exit code {process.returncode}")
        return "exit code 0"

    async def close(self) -> None:
        """Does nothing: a process is one message's."""


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Ends the group of a process that still runs, and waits for the process."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
