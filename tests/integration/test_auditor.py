"""The auditor on a real broker and a real Redis, and what `dallosh audit report --since` makes of it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agents.auditor import Auditing
from agents.cli.main import dallosh
from schemas.audit import BacklogHour, ReplyAudit
from schemas.codec import decode
from schemas.taxonomy import Sentiment, Topic
from schemas.topics import AUDIT, BACKLOG, CLASSIFIED, OFFICIAL
from streams.kafka.reading import scan
from streams.kafka.topics import create_topics
from streams.settings import Settings, load_settings
from streams.state.audit import AuditStore
from streams.state.embedded import EmbeddedRedis
from streams.state.redis import forget_namespace
from tests.integration.auditor_rig import NOON, customer, official, send
from tests.integration.sole_work import at_work

TIMEOUT_S = 30.0


@pytest.fixture
async def settings(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    settings = load_settings(
        kafka_bootstrap=kafka, redis_url=redis_url, namespace=namespace, data_dir=tmp_path, partitions=3
    )
    await create_topics(settings)
    return settings


async def published(settings: Settings, n_records: int) -> list[ReplyAudit]:
    """Waits for so many records of replies and returns them all, in no order of partitions."""
    found: list[ReplyAudit] = []

    async def are_there() -> bool:
        found[:] = [decode(record.value, ReplyAudit) async for record in scan(settings, [AUDIT])]
        return len(found) >= n_records

    await until(are_there)
    return found


async def done(settings: Settings, n_offsets: int) -> None:
    """Waits until the tables stand for so many records."""
    store = AuditStore(settings)
    try:
        await until(lambda: stand_for(store, n_offsets))
    finally:
        await store.close()


async def stand_for(store: AuditStore, n_offsets: int) -> bool:
    return sum((await store.offsets()).values()) >= n_offsets


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.05)


def after(found: list[ReplyAudit]) -> set[tuple[str, float, Sentiment | None]]:
    return {(one.reply_id, one.delay_s, one.sentiment_after) for one in found}


async def test_replies_are_measured_in_either_order_and_across_restarts(settings: Settings) -> None:
    await send(settings, customer("q1", 0), official("r2", 90, "q2"), raw=[(CLASSIFIED, b"{broken"), (OFFICIAL, b"")])
    async with at_work(Auditing(settings)):
        await done(settings, 4)
    assert await published(settings, 0) == []
    await send(settings, official("r1", 30, "q1"), customer("q2", 60, to="r1", said=Sentiment.POSITIVE))
    async with at_work(Auditing(settings)):
        await done(settings, 6)
    found = await published(settings, 2)
    assert {("r1", 1800.0, Sentiment.POSITIVE), ("r2", 1800.0, None)} <= after(found)
    record = next(one for one in found if one.reply_id == "r1")
    assert (record.account, record.tweet_id, record.apology, record.register) == ("Marque", "q1", True, "vous")
    assert (record.priority, record.main_topic, record.sentiment) == (2, Topic.NETWORK, Sentiment.NEGATIVE)
    async with at_work(Auditing(settings)):  # nothing is left to do
        await asyncio.sleep(0)
    assert len(await published(settings, 2)) == len(found)


async def test_tables_that_are_lost_are_built_again_from_the_topics(settings: Settings) -> None:
    await send(settings, customer("q1", 0), official("r1", 30, "q1"))
    async with at_work(Auditing(settings)):
        await done(settings, 2)
    first = after(await published(settings, 1))
    await forget_namespace(settings)
    await send(settings, official("r2", 45, "q1"))
    async with at_work(Auditing(settings)):
        await done(settings, 3)
    assert after(await published(settings, 3)) == first | {("r2", 2700.0, None)}


async def test_what_was_published_and_not_written_down_comes_again_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The instant of a kill -9: the broker has the reply, Redis has neither tables nor offsets of it."""
    await send(settings, customer("q1", 0), official("r1", 30, "q1"))

    async def killed(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(AuditStore, "save", killed)
        with pytest.raises(RuntimeError):
            await Auditing(settings).run()
    async with at_work(Auditing(settings)):
        await done(settings, 2)
    assert after(await published(settings, 2)) == {("r1", 1800.0, None)}


async def test_the_auditor_waits_for_redis(settings: Settings, own_redis: EmbeddedRedis) -> None:
    settings = settings.model_copy(update={"redis_url": own_redis.start()})
    own_redis.stop()
    await send(settings, customer("q1", 0), official("r1", 30, "q1"))
    async with at_work(Auditing(settings)) as work:
        await asyncio.sleep(0.2)
        assert not work.is_ready
        own_redis.start()
        assert after(await published(settings, 1)) == {("r1", 1800.0, None)}


@pytest.fixture
def reporting(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)
    monkeypatch.setenv("DALLOSH_NAMESPACE", settings.namespace)
    return settings


async def test_the_report_reads_replies_and_what_waits(reporting: Settings) -> None:
    await send(reporting, customer("q1", 0), customer("q2", 5, priority=0), official("r1", 30, "q1"))
    async with at_work(Auditing(reporting)) as work:
        await done(reporting, 3)
        work._counted_at_s = float("-inf")  # not to wait for the next count
        hours: list[BacklogHour] = []

        async def is_counted() -> bool:
            hours[:] = [decode(record.value, BacklogHour) async for record in scan(reporting, [BACKLOG])]
            return bool(hours) and bool(hours[-1].open)

        await until(is_counted)
    (waits,) = hours[-1].open
    assert (waits.asked_at, waits.priority, waits.main_topic, waits.n) == (NOON, 0, Topic.NETWORK, 1)
    result = await asyncio.to_thread(CliRunner().invoke, dallosh, ["audit", "report", "--since", "2d", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    waiting = report["total"]["waiting"]
    assert (waiting["n_tweets"], waiting["n_answered"], waiting["median_s"]) == (2, 1, 1800)
    assert report["total"]["tone"]["apology"] == 1
    assert [sum(row["by_age"]) for row in report["backlog"]] == [0, 0, 1]


async def test_a_report_of_nothing(reporting: Settings) -> None:
    result = await asyncio.to_thread(CliRunner().invoke, dallosh, ["audit", "report", "--since", "2d"])
    assert result.exit_code == 0, result.output
    assert "0 tweets, 0 answered; 0 replies" in result.stderr
