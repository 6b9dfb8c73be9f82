"""Programs that Dallosh starts beside itself (Kafka, Redis) and that outlive the command that started them.

A daemon is known by pid AND start time: a recycled pid is never taken for ours. All calls block; asynchronous code
calls them from a thread.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import psutil

from streams.disk import remedy_of, tail
from streams.errors import FatalError

START_TIME_TOLERANCE_S: Final = 2.0
POLL_S: Final = 0.05

_children: dict[int, subprocess.Popen[bytes]] = {}
"""The daemons that this very process started: they must be reaped here, or they would stay zombies."""


class ProcessRef(msgspec.Struct, frozen=True, kw_only=True):
    """One process, for ever: `started_at_s` is its start in seconds since the epoch."""

    pid: int
    started_at_s: float


def spawn(argv: Sequence[str], *, log_path: Path, tied: bool = False) -> ProcessRef:
    """Starts a program in a session of its own; its output is appended to `log_path`.

    Args:
        argv: the program and its arguments.
        log_path: file of its standard output and error; the folder is made.
        tied: the kernel kills the program when the calling thread ends (Linux only; for tests: call it from the
            main thread).

    Raises:
        FatalError: the program cannot be started, or the log cannot be written (a full disk, say).
    """
    command = ["setpriv", "--pdeathsig", "KILL", *argv] if tied and shutil.which("setpriv") else list(argv)
    try:
        log_path.parent.mkdir(parents=True, exist_ok=True)
        with log_path.open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=True
            )
    except OSError as error:
        raise FatalError(f"cannot start {argv[0]}: {error}", remedy=remedy_of(error)) from error
    _children[child.pid] = child
    return ProcessRef(pid=child.pid, started_at_s=_started_at_s(child.pid))


def is_alive(ref: ProcessRef | None) -> bool:
    """Whether exactly this process still runs; a zombie or another process with the same pid does not count."""
    if ref is None:
        return False
    child = _children.get(ref.pid)
    if child is not None:
        if child.poll() is None:  # also while its leader is a zombie and other threads still hold its ports
            return True
        del _children[ref.pid]
    try:
        process = psutil.Process(ref.pid)
        same = abs(process.create_time() - ref.started_at_s) <= START_TIME_TOLERANCE_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def exit_code(ref: ProcessRef) -> int | None:
    """Returns how a daemon that this process started ended; None while it runs, and once `is_alive` said it ended."""
    child = _children.get(ref.pid)
    return child.poll() if child is not None else None


def session_of(ref: ProcessRef) -> list[ProcessRef]:
    """Returns what runs in a daemon's session, the daemon too: what it started may outlive its end by SIGKILL."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == ref.pid:
                found.append(ProcessRef(pid=process.pid, started_at_s=process.create_time()))
        except (psutil.Error, OSError):
            continue
    leader = next((one for one in found if one.pid == ref.pid), None)
    recycled = leader is not None and abs(leader.started_at_s - ref.started_at_s) > START_TIME_TOLERANCE_S
    return [] if recycled else [one for one in found if one.started_at_s >= ref.started_at_s - START_TIME_TOLERANCE_S]


def find_by_argument(argument: str) -> list[ProcessRef]:
    """Returns the processes that carry exactly this argument, such as the path of a configuration file of ours."""
    found = []
    for process in psutil.process_iter():
        try:
            if argument in process.cmdline():
                found.append(ProcessRef(pid=process.pid, started_at_s=process.create_time()))
        except psutil.Error:
            continue
    return found


def terminate(refs: Sequence[ProcessRef], *, deadline_s: float) -> int:
    """Sends SIGTERM, and SIGKILL to what still runs at the deadline; returns how many had to be killed."""
    for ref in refs:
        _send(ref, signal.SIGTERM)
    if _gone_within(refs, deadline_s):
        return 0
    stubborn = [ref for ref in refs if is_alive(ref)]
    kill(stubborn)
    return len(stubborn)


def kill(refs: Sequence[ProcessRef]) -> None:
    """Sends SIGKILL and waits until the processes are gone.

    Raises:
        FatalError: one still runs after 10 seconds (stuck in the kernel, or not ours to kill).
    """
    for ref in refs:
        _send(ref, signal.SIGKILL)
    if not _gone_within(refs, 10.0):
        pids = [ref.pid for ref in refs if is_alive(ref)]
        raise FatalError(f"processes {pids} do not end", remedy="End them by hand, then try again")


def wait_until(
    ready: Callable[[], bool], *, deadline_s: float, refs: Sequence[ProcessRef], what: str, log_paths: Sequence[Path]
) -> None:
    """Polls `ready` until it is true.

    Raises:
        FatalError: the deadline passed, or one of the processes died; the message ends with the tail of their logs.
    """
    deadline = time.monotonic() + deadline_s
    while not ready():
        if not all(is_alive(ref) for ref in refs):
            raise FatalError(f"{what} ended at its start{_tails(log_paths)}", remedy=_remedy_in(log_paths))
        if time.monotonic() > deadline:
            raise FatalError(f"{what} did not answer within {deadline_s:.0f} s{_tails(log_paths)}")
        time.sleep(POLL_S)


def _started_at_s(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return time.time()  # it died at once: the caller's wait finds that out and shows the log


def _send(ref: ProcessRef, number: signal.Signals) -> None:
    if is_alive(ref):
        try:
            os.kill(ref.pid, number)
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise FatalError(f"process {ref.pid} belongs to another user", remedy="Run this as that user") from error


def _gone_within(refs: Sequence[ProcessRef], deadline_s: float) -> bool:
    deadline = time.monotonic() + deadline_s
    while any(is_alive(ref) for ref in refs):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True


def _tails(log_paths: Sequence[Path]) -> str:
    parts = [f"\n--- end of {path}\n" + "\n".join(tail(path)) for path in log_paths]
    return "".join(parts)


def _remedy_in(log_paths: Sequence[Path]) -> str:
    """Returns the remedy for what the logs say; the words are those of the JVM, of Kafka and of Redis."""
    text = "\n".join(line for path in log_paths for line in tail(path)).lower()
    if "no space left on device" in text:
        return "\nThe disk is full: free some space, or set DALLOSH_DATA_DIR to another disk"
    if "address already in use" in text:
        return "\nAnother program took the port: start again, a new one is chosen"
    if "could not reserve enough space" in text or "insufficient memory" in text or "outofmemoryerror" in text:
        return "\nNot enough memory: a broker needs about 400 MB"
    return ""
