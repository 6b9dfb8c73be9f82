"""A level as a stage: lanes, and repairs, which are published as their revision or end where level 1 gives them up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from aiokafka import ConsumerRecord
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from agents.level import MAX_REASON_CHARS, LevelProcessor, LevelSpec, fallback_output
from schemas.classification import ClassifiedTweet, Labels
from schemas.codec import decode, encode
from schemas.headers import (
    FALLBACK_REASON,
    LEVELS_TRIED,
    ORIGIN,
    REPAIR,
    REPAIRED_FROM,
    REVISION,
    Header,
    text_of,
)  # fmt: skip
from schemas.taxonomy import Level, Sentiment, Stage, Topic
from schemas.topics import CLASSIFIED, FALLBACK_BERT, FALLBACK_GPU
from schemas.tweet import ScrubbedTweet
from streams.core.batching import Admitted, Batch, BatchLimits, CloseReason, Lane
from streams.core.cascade import Answer, Keep, LevelResult, keep_nothing
from streams.core.kept import Question
from streams.core.output import Output

AT = datetime(2026, 1, 2, tzinfo=UTC)
LABELS = Labels(
    sentiment=Sentiment.NEUTRAL, priority=0, main_topic=Topic.OTHER, confidence_sentiment=0.5, confidence_priority=0.5,
    confidence_main_topic=0.5,
)  # fmt: skip
ORIGIN_HEADER: Header = (ORIGIN, b"3:17")
REPAIRED: tuple[Header, ...] = (ORIGIN_HEADER, (REVISION, b"2"), (REPAIR, b"c1"), (REPAIRED_FROM, b"billing"))


REASON = "all_failed: unavailable 503 (a rate_limited 429; b unavailable 503)"


class FakeModels:
    """Answers every tweet but those whose text is "non"; notes the texts that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def start(self) -> None: ...

    def limits(self) -> BatchLimits:
        return BatchLimits(max_tokens=100, max_items=10, linger_s=1.0)

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        return len(tweet.text)

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        self.asked += [tweet.text for tweet in tweets]
        refused = {i for i, tweet in enumerate(tweets) if tweet.text == "non"}
        answers = {i: Answer(LABELS, "m", AT) for i in range(len(tweets)) if i not in refused}
        await keep(answers)
        return LevelResult(answers, dict.fromkeys(refused, REASON))

    async def close(self) -> None: ...


class FakeKept:
    """Keeps answers in memory."""

    def __init__(self) -> None:
        self.answers: dict[Question, Answer] = {}
        self.is_closed = False

    async def look_up(self, questions: Sequence[Question]) -> dict[int, Answer]:
        return {i: self.answers[asked] for i, asked in enumerate(questions) if asked in self.answers}

    async def write(self, answers: Mapping[Question, Answer]) -> None:
        self.answers.update(answers)

    async def close(self) -> None:
        self.is_closed = True


API = LevelSpec(stage=Stage.CLASSIFIER, level=Level.API, fallback=FALLBACK_GPU)
GPU = LevelSpec(stage=Stage.GPU, level=Level.GPU, fallback=FALLBACK_BERT)


def record(text: str, headers: tuple[Header, ...] = (ORIGIN_HEADER,), *, vip: bool = False) -> ConsumerRecord:
    tweet = ScrubbedTweet(id="t1", created_at=AT, author="a", text=text, scrubbed=text, vip=vip)
    value = encode(tweet)
    return ConsumerRecord("tweets.scrubbed", 0, 5, 1_000, 0, b"t1", value, None, 2, len(value), headers)


def admitted(processor: LevelProcessor, *records: ConsumerRecord) -> list[Admitted[ScrubbedTweet]]:
    items = [processor.admit(one) for one in records]
    return [item for item in items if isinstance(item, Admitted)]


async def placed(*records: ConsumerRecord, spec: LevelSpec = API) -> list[Output]:
    processor = LevelProcessor(spec, FakeModels())
    return await processor.process(Batch(tuple(admitted(processor, *records)), CloseReason.TOKENS))


