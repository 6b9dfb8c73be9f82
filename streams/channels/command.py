"""A command: the JSON on its standard input, the key in its environment, its exit code as the answer."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence, Set
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

    Args:
        argv: program and arguments.
        timeout_s: of one run.
        secrets: further variables that it is not given.
    """

    def __init__(self, argv: Sequence[str], *, timeout_s: float, secrets: Set[str]) -> None:
        self._argv, self._timeout_s, self._secrets = argv, timeout_s, secrets

    async def tell(self, message: AlertMessage) -> str:
        """Runs it; see `Channel`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
                env={**self._environment(), KEY_VARIABLE: message.key},
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

    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not self._is_secret(name)}

    def _is_secret(self, name: str) -> bool:
        upper = name.upper()  # settings are read so, too
        return upper.startswith(PREFIX) or upper.endswith("_API_KEY") or name in self._secrets


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Ends the group of a process that still runs, and waits for the process."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
