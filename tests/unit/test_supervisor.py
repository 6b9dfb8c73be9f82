"""The supervisor, on stand-in workers: real processes and signals, no broker."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from agents import supervisor as supervisor_module
from agents.environment import child_environment, environment_of
from agents.relay import json_line, relay_to, text_line
from agents.restarts import AT_ITS_START_S, LONGEST_DELAY_S, MAX_FAILED_STARTS, STABLE_S, Restarts
from agents.supervisor import Supervisor, WorkerSpec
from schemas.taxonomy import Stage
from streams.errors import FatalError
from streams.logging import configure as configure
from streams.settings import Settings, load_settings

FAKE = ("tests.unit.fake_worker",)
READY_S = 30.0


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data_dir=tmp_path, exit_timeout_s=5.0, drain_timeout_s=1.0)


def spec(stage: Stage = Stage.BERT, n_processes: int = 1, how: str = "") -> WorkerSpec:
    return WorkerSpec(stage=stage, n_processes=n_processes, environment={"FAKE_WORKER": how})


def supervise(settings: Settings, *specs: WorkerSpec, **options: object) -> Supervisor:
    return Supervisor(settings, specs, module_of=lambda _: FAKE, **options)  # type: ignore[arg-type]


@pytest.fixture
def fast_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.restarts.FIRST_DELAY_S", 0.01)


def until(condition: Callable[[], bool], timeout_s: float = READY_S) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(0.05)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE and os.getpid() != psutil.Process(pid).ppid()
    except psutil.NoSuchProcess:
        return True


# --- processes


def test_it_starts_all_and_drains_all(settings: Settings) -> None:
    with supervise(settings, spec(Stage.CLASSIFIER, 2), spec(Stage.BERT)) as supervisor:
        assert supervisor.wait_ready(READY_S)
        status = supervisor.status()
        assert [one.name for one in status] == ["classifier-1", "classifier-2", "bert-1"]
        assert {one.note for one in status} == {"3 partitions"}
        pids = [one.pid or 0 for one in status]
        assert all(os.getpgid(pid) == pid for pid in pids), "Ctrl-C at the terminal would reach the workers"
        assert supervisor.stop() == {"classifier-1": 0, "classifier-2": 0, "bert-1": 0}
        assert supervisor.wait(0.0)
    assert not any(psutil.pid_exists(pid) for pid in pids), "a zombie or an orphan was left"


def test_each_worker_has_its_own_log_port_and_lasting_id(settings: Settings) -> None:
    with supervise(settings.model_copy(update={"namespace": "run7"}), spec(n_processes=2)) as supervisor:
        assert supervisor.wait_ready(READY_S)
        ports = {one.health_port for one in supervisor.status()}
        supervisor.stop()
    logs = [settings.data_dir / "logs" / "run7" / f"bert-{number}.log" for number in (1, 2)]
    ids = [json.loads(log.read_text())["worker_id"] for log in logs]
    assert len(ports) == 2
    assert ids[0].endswith("-1")
    assert ids[0][:-2] == ids[1][:-2]


def test_a_killed_worker_comes_back_on_its_port(settings: Settings, fast_restarts: None) -> None:
    with supervise(settings, spec()) as supervisor:
        assert supervisor.wait_ready(READY_S)
        before = supervisor.status()[0]
        os.kill(before.pid or 0, signal.SIGKILL)
        until(lambda: supervisor.status()[0].n_restarts == 1)
        assert supervisor.wait_ready(READY_S)
        after = supervisor.status()[0]
        assert after.pid != before.pid
        assert after.health_port == before.health_port
        assert supervisor.stop() == {"bert-1": 0}


def test_a_worker_that_never_runs_is_given_up_with_its_last_lines(settings: Settings, fast_restarts: None) -> None:
    with supervise(settings, spec(Stage.CLASSIFIER), spec(how="exit 1")) as supervisor:
        with pytest.raises(FatalError, match=r"(?s)bert-1 ended 5 times in a row.*exit code 1.*the last words"):
            supervisor.wait(READY_S)
        with pytest.raises(FatalError, match="bert-1"):
            assert supervisor.wait_ready(READY_S)
        assert supervisor.stop()["classifier-1"] in (0, -signal.SIGTERM)


def test_a_crash_loop_after_a_start_leaves_the_others_alone(settings: Settings, fast_restarts: None) -> None:
    with (
        capture_logs() as logs,
        supervise(settings, spec(Stage.CLASSIFIER), spec(how="crash")) as supervisor,
    ):
        until(lambda: supervisor.status()[0].ready)
        healthy = supervisor.status()[0]
        until(lambda: supervisor.status()[1].n_restarts > MAX_FAILED_STARTS)
        assert not supervisor.wait(0.0), "the crash loop ended the supervisor"
        assert supervisor.status()[0] == healthy, "another stage was touched"
    assert any(line["event"] == "worker_crash_loop" and line["worker"] == "bert-1" for line in logs)
    assert not any(line["event"] == "worker_given_up" for line in logs)


def test_a_usage_error_is_given_up_at_once(settings: Settings) -> None:
    with supervise(settings, spec(how="exit 2")) as supervisor, pytest.raises(FatalError, match="1 times"):
        supervisor.wait(READY_S)


def test_a_worker_deaf_to_sigterm_is_killed_at_the_deadline(settings: Settings) -> None:
    with supervise(settings, spec(how="stubborn")) as supervisor:
        assert supervisor.wait_ready(READY_S)
        assert supervisor.stop(timeout_s=0.3) == {"bert-1": -signal.SIGKILL}


def test_leaving_the_block_kills_what_runs(settings: Settings) -> None:
    with supervise(settings, spec(how="stubborn")) as supervisor:
        assert supervisor.wait_ready(READY_S)
        pid = supervisor.status()[0].pid or 0
        assert psutil.pid_exists(pid)
    assert not psutil.pid_exists(pid)


def test_a_slow_start_is_told(settings: Settings) -> None:
    with supervise(settings, spec()) as supervisor:
        assert not supervisor.wait_ready(0.0)


def test_the_given_health_port_is_the_first_workers(settings: Settings) -> None:
    fixed = settings.model_copy(update={"health_port": 9100})
    assert [one.health_port for one in supervise(fixed, spec(n_processes=3)).status()] == [9100, 9101, 9102]


def test_kill_minus_nine_of_the_supervisor_ends_the_workers(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from tests.unit.test_supervisor import *\n"
        "settings = load_settings(data_dir=pathlib.Path(sys.argv[1])); configure(settings)\n"
        "supervisor = supervise(settings, spec(n_processes=2, how='stubborn')).__enter__()\n"
        "supervisor.wait_ready(30); print(*[one.pid for one in supervisor.status()], flush=True)\n"
        "supervisor.wait()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        try:
            pids = [int(pid) for pid in parent.stdout.readline().split()]
            assert len(pids) == 2
            assert not any(is_gone(pid) for pid in pids)
        finally:
            parent.kill()
    try:
        until(lambda: all(is_gone(pid) for pid in pids), 10)
    finally:
        for pid in (pid for pid in pids if not is_gone(pid)):
            os.kill(pid, signal.SIGKILL)


def test_a_failure_of_the_supervisor_itself_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(supervisor_module.Supervisor, "_turn", broken)
    with supervise(settings, spec()) as supervisor, pytest.raises(FatalError, match="supervisor failed"):
        supervisor.wait(READY_S)


# --- when to restart


def test_delays_double_with_jitter_up_to_the_longest() -> None:
    restarts = Restarts(random.Random(1))
    delays = [restarts.ended(-9, lived_s=1.0, began=True) or 0.0 for _ in range(12)]
    for number, delay in enumerate(delays):
        assert min(2.0**number, LONGEST_DELAY_S) <= delay <= min(1.5 * 2.0**number, LONGEST_DELAY_S)
    assert delays[:3] != [1.0, 2.0, 4.0]
    assert restarts.is_crash_loop


def test_a_stable_life_clears_the_history() -> None:
    restarts = Restarts(random.Random(1))
    for _ in range(6):
        restarts.ended(1, lived_s=1.0, began=True)
    assert (restarts.ended(1, lived_s=STABLE_S, began=True) or 99.0) <= 1.5
    assert not restarts.is_crash_loop


@pytest.mark.parametrize(
    ("exit_code", "lived_s", "began"),
    [(1, 1.0, True), (-9, 1.0, False), (0, 1.0, False), (1, AT_ITS_START_S, False)],
)
def test_what_could_run_is_never_given_up(exit_code: int, lived_s: float, began: bool) -> None:
    restarts = Restarts(random.Random(1))
    ends = [restarts.ended(exit_code, lived_s=lived_s, began=began) for _ in range(3 * MAX_FAILED_STARTS)]
    assert None not in ends


def test_what_began_once_is_never_given_up_again() -> None:
    restarts = Restarts(random.Random(1))
    failed = [restarts.ended(1, lived_s=1.0, began=False) for _ in range(MAX_FAILED_STARTS - 1)]
    began = restarts.ended(1, lived_s=0.1, began=True)
    again = [restarts.ended(1, lived_s=0.1, began=False) for _ in range(3 * MAX_FAILED_STARTS)]
    assert None not in [*failed, began, *again]
    assert again[-1] == LONGEST_DELAY_S


def test_a_usage_error_of_what_ran_before_is_no_end() -> None:
    """A file that it needs was edited: the pipe goes on while it is mended."""
    restarts = Restarts(random.Random(1))
    assert restarts.ended(2, lived_s=STABLE_S, began=True) is not None
    assert None not in [restarts.ended(2, lived_s=0.5, began=False) for _ in range(3 * MAX_FAILED_STARTS)]
    assert Restarts(random.Random(1)).ended(2, lived_s=STABLE_S - 0.1, began=True) is None


def test_a_kill_between_failed_starts_counts() -> None:
    restarts = Restarts(random.Random(1))
    codes = [1] * (MAX_FAILED_STARTS - 1) + [-9] + [1] * MAX_FAILED_STARTS
    ends = [restarts.ended(code, lived_s=1.0, began=False) for code in codes]
    assert [end is None for end in ends] == [False] * (len(codes) - 1) + [True]


def test_what_the_settings_forbid_is_given_up_even_after_it_began() -> None:
    restarts = Restarts(random.Random(1))
    assert restarts.ended(1, lived_s=1.0, began=True) is not None
    assert restarts.ended(2, lived_s=1.0, began=False) is None


# --- environment


def test_the_environment_makes_equal_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(
        data_dir=tmp_path, namespace="run7", kafka_bootstrap="127.0.0.1:9", kafka_security="SASL_PLAINTEXT",
        kafka_username="u", kafka_password="a secret, with a comma", official_handles="free,Freebox",
        openai_models="a,b", gemini_api_key="key", session_timeout_s=7.5, worker_id="w1",
    )  # fmt: skip
    for name, value in environment_of(settings).items():
        monkeypatch.setenv(name, value)
    assert load_settings() == settings


def test_the_machines_own_settings_do_not_leak_into_a_worker(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DALLOSH_VIP_FILE", "/elsewhere")
    monkeypatch.setenv("OPENAI_API_KEY", "elsewhere")
    monkeypatch.setenv("LANG", "C.UTF-8")
    made = child_environment(settings, {"DALLOSH_LINGER_S": "0.5"})
    assert "elsewhere" not in " ".join(made.values())
    assert (made["LANG"], made["DALLOSH_LINGER_S"]) == ("C.UTF-8", "0.5")


# --- output


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"event": "x", "n": 1}', {"worker": "bert-1", "event": "x", "n": 1}),
        ("Traceback", {"worker": "bert-1", "event": "output", "line": "Traceback"}),
        ("[1]", {"worker": "bert-1", "event": "output", "line": "[1]"}),
    ],
)
def test_a_relayed_line_is_json_with_its_workers_name(line: str, expected: dict[str, object]) -> None:
    assert json.loads(json_line("bert-1", line)) == expected


def test_on_a_terminal_lines_stay_readable() -> None:
    assert text_line("bert-1", "hello") == "bert-1       | hello"


def test_lines_are_relayed_and_kept_for_the_end(settings: Settings) -> None:
    out = io.StringIO()
    with supervise(settings, spec(), relay=relay_to(out, as_json=True)) as supervisor:
        assert supervisor.wait_ready(READY_S)
        until(lambda: "started" in out.getvalue())
        supervisor.stop()
    event = json.loads(out.getvalue().splitlines()[0])
    assert (event["worker"], event["event"]) == ("bert-1", "started")
    assert not (settings.data_dir / "logs").exists()
