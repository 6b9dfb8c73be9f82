"""Level 1's models as its settings make them: what fits a batch, what the limits are asked, and how it ends."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agents import classifier
from agents.classifier import ApiModels
from schemas.taxonomy import Level
from streams.core.limits import Ask, Limits, Refusal, Refused
from streams.settings import Settings
from streams.state.local_limits import LocalLimits
from tests.unit.providers.test_batch_run import tweets

PROFILE = '[[profile]]\nprovider = "openai"\nmodel = "{model}"\nmax_batch_tokens = 300\n'


class Refusing(LocalLimits):
    """Takes no call, and remembers what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asks: list[Ask] = []
        self.closed = False

    async def reserve(self, ask: Ask) -> Refused:
        self.asks.append(ask)
        return Refused(reason=Refusal.LEVEL_BUDGET)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Refusing:
    found = Refusing()

    def opened(settings: Settings, level: Level) -> Limits:
        return found

    monkeypatch.setattr(classifier, "open_limits", opened)
    return found


def models(tmp_path: Path, **changes: Any) -> ApiModels:
    values: dict[str, Any] = {"openai_api_key": "invented", "openai_models": ("gpt-4o-mini", "gpt-4o")}
    return ApiModels(Settings(_env_file=None, data_dir=tmp_path, **values | changes))


@pytest.mark.parametrize(("setting", "asked"), [("0.5", Decimal("0.5")), ("0", None)])
async def test_each_call_is_asked_for_within_the_levels_budget(
    limits: Refusing, tmp_path: Path, setting: str, asked: Decimal | None
) -> None:
    level_1 = models(tmp_path, budget_usd_per_day=Decimal(setting))
    result = await level_1.classify(tweets(1))
    await level_1.close()
    assert result.given_up == {0: "all_open (openai/gpt-4o-mini level_budget)"}
    assert [ask.level_budget_usd for ask in limits.asks] == [asked]


@pytest.mark.parametrize(("model", "max_tokens"), [("gpt-4o-mini", 300), ("gpt-4o", 4_400)])
async def test_a_batch_fits_the_models_that_ordinary_tweets_go_to(
    limits: Refusing, tmp_path: Path, model: str, max_tokens: int
) -> None:
    """The top rung takes escalated tweets and VIPs alone: its own bounds make no ordinary batch smaller."""
    (tmp_path / "models.toml").write_text(PROFILE.format(model=model))
    level_1 = models(tmp_path, models_file=tmp_path / "models.toml")
    assert level_1.limits().max_tokens == max_tokens
    await level_1.close()


async def test_everything_is_closed_though_the_watch_of_the_prices_broke(
    limits: Refusing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    level_1 = models(tmp_path)
    broke = asyncio.Event()

    async def breaks() -> None:
        broke.set()
        raise RuntimeError("broke")

    monkeypatch.setattr(level_1._prices, "run", breaks)
    await level_1.start()
    await broke.wait()
    await level_1.close()
    assert limits.closed
    assert level_1._watch is not None
    assert isinstance(level_1._watch.exception(), RuntimeError)
