"""The three levels as processors, without a broker: every item of a batch gets exactly one next place."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiokafka import ConsumerRecord
from prometheus_client import REGISTRY

from agents import bert_worker, classifier, gpu_worker
from agents.level import LevelProcessor
from schemas import headers as names
from schemas.classification import ClassifiedTweet, Labels
from schemas.codec import decode, encode
from schemas.headers import text_of
from schemas.spend import Spend
from schemas.taxonomy import Level, Sentiment, Topic
from schemas.topics import CLASSIFIED, DEAD_LETTER, FALLBACK_BERT, FALLBACK_GPU, SPEND
from schemas.tweet import Context, ScrubbedTweet
from streams.core.batching import Admitted, Batch, CloseReason, TokenBatcher
from streams.core.output import Output
from streams.settings import Settings
from tests.simulator.modes import Mode
from tests.simulator.rule import labels_of
from tests.simulator.server import MODEL_LEN, Simulator

AT = datetime(2026, 1, 2, tzinfo=UTC)
TEXTS = ("Plus de fibre depuis 3 jours", "Merci, super", "Ma facture est fausse")
ORIGIN = (names.ORIGIN, b"3:17")


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "MISTRAL_API_KEY", "OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"DALLOSH_{name}", raising=False)


def settings(**changes: object) -> Settings:
    return Settings(_env_file=None, **changes)  # type: ignore[arg-type]


def tweet(i: int, text: str) -> ScrubbedTweet:
    return ScrubbedTweet(
        id=f"id{i}", created_at=AT, author="a", text=text, scrubbed=text, context=Context(scrubbed="c", text="c")
    )


def record(
    value: bytes | None, *, offset: int = 0, headers: tuple[tuple[str, bytes], ...] = (ORIGIN, ("x", b"\xff"))
) -> ConsumerRecord:
    return ConsumerRecord(
        topic="tweets.scrubbed",
        partition=2,
        offset=offset,
        timestamp=1_700_000_000_000,
        timestamp_type=0,
        key=b"k",
        value=value,
        checksum=None,
        serialized_key_size=1,
        serialized_value_size=len(value or b""),
        headers=headers,
    )


def admitted(processor: LevelProcessor, texts: Sequence[str] = TEXTS) -> list[Admitted[ScrubbedTweet]]:
    items = [processor.admit(record(encode(tweet(i, text)), offset=i)) for i, text in enumerate(texts)]
    assert all(isinstance(item, Admitted) for item in items)
    return [item for item in items if isinstance(item, Admitted)]


def batch(items: Sequence[Admitted[ScrubbedTweet]]) -> Batch[ScrubbedTweet]:
    return Batch(tuple(items), CloseReason.TOKENS)


def by_topic(outputs: Sequence[Output]) -> dict[str, list[Output]]:
    found: dict[str, list[Output]] = {}
    for output in outputs:
        found.setdefault(output.topic, []).append(output)
    return found


async def test_level_1_labels_and_spends(simulator: Simulator) -> None:
    config = settings(mistral_api_key="k", mistral_base_url=simulator.base_url("mistral"))
    processor = classifier.processor(config)
    await processor.start()
    outputs = by_topic(await processor.process(batch(admitted(processor))))
    await processor.close()
    assert set(outputs) == {CLASSIFIED, SPEND}
    for i, output in enumerate(outputs[CLASSIFIED]):
        said = decode(output.value, ClassifiedTweet)
        assert (output.key, output.headers) == (f"id{i}".encode(), (ORIGIN, ("x", b"\xff")))
        assert (said.id, said.text, said.level, said.degraded) == (f"id{i}", TEXTS[i], Level.API, False)
        assert (said.main_topic, said.priority) == (labels_of(TEXTS[i]).main_topic, labels_of(TEXTS[i]).priority)
        assert (said.model, said.revision) == ("mistral-small-2603", 1)
    (output,) = outputs[SPEND]
    event = decode(output.value, Spend)
    assert output.key == event.id.encode()
    assert (event.stage, event.level, event.n_tweets, event.outcome) == ("classifier", Level.API, 3, "ok")


async def test_without_a_key_tweets_are_handed_on_at_once() -> None:
    processor = classifier.processor(settings())
    await processor.start()
    assert processor.limits().linger_s == 0.0
    items = admitted(processor)
    outputs = await processor.process(batch(items))
    await processor.close()
    assert [output.topic for output in outputs] == [FALLBACK_GPU] * 3
    for item, output in zip(items, outputs, strict=True):
        assert (output.key, output.value) == (item.value.id.encode(), item.record.value)
        assert text_of(output.headers, names.FALLBACK_REASON) == "api: no_provider"
        assert text_of(output.headers, names.LEVELS_TRIED) == "api"
        assert output.headers[:2] == (ORIGIN, ("x", b"\xff"))


async def test_only_what_was_not_answered_falls_back(simulator: Simulator) -> None:
    simulator.set_mode("openai", Mode.CONFLICTING)
    config = settings(openai_api_key="k", openai_base_url=simulator.base_url("openai"), openai_models="gpt-4o-mini")
    processor = classifier.processor(config)
    outputs = by_topic(await processor.process(batch(admitted(processor))))
    await processor.close()
    assert {topic: len(found) for topic, found in outputs.items()} == {CLASSIFIED: 2, FALLBACK_GPU: 1, SPEND: 2}
    assert text_of(outputs[FALLBACK_GPU][0].headers, names.FALLBACK_REASON) == "api: unanswered"


@pytest.mark.parametrize("value", [b"\x00\xff", b"{}", b"[]", b"", None, encode(tweet(1, "x"))[:-1]])
async def test_what_is_no_tweet_dies_byte_for_byte(value: bytes | None) -> None:
    processor = classifier.processor(settings())
    dead = processor.admit(record(value))
    assert isinstance(dead, Output)
    assert (dead.topic, dead.key, dead.value) == (DEAD_LETTER, b"k", value)
    assert text_of(dead.headers, names.ERROR_STAGE) == "classifier"
    assert text_of(dead.headers, names.ORIGIN) == "3:17"


async def test_budgets_count_tokens(simulator: Simulator) -> None:
    config = settings(
        mistral_api_key="k", mistral_base_url=simulator.base_url("mistral"), max_batch_tokens=120, linger_s=9.0
    )
    processor = classifier.processor(config)
    batcher = TokenBatcher[ScrubbedTweet](processor.limits())
    closed = [full for item in admitted(processor, TEXTS * 10) for full in batcher.add(item, 0.0)]
    await processor.close()
    assert all(90 < full.n_tokens <= 120 for full in closed)
    assert 2 <= len(closed) <= 8


async def test_level_2_says_that_it_is_degraded(simulator: Simulator) -> None:
    processor = gpu_worker.processor(settings(vllm_base_url=simulator.base_url("vllm")))
    await processor.start()
    limits = processor.limits()
    outputs = by_topic(await processor.process(batch(admitted(processor))))
    await processor.close()
    assert limits.max_tokens < MODEL_LEN
    said = [decode(output.value, ClassifiedTweet) for output in outputs[CLASSIFIED]]
    assert [(one.level, one.degraded, one.model) for one in said] == [(Level.GPU, True, "simulated-mistral")] * 3


async def test_a_server_that_ignores_the_schema_is_not_used(simulator: Simulator) -> None:
    simulator.set_mode("vllm", Mode.UNCONSTRAINED)
    processor = gpu_worker.processor(settings(vllm_base_url=simulator.base_url("vllm")))
    await processor.start()
    outputs = await processor.process(batch(admitted(processor)))
    await processor.close()
    assert [output.topic for output in outputs] == [FALLBACK_BERT] * 3
    assert simulator.played["vllm"].n_calls == 0


async def test_a_server_that_is_down_at_the_start_is_used_when_it_comes(simulator: Simulator) -> None:
    simulator.set_mode("vllm", Mode.UNAVAILABLE)
    processor = gpu_worker.processor(settings(vllm_base_url=simulator.base_url("vllm"), batch_deadline_s=2.0))
    await processor.start()
    (down, *_) = await processor.process(batch(admitted(processor)))
    simulator.set_mode("vllm", Mode.OK)
    (up, *_) = await processor.process(batch(admitted(processor)))
    await processor.close()
    assert (down.topic, up.topic) == (FALLBACK_BERT, CLASSIFIED)


async def test_without_a_server_the_history_grows() -> None:
    processor = gpu_worker.processor(settings())
    await processor.start()
    before = ((names.FALLBACK_REASON, b"api: no_provider"), (names.LEVELS_TRIED, b"api"), ORIGIN)
    item = processor.admit(record(encode(tweet(1, "Bonjour")), headers=before))
    assert isinstance(item, Admitted)
    (output,) = await processor.process(batch([item]))
    assert output.topic == FALLBACK_BERT
    assert text_of(output.headers, names.FALLBACK_REASON) == "api: no_provider, gpu: no_provider"
    assert text_of(output.headers, names.LEVELS_TRIED) == "api,gpu"
    assert len(output.headers) == 3


class FakeBert:
    """Labels by length; raises on a batch that holds the word."""

    model_id = "bert-fake"

    def classify(self, texts: Sequence[str], contexts: Sequence[str | None]) -> list[Labels]:
        if any("casse" in text for text in texts):
            raise RuntimeError(texts[0])
        assert list(contexts) == ["c"] * len(texts)
        return [
            Labels(
                sentiment=Sentiment.NEUTRAL,
                priority=0,
                main_topic=Topic.OTHER,
                confidence_sentiment=len(text) / 1000,
                confidence_priority=0.5,
                confidence_main_topic=0.5,
            )
            for text in texts
        ]


@pytest.fixture
def bert(monkeypatch: pytest.MonkeyPatch) -> Settings:
    def load(directory: Path, *, threads: int) -> Any:
        return FakeBert()

    monkeypatch.setattr("agents.bert_worker.OnnxBert.load", load)
    return settings()


async def test_level_3_answers_each_tweet_in_its_place(bert: Settings) -> None:
    processor = bert_worker.processor(bert)
    await processor.start()
    items = admitted(processor, TEXTS * 5)
    outputs = await processor.process(batch(items))
    await processor.close()
    said = [decode(output.value, ClassifiedTweet) for output in outputs]
    assert [round(one.confidence_sentiment * 1000) for one in said] == [len(text) for text in TEXTS * 5]
    assert {(one.level, one.degraded, one.model) for one in said} == {(Level.BERT, True, "bert-fake")}


@pytest.mark.parametrize(("least", "n_unsure"), [(0.0, 0), (0.024, 2), (0.5, 3), (1.0, 3)])
async def test_level_3_marks_what_it_is_not_confident_of(least: float, n_unsure: int, bert: Settings) -> None:
    """The least confidence of a tweet here is its length over 1,000, and never above 0.5."""
    processor = bert_worker.processor(bert.model_copy(update={"bert_min_confidence": least}))
    before = REGISTRY.get_sample_value("dallosh_unsure_total") or 0.0
    await processor.start()
    outputs = await processor.process(batch(admitted(processor)))
    await processor.close()
    said = [decode(output.value, ClassifiedTweet) for output in outputs]
    assert [one.unsure for one in said] == [one.confidence_sentiment < least for one in said]
    assert sum(one.unsure for one in said) == n_unsure
    assert REGISTRY.get_sample_value("dallosh_unsure_total") == before + n_unsure


async def test_what_the_last_level_cannot_do_dies_alone(bert: Settings) -> None:
    processor = bert_worker.processor(bert)
    await processor.start()
    items = admitted(processor, ("un", "deux", "ça casse", "quatre"))
    outputs = await processor.process(batch(items))
    await processor.close()
    assert [output.topic for output in outputs] == [CLASSIFIED, CLASSIFIED, DEAD_LETTER, CLASSIFIED]
    dead = outputs[2]
    assert dead.value == items[2].record.value
    assert text_of(dead.headers, names.LEVELS_TRIED) == "bert"
    assert "casse" not in str([value for _, value in dead.headers])
