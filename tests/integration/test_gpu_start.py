"""The start command of level 2: run when tweets wait for a server that is down, once for all, and never for long."""

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import structlog
from msgspec.structs import replace

from agents.gpu_start import ServerStart
from agents.gpu_worker import GpuModels
from streams.core.cascade import LevelResult
from streams.daemon import ProcessRef
from streams.errors import FatalError, SettingsError
from streams.settings import load_settings
from tests.integration.gpu_rig import TOO_LONG_S, Machine, is_whole, tweets, worker


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.clean()


async def until(condition: Callable[[], object], what: str) -> None:
    async with asyncio.timeout(TOO_LONG_S):
        while not condition():  # noqa: ASYNC110 - what another process does sets no event here
            await asyncio.sleep(0.01)
    assert condition(), what


async def until_answered(models: GpuModels, condition: Callable[[], object]) -> None:
    """Classifies one batch after the other until the condition holds; none is lost."""
    async with asyncio.timeout(TOO_LONG_S):
        while not condition():
            assert is_whole(await models.classify(tweets()), 3)


def reasons(result: LevelResult) -> set[str]:
    return set(result.given_up.values())


async def test_one_start_serves_all_batches_in_flight(machine: Machine) -> None:
    async with worker(machine.settings(machine.server)) as models:
        assert machine.n_starts == 0, "nothing is started before there are tweets"
        results = await asyncio.gather(*(models.classify(tweets(4)) for _ in range(4)))
        assert [len(result.answers) for result in results] == [4] * 4
        assert machine.n_starts == 1
    assert machine.is_running(), "the server outlives the worker"


async def test_a_server_killed_with_batches_in_flight_is_started_again(machine: Machine) -> None:
    async with worker(machine.settings(machine.server)) as models:
        await models.classify(tweets(1))
        machine.kill()
        results = await asyncio.gather(*(models.classify(tweets(5)) for _ in range(4)))
        assert [len(result.answers) for result in results] == [5] * 4
        assert machine.n_starts == 2
        failed = [event.error for result in results for event in result.spend if event.error]
        assert set(failed) == {"connection"}


async def test_a_command_that_fails_costs_no_more_time_until_the_interval_is_over(machine: Machine) -> None:
    settings = machine.settings(machine.command("echo no GPU here; exit 3"), gpu_start_interval_s=3.0)
    async with worker(settings) as models:
        first = await models.classify(tweets())
        assert reasons(first) == {"start_failed: the command ended with 3"}
        for _ in range(3):
            assert is_whole(await models.classify(tweets()), 3)
        assert machine.n_starts == 1
        await until_answered(models, lambda: machine.n_starts == 2)
    assert machine.log.read_text().startswith("no GPU here\n"), "its output is in its own file"


async def test_a_server_that_does_not_come_is_waited_for_only_so_long(machine: Machine) -> None:
    settings = machine.settings(machine.command("exec sleep 60"), gpu_start_timeout_s=0.5, gpu_start_interval_s=0.01)
    async with worker(settings) as models:
        assert reasons(await models.classify(tweets())) == {"start_failed: no answer within 0.5 s"}
        before = machine.last_start().process
        assert machine.is_running(), "it may come yet"
        await until_answered(models, lambda: machine.n_starts == 2)
        assert machine.last_start().process != before


async def test_a_command_that_cannot_be_run_hands_the_tweets_on(machine: Machine) -> None:
    async with worker(machine.settings("no-such-program --now")) as models:
        (reason,) = reasons(await models.classify(tweets()))
    assert reason.startswith("start_failed: cannot start no-such-program")


async def test_a_server_that_comes_late_is_used_without_another_start(machine: Machine) -> None:
    late = machine.command("true")  # ends at once and well, as `docker compose up -d` does
    async with worker(machine.settings(late, gpu_start_timeout_s=0.3)) as models:
        assert len((await models.classify(tweets())).given_up) == 3
        other = ServerStart(machine.server, machine.data_dir, timeout_s=0.0)
        await asyncio.to_thread(other.begin)
        await until_answered(models, lambda: models.chain.deployed[0].target.model)


