"""The scrubber as a process, on a real broker and a real Redis: every origin in exactly one place, whatever dies."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import ConsumerRecord
from msgspec.structs import replace

from schemas.codec import decode, encode
from schemas.headers import ERROR_STAGE, ORIGIN, REPLAY_ID, text_of
from schemas.topics import NOISE, OFFICIAL, RAW, RAW_DEAD_LETTER, SCRUBBED
from schemas.tweet import Context, NoiseRecord, ScrubbedTweet, Tweet
from streams.settings import Settings
from streams.state.embedded import EmbeddedRedis
from tests.integration.router_rig import Written, create, produce, read_all, settings_for, until
from tests.integration.stage_process import StageProcess

PLACES: Final = (SCRUBBED, OFFICIAL, NOISE, RAW_DEAD_LETTER)
PROGRAM: Final = """
import sys
from agents.scrubber import run
from streams.logging import configure
from streams.settings import load_settings
settings = load_settings()
configure(settings)
sys.exit(run(settings))
"""
AT: Final = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
LONG: Final = "toujours pas de réseau à Vierzon depuis hier soir"

Start = Callable[..., StageProcess]


def tweet(tweet_id: str, text: str, **changes: Any) -> Tweet:
    return replace(Tweet(id=tweet_id, created_at=AT, text=text, author="u1"), **changes)


def written(one: Tweet) -> Written:
    return one.author.encode(), encode(one), ()


async def feed(settings: Settings, records: Sequence[Written]) -> None:
    await produce(settings, records, RAW)


@asynccontextmanager
async def scrubbers(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts scrubber processes and ends whatever is left of them."""
    started: list[StageProcess] = []

    def start(settings: Settings, redis_url: str, **environment: str) -> StageProcess:
        config = settings.model_copy(update={"worker_id": "1", "data_dir": tmp_path / "data"})
        log = tmp_path / f"scrubber{len(started)}.log"
        env = {"DALLOSH_REDIS_URL": redis_url, "DALLOSH_LOG_FORMAT": "json", **environment}
        started.append(StageProcess(("-c", PROGRAM), config, log, env))
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            if process.process.poll() is None:
                process.kill()


async def placed(settings: Settings) -> dict[str, list[ConsumerRecord]]:
    """Reads where each record went: registry's topic -> records."""
    found: dict[str, list[ConsumerRecord]] = defaultdict(list)
    for record in await read_all(settings, PLACES):
        found[record.topic.removeprefix(f"{settings.namespace}.")].append(record)
    return found


async def places_of(settings: Settings) -> dict[str, set[str]]:
    """Returns the topics in which each origin stands."""
    found: dict[str, set[str]] = defaultdict(set)
    for topic, records in (await placed(settings)).items():
        for record in records:
            found[text_of(record.headers, ORIGIN) or "?"].add(topic)
    return found


async def all_placed(settings: Settings, n_origins: int, timeout_s: float = 40.0) -> None:
    async def enough() -> bool:
        return len(await places_of(settings)) >= n_origins

    await until(enough, timeout_s)


async def origins_of_input(settings: Settings) -> set[str]:
    return {f"{record.partition}:{record.offset}" for record in await read_all(settings, [RAW])}


def decoded(records: Sequence[ConsumerRecord]) -> dict[str, ScrubbedTweet]:
    tweets = [decode(record.value, ScrubbedTweet) for record in records]
    return {one.id: one for one in tweets}


@pytest.fixture
def settings(kafka: str, namespace: str) -> Settings:
    return settings_for(kafka, namespace)


async def test_every_kind_of_record_finds_its_place(settings: Settings, redis_url: str, tmp_path: Path) -> None:
    await create(settings, (RAW, *PLACES))
    vips = tmp_path / "vips"
    vips.write_text("@u_VIP\n")
    surrogate = b'{"id":"1","created_at":"2026-01-05T09:30:00Z","text":"\\ud800","author":"u1"}'
    garbage = (b"{not json", None, surrogate, b"\xff\xfe")
    tweets = [
        tweet("1", "mon numéro est le 06 12 34 56 78, @toi_x"),
        tweet("2", "@toi_x le 0612345678 ou le 0712345678 ?", in_reply_to="1"),
        tweet("3", "RT @toi_x panne", retweet=True),
        tweet("1", "la même"),
        tweet("4", LONG),
        tweet("5", f"@Free {LONG} https://t.co/x"),
        tweet("6", LONG, created_at=AT + timedelta(hours=25)),
        tweet("7", "\n\t "),
        tweet("8", "Bonjour, un incident est en cours", author="Free"),
        tweet("9", "merci", in_reply_to="8", author="u_vip"),
    ]
    raw: list[Written] = [
        (b"u1", value, ((ORIGIN, b"line:7"), (REPLAY_ID, b"r"), ("x", b"\xff"))) for value in garbage[:1]
    ]
    raw += [(b"u1", value, ()) for value in garbage[1:]]
    await feed(settings, [*raw, *map(written, tweets[:9])])
    async with scrubbers(tmp_path) as start:
        scrubber = start(settings, redis_url, DALLOSH_VIP_FILE=str(vips))
        await all_placed(settings, 13)
        await feed(settings, [written(tweets[9])])  # its context comes from the store
        await all_placed(settings, 14)
        assert await scrubber.metric("dallosh_noise_total") is not None
        assert await scrubber.stop() == 0, scrubber.text()
        log = scrubber.text()
    found = await placed(settings)
    kept = decoded(found[SCRUBBED])
    assert sorted(kept) == ["1", "2", "4", "6", "9"]
    assert kept["1"].scrubbed == "mon numéro est le [PHONE_1], @u1"
    assert kept["2"].scrubbed == "@u1 le [PHONE_1] ou le [PHONE_2] ?"
    assert (kept["2"].context_id, kept["2"].context) == (
        "1", Context(scrubbed=kept["1"].scrubbed, text=kept["1"].text, author=kept["1"].author),
    )  # fmt: skip
    assert kept["9"].context == Context(scrubbed=tweets[8].text, text=tweets[8].text, author=tweets[8].author)
    assert [one.id for one in kept.values() if one.vip] == ["9"]
    noise = [decode(record.value, NoiseRecord) for record in found[NOISE]]
    assert {(one.id, one.reason) for one in noise} == {
        ("3", "retweet"), ("1", "duplicate"), ("5", "near_duplicate"), ("7", "empty"),
    }  # fmt: skip
    assert [(record.key, decode(record.value, Tweet).official) for record in found[OFFICIAL]] == [(b"8", True)]
    dead = found[RAW_DEAD_LETTER]
    assert sorted((record.value for record in dead), key=str) == sorted(garbage, key=str)
    assert {text_of(record.headers, ERROR_STAGE) for record in dead} == {"scrubber"}
    (first,) = [record for record in dead if record.value == garbage[0]]
    assert (text_of(first.headers, ORIGIN), dict(first.headers)["x"], first.key) == ("line:7", b"\xff", b"u1")
    places = await places_of(settings)
    assert all(len(topics) == 1 for topics in places.values())
    assert all(word not in log for word in ("Vierzon", "toi_x", "12345678", "u_vip"))


