"""`dallosh dev` as an operator types it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.daemon import ProcessRef, is_alive

pytestmark = [pytest.mark.integration, pytest.mark.slow, pytest.mark.timeout(300)]
PROGRAM = "import sys; from agents.cli.main import main; sys.argv[0] = 'dallosh'; main()"


def dallosh(data_dir: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "dev", *arguments],
        env={**os.environ, "DALLOSH_DATA_DIR": str(data_dir), **environment},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    dallosh(tmp_path / "data", "stop", "--wipe")


def test_start_status_logs_stop(data_dir: Path) -> None:
    stopped = dallosh(data_dir, "status", "--json")
    assert stopped.returncode == 1
    assert json.loads(stopped.stdout)["kafka"]["condition"] == "stopped"

    started = dallosh(data_dir, "start", "--json")
    assert started.returncode == 0, started.stderr
    where = json.loads(started.stdout)
    assert dallosh(data_dir, "start").stdout == f"kafka {where['kafka']}\nredis {where['redis']}\n"

    status = dallosh(data_dir, "status", "--json")
    assert status.returncode == 0
    assert json.loads(status.stdout)["redis"]["url"] == where["redis"]
    assert "kafka-1 | " in dallosh(data_dir, "logs", "kafka").stdout
    assert "redis | " in dallosh(data_dir, "logs", "redis").stdout

    process = json.loads(status.stdout)["kafka"]["nodes"][0]["process"]
    stop = dallosh(data_dir, "stop", "--json")
    assert (stop.returncode, json.loads(stop.stdout)["stopped"]) == (0, ["kafka", "redis"])
    assert not is_alive(ProcessRef(**process))
    assert json.loads(dallosh(data_dir, "stop", "--json").stdout)["stopped"] == []


@pytest.mark.parametrize(
    ("present", "remedy"),
    [((), "apt-get install redis-server"), (("redis-server",), "apt-get install default-jre-headless")],
)
def test_a_missing_tool_is_named_with_its_package(
    data_dir: Path, tmp_path: Path, present: tuple[str, ...], remedy: str
) -> None:
    (tmp_path / "bin").mkdir()
    for name in present:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or "/nonexistent")
    answer = dallosh(data_dir, "start", PATH=str(tmp_path / "bin"), JAVA_HOME="")
    assert answer.returncode == 1
    assert remedy in answer.stderr
    assert "Traceback" not in answer.stderr


def test_two_brokers_are_a_usage_error(data_dir: Path) -> None:
    assert dallosh(data_dir, "start", "--brokers", "2").returncode == 2
