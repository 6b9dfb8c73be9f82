"""`dallosh models` and its reset on the state that workers share in a real Redis, recorded on a real broker."""

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.cli.models import models
from agents.limits import open_limits
from schemas.codec import decode
from schemas.operations import Command
from schemas.taxonomy import Level
from schemas.topics import COMMANDS
from streams.core.limits import Ask, Permit, Report
from streams.kafka.topics import create_topics
from streams.settings import Settings
from tests.integration.router_rig import read_all

pytestmark = pytest.mark.integration
GPT, LITE = "openai/gpt-4o-mini", "gemini/gemini-2.5-flash-lite"


@pytest.fixture
def settings(kafka: str, redis_url: str, namespace: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Settings:
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "DALLOSH_KAFKA_BOOTSTRAP": kafka, "DALLOSH_REDIS_URL": redis_url, "DALLOSH_NAMESPACE": namespace,
        "DALLOSH_DATA_DIR": str(tmp_path), "GEMINI_API_KEY": "k", "OPENAI_API_KEY": "k",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return Settings()


async def call(settings: Settings, target: str, report: Report, **bounds: Any) -> None:
    """One worker's call to a target, and how it ended."""
    limits = open_limits(settings, Level.API)
    try:
        permit = await limits.reserve(Ask(target=target, model=target, n_tokens=1_000, **bounds))
        assert isinstance(permit, Permit)
        await limits.settle(permit, report)
    finally:
        await limits.close()


def told(*arguments: str) -> Result:
    return CliRunner().invoke(models, [*arguments, "--json"])


def rows() -> dict[str, dict[str, Any]]:
    result = told()
    assert result.exit_code == 0, result.output
    *found, summary = map(json.loads, result.stdout.splitlines())
    assert summary["missing"] == []
    return {row["model"]: row for row in found}


def test_a_breaker_that_one_worker_opened_is_shown_and_closed_for_all(settings: Settings) -> None:
    asyncio.run(create_topics(settings))
    assert {row["health"] for row in rows().values()} == {"ok"}

    asyncio.run(call(settings, LITE, Report(kind="disable", n_tokens=0), rpm=4_000, tpm=4_000_000))
    asyncio.run(call(settings, GPT, Report(kind="success", n_tokens=5_000), rpm=500, tpm=200_000))
    found = rows()
    assert (found[LITE]["health"], found[LITE]["position"]) == ("disabled", None)
    assert found[LITE]["why"].startswith("disabled: its provider refuses it")
    assert found[GPT]["position"] == 1
    assert found[GPT]["tpm_left"] < 20_000  # what the bucket holds of a minute

    result = told("reset", LITE, "--why", "the key is paid for")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["recorded"] is True
    assert (rows()[LITE]["health"], rows()[LITE]["position"]) == ("ok", 1)

    (record,) = asyncio.run(read_commands(settings))
    assert (record.verb, record.arguments, record.why) == ("models reset", {"name": LITE}, "the key is paid for")
    assert (record.outcome, record.id) == ("done", json.loads(result.stdout)["command_id"])


async def read_commands(settings: Settings) -> list[Command]:
    return [decode(record.value, Command) for record in await read_all(settings, [COMMANDS])]


def test_a_budget_that_holds_no_full_batch_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_BUDGET_USD_PER_DAY", "0.01")
    report = Report(kind="success", n_tokens=5_000, cost_usd=Decimal("0.0099"))
    asyncio.run(call(settings, LITE, report, cost_usd=Decimal("0.001")))
    assert {row["position"] for row in rows().values()} == {None}
    assert {row["why"] for row in rows().values()} == {
        "the level's budget of the day has too little left for a full batch"
    }
    summary = json.loads(told().stdout.splitlines()[-1])
    assert (summary["budget_usd_per_day"], Decimal(summary["spent_today_usd"])) == ("0.01", Decimal("0.0099"))
