"""An operator's command to a worker: written to `ops.commands`, and what the worker makes of it waited for."""

import asyncio
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeVar

import click

from agents.cli.dlq_report import FAILED
from agents.cli.operator import who
from schemas.operations import Command
from streams.kafka.records import record_command
from streams.settings import Settings

T = TypeVar("T")

ANSWER_TIMEOUT_S: Final = 30.0
POLL_S: Final = 1.0


def recorded(settings: Settings, verb: str, why: str, arguments: Mapping[str, str]) -> Command:
    """Writes a command of whoever is at the terminal, and returns it.

    Raises:
        FatalError: the broker failed.
    """
    command = Command(
        id=uuid.uuid4().hex, at=datetime.now(UTC), who=who(), verb=verb, why=why, arguments=dict(arguments)
    )
    asyncio.run(record_command(settings, command))
    return command


def answer_to(command: Command, look: Callable[[], Awaitable[T | None]], *, otherwise: str) -> T:
    """Waits for what became of a command; ends the process with `FAILED` where nothing does in time.

    Args:
        command: that was written.
        look: returns what became of it, None as long as nothing has.
        otherwise: why nothing did, and what comes of the command then.

    Raises:
        FatalError: as `look` does.
    """
    found = asyncio.run(_polled(look))
    if found is None:
        click.echo(
            f"noted as command {command.id}; nothing came of it within {ANSWER_TIMEOUT_S:.0f} s: {otherwise}", err=True
        )
        sys.exit(FAILED)
    return found


async def _polled(look: Callable[[], Awaitable[T | None]]) -> T | None:
    deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
    while time.monotonic() < deadline_s:
        if (found := await look()) is not None:
            return found
        await asyncio.sleep(POLL_S)
    return None
