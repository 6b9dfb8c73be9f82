"""What a level gives up falls to the next one; rates are waited for; VIPs go apart."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from agents.offline import levels as module
from agents.offline.levels import Decided, Levels, Step, is_out_of_rate, open_levels
from schemas.spend import Spend
from schemas.taxonomy import Level
from schemas.tweet import ScrubbedTweet
from streams.core.cascade import Keep, LevelResult, keep_nothing
from streams.errors import SettingsError
from streams.settings import Settings
from tests.unit.offline.fakes import FakeModels, call, levels_of, waited_for
from tests.unit.offline.fakes import scrubbed as tweet

NO_RATE = "all_open (gemini/a rpm; mistral/b tpm)"
NAMES = (Level.API, Level.GPU, Level.BERT)


async def decided_of(
    levels: Levels, *tweets: ScrubbedTweet, paid: list[Spend] | None = None, stop: asyncio.Event | None = None
) -> Decided:
    heard: list[Spend] = [] if paid is None else paid
    return await levels.classify(tweets, paid=heard.extend, stop=stop or asyncio.Event())


async def test_each_level_gets_what_those_before_it_gave_up() -> None:
    api, gpu, bert = FakeModels("b", "c", "d"), FakeModels("c", "d"), FakeModels("d", reason="model_raised X")
    decided = await decided_of(levels_of(api, gpu, bert, names=NAMES), *map(tweet, "abcd"))
    assert {i: given.level for i, given in decided.given.items()} == {0: "api", 1: "gpu", 2: "bert"}
    assert decided.given_up == {3: "model_raised X"}
    assert [[one.text for one in batch] for batch in bert.batches] == [["c", "d"]]


async def test_a_lower_level_is_not_asked_for_nothing() -> None:
    api, bert = FakeModels(), FakeModels()
    decided = await decided_of(levels_of(api, bert, names=(Level.API, Level.BERT)), tweet("a"))
    assert (len(decided.given), decided.given_up, bert.batches) == (1, {}, [])


async def test_vips_are_asked_apart_at_level_1_alone() -> None:
    tweets = [tweet("a"), tweet("b", vip=True), tweet("c")]
    api, bert = FakeModels("b", "c"), FakeModels()
    decided = await decided_of(levels_of(api, bert, names=(Level.API, Level.BERT)), *tweets)
    assert sorted([one.text for one in batch] for batch in api.batches) == [["a", "c"], ["b"]]
    assert [[one.text for one in batch] for batch in bert.batches] == [["b", "c"]]
    assert {i: given.level for i, given in decided.given.items()} == {0: "api", 1: "bert", 2: "bert"}


class OutOfRateOnce(FakeModels):
    """Has no rate left at the first call."""

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        if not self.batches:
            self.batches.append([])
            return LevelResult({}, dict.fromkeys(range(len(tweets)), NO_RATE))
        return await super().classify(tweets)


async def test_a_level_without_rate_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RATE_POLL_S", 0.0)
    api, bert = OutOfRateOnce(), FakeModels()
    steps = [Step(Level.API, api, "a"), Step(Level.BERT, bert, "b")]
    decided = await decided_of(Levels(steps, n_in_flight=1, rate_wait_s=60.0), tweet("a"))
    assert decided.given[0].level is Level.API
    assert bert.batches == []


async def test_but_not_for_ever() -> None:
    api = FakeModels("a", reason=NO_RATE)
    decided = await decided_of(levels_of(api, FakeModels(), names=(Level.API, Level.BERT)), tweet("a"))
    assert decided.given[0].level is Level.BERT
    assert not decided.cut


async def test_a_stop_ends_the_wait_and_leaves_the_window_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RATE_POLL_S", 3_600.0)
    api, bert, stop = FakeModels("a", reason=NO_RATE), FakeModels(), asyncio.Event()
    steps = [Step(Level.API, api, "a"), Step(Level.BERT, bert, "b")]
    waiting = asyncio.create_task(decided_of(Levels(steps, n_in_flight=1), tweet("a"), tweet("b", vip=True), stop=stop))
    await waited_for(lambda: len(api.batches) == 2)
    stop.set()
    decided = await asyncio.wait_for(waiting, 60.0)
    assert decided.cut
    assert bert.batches == []


async def test_a_call_is_heard_of_before_the_next_level_answers() -> None:
    paid: list[Spend] = []
    heard_at_bert: list[int] = []

    class Paid(FakeModels):
        async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
            result = await super().classify(tweets)
            return LevelResult(result.answers, result.given_up, (call(tweets[0].id),))

    class Listening(FakeModels):
        async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
            heard_at_bert.append(len(paid))
            return await super().classify(tweets)

    levels = levels_of(Paid("a"), Listening(), names=(Level.API, Level.BERT))
    await decided_of(levels, tweet("a"), tweet("b", vip=True), paid=paid)
    assert sorted(one.id for one in paid) == ["a", "b"]
    assert heard_at_bert == [2]


@pytest.mark.parametrize(
    ("given_up", "expected"),
    [
        ({}, False),
        ({0: NO_RATE}, True),
        ({0: "all_open (a open; b rpm)"}, True),
        ({0: "all_open (a open; b disabled)"}, False),
        ({0: NO_RATE, 1: "deadline"}, False),
    ],
)
def test_rates_are_told_from_outages(given_up: dict[int, str], expected: bool) -> None:
    assert is_out_of_rate(LevelResult({}, given_up)) is expected


@pytest.mark.parametrize(("level", "remedy"), [(Level.GPU, "DALLOSH_VLLM_BASE_URL"), (Level.API, "--level bert")])
def test_a_level_that_is_not_configured_is_refused(level: Level, remedy: str) -> None:
    with pytest.raises(SettingsError, match=remedy):
        open_levels(Settings(), level)


async def test_levels_below_take_part_where_they_are_configured() -> None:
    settings = Settings(
        mistral_api_key=SecretStr("k"), vllm_base_url="http://127.0.0.1:9/v1", budget_usd_per_day=Decimal(1)
    )
    opened = {level: open_levels(settings, level) for level in NAMES}
    assert [one.names.count(";") for one in opened.values()] == [2, 1, 0]
    assert opened[Level.API].names.startswith("api mistral/")
    for one in opened.values():
        await one.close()


@pytest.mark.parametrize("changed", ["config.json", "tokenizer.json", "model.onnx", "model.onnx_data"])
async def test_a_model_of_level_3_is_told_from_another_by_each_of_its_files(tmp_path: Path, changed: str) -> None:
    for name in ("config.json", "tokenizer.json", "model.onnx", "model.onnx_data"):
        (tmp_path / name).write_bytes(name.encode())
    names = []
    for content in (changed.encode(), changed.encode(), b"other"):
        (tmp_path / changed).write_bytes(content)
        levels = open_levels(Settings(bert_dir=tmp_path), Level.BERT)
        names.append(levels.names)
        await levels.close()
    assert names[0] == names[1] != names[2]
    assert names[0] != "bert "
