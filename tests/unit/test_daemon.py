"""Processes known by pid and start time, and the small files that describe them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from streams import daemon
from streams.disk import locked, tail, write_whole
from streams.errors import FatalError
from streams.loopback import FIRST_PORT, LAST_PORT, free_ports, is_free

ENDLESS = ["/bin/sh", "-c", "echo started; exec sleep 60"]
STUBBORN = ["/bin/sh", "-c", "trap '' TERM; echo started; while :; do sleep 0.05; done"]


def has_started(log: Path) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and "started" not in tail(log):
        time.sleep(0.005)
    return "started" in tail(log)


def test_a_daemon_ends_at_sigterm(tmp_path: Path) -> None:
    ref = daemon.spawn(ENDLESS, log_path=tmp_path / "log")
    assert daemon.is_alive(ref)
    assert daemon.terminate([ref], deadline_s=5) == 0
    assert not daemon.is_alive(ref)


def test_a_stubborn_daemon_is_killed_at_the_deadline(tmp_path: Path) -> None:
    ref = daemon.spawn(STUBBORN, log_path=tmp_path / "log")
    assert has_started(tmp_path / "log")
    assert daemon.terminate([ref], deadline_s=0.1) == 1
    assert not daemon.is_alive(ref)


def test_a_recycled_pid_is_not_ours_and_never_gets_a_signal() -> None:
    mine = psutil.Process()
    other = daemon.ProcessRef(pid=mine.pid, started_at_s=mine.create_time() - 100)
    assert not daemon.is_alive(other)
    daemon.kill([other])  # would end this very test


def test_a_tied_daemon_dies_with_its_starter(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from streams import daemon\n"
        f"ref = daemon.spawn(['sleep', '60'], log_path=Path({str(tmp_path / 'log')!r}), tied=True)\n"
        "print(ref.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        child = psutil.Process(pid)
        deadline = time.monotonic() + 5
        while child.name() != "sleep" and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(starter.pid, signal.SIGKILL)
    _gone, alive = psutil.wait_procs([child], timeout=5)
    assert not alive or child.status() == psutil.STATUS_ZOMBIE


def test_a_daemon_that_dies_at_its_start_shows_its_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ref = daemon.spawn(["/bin/sh", "-c", "echo bad option; exit 3"], log_path=log)
    with pytest.raises(FatalError, match="bad option"):
        daemon.wait_until(lambda: False, deadline_s=5, refs=[ref], what="it", log_paths=[log])


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    log = tmp_path / "log"
    ref = daemon.spawn(["/bin/sh", "-c", "echo No space left on device; exit 3"], log_path=log)
    with pytest.raises(FatalError, match="free some space"):
        daemon.wait_until(lambda: False, deadline_s=5, refs=[ref], what="it", log_paths=[log])


def test_a_program_that_is_missing_is_fatal(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="cannot start"):
        daemon.spawn([str(tmp_path / "none")], log_path=tmp_path / "log")


def test_a_process_is_found_by_its_argument(tmp_path: Path) -> None:
    mark = str(tmp_path / "server.properties")
    program = "import time; print('started', flush=True); time.sleep(60)"  # a shell's fork would show the mark, too
    ref = daemon.spawn([sys.executable, "-c", program, mark], log_path=tmp_path / "log")
    assert has_started(tmp_path / "log")
    assert [found.pid for found in daemon.find_by_argument(mark)] == [ref.pid]
    os.killpg(ref.pid, signal.SIGKILL)
    daemon.kill([ref])


def test_ports_are_free_and_below_the_ephemeral_ones() -> None:
    ports = free_ports(4)
    assert len(set(ports)) == 4
    assert all(FIRST_PORT <= port <= LAST_PORT for port in ports)
    with socket.create_server(("127.0.0.1", ports[0])):
        assert not is_free(ports[0])


def test_a_lock_has_one_holder_at_a_time(tmp_path: Path) -> None:
    with (
        locked(tmp_path / "lock", timeout_s=1),
        pytest.raises(FatalError, match="another process holds"),
        locked(tmp_path / "lock", timeout_s=0),
    ):
        pass
    with locked(tmp_path / "lock", timeout_s=0):
        pass


def test_a_file_is_written_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"1")
    write_whole(tmp_path / "a", b"2")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"2")]


def test_the_tail_of_a_missing_file_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none") == []
