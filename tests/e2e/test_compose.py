"""docker-compose.yml without containers: each service's very command, environment and health check, as processes."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.daemon import ProcessRef, kill, spawn, wait_until
from streams.kafka.embedded_jars import EMBEDDED_DIR, ensure_jars, java
from streams.kafka.embedded_node import Runtime
from streams.kafka.embedded_probe import cluster_view
from streams.loopback import free_ports
from tests.contract.compose_file import PROJECT_DIR, WORKERS, context_files, services
from tests.e2e.process import DALLOSH, Running, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder /app of the image: what the Dockerfile copies, and nothing else."""
    for file in context_files():
        (tmp_path / "app" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT_DIR / file, tmp_path / "app" / file)
    return tmp_path / "app"


def environment_of(service: dict[str, Any], **changes: str) -> dict[str, str]:
    """The service's variables beside the few that any process has."""
    base = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**base, **{name: str(value) for name, value in service["environment"].items()}, **changes}


def local(command: list[str]) -> list[str]:
    """The same command with this machine's programs."""
    programs = {"dallosh": DALLOSH, "python": (sys.executable,)}
    return [*programs.get(command[0], (command[0],)), *command[1:]]


def healthy(service: dict[str, Any], env: dict[str, str], cwd: Path) -> bool:
    kind, *command = service["healthcheck"]["test"]
    assert kind == "CMD"
    return subprocess.run(local(command), env=env, cwd=cwd, capture_output=True, timeout=30).returncode == 0


def test_every_worker_gets_healthy_and_drains(
    kafka: str, redis_url: str, namespace: str, image: Path, tmp_path: Path
) -> None:
    found = services({"DALLOSH_NAMESPACE": namespace, "DALLOSH_PARTITIONS": "2"})
    here = {
        "DALLOSH_KAFKA_BOOTSTRAP": kafka,
        "DALLOSH_REDIS_URL": redis_url,
        "DALLOSH_DATA_DIR": str(tmp_path / "data"),
    }
    assert found["scrubber"]["environment"]["DALLOSH_KAFKA_BOOTSTRAP"] == "kafka:9092"
    assert found["scrubber"]["environment"]["DALLOSH_REDIS_URL"] == "redis://redis:6379/0"
    for _ in range(2):  # a second `docker compose up` runs it again
        made = subprocess.run(
            local(found["topics"]["command"]), env=environment_of(found["topics"], **here), cwd=image,
            capture_output=True, text=True, timeout=90,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
    with contextlib.ExitStack() as stack:
        running: dict[str, tuple[Running, dict[str, str]]] = {}
        for name, port in zip(WORKERS, free_ports(len(WORKERS)), strict=True):
            env = environment_of(found[name], **here, DALLOSH_HEALTH_PORT=str(port))
            assert not healthy(found[name], env, image)
            command = local(found[name]["command"])
            worker = stack.enter_context(Running(command, env, tmp_path, name=name, cwd=image))
            running[name] = worker, env
        for name, (worker, env) in running.items():
            worker.wait_for(lambda name=name, env=env: healthy(found[name], env, image), f"{name} is healthy")  # type: ignore[misc]
        for name, (worker, env) in running.items():
            assert worker.stop() == 0, name
            assert not healthy(found[name], env, image)


@pytest.mark.parametrize("password", ["", "a password"])
def test_redis_takes_its_command_and_answers_its_health_check(password: str, tmp_path: Path) -> None:
    redis = services({"DALLOSH_REDIS_PASSWORD": password})["redis"]
    port = str(free_ports(1)[0])
    command = [*redis["command"], "--port", port, "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    kind, check = redis["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    check = check.replace("redis-cli", f"redis-cli -p {port}")
    env = environment_of(redis)
    with Running(command, env, tmp_path) as server:
        ask = ["sh", "-c", check]
        server.wait_for(lambda: subprocess.run(ask, env=env, capture_output=True).returncode == 0, "healthy")
        if password:
            stranger = subprocess.run(ask, env={**env, "REDISCLI_AUTH": "wrong"}, capture_output=True)
            assert stranger.returncode != 0
        assert server.stop() == 0


@pytest.fixture
def kafka_of_the_container(tmp_path: Path) -> Iterator[int]:
    """A broker with the container's configuration, turned into properties as its image does; on ports of ours."""
    service = services()["kafka"]["environment"]
    inside, controller, host = free_ports(3)
    ports = {"kafka:9092": f"127.0.0.1:{inside}", "kafka:9093": f"127.0.0.1:{controller}", ":29092": f":{host}",
             "//:9092": f"//127.0.0.1:{inside}", "//:9093": f"//127.0.0.1:{controller}",
             "//:29092": f"//127.0.0.1:{host}", "/var/lib/kafka/data": str(tmp_path / "kafka")}  # fmt: skip
    lines = []
    for name, value in service.items():
        if name.startswith("KAFKA_") and name != "KAFKA_HEAP_OPTS":
            text = str(value)
            for theirs in sorted(ports, key=len, reverse=True):
                text = text.replace(theirs, ports[theirs])
            lines.append(f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={text}\n")
    (tmp_path / "server.properties").write_text("".join(lines))
    runtime = Runtime(java=java(), libs=ensure_jars(), log_config=EMBEDDED_DIR / "log4j2.yaml")
    properties = str(tmp_path / "server.properties")
    format_it = [*runtime.argv("kafka.tools.StorageTool"), "format", "-t", service["CLUSTER_ID"], "-c", properties]
    subprocess.run(format_it, check=True, capture_output=True, timeout=120)
    options = service["KAFKA_HEAP_OPTS"].split()
    log = tmp_path / "kafka.log"
    ref: ProcessRef = spawn([*runtime.argv("kafka.Kafka", *options), properties], log_path=log, tied=True)
    try:
        wait_until(lambda: cluster_view(inside) is not None, deadline_s=90, refs=[ref], what="Kafka", log_paths=[log])
        yield host
    finally:
        kill([ref])


def test_kafka_starts_with_the_containers_configuration(kafka_of_the_container: int) -> None:
    view = None

    def answers() -> bool:
        nonlocal view
        view = cluster_view(kafka_of_the_container)
        return view is not None

    until(answers, "the listener for the host answers")
    assert view is not None
    assert view.cluster_id == services()["kafka"]["environment"]["CLUSTER_ID"]
    assert view.ports == {1: kafka_of_the_container}, "it sends clients to an address that they cannot reach"
