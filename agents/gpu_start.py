"""The configured command that starts the GPU server: what it prints goes to a file, and it outlives the worker.

The command may end at once (`docker compose up -d`) or be the server itself (`ollama serve`). What a start left running
is ended before the next one: vLLM's engine outlives its API server's death by SIGKILL, and keeps the GPU's memory.
"""

import shlex
import time
import uuid
from pathlib import Path
from typing import Final

import msgspec

from streams.daemon import ProcessRef, exit_code, session_of, spawn, terminate
from streams.disk import locked, remedy_of
from streams.errors import FatalError

END_S: Final = 5.0
"""What an earlier start left gets so long to end by itself."""

LOCK_S: Final = 15.0
MAX_LOG_BYTES: Final = 16 << 20
"""A longer log is put aside before a start, over the one before it."""


class LastStart(msgspec.Struct, frozen=True, kw_only=True):
    """The last start on this machine, whichever worker made it."""

    process: ProcessRef
    owner: str
    at_s: float


class ServerStart:
    """Starts the server; blocks, so asynchronous code calls it from a thread.

    Workers that share a data directory share its starts: what another one began within `timeout_s` is not begun again.

    Args:
        command: split as a POSIX shell does; no shell runs it. It has the worker's environment.
        data_dir: holds the log and the state of the last start.
        timeout_s: of one start.
    """

    def __init__(self, command: str, data_dir: Path, *, timeout_s: float) -> None:
        self._argv = shlex.split(command)
        self.log_path = data_dir / "logs" / "gpu-server.log"
        self._state = data_dir / "gpu-server.json"
        self._timeout_s = timeout_s
        self._owner = uuid.uuid4().hex
        self._process: ProcessRef | None = None

    def begin(self) -> bool:
        """Runs the command; False when another worker's start is under way.

        Raises:
            FatalError: the command cannot be run, or the folder cannot be written.
        """
        try:
            with locked(self._state.with_suffix(".lock"), timeout_s=LOCK_S):
                last = self._last()
                if last is not None and last.owner != self._owner and 0 <= time.time() - last.at_s < self._timeout_s:
                    return False
                if last is not None:
                    terminate(session_of(last.process), deadline_s=END_S)
                self._run()
                return True
        except OSError as error:
            raise FatalError(f"cannot write {self._state.parent}: {error}", remedy=remedy_of(error)) from error

    def failed_with(self) -> int | None:
        """Returns the exit code of a command that failed; None while it runs, and when it ended well."""
        return (exit_code(self._process) or None) if self._process is not None else None

    def _run(self) -> None:
        self._prepare_log()
        self._process = spawn(self._argv, log_path=self.log_path)
        self._state.write_bytes(
            msgspec.json.encode(LastStart(process=self._process, owner=self._owner, at_s=time.time()))
        )

    def _last(self) -> LastStart | None:
        try:
            return msgspec.json.decode(self._state.read_bytes(), type=LastStart)
        except (OSError, msgspec.MsgspecError):
            return None

    def _prepare_log(self) -> None:
        """Makes the log readable by its owner alone: a server may be told to log its requests."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        if self.log_path.exists() and self.log_path.stat().st_size > MAX_LOG_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        self.log_path.touch(mode=0o600)
