"""Kept answers on a real Redis, and life without it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from structlog.testing import capture_logs

from agents.kept import open_kept
from schemas.classification import Labels
from schemas.taxonomy import Level, Sentiment, Topic
from streams.core.cascade import Answer
from streams.core.kept import Question
from streams.settings import Settings, load_settings
from streams.state.embedded import EmbeddedRedis
from streams.state.forgetting import StateKeys, forget_tweets
from streams.state.kept import KeptStore
from streams.state.redis import connect
from tests.integration.router_rig import until
from tests.integration.silent_redis import silent_redis

AT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
LABELS = Labels(
    sentiment=Sentiment.NEGATIVE, priority=2, main_topic=Topic.CUSTOMER_SERVICE, confidence_sentiment=0.95,
    confidence_priority=0.95, confidence_main_topic=0.95,
)  # fmt: skip
ANSWER = Answer(LABELS, "mistral-small-2603", AT)
FIRST, SECOND = Question("17", b"a" * 16), Question("é 18", b"b" * 16)


@pytest.fixture
def settings(redis_url: str, namespace: str) -> Settings:
    return load_settings(redis_url=redis_url, namespace=namespace)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[KeptStore]:
    store = KeptStore(settings, Level.API)
    yield store
    await store.close()


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = connect(settings)
    yield client
    await client.aclose()


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"dallosh_{name}_total", labels) or 0.0


def key(settings: Settings, name: str) -> bytes:
    return f"{settings.namespace}:dallosh:kept:{name}".encode()


async def test_what_was_kept_is_found_by_its_own_question_alone(store: KeptStore) -> None:
    assert await store.look_up([FIRST, SECOND]) == {}
    before = {outcome: count("kept_answers", outcome=outcome) for outcome in ("kept", "reused", "changed")}
    await store.write({FIRST: ANSWER, SECOND: ANSWER})
    edited = Question(FIRST.tweet_id, b"c" * 16)
    assert await store.look_up([Question("19", FIRST.stamp), SECOND, edited, FIRST]) == {1: ANSWER, 3: ANSWER}
    counted = {outcome: count("kept_answers", outcome=outcome) - before[outcome] for outcome in before}
    assert counted == {"kept": 2, "reused": 2, "changed": 1}


async def test_the_newest_answer_takes_the_place_of_the_one_before(store: KeptStore) -> None:
    newer = Question(FIRST.tweet_id, b"c" * 16)
    await store.write({FIRST: ANSWER})
    await store.write({newer: ANSWER})
    assert await store.look_up([FIRST, newer]) == {1: ANSWER}


async def test_a_level_and_a_namespace_have_their_own(store: KeptStore, settings: Settings) -> None:
    await store.write({FIRST: ANSWER})
    for others, level in ((settings, Level.GPU), (settings.model_copy(update={"namespace": "other"}), Level.API)):
        other = KeptStore(others, level)
        assert await other.look_up([FIRST]) == {}
        await other.close()


async def test_an_answer_is_lean_and_dies(store: KeptStore, redis: Redis, settings: Settings) -> None:
    await store.write({FIRST: ANSWER})
    assert settings.answer_ttl_s == 86_400
    assert settings.answer_ttl_s - 5 <= await redis.ttl(key(settings, "api:17")) <= settings.answer_ttl_s
    assert (await redis.memory_usage(key(settings, "api:17")) or 999) <= 240
    await redis.pexpire(key(settings, "api:17"), 1)

    async def is_gone() -> bool:
        return await store.look_up([FIRST]) == {}

    await until(is_gone)


async def test_what_something_else_wrote_is_counted_and_no_answer(
    store: KeptStore, redis: Redis, settings: Settings
) -> None:
    before = count("kept_answers", outcome="unreadable")
    await store.write({SECOND: ANSWER})
    await redis.set(key(settings, "api:17"), b"\xff\xfe nonsense")
    assert await store.look_up([FIRST, SECOND]) == {1: ANSWER}
    assert count("kept_answers", outcome="unreadable") == before + 1


async def test_forgetting_a_tweet_takes_its_answers_at_every_level(store: KeptStore, settings: Settings) -> None:
    gpu = KeptStore(settings, Level.GPU)
    for one in (store, gpu):
        await one.write({FIRST: ANSWER, SECOND: ANSWER})
    for execute in (False, True):
        found = await forget_tweets(settings, [FIRST.tweet_id], [], execute=execute)
        assert found == StateKeys(contexts=0, ids=0, near=0, answers=2)
    for one in (store, gpu):
        assert await one.look_up([FIRST, SECOND]) == {1: ANSWER}
    await gpu.close()


async def test_an_outage_is_counted_told_once_waited_for_once_and_ends_by_itself(own_redis: EmbeddedRedis) -> None:
    url = own_redis.start()
    store = KeptStore(load_settings(redis_url=url), Level.API, probe_interval_s=0.05)
    try:
        await store.write({FIRST: ANSWER})
        own_redis.kill()
        before = count("state_errors"), count("kept_answers", outcome="kept")
        with capture_logs() as logs:
            for _ in range(50):
                assert await store.look_up([FIRST]) == {}
                await store.write({FIRST: ANSWER})
        assert [line["event"] for line in logs] == ["kept_answers_lost"]
        assert (count("state_errors") - before[0], count("kept_answers", outcome="kept") - before[1]) == (100, 0)
        own_redis.start()

        async def is_up() -> bool:
            return store.is_up

        await until(is_up)
        await store.write({SECOND: ANSWER})
        assert await store.look_up([SECOND]) == {0: ANSWER}
    finally:
        await store.close()


async def test_a_redis_that_hangs_costs_one_timeout() -> None:
    async with silent_redis() as server:
        store = KeptStore(load_settings(redis_url=server.url, redis_timeout_s=0.2), Level.API, probe_interval_s=600)
        try:
            for _ in range(20):
                assert await store.look_up([FIRST]) == {}
                await store.write({FIRST: ANSWER})
            assert 1 <= server.n_connections <= 2, "the client tries a command twice; the other 39 are not sent"
        finally:
            await store.close()


async def test_without_redis_or_a_time_to_live_nothing_is_kept(settings: Settings) -> None:
    assert open_kept(settings.model_copy(update={"redis_url": ""}), Level.API) is None
    assert open_kept(settings.model_copy(update={"answer_ttl_s": 0}), Level.API) is None
    opened = open_kept(settings, Level.GPU)
    assert opened is not None
    await opened.close()