async def test_redis_killed_and_back_loses_nothing(
    settings: Settings, own_redis: EmbeddedRedis, tmp_path: Path
) -> None:
    """While it is down duplicates pass (the router drops them later); once it is back they are noticed again."""
    await create(settings, (RAW, *PLACES))
    url = own_redis.start()
    batches = [[written(tweet(f"{batch}-{i}", f"souci {i}", author=f"u{i}")) for i in range(300)] for batch in range(3)]
    async with scrubbers(tmp_path) as start:
        scrubber = start(settings, url)
        await feed(settings, batches[0])
        await all_placed(settings, 300)
        own_redis.kill()
        await feed(settings, batches[1])
        await all_placed(settings, 600, timeout_s=15)
        await feed(settings, batches[0])  # duplicates that nobody can see now
        await all_placed(settings, 900, timeout_s=15)
        assert NOISE not in await placed(settings)
        assert own_redis.start() == url
        await scrubber.logged("state_found")
        await feed(settings, batches[2])
        await all_placed(settings, 1200)
        await feed(settings, batches[2])
        await all_placed(settings, 1500)
        assert (await scrubber.metric("dallosh_records_in_total") or 0) == 1500
        assert scrubber.n_events("state_lost") == 1
        assert await scrubber.stop() == 0, scrubber.text()
    found = await placed(settings)
    assert (len(found[SCRUBBED]), len(found[NOISE])) == (1200, 300)
    assert set(await places_of(settings)) == await origins_of_input(settings)


async def test_a_worker_killed_again_and_again_never_takes_a_tweet_for_its_own_duplicate(
    settings: Settings, redis_url: str, tmp_path: Path
) -> None:
    settings = settings.model_copy(update={"poll_records": 25})  # slow, so that the kills fall inside the work
    await create(settings, (RAW, *PLACES))
    n_tweets = 10_000
    tweets = [tweet(str(i), f"souci numéro {i} depuis ce matin à Vierzon", author=f"u{i % 500}")
              for i in range(n_tweets)]  # fmt: skip
    await feed(settings, [written(one) for one in tweets])
    await feed(settings, [written(one) for one in tweets[::10]])
    n_records = n_tweets + n_tweets // 10
    async with scrubbers(tmp_path) as start:
        for _ in range(3):
            n_before = len(await places_of(settings))
            assert n_before < n_records - 500, "too fast: no kill fell inside the work"
            scrubber = start(settings, redis_url)
            await all_placed(settings, n_before + 500)
            scrubber.kill()
        last = start(settings, redis_url)
        await all_placed(settings, n_records)
        assert await last.stop() == 0, last.text()
    places = await places_of(settings)
    assert set(places) == await origins_of_input(settings)
    assert all(len(topics) == 1 for topics in places.values())
    noise = [decode(record.value, NoiseRecord) for record in (await placed(settings))[NOISE]]
    assert {one.reason for one in noise} == {"duplicate"}
    assert {one.id for one in noise} == {one.id for one in tweets[::10]}
    assert sum(topics == {NOISE} for topics in places.values()) == n_tweets // 10


async def test_a_missing_file_of_vips_stops_the_stage_with_a_remedy(
    settings: Settings, redis_url: str, tmp_path: Path
) -> None:
    await create(settings, (RAW, *PLACES))
    async with scrubbers(tmp_path) as start:
        scrubber = start(settings, redis_url, DALLOSH_VIP_FILE=str(tmp_path / "nowhere"))
        assert await scrubber.exit_code() == 2
        assert "vip_file cannot be read" in scrubber.text()
