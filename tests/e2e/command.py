"""The `dallosh` command as its users run it: a process, its output, its exit code."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

TIMEOUT_S: Final = 150.0
FAST: Final = {"DALLOSH_SESSION_TIMEOUT_S": "10", "DALLOSH_DRAIN_TIMEOUT_S": "5", "DALLOSH_EXIT_TIMEOUT_S": "15"}


@dataclass(frozen=True, slots=True)
class Finished:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    def summary(self) -> dict[str, Any]:
        """Returns the last line of standard output."""
        found: dict[str, Any] = json.loads(self.stdout.splitlines()[-1])
        return found


def environment(data_dir: Path, **changes: str) -> dict[str, str]:
    """Returns this process's environment without settings of ours, and the test's own; no `.env` is read."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DALLOSH_")}
    return {**kept, "DALLOSH_ENV_FILE": "", "DALLOSH_DATA_DIR": str(data_dir), **FAST, **changes}


async def dallosh(
    *arguments: str | Path, env: dict[str, str], stdin: bytes = b"", timeout_s: float = TIMEOUT_S
) -> Finished:
    """Runs the command to its end; kills it at the deadline."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "agents.cli.main", *map(str, arguments), env=env,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(timeout_s):
            out, err = await process.communicate(stdin)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())
