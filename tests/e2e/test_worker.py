"""`dallosh worker` as its supervisor sees it: ready, measured, drained, and clear about what is missing."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.cli.worker import topics_of
from schemas.taxonomy import WORKER_STAGES, Stage
from schemas.topics import CLASSIFIED, RAW, SERVICE_TOPICS
from streams.loopback import free_ports
from streams.settings import Settings, load_settings
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running, get
from tests.integration.router_rig import create
from tests.model_folder import OWN, own_folder, write_config

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture
def settings(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    return load_settings(
        kafka_bootstrap=kafka, redis_url=redis_url, namespace=namespace, partitions=2, data_dir=tmp_path
    )


@pytest.fixture
def env(settings: Settings) -> dict[str, str]:
    return environment(
        settings.data_dir, DALLOSH_KAFKA_BOOTSTRAP=settings.kafka_bootstrap, DALLOSH_REDIS_URL=settings.redis_url,
        DALLOSH_NAMESPACE=settings.namespace,
    )  # fmt: skip


@pytest.mark.parametrize("stage", WORKER_STAGES)
def test_it_gets_ready_is_measured_and_drains_on_sigterm(
    stage: Stage, settings: Settings, env: dict[str, str], tmp_path: Path
) -> None:
    asyncio.run(create(settings, topics_of(stage)))
    port = free_ports(1)[0]
    with Running([*DALLOSH, "worker", stage.value, "--health-port", str(port)], env, tmp_path) as worker:
        worker.wait_for(lambda: get(port, "/ready")[0] == 200, "ready")
        assert get(port, "/ready")[1] == "2 partitions\n"
        assert get(port, "/live") == (200, "ok\n")
        status, text = get(port, "/metrics")
        assert status == 200
        assert "# TYPE dallosh_lag_records gauge" in text
        worker.wait_for(lambda: worker.event("stage_started"), "stage_started is logged")
        assert (worker.event("stage_started") or {})["health_port"] == port
        assert worker.stop() == 0
        assert (worker.event("stage_stopped") or {})["failed"] is False
    assert get(port, "/live") == (0, "")


def test_ctrl_c_drains_too(settings: Settings, env: dict[str, str], tmp_path: Path) -> None:
    asyncio.run(create(settings, topics_of(Stage.ROUTER)))
    with Running([*DALLOSH, "worker", "router"], env, tmp_path) as worker:
        worker.wait_for(lambda: worker.event("stage_started"), "started")
        assert worker.stop(signal.SIGINT) == 0


def test_missing_topics_are_named_with_the_command_that_makes_them(env: dict[str, str], tmp_path: Path) -> None:
    with Running([*DALLOSH, "worker", "router"], env, tmp_path) as worker:
        assert worker.end() == 1
        said = worker.stderr()
    assert "dallosh topics create" in said
    assert CLASSIFIED in said
    assert RAW not in said.replace(f"{RAW}.", ""), "a topic that the router never touches"
    assert "Traceback" not in said


def test_it_waits_for_a_broker_and_can_be_told_to_end_meanwhile(env: dict[str, str], tmp_path: Path) -> None:
    nowhere = {**env, "DALLOSH_KAFKA_BOOTSTRAP": f"127.0.0.1:{free_ports(1)[0]}"}
    with Running([*DALLOSH, "worker", "bert"], nowhere, tmp_path) as worker:
        worker.wait_for(lambda: worker.event("waiting_for_broker"), "it says that it waits")
        assert worker.stop() == 0
        assert "Traceback" not in worker.stderr()


def test_a_taken_health_port_is_told_with_its_remedy(settings: Settings, env: dict[str, str], tmp_path: Path) -> None:
    asyncio.run(create(settings, topics_of(Stage.ROUTER)))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with Running([*DALLOSH, "worker", "router", "--health-port", port], env, tmp_path) as worker:
            assert worker.end() == 1
            assert "DALLOSH_HEALTH_PORT" in worker.stderr()


@pytest.mark.parametrize(
    ("arguments", "changes", "code", "said"),
    [
        (["nonsense"], {}, 2, "'nonsense' is not one of"),
        ([], {}, 2, "Missing argument"),
        (["bert"], {"DALLOSH_LINGER_S": "soon"}, 2, "DALLOSH_LINGER_S"),
        (["bert"], {}, 1, "dallosh dev start"),
    ],
)
def test_what_cannot_run_is_told_in_a_line(
    arguments: list[str], changes: dict[str, str], code: int, said: str, tmp_path: Path
) -> None:
    with Running([*DALLOSH, "worker", *arguments], environment(tmp_path, **changes), tmp_path) as worker:
        assert worker.end() == code
        assert said in worker.stderr()
        assert "Traceback" not in worker.stderr()


@pytest.mark.parametrize(
    ("stage", "variable", "said"),
    [("scrubber", "DALLOSH_VIP_FILE", "vip_file cannot be read"), ("bert", "DALLOSH_BERT_DIR", "the model file")],
)
@pytest.mark.parametrize("is_there", [False, True])
def test_a_fault_that_the_next_start_would_meet_again_is_exit_2(
    stage: str, variable: str, said: str, is_there: bool, settings: Settings, env: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / "place"
    if is_there:  # a folder where a file is wanted; a folder with a damaged model
        place.mkdir()
        (place / "config.json").write_text("{")
    asyncio.run(create(settings, topics_of(Stage(stage))))
    with Running([*DALLOSH, "worker", stage], {**env, variable: str(place)}, tmp_path) as worker:
        assert worker.end() == 2
        assert said in worker.stderr()
        assert "Traceback" not in worker.stderr()


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _cut(name: str) -> Callable[[Path], None]:
    return lambda folder: os.truncate(folder / name, 100)


def _wrong_labels(folder: Path) -> None:
    heads = OWN["heads"] | {"sentiment": {"id2label": ["good", "bad", "so so"], "temperature": 1.0}}
    write_config(folder, OWN | {"heads": heads})


@pytest.mark.parametrize(
    ("damage", "file", "said"),
    [
        (_without("config.json"), "config.json", "cannot be read: No such file or directory"),
        (_without("tokenizer.json"), "tokenizer.json", "cannot be read: No such file or directory"),
        (_without("model.onnx"), "model.onnx", "cannot be read: No such file or directory"),
        (_cut("config.json"), "config.json", "cannot be used: Input data was truncated"),
        (_cut("tokenizer.json"), "tokenizer.json", "cannot be used: its SHA-256"),
        (_cut("model.onnx"), "model.onnx", "cannot be used: its SHA-256"),
        (_wrong_labels, "config.json", "cannot be used: heads.sentiment: the labels of sentiment are"),
    ],
)
def test_a_model_that_cannot_serve_ends_the_worker_with_file_and_remedy(
    damage: Callable[[Path], None], file: str, said: str, settings: Settings, env: dict[str, str], tmp_path: Path
) -> None:
    folder = own_folder(tmp_path / "model")
    damage(folder)
    asyncio.run(create(settings, topics_of(Stage.BERT)))
    with Running([*DALLOSH, "worker", "bert"], {**env, "DALLOSH_BERT_DIR": str(folder)}, tmp_path) as worker:
        assert worker.end() == 2
        assert f"the model file {folder / file} {said}" in worker.stderr()
        assert "docs/howto/use-another-bert.md" in worker.stderr()
        assert "Traceback" not in worker.stderr()


def test_a_stage_needs_what_it_reads_and_writes() -> None:
    assert {CLASSIFIED, *SERVICE_TOPICS} < topics_of(Stage.ROUTER)
    assert RAW not in topics_of(Stage.ROUTER)
    assert RAW in topics_of(Stage.SCRUBBER)
