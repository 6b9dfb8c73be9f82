"""`dallosh spend` on a real broker."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from click.testing import CliRunner, Result

from agents.cli.spend import spend
from schemas.codec import encode
from schemas.spend import Spend
from schemas.taxonomy import DataPolicy, Level
from schemas.topics import name_in
from streams.errors import FatalError
from streams.kafka.records import record_spend
from streams.kafka.topics import create_topics
from streams.settings import Settings

NOW = datetime.now(UTC)


@pytest.fixture
def settings(kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("DALLOSH_NAMESPACE", namespace)
    return Settings()


@pytest.fixture
def topics(settings: Settings) -> Settings:
    asyncio.run(create_topics(settings))
    return settings


def dallosh(*arguments: str) -> Result:
    return CliRunner().invoke(spend, arguments, catch_exceptions=False)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def call(usd: str | None, *, days_ago: float = 0, **changes: Any) -> Spend:
    known: dict[str, Any] = {
        "id": uuid.uuid4().hex, "at": NOW - timedelta(days=days_ago), "stage": "classifier", "level": Level.API,
        "provider": "openai", "model": "gpt-4o-mini", "policy": DataPolicy.PUBLIC, "policy_reason": "no contract",
        "n_tweets": 100, "n_answered": 100, "attempt": 1, "outcome": "ok", "latency_s": 1.0, "input_tokens": 5_700,
        "output_tokens": 600, "cost_usd": None if usd is None else Decimal(usd),
        "n_by_service": {"technical": 75, "billing": 25},
    }  # fmt: skip
    return Spend(**(known | changes))


async def _send(settings: Settings, calls: list[Spend], *raw: bytes) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    await producer.start()
    try:
        topic = name_in(settings.namespace, "ops.spend")
        for one in calls:
            at_ms = int(one.at.timestamp() * 1000)
            await producer.send_and_wait(topic, encode(one), key=one.id.encode(), timestamp_ms=at_ms)
        for value in raw:
            await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


CALLS = [
    call("0.001"),
    call("0.003", days_ago=2),
    call("0.02", model="gpt-4o", escalated=True, n_tweets=4, n_answered=4, n_by_service={"billing": 4}),
    call(None, provider="vllm", model="mistral-small", level=Level.GPU, stage="gpu"),
    call(None, outcome="failed", n_answered=0, input_tokens=None, output_tokens=None, n_by_service={}, error="timeout"),
    call("9", days_ago=60),
]


def test_calls_are_summed_by_model_level_day_and_service(topics: Settings) -> None:
    asyncio.run(_send(topics, CALLS, b'{"damaged'))

    by_model = lines(dallosh("--json"))
    assert [row["model"] for row in by_model[:-1]] == ["openai/gpt-4o", "openai/gpt-4o-mini", "vllm/mistral-small"]
    mini, local = by_model[1], by_model[2]
    assert (mini["n_calls"], mini["n_answered"], mini["usd"]) == (3, 200, "0.004")
    assert mini["usd_per_1000_tweets"] == "0.020000"
    assert (local["usd"], local["usd_per_1000_tweets"], local["unknown_share"]) == (None, None, 1.0)
    total = by_model[-1]["total"]
    assert (total["n_calls"], total["usd"], total["n_unknown"], total["n_unpriced"]) == (5, "0.024", 2, 1)
    assert (total["escalated_usd"], total["n_answered_escalated"]) == ("0.02", 4)
    assert by_model[-1]["unread"] == 1

    by_service = {row.get("service"): row for row in lines(dallosh("--by", "service", "--json"))}
    assert by_service["billing"]["usd"] == "0.021000000000"
    assert by_service["technical"]["usd"] == "0.003000000000"
    by_level = lines(dallosh("--by", "level", "--json"))
    assert [(row["level"], row["n_calls"]) for row in by_level[:-1]] == [("api", 4), ("gpu", 1)]
    days = [row["day"] for row in lines(dallosh("--by", "day", "--json"))[:-1]]
    assert days == [(NOW - timedelta(days=2)).date().isoformat(), NOW.date().isoformat()]

    today = lines(dallosh("--since", "24h", "--json"))[-1]
    assert today["total"]["usd"] == "0.021"
    assert lines(dallosh("--since", "90d", "--json"))[-1]["total"]["usd"] == "9.024"


def test_people_read_the_sums_and_the_method_of_the_forecast(topics: Settings) -> None:
    asyncio.run(_send(topics, [*CALLS, *(call("0.01", days_ago=days) for days in (1, 3, 5, 8))]))
    result = dallosh("--by", "model")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1].startswith("all ")
    assert "unknown" in next(line for line in result.stdout.splitlines() if "vllm/mistral-small" in line)
    assert "2 of 9 calls have an unknown cost: 1 of models without a price" in result.stderr
    assert "escalated: 4 answers for 0.0200 USD" in result.stderr
    assert "forecast for its end at least" in result.stderr
    assert "(mean of the last 7 full days) x" in result.stderr


def test_no_call_is_no_table(topics: Settings) -> None:
    result = dallosh()
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no calls since" in result.stderr
    assert "no forecast before the first full day" in result.stderr
    assert lines(dallosh("--json"))[-1]["forecast"]["month_end_usd"] is None


def test_without_the_topic_it_says_what_to_do(settings: Settings) -> None:
    with pytest.raises(FatalError, match="dallosh topics create"):
        dallosh()


def test_wrong_usage_is_told(settings: Settings) -> None:
    result = dallosh("--by", "colour")
    assert result.exit_code == 2
    assert "'model', 'target', 'day', 'level', 'service'" in result.stderr


def test_calls_that_no_worker_made_are_counted_too(topics: Settings) -> None:
    asyncio.run(record_spend(topics, [call("0.002"), call("0.001")]))
    row, summary = lines(dallosh("--by", "model", "--json"))
    assert (row["n_calls"], Decimal(row["usd"])) == (2, Decimal("0.003"))
    assert summary["total"]["n_calls"] == 2
