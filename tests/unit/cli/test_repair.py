"""`dallosh repair`: what it takes, and what it tells."""

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from click.testing import CliRunner

from agents.cli import repair as module
from agents.cli.repair import repair_command
from agents.model_status import ModelStatus
from agents.repair import Order, RepairReport, obstacle
from schemas.taxonomy import Level, Service
from streams.core.breaker import BreakerState
from streams.core.limits import TargetState
from streams.core.order import Load
from streams.core.repair_plan import DEGRADED, Histogram, Kind
from streams.core.standing import Standing
from streams.settings import Settings
from tests.unit.core.targets import target

TWO = Histogram(Counter({Kind(1, Level.BERT, Service.BILLING, 1, True, unsure=True): 2}), n_waiting=3)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Order]]:
    """What the command asked for."""
    found: list[tuple[str, Order]] = []

    async def dry_run(_: Settings, order: Order) -> RepairReport:
        found.append(("dry run", order))
        return RepairReport(histogram=TWO, obstacle="no model", first_model="x/m", cost_usd=Decimal("0.0001"))

    async def repair(_: Settings, order: Order, *, now: datetime) -> RepairReport:
        found.append(("repair", order))
        return RepairReport(histogram=TWO, n_sent=1, stopped="the budget")

    monkeypatch.setattr(module, "dry_run", dry_run)
    monkeypatch.setattr(module, "repair", repair)
    monkeypatch.setattr(module, "connected", lambda settings, _: settings)
    return found


def test_it_is_a_dry_run_unless_told_otherwise(asked: list[tuple[str, Order]]) -> None:
    done = CliRunner().invoke(repair_command, ["--since", "2h"])
    ((what, order),) = asked
    assert (done.exit_code, what) == (0, "dry run")
    assert (order.rate, order.limit, order.force, order.wanted.levels) == (50.0, None, False, DEGRADED)
    assert not order.wanted.unsure
    for said in (
        "3 more were sent before",
        "2 of 2 are unsure",
        "0.0001 USD at x/m",
        "refused now: no model",
        "Dry run",
    ):
        assert said in done.stderr


def test_what_it_is_asked_for(asked: list[tuple[str, Order]]) -> None:
    arguments = ["--since", "2026-01-01", "--until", "2026-01-02", "--level", "gpu", "--priority", "2", "--max", "7"]
    CliRunner().invoke(repair_command, [*arguments, "--rate", "0.5", "--why", "because", "--force", "--unsure"])
    ((_, order),) = asked
    assert (order.since_ms, order.limit, order.rate, order.why, order.force) == (1767225600000, 7, 0.5, "because", True)
    assert (order.wanted.levels, order.wanted.priorities) == (frozenset({Level.GPU}), frozenset({2}))
    assert (order.wanted.until, order.wanted.unsure) == (datetime(2026, 1, 2, tzinfo=UTC), True)


def test_a_repair_that_stopped_early_fails(asked: list[tuple[str, Order]]) -> None:
    done = CliRunner().invoke(repair_command, ["--since", "2h", "--yes"])
    assert done.exit_code == 1
    assert "Stopped: the budget" in done.stderr


def test_the_json_ends_with_the_summary(asked: list[tuple[str, Order]]) -> None:
    said = json.loads(CliRunner().invoke(repair_command, ["--since", "2h", "--json"]).stdout)
    assert (said["executed"], said["command_id"], said["matched"], said["on_their_way"]) == (False, None, 2, 3)
    assert (said["expected_usd"], said["model"], said["obstacle"]) == ("0.0001", "x/m", "no model")
    assert said["histogram"] == [{"level": "bert", "service": "billing", "priority": 1, "n": 2, "unsure": 2}]
    assert said["unsure"] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--since", "2h", "--until", "3h"],
        ["--since", "2h", "--rate", "0"],
        ["--since", "2h", "--rate", "nan"],
        ["--since", "2999-01-01"],
        ["--since", "2h", "--level", "api"],
    ],
)
def test_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(repair_command, arguments).exit_code == 2


def standing(position: int | None = 1, spent_usd: int = 0) -> Standing:
    state = TargetState(breaker=BreakerState.CLOSED, level_spent_today_usd=Decimal(spent_usd))
    return Standing(
        target=target("m"), position=position, why="its breaker is open", price=None, usd_per_1000=None, state=state
    )


@pytest.mark.parametrize(
    ("standings", "budget_usd", "said"),
    [
        ((), 0, "no model of level 1 is configured"),
        ((standing(None),), 0, "no model of level 1 takes calls: x/m: its breaker is open"),
        ((standing(None), standing()), 0, None),
        ((standing(spent_usd=100),), 0, None),
        ((standing(spent_usd=7),), 10, None),
        ((standing(), standing(spent_usd=8)), 10, "8.00 USD today"),
    ],
)
def test_what_keeps_level_1_from_a_repair(standings: tuple[Standing, ...], budget_usd: int, said: str | None) -> None:
    load = Load(prompt_tokens=400, tweet_tokens=4_400, n_tweets=100)
    status = ModelStatus(standings=standings, disabled=(), price_version="v", load=load)
    settings = Settings(_env_file=None, budget_usd_per_day=Decimal(budget_usd), budget_soft_share=0.8)
    found = obstacle(status, settings)
    assert found is None if said is None else found is not None and said in found
