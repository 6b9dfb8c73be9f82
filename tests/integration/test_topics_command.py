"""`dallosh topics` on a real broker."""

import asyncio
import contextlib
import json
import time
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from click.testing import CliRunner, Result

from agents.cli.topics import topics
from schemas.topics import TOPICS, name_in
from streams.kafka.admin import open_admin
from streams.kafka.topic_state import config_of, find_drift
from streams.settings import Settings


@pytest.fixture
def settings(kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("DALLOSH_NAMESPACE", namespace)
    monkeypatch.setenv("DALLOSH_PARTITIONS", "2")
    return Settings()


def dallosh(*arguments: str) -> Result:
    return CliRunner().invoke(topics, arguments)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_create_is_idempotent_and_says_what_it_made(settings: Settings) -> None:
    before = dallosh("list", "--json")
    assert before.exit_code == 0
    assert lines(before)[-1] == {"topics": len(TOPICS), "existing": 0, "offsets": 0}

    first = dallosh("create", "--json")
    assert first.exit_code == 0, first.output
    assert set(lines(first)[-1]["created"]) == set(TOPICS)
    assert f"created {settings.namespace}.tweets.raw" in first.stderr

    second = dallosh("create", "--json")
    assert second.exit_code == 0
    assert lines(second)[-1] == {"created": [], "existing": list(TOPICS), "drift": []}


def test_list_and_describe_count_offsets(settings: Settings) -> None:
    dallosh("create")
    asyncio.run(_send(settings, "tweets.raw", 7))

    rows = {row.get("topic"): row for row in lines(dallosh("list", "--json"))}
    assert rows["tweets.raw"] | {"partitions": 2, "offsets": 7, "exists": True} == rows["tweets.raw"]
    assert rows["ops.spend"]["partitions"] == 3
    assert rows["service.billing"]["offsets"] == 0
    table = dallosh("list")
    assert f"{len(TOPICS)} of {len(TOPICS)} topics exist, 7 offsets" in table.stderr
    assert len(table.stdout.splitlines()) == 1 + len(TOPICS)

    for name in ("tweets.raw", f"{settings.namespace}.tweets.raw"):
        described = lines(dallosh("describe", name, "--json"))[0]
        assert described["live"]["offsets"] == 7
        assert described["live"]["config"]["retention.ms"] == "86400000"
        assert described["value"] == "Tweet"
    text = dallosh("describe", "tweets.raw").stdout
    assert "on the broker" in text
    assert "retention.ms" in text


def test_markers_of_transactions_are_offsets_not_records(settings: Settings) -> None:
    dallosh("create")
    asyncio.run(_send(settings, "service.billing", 3, transactional_id=f"{settings.namespace}-t"))
    rows = {row.get("topic"): row for row in lines(dallosh("list", "--json"))}
    assert rows["service.billing"]["offsets"] > 3
    live = lines(dallosh("describe", "service.billing", "--json"))[0]["live"]
    assert live["offsets"] == rows["service.billing"]["offsets"] == rows[None]["offsets"]
    for words in (dallosh("list").output, dallosh("describe", "service.billing").output):
        assert "offsets" in words
    assert "records" not in dallosh("list").output


def test_create_reports_drift_with_its_remedy_and_changes_nothing(settings: Settings) -> None:
    dallosh("create")
    asyncio.run(_drift(settings))

    for _ in range(2):
        result = dallosh("create", "--json")
        assert result.exit_code == 1
        assert sorted((d["topic"], d["property"], d["found"]) for d in lines(result)[-1]["drift"]) == [
            ("service.billing", "partitions", "3"),
            ("tweets.noise", "retention.ms", "1000"),
        ]
    assert "tweets.noise: retention.ms is 1000, the registry says 604800000" in result.stderr
    assert f"--entity-name {settings.namespace}.tweets.noise --add-config retention.ms=604800000" in result.stderr
    assert "set DALLOSH_PARTITIONS=3" in result.stderr


def test_create_with_another_partition_count(settings: Settings) -> None:
    assert dallosh("create", "--partitions", "3").exit_code == 0
    result = dallosh("create", "--json")
    assert result.exit_code == 1
    drift = lines(result)[-1]["drift"]
    assert {one["property"] for one in drift} == {"partitions"}
    assert {one["topic"] for one in drift} == {name for name, spec in TOPICS.items() if spec.partitions is None}


async def _send(settings: Settings, topic: str, n: int, transactional_id: str | None = None) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, transactional_id=transactional_id)
    await producer.start()
    try:
        async with producer.transaction() if transactional_id else contextlib.nullcontext():
            for number in range(n):
                await producer.send_and_wait(name_in(settings.namespace, topic), b"{}", str(number).encode())
    finally:
        await producer.stop()


async def _drift(settings: Settings) -> None:
    async with open_admin(settings) as admin:
        await admin.create_partitions({name_in(settings.namespace, "service.billing"): NewPartitions(3)})
        noise = name_in(settings.namespace, "tweets.noise")
        changed = config_of(TOPICS["tweets.noise"]) | {"retention.ms": "1000"}  # the request replaces all of it
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, noise, configs=changed)])
    deadline = time.monotonic() + 30
    while len(await find_drift(settings)) < 2:  # the broker answers before all of it shows
        assert time.monotonic() < deadline