async def test_another_workers_start_is_waited_for(machine: Machine) -> None:
    one, other = (ServerStart(machine.server, machine.data_dir, timeout_s=60) for _ in range(2))
    assert await asyncio.to_thread(one.begin)
    assert not await asyncio.to_thread(other.begin)
    async with worker(machine.settings(machine.server)) as models:
        assert len((await models.classify(tweets())).answers) == 3
    assert machine.n_starts == 1


async def test_a_start_that_has_ended_is_nobodys_any_more(machine: Machine) -> None:
    async with worker(machine.settings(machine.server)) as models:
        await models.classify(tweets())
    async with worker(machine.settings(machine.server)) as models:
        machine.kill()
        assert len((await models.classify(tweets())).answers) == 3
    assert machine.n_starts == 2


async def test_a_worker_that_died_while_it_waited_holds_up_nobody(machine: Machine) -> None:
    gone = ServerStart(machine.command("exec sleep 60"), machine.data_dir, timeout_s=60)
    await asyncio.to_thread(gone.begin)
    state = machine.data_dir / "gpu-server.json"
    died = replace(machine.last_start(), worker=ProcessRef(pid=os.getpid(), started_at_s=1.0))
    state.write_bytes(msgspec.json.encode(died))
    async with worker(machine.settings(machine.server)) as models:
        assert len((await models.classify(tweets())).answers) == 3


async def test_what_a_start_left_is_ended_before_the_next(machine: Machine) -> None:
    leaves = machine.command("sleep 60 & echo $! > " + str(machine.counted.with_name("child")) + "; exit 1")
    start = ServerStart(leaves, machine.data_dir, timeout_s=60)
    await asyncio.to_thread(start.begin)
    await until(lambda: start.failed_with() == 1, "the command failed")
    child = int(machine.counted.with_name("child").read_text())
    assert _runs(child)
    await asyncio.to_thread(start.begin)
    await until(lambda: not _runs(child), "the orphan of the first start has ended")


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


async def test_a_stop_does_not_wait_for_the_server(machine: Machine) -> None:
    models = GpuModels(machine.settings(machine.command("exec sleep 60"), gpu_start_timeout_s=120.0))
    await models.start()
    batch = asyncio.create_task(models.classify(tweets()))
    await until(lambda: machine.n_starts == 1, "the command ran")
    async with asyncio.timeout(TOO_LONG_S):
        batch.cancel()
        await asyncio.gather(batch, return_exceptions=True)
        await models.close()
    assert batch.cancelled()


async def test_no_command_runs_where_none_is_configured(machine: Machine) -> None:
    async with worker(machine.settings()) as models:
        assert reasons(await models.classify(tweets())) == {"server_down: connection"}
    assert not machine.log.exists()


async def test_the_log_tells_where_the_servers_output_is_and_nothing_of_it(machine: Machine) -> None:
    with structlog.testing.capture_logs() as events:
        async with worker(machine.settings(machine.command("echo secret-words; exit 9"))) as models:
            await models.classify(tweets())
    told = {event["event"]: event for event in events}
    assert told["gpu_server_start_failed"]["log_file"] == str(machine.log)
    assert "secret-words" not in json.dumps(events, default=str)
    assert machine.log.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FatalError, match="cannot write"):
        ServerStart("true", tmp_path / "file", timeout_s=1).begin()


def test_a_long_log_is_put_aside(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.gpu_start.MAX_LOG_BYTES", 4)
    start = ServerStart("echo 12345", machine.data_dir, timeout_s=0)
    for _ in range(2):
        start.begin()
        while start.failed_with() is None and not machine.log.read_text():
            pass
    assert machine.log.with_suffix(".log.1").read_text() == "12345\n"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gpu_start_command": "ollama 'serve"}, "quotes are closed"),
        ({"gpu_start_command": "ollama serve", "gpu_start_timeout_s": 201}, "DALLOSH_WATCHDOG_TIMEOUT_S"),
        ({"gpu_start_command": "ollama serve", "watchdog_timeout_s": 279}, "DALLOSH_GPU_START_TIMEOUT_S"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_settings(**changes)
    assert load_settings(gpu_start_timeout_s=201).gpu_start_command == "", "without a command nobody waits"
