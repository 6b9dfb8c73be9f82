"""`dallosh up`: all stages under one supervisor, through kill -9, Ctrl-C and the death of the supervisor itself."""

import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from agents import simulated
from streams.errors import MissingToolError
from streams.settings import load_settings
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running, get, until, workers_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def env(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> dict[str, str]:
    return environment(
        tmp_path / "data", DALLOSH_KAFKA_BOOTSTRAP=kafka, DALLOSH_REDIS_URL=redis_url, DALLOSH_NAMESPACE=namespace,
        DALLOSH_PARTITIONS="2",
    )  # fmt: skip


def pid_on(port: int, pids: Sequence[int]) -> int | None:
    """Returns the process of these that listens on a port."""
    for pid in pids:
        try:
            if any(one.laddr.port == port for one in psutil.Process(pid).net_connections() if one.status == "LISTEN"):
                return pid
        except psutil.Error:
            continue
    return None


def children(pid: int) -> list[int]:
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_all_stages_live_through_a_kill_and_drain_on_ctrl_c(env: dict[str, str], tmp_path: Path) -> None:
    with Running([*DALLOSH, "up", "--json", "--simulate", "--scale", "bert=2"], env, tmp_path) as up:
        workers = workers_of(up)
        assert list(workers) == [
            "scrubber-1", "classifier-1", "gpu-1", "bert-1", "bert-2", "router-1", "detector-1", "auditor-1",
            "notifier-1",
        ]  # fmt: skip
        assert "SIMULATED MODELS" in up.stderr()
        in_shell = ["sh", "-c", f'. "{env["DALLOSH_DATA_DIR"]}/simulated.env" && exec "$@"', "sh"]
        told = subprocess.run(
            [*in_shell, *DALLOSH, "models", "--json"], env=env, capture_output=True, text=True, timeout=60, check=True
        )
        assert json.loads(told.stdout.splitlines()[-1])["models"] == 4, "another shell sees the simulated models"
        for worker in workers.values():
            assert str(worker["health_port"]) in up.stderr()
            assert get(worker["health_port"], "/ready")[0] == 200

        # one up per data folder and namespace
        again = subprocess.run([*DALLOSH, "up"], env=env, capture_output=True, text=True, timeout=60, check=False)
        assert again.returncode == 1
        assert "seems to run already" in again.stderr

        router = workers["router-1"]
        os.kill(router["pid"], signal.SIGKILL)
        up.wait_for(lambda: is_gone(router["pid"]), "the router is gone")
        up.wait_for(lambda: get(router["health_port"], "/ready")[0] == 200, "the router is ready again")
        reborn = pid_on(router["health_port"], children(up.process.pid))
        assert reborn not in (None, router["pid"])
        assert get(workers["bert-1"]["health_port"], "/ready")[0] == 200, "the others were not touched"

        family = children(up.process.pid)
        assert len(family) == len(workers) + 1, "the workers and the simulator"
        assert up.stop(signal.SIGINT, timeout_s=60) == 0
        ended = json.loads(up.stdout().splitlines()[-1])["workers"]
        assert {worker["exit_code"] for worker in ended.values()} == {0}
        assert json.loads(up.stdout().splitlines()[-1])["error"] is None
        assert {name: worker["restarts"] for name, worker in ended.items() if worker["restarts"]} == {"router-1": 1}
        assert all(event["worker"] for event in up.events())
    assert all(is_gone(pid) for pid in family), "something was left running"


def test_wrong_settings_of_one_worker_end_it_at_once_with_the_last_object(env: dict[str, str], tmp_path: Path) -> None:
    wrong = {**env, "DALLOSH_VIP_FILE": str(tmp_path / "nowhere")}
    with Running([*DALLOSH, "up", "--json", "--only", "scrubber", "--only", "router"], wrong, tmp_path) as up:
        assert up.end() == 1
        last = json.loads(up.stdout().splitlines()[-1])
        assert last["workers"]["scrubber-1"] == {"exit_code": 2, "restarts": 0}
        assert last["workers"]["router-1"]["exit_code"] in (0, -signal.SIGTERM), "it was not drained"
        assert "scrubber-1 ended 1 times" in last["error"]
        assert "vip_file cannot be read" in up.stderr()
        assert "Traceback" not in up.stderr()


def test_it_stops_the_services_that_it_started(tmp_path: Path) -> None:
    env = environment(tmp_path / "data", DALLOSH_PARTITIONS="2")
    try:
        with Running([*DALLOSH, "up", "--json", "--only", "router"], env, tmp_path) as up:
            assert list(workers_of(up)) == ["router-1"]
            assert up.stop(signal.SIGTERM, timeout_s=90) == 0
        status = subprocess.run(
            [*DALLOSH, "dev", "status", "--json"], env=env, capture_output=True, text=True, timeout=60
        )
        said = json.loads(status.stdout)
        assert (said["kafka"]["condition"], said["redis"]["condition"]) == ("stopped", "stopped")
    finally:
        subprocess.run([*DALLOSH, "dev", "stop", "--wipe"], env=env, capture_output=True, timeout=60, check=True)


def test_kill_minus_nine_of_it_leaves_nothing_running(env: dict[str, str], tmp_path: Path) -> None:
    with Running([*DALLOSH, "up", "--json", "--simulate", "--only", "router"], env, tmp_path) as up:
        workers_of(up)
        family = children(up.process.pid)
        assert len(family) == 2
        up.process.kill()
        up.process.wait(10)
    until(lambda: all(is_gone(pid) for pid in family), "the kernel ends the workers", 15)


@pytest.mark.parametrize("arguments", [["--scale", "nonsense=2"], ["--scale", "bert=0"], ["--scale", "bert"],
                                       ["--only", "nonsense"], ["--only", "bert", "--scale", "router=2"]])  # fmt: skip
def test_nonsense_is_a_usage_error(arguments: list[str], tmp_path: Path) -> None:
    with Running([*DALLOSH, "up", *arguments], environment(tmp_path / "data"), tmp_path) as up:
        assert up.end() == 2
        assert not (tmp_path / "data").exists()


def test_outside_a_checkout_nothing_can_be_simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "PACKAGE", tmp_path)
    with pytest.raises(MissingToolError, match="in a checkout only"), simulated.simulated_models(load_settings()):
        pass
