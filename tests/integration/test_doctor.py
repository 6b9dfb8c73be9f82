"""`dallosh doctor` against real services, present and absent."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from click.testing import CliRunner

from agents.cli.doctor import doctor
from schemas.topics import TOPICS
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.topics import create_topics
from streams.loopback import free_ports
from streams.settings import Settings
from streams.state.embedded import EmbeddedRedis
from tests.simulator.server import MODEL_LEN, Simulator

pytestmark = pytest.mark.timeout(300)
SECRET = "hunter2-sesame"


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def deployment(kafka: str, redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("DALLOSH_REDIS_URL", redis_url)
    monkeypatch.setenv("DALLOSH_NAMESPACE", namespace)
    monkeypatch.setenv("DALLOSH_PARTITIONS", "2")
    return Settings()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    """A server in a thread of its own: the command under test runs a loop of its own in this one."""
    started, stop = threading.Event(), threading.Event()
    found: list[Simulator] = []

    async def serve() -> None:
        async with Simulator() as server:
            found.append(server)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(10)
    yield found[0]
    stop.set()
    thread.join(10)


def examined() -> tuple[int, dict[str, dict[str, Any]], dict[str, Any]]:
    result = CliRunner().invoke(doctor, ["--json"])
    assert SECRET not in result.output
    *checks, summary = [json.loads(line) for line in result.stdout.splitlines()]
    assert all(check["remedy"] for check in checks if check["status"] in ("warning", "failed"))
    assert summary["healthy"] is (result.exit_code == 0)
    return result.exit_code, {check["name"]: check for check in checks}, summary


def test_a_healthy_deployment(deployment: Settings) -> None:
    asyncio.run(create_topics(deployment))
    code, checks, summary = examined()
    assert code == 0
    assert summary["failed"] == 0
    assert {name for name, check in checks.items() if check["status"] == "ok"} >= {
        "settings", "broker", "topics", "redis", "clock", "level 3", "tokens", "tables", "disk",
    }  # fmt: skip
    assert "1 broker, Kafka 3.9 or newer, PLAINTEXT" in checks["broker"]["message"]
    assert "no TLS, maxmemory-policy noeviction" in checks["redis"]["message"]
    assert checks["level 1"]["status"] == "warning"
    assert checks["tools"]["status"] == checks["level 2"]["status"] == "skipped"


def test_missing_topics_then_drift(deployment: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    code, checks, _ = examined()
    assert (code, checks["topics"]["status"]) == (1, "failed")
    assert f"{len(TOPICS)} of {len(TOPICS)} are missing: tweets.raw" in checks["topics"]["message"]
    assert checks["topics"]["remedy"] == "Run dallosh topics create"

    asyncio.run(create_topics(deployment))
    monkeypatch.setenv("DALLOSH_PARTITIONS", "5")
    code, checks, summary = examined()
    assert code == 1
    assert summary["failed"] == 15  # every topic that shares the deployment's partition count
    assert "partitions is 2, the registry says 5" in checks["topics"]["message"]
    assert "set DALLOSH_PARTITIONS=2" in checks["topics"]["remedy"]


def test_nothing_configured_and_nothing_running() -> None:
    code, checks, summary = examined()
    assert code == 1
    assert summary["failed"] == 2
    for part in ("broker", "redis"):
        assert "no embedded" in checks[part]["message"]
        assert checks[part]["remedy"].startswith("Run dallosh dev start")
    assert checks["topics"]["status"] == checks["clock"]["status"] == "skipped"
    assert checks["tools"]["status"] == "ok"


def test_configured_and_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kafka, store, gpu = free_ports(3)
    for name, value in {
        "KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka}",
        "REDIS_URL": f"redis://:{SECRET}@127.0.0.1:{store}/0",
        "VLLM_BASE_URL": f"http://user:{SECRET}@127.0.0.1:{gpu}/v1",
        "BERT_DIR": str(tmp_path / "no-model"),
        "VIP_FILE": str(tmp_path / "no-file"),
        "PARTITOINS": "3",
    }.items():
        monkeypatch.setenv(f"DALLOSH_{name}", value)
    code, checks, summary = examined()
    assert code == 1
    assert {name for name, check in checks.items() if check["status"] == "failed"} == {
        "broker", "redis", "level 2", "level 3", "vip file",
    }  # fmt: skip
    assert summary["failed"] == 5
    assert checks["settings"]["status"] == "warning"
    assert "DALLOSH_PARTITOINS" in checks["settings"]["message"]
    assert "KafkaConnectionError" in checks["broker"]["message"]


@pytest.mark.parametrize("url", [f"redis://:{SECRET}/0@x:1", f"redis://:a/{SECRET}@x"])
def test_a_wrong_redis_url_is_not_quoted(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DALLOSH_REDIS_URL", url)
    code, checks, _ = examined()
    assert (code, checks["redis"]["status"]) == (1, "failed")


def test_wrong_settings_are_one_failed_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_PARTITIONS", "many")
    code, checks, summary = examined()
    assert code == 1
    assert list(checks) == ["settings"]
    assert "DALLOSH_PARTITIONS" in checks["settings"]["message"]
    assert summary["failed"] == 1


def test_level_2_that_answers(monkeypatch: pytest.MonkeyPatch, simulator: Simulator) -> None:
    monkeypatch.setenv("DALLOSH_VLLM_BASE_URL", simulator.base_url("vllm"))
    _, checks, _ = examined()
    assert checks["level 2"]["status"] == "ok"
    assert f"context {MODEL_LEN} tokens" in checks["level 2"]["message"]

    monkeypatch.setenv("DALLOSH_VLLM_MODEL", "another")
    _, checks, _ = examined()
    assert checks["level 2"]["status"] == "failed"
    assert "with the model another" in checks["level 2"]["message"]


def test_redis_that_evicts_or_wants_a_password(own_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    url = own_redis.status().url
    assert url is not None
    monkeypatch.setenv("DALLOSH_REDIS_URL", url)
    with redis.Redis.from_url(url) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        _, checks, _ = examined()
        assert checks["redis"]["status"] == "warning"
        assert "allkeys-lru" in checks["redis"]["message"]

        client.config_set("requirepass", SECRET)
        _, checks, _ = examined()
        assert (checks["redis"]["status"], checks["redis"]["remedy"]) == ("failed", "Set DALLOSH_REDIS_PASSWORD")

        monkeypatch.setenv("DALLOSH_REDIS_PASSWORD", SECRET)
        _, checks, _ = examined()
        assert checks["clock"]["status"] == "ok"
        client.execute_command("AUTH", SECRET)
        client.config_set("requirepass", "")


def test_a_broker_that_died(own_kafka: EmbeddedKafka, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", own_kafka.bootstrap)
    assert examined()[1]["broker"]["status"] == "ok"
    own_kafka.kill(1)
    _, checks, _ = examined()
    assert checks["broker"]["status"] == "failed"
    assert checks["topics"]["status"] == "skipped"


def test_for_people(deployment: Settings) -> None:
    asyncio.run(create_topics(deployment))
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 0
    assert "ok       broker" in result.stdout
    assert "WARNING  level 1" in result.stdout
    assert "0 failed, 1 warnings" in result.stderr
