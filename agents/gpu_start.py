"""The configured command that starts the GPU server: what it prints goes to a file, and it outlives the worker.

The command may end at once (`docker compose up -d`) or be the server itself (`ollama serve`). What a start left running
is ended before the next one: vLLM's engine outlives its API server's death by SIGKILL, and keeps the GPU's memory.
"""

import contextlib
import os
import shlex
import time
import uuid
from pathlib import Path
from typing import Final

import msgspec
import psutil
from msgspec.structs import replace

from streams.daemon import ProcessRef, exit_code, is_alive, session_of, spawn, terminate
from streams.disk import locked, remedy_of
from streams.errors import FatalError

END_S: Final = 5.0
"""What an earlier start left gets so long to end by itself."""

LOCK_S: Final = 15.0
MAX_LOG_BYTES: Final = 16 << 20
"""A longer log is put aside before a start, over the one before it."""


class LastStart(msgspec.Struct, frozen=True, kw_only=True):
    """The last start on this machine, whichever worker made it; `at_s` is None once nobody waits for it any more."""

    process: ProcessRef
    worker: ProcessRef
    owner: str
    at_s: float | None


class ServerStart:
    """Starts the server; blocks, so asynchronous code calls it from a thread.

    Workers that share a data directory share its starts: what another one began, and still waits for, is not begun
    again.

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
                if last is not None and self._is_anothers(last):
                    return False
                if last is not None:
                    terminate(session_of(last.process), deadline_s=END_S)
                self._run()
                return True
        except OSError as error:
            raise FatalError(f"cannot write {self._state.parent}: {error}", remedy=remedy_of(error)) from error

    def end(self) -> None:
        """Says that this worker waits no longer: whoever finds the server down may start it."""
        last = self._last()
        if last is not None and last.owner == self._owner:
            with contextlib.suppress(OSError):  # others wait until the time of the start is over
                self._note(replace(last, at_s=None))

    def failed_with(self) -> int | None:
        """Returns the exit code of a command that failed; None while it runs, and when it ended well."""
        return (exit_code(self._process) or None) if self._process is not None else None

    def _run(self) -> None:
        self._prepare_log()
        self._process = spawn(self._argv, log_path=self.log_path)
        worker = ProcessRef(pid=os.getpid(), started_at_s=psutil.Process().create_time())
        self._note(LastStart(process=self._process, worker=worker, owner=self._owner, at_s=time.time()))

    def _note(self, start: LastStart) -> None:
        """Writes the state whole: another worker may be reading it."""
        fresh = self._state.with_suffix(f".{self._owner}")
        fresh.write_bytes(msgspec.json.encode(start))
        fresh.replace(self._state)

    def _is_anothers(self, last: LastStart) -> bool:
        """Whether another worker that lives has begun this start and still waits for it."""
        if last.owner == self._owner or last.at_s is None or not is_alive(last.worker):
            return False
        return 0 <= time.time() - last.at_s < self._timeout_s

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