def n_repairs(outcome: str) -> float:
    return REGISTRY.get_sample_value("dallosh_repairs_total", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize(("vip", "lane"), [(True, Lane.VIP), (False, Lane.BULK)])
def test_a_vip_takes_its_lane(vip: bool, lane: Lane) -> None:
    item = LevelProcessor(API, FakeModels()).admit(record("oui", vip=vip))
    assert isinstance(item, Admitted)
    assert (item.lane, item.n_tokens) == (lane, 3)


@pytest.mark.parametrize("unsure", [True, False])
async def test_an_unsure_answer_is_published_with_its_mark(unsure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async def classify(_: FakeModels, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        return LevelResult({i: Answer(LABELS, "m", AT, unsure=unsure) for i in range(len(tweets))}, {})

    monkeypatch.setattr(FakeModels, "classify", classify)
    with capture_logs() as logs:
        (output,) = await placed(record("oui"), spec=GPU)
    said = decode(output.value, ClassifiedTweet)
    assert (output.topic, said.unsure, said.main_topic) == (CLASSIFIED, unsure, Topic.OTHER)
    assert (b'"unsure"' in (output.value or b"")) is unsure
    (line,) = (one for one in logs if one["event"] == "batch_classified")
    assert line["n_unsure"] == unsure


async def test_a_repair_is_published_as_its_revision() -> None:
    before = n_repairs("answered")
    (output,) = await placed(record("oui", REPAIRED))
    said = decode(output.value, ClassifiedTweet)
    assert (output.topic, output.headers, said.revision, said.degraded) == (CLASSIFIED, REPAIRED, 2, False)
    assert n_repairs("answered") == before + 1


async def test_a_repair_that_level_1_gives_up_ends_there() -> None:
    before = n_repairs("given_up")
    outputs = await placed(record("non", REPAIRED), record("non"), record("oui"))
    assert [output.topic for output in outputs] == [FALLBACK_GPU, CLASSIFIED]
    assert n_repairs("given_up") == before + 1


@pytest.mark.parametrize("text", ["oui", "non"])
async def test_a_repair_that_strays_to_a_lower_level_is_not_degraded_again(text: str) -> None:
    assert await placed(record(text, REPAIRED), spec=GPU) == []


@pytest.mark.parametrize("revision", [b"0", b"1", b"-5", b"1001", b"x", b"9" * 30])
async def test_a_revision_that_is_none_makes_no_repair(revision: bytes) -> None:
    hostile = (ORIGIN_HEADER, (REVISION, revision), (REPAIR, b"c1"))
    answered, given_up = await placed(record("oui", hostile), record("non", hostile))
    assert decode(answered.value, ClassifiedTweet).revision == 1
    assert given_up.topic == FALLBACK_GPU


async def test_a_replayed_record_has_one_reason_for_each_level() -> None:
    headers: tuple[Header, ...] = (ORIGIN_HEADER,)
    for _ in range(3):
        for spec in (API, GPU):
            (output,) = await placed(record("non", headers), spec=spec)
            headers = tuple(output.headers)
    assert text_of(headers, FALLBACK_REASON) == f"api: {REASON}, gpu: {REASON}"
    assert text_of(headers, LEVELS_TRIED) == "api,gpu"


def test_a_long_reason_is_cut_and_cannot_pass_for_two() -> None:
    output = fallback_output(
        record("non"),
        ScrubbedTweet(id="t1", created_at=AT, author="a", text="non", scrubbed="non"),
        topic=FALLBACK_GPU,
        level=Level.API,
        reason="down, gpu: " + "x" * 500,
    )
    said = text_of(output.headers, FALLBACK_REASON)
    assert said is not None
    assert (said[:19], len(said)) == ("api: down; gpu: xxx", MAX_REASON_CHARS)


async def test_the_line_of_a_batch_counts_reasons_by_their_code() -> None:
    with capture_logs() as logs:
        await placed(record("non"), record("non"), record("oui"))
    (line,) = (one for one in logs if one["event"] == "batch_classified")
    assert (line["given_up"], line["reasons"]) == ({"all_failed": 2}, [REASON])


async def test_the_next_owner_publishes_what_the_last_one_had_paid_for() -> None:
    kept, first, second = FakeKept(), FakeModels(), FakeModels()
    records = [record("oui"), record("non"), record("oui, merci", REPAIRED)]
    one, other = LevelProcessor(API, first, kept), LevelProcessor(API, second, kept)
    published = await one.process(Batch(tuple(admitted(one, *records)), CloseReason.TOKENS))
    with capture_logs() as logs:
        known = await other.recall(admitted(other, *records))
    assert known == {0: [published[0]], 2: [published[2]]}
    assert [output.topic for output in published] == [CLASSIFIED, FALLBACK_GPU, CLASSIFIED]
    assert (first.asked, second.asked) == (["oui", "non", "oui, merci"], [])
    assert logs == [
        {"event": "answers_reused", "log_level": "info", "stage": "classifier", "level": "api", "n_tweets": 2}
    ]
    await other.close()
    assert kept.is_closed


async def test_a_repair_and_an_edited_tweet_are_asked_anew() -> None:
    kept = FakeKept()
    one = LevelProcessor(API, FakeModels(), kept)
    await one.process(Batch(tuple(admitted(one, record("oui"))), CloseReason.TOKENS))
    assert await one.recall(admitted(one, record("oui", REPAIRED), record("oui !"))) == {}


async def test_without_a_place_for_them_nothing_is_recalled() -> None:
    processor = LevelProcessor(API, FakeModels())
    assert await processor.recall(admitted(processor, record("oui"))) == {}
    await processor.close()
