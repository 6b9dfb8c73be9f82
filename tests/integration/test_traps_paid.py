"""Kill -9 between a paid answer and its commit, with the real classifier: the next owner pays for the rest alone."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient

from schemas.classification import ClassifiedTweet
from schemas.codec import decode, encode
from schemas.headers import ORIGIN
from schemas.topics import CLASSIFIED, DEAD_LETTER, FALLBACK_GPU, SCRUBBED, SPEND, name_in
from schemas.tweet import ScrubbedTweet
from streams.settings import Settings
from tests.integration.router_rig import create, produce, read_all, settings_for, until
from tests.integration.stage_process import StageProcess
from tests.simulator.modes import Mode
from tests.simulator.rule import labels_of
from tests.simulator.server import Simulator

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

CLASSIFIER: Final = ("-m", "agents.cli.main", "worker", "classifier")
MODEL: Final = "mistral/mistral-small-2603"
WORDS: Final = ("plus de fibre depuis hier", "ma facture est fausse", "merci, super", "la box ne démarre plus")
TOPICS: Final = (SCRUBBED, CLASSIFIED, FALLBACK_GPU, DEAD_LETTER, SPEND)
MOST_PER_TWEET: Final = 1.05


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest_asyncio.fixture
async def settings(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    made = settings_for(kafka, namespace, redis_url=redis_url, data_dir=tmp_path / "data", worker_id="1", linger_s=0.3)
    await create(made, TOPICS)
    return made


async def delete(settings: Settings, topic: str) -> None:
    """Takes a topic away: whoever writes to it waits."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([name_in(settings.namespace, topic)])
    finally:
        await admin.close()


def tweets(first: int, n: int) -> list[ScrubbedTweet]:
    """Invented tweets; the texts differ by their number."""
    said = [f"{WORDS[i % len(WORDS)]} {i}" for i in range(first, first + n)]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        ScrubbedTweet(id=str(first + i), created_at=at, author=f"u{i}", text=text, scrubbed=text)
        for i, text in enumerate(said)
    ]


async def send(settings: Settings, sent: list[ScrubbedTweet]) -> None:
    """Writes tweets to one partition, so that they come as one block."""
    await produce(settings, [(b"k", encode(one), ((ORIGIN, f"0:{one.id}".encode()),)) for one in sent], SCRUBBED)


@contextmanager
def classifier(settings: Settings, simulator: Simulator, log: Path) -> Iterator[StageProcess]:
    environment = {
        "DALLOSH_REDIS_URL": settings.redis_url, "DALLOSH_MISTRAL_API_KEY": "simulated",
        "DALLOSH_MISTRAL_BASE_URL": simulator.base_url("mistral"),
    }  # fmt: skip
    worker = StageProcess(CLASSIFIER, settings, log, environment)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.kill()


def n_of(worker: StageProcess, event: str, count: str) -> int:
    """Sums a count over the lines of one event in a worker's log; a line that is being written is none yet."""
    lines = (json.loads(line) for line in worker.text().splitlines() if line.startswith("{") and line.endswith("}"))
    return sum(int(line[count]) for line in lines if line["event"] == event)


async def published(settings: Settings, n_tweets: int) -> dict[str, ClassifiedTweet]:
    """Waits until so many tweets are classified; returns them by id."""
    found: dict[str, ClassifiedTweet] = {}

    async def enough() -> bool:
        records = await read_all(settings, [CLASSIFIED])
        found.update((one.id, one) for one in (decode(record.value, ClassifiedTweet) for record in records))
        return len(found) >= n_tweets

    await until(enough)
    return found


async def test_what_was_answered_and_not_committed_is_published_and_not_paid_for_again(
    settings: Settings, simulator: Simulator, tmp_path: Path
) -> None:
    before, after = tweets(0, 150), tweets(150, 30)
    with classifier(settings, simulator, tmp_path / "first.log") as first:
        await first.logged("partitions_assigned")
        await delete(settings, CLASSIFIED)
        await send(settings, before)

        async def answered() -> bool:
            assert first.process.poll() is None, first.text()
            return n_of(first, "batch_classified", "n_answered") == len(before)

        await until(answered)
        first.kill()
    killed_at = datetime.now(UTC)
    await create(settings, [CLASSIFIED])
    await send(settings, after)
    with classifier(settings, simulator, tmp_path / "second.log") as second:
        found = await published(settings, len(before) + len(after))
        assert await second.stop() == 0

    assert {tweet_id: (one.main_topic, one.priority, one.sentiment) for tweet_id, one in found.items()} == {
        one.id: (labels.main_topic, labels.priority, labels.sentiment)
        for one in (*before, *after)
        for labels in (labels_of(one.text),)
    }
    assert simulator.played["mistral"].n_tweets / len(found) <= MOST_PER_TWEET
    assert {one.id for one in found.values() if one.classified_at < killed_at} == {one.id for one in before}
    assert n_of(second, "answers_reused", "n_tweets") == len(before)
    assert await read_all(settings, [FALLBACK_GPU, DEAD_LETTER]) == []


async def test_of_a_batch_that_was_half_answered_only_the_other_half_is_paid_for(
    settings: Settings, simulator: Simulator, tmp_path: Path
) -> None:
    """The first call leaves every third tweet out, and the second, which asks for those, never returns."""
    simulator.set_mode("mistral", Mode.HANG)
    simulator.set_mode(MODEL, Mode.LOST, times=1)
    sent = tweets(0, 30)
    await send(settings, sent)
    with classifier(settings, simulator, tmp_path / "first.log") as first:

        async def hangs() -> bool:
            assert first.process.poll() is None, first.text()
            return simulator.played["mistral"].n_calls == 2

        await until(hangs)
        first.kill()
    simulator.reset()
    with classifier(settings, simulator, tmp_path / "second.log") as second:
        found = await published(settings, len(sent))
        assert await second.stop() == 0
    assert n_of(second, "answers_reused", "n_tweets") == 20
    assert simulator.played["mistral"].n_tweets == 10
    assert {one.id: one.main_topic for one in found.values()} == {
        one.id: labels_of(one.text).main_topic for one in sent
    }
