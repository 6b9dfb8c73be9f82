"""`dallosh forget` on a real broker and Redis: one of two authors goes, and the list of what remains is exact."""

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from msgspec.structs import replace
from redis.asyncio import Redis

from schemas.classification import ClassifiedTweet, Labels
from schemas.codec import decode, encode
from schemas.headers import ORIGIN, Header
from schemas.operations import Command, Disposition
from schemas.taxonomy import Level, Origin, Stage
from schemas.topics import (
    CLASSIFIED,
    COMMANDS,
    DEAD_LETTER,
    DISPOSITIONS,
    HOUR_MS,
    INPUT_OF,
    RAW,
    RAW_DEAD_LETTER,
    SCRUBBED,
    TOPICS,
    name_in,
)
from schemas.tweet import Context, ScrubbedTweet, Tweet
from streams.core.authors import handle_digest
from streams.core.cascade import Answer
from streams.core.dead_letters import dead_letter, refused_row
from streams.core.forgetting import Subject
from streams.core.kept import Question
from streams.core.noise import near_key
from streams.core.recent import Marks, NearMark
from streams.core.record_id import RecordId
from streams.kafka.topics import create_topics
from streams.settings import Settings
from streams.state.kept import KeptStore
from streams.state.recent import RecentStore
from streams.state.redis import connect, key_prefix
from tests.integration.router_rig import command, environment, produce, read_all, settings_for, tweet

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEAVES, STAYS = "Max_Lune", "zoe_soleil"
COMPACTED, BILLING = "service.other", "service.billing"
NOTHING_FOUND = 3
AGES: Final = {
    RAW: (timedelta(days=1), timedelta(hours=1)),
    SCRUBBED: (timedelta(hours=1), timedelta(hours=2)),  # as `settings` has the broker keep it
    CLASSIFIED: (timedelta(days=7), timedelta(hours=7)),
    BILLING: (timedelta(days=7), timedelta(hours=7)),
    RAW_DEAD_LETTER: (timedelta(days=3), timedelta(hours=3)),
    DEAD_LETTER: (timedelta(days=7), timedelta(hours=7)),
}
"""How long a topic keeps a record, and how long a segment takes records."""


class Failed(NamedTuple):
    """A record as a stage read it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


class Put(NamedTuple):
    """A record to write, and what it has to do with the one who leaves."""

    topic: str
    key: bytes | None
    value: bytes | None
    relation: str | None
    headers: tuple[Header, ...] = ()


def raw(number: int, author: str, text: str = "") -> Tweet:
    said = text or f"plus de réseau chez moi depuis hier {number}"
    return Tweet(id=str(number), created_at=NOW, text=said, author=author)


def classified(number: int, author: str, **changes: Any) -> ClassifiedTweet:
    return replace(tweet(number), id=str(number), author=author, **changes)


def answer(one: ClassifiedTweet) -> Answer:
    labels = Labels(**{name: getattr(one, name) for name in Labels.__struct_fields__})
    return Answer(labels, one.model, one.classified_at)


def by_id(topic: str, value: Tweet, relation: str | None) -> Put:
    return Put(topic, value.id.encode(), encode(value), relation, ((ORIGIN, f"0:{value.id}".encode()),))


def buried(topic: str, stage: Stage, key: bytes, value: bytes, relation: str | None) -> Put:
    record = Failed(INPUT_OF[stage], 1, int.from_bytes(key[-2:], "big"), 1, key, value, ())
    made = dead_letter(record, stage=stage, error=ValueError("field id"), now=NOW)
    assert made.topic == topic
    return Put(topic, made.key, made.value, relation, made.headers)


def refused(row: bytes, line: int, relation: str | None) -> Put:
    made = refused_row(row, line=line, source="f.csv", error=ValueError("columns"), now=NOW)
    return Put(made.topic, made.key, made.value, relation, made.headers)


def reply(number: int, author: str, to: int) -> ScrubbedTweet:
    context = Context(scrubbed="…", text=raw(to, "?").text)
    return ScrubbedTweet(
        id=str(number), created_at=NOW, text="pareil ici", author=author, scrubbed="pareil ici", context_id=str(to),
        context=context,
    )  # fmt: skip


QUOTED: Final = Context(scrubbed="…", text="ma box clignote", author=LEAVES)
PUTS: Final = [
    Put(RAW, LEAVES.encode(), encode(raw(101, LEAVES)), "own"),
    Put(RAW, LEAVES.encode(), encode(raw(102, handle_digest(LEAVES))), "own"),
    Put(RAW, STAYS.encode(), encode(raw(201, STAYS)), None),
    Put(RAW, STAYS.encode(), encode(raw(202, STAYS, "demande à @max_lune, il sait")), "mentions"),
    by_id(SCRUBBED, reply(203, STAYS, 103), "quotes"),  # what it quotes is met only behind it, in tweets.classified
    by_id(SCRUBBED, reply(204, STAYS, 201), None),
    by_id(CLASSIFIED, classified(103, LEAVES), "own"),
    by_id(CLASSIFIED, classified(201, STAYS), None),
    by_id(BILLING, classified(101, LEAVES, revision=2), "own"),
    by_id(BILLING, classified(201, STAYS, revision=2), None),
    by_id(COMPACTED, classified(101, LEAVES), "own"),
    by_id(COMPACTED, classified(101, LEAVES, moved_to="billing"), "own"),
    by_id(COMPACTED, classified(201, STAYS), None),
    buried(DEAD_LETTER, Stage.CLASSIFIER, b"101", encode(raw(101, LEAVES)), "own"),
    buried(DEAD_LETTER, Stage.CLASSIFIER, b"201", encode(raw(201, STAYS)), None),
    buried(DEAD_LETTER, Stage.CLASSIFIER, b"205", encode(reply(205, STAYS, 103)), "quotes"),
    by_id(BILLING, classified(206, STAYS, context_id="99", context=QUOTED), "quotes"),  # only it tells of tweet 99
    by_id(SCRUBBED, classified(207, STAYS, text="voir https://x.com/max_lune/status/1"), "mentions"),
    buried(DEAD_LETTER, Stage.ROUTER, b"301", b'{"id":"301","author":"max_lune"\xff', "may_hold"),
    buried(DEAD_LETTER, Stage.ROUTER, b"302", b"{not json \xff", None),
    buried(RAW_DEAD_LETTER, Stage.SCRUBBER, LEAVES.encode(), b"{also broken \xff", "own"),
    refused(b"104;Max_Lune;no columns", 2, "may_hold"),
    refused(b"205;zoe_soleil;no columns", 3, None),
]
N_OWN, N_LETTERS, N_FOUND = 8, 3, 15
NO_KEYS: Final = {"contexts": 0, "ids": 0, "near": 0, "answers": 0}


@pytest.fixture
async def settings(kafka: str, redis_url: str, namespace: str) -> Settings:
    """A deployment whose `service.other` the broker compacts, and whose `tweets.scrubbed` it keeps for an hour."""
    made = settings_for(kafka, namespace, redis_url=redis_url)
    config = {
        COMPACTED: {"cleanup.policy": "compact"},
        SCRUBBED: {"retention.ms": str(HOUR_MS), "segment.ms": str(2 * HOUR_MS)},
    }
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([
            NewTopic(name_in(namespace, topic), made.partitions, 1, topic_configs=config[topic]) for topic in config
        ])  # fmt: skip
    finally:
        await admin.close()
    await create_topics(made)
    for topic in {put.topic for put in PUTS}:
        await produce(made, [(put.key, put.value, put.headers) for put in PUTS if put.topic == topic], topic)
    return made


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    """What the scrubber and the classifiers would have left there, of both."""
    store = RecentStore(settings)
    for number, author in ((101, LEAVES), (102, handle_digest(LEAVES)), (103, LEAVES), (201, STAYS), (203, STAYS)):
        one = raw(number, author) if number != 103 else classified(103, LEAVES)
        key = near_key(one.author, one.text)
        assert key is not None
        mark = NearMark(Origin(f"0:{number}"), 1)
        context = Context(scrubbed=one.text, text=one.text)
        await store.write(Marks({one.id: Origin(f"0:{number}")}, {key: mark}, {one.id: context}))
    await store.close()
    for level, number in ((Level.API, 103), (Level.GPU, 101), (Level.API, 201)):
        kept = KeptStore(settings, level)
        await kept.write({Question(str(number), b"stamp"): answer(classified(number, "any"))})
        await kept.close()
    client = connect(settings)
    yield client
    await client.aclose()


class Done(NamedTuple):
    code: int
    records: list[dict[str, Any]]
    summary: dict[str, Any]
    text: str


async def dallosh(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = environment(settings, ("kafka_bootstrap", "namespace", "redis_url", "data_dir"))
    return await asyncio.to_thread(
        subprocess.run, command(*arguments), env=env, capture_output=True, text=True, timeout=90, check=False
    )


async def forget(settings: Settings, *arguments: str) -> Done:
    done = await dallosh(settings, "forget", "--json", *arguments)
    assert done.stdout, done.stderr
    *records, summary = map(json.loads, done.stdout.splitlines())
    return Done(done.returncode, records, summary, done.stdout + done.stderr)


async def everything(settings: Settings) -> Counter[str]:
    found = await read_all(settings, list(TOPICS), isolation="read_uncommitted")
    return Counter(record.topic.removeprefix(f"{settings.namespace}.") for record in found)


async def keys(settings: Settings, redis: Redis) -> set[bytes]:
    prefix = key_prefix(settings.namespace)
    return {key.removeprefix(prefix) async for key in redis.scan_iter(prefix + b"*")}


async def expected(settings: Settings) -> dict[RecordId, tuple[str, int]]:
    """Where a record is -> relation and timestamp of what was put in, as plain aiokafka finds it."""
    relations = {(put.topic, put.key, put.value): put.relation for put in PUTS}
    places: dict[RecordId, tuple[str, int]] = {}
    for record in await read_all(settings, list({put.topic for put in PUTS})):
        topic = record.topic.removeprefix(f"{settings.namespace}.")
        relation = relations.get((topic, record.key, record.value))
        if relation is not None:
            places[RecordId(topic, record.partition, record.offset)] = (relation, record.timestamp)
    return places


def names_nobody(text: str) -> bool:
    return not any(name in text.lower() for name in ("lune", handle_digest(LEAVES), "soleil", "réseau"))


async def test_a_dry_run_lists_exactly_what_is_the_author_s_and_writes_nothing(
    settings: Settings, redis: Redis
) -> None:
    before, held = await everything(settings), await keys(settings, redis)
    done = await forget(settings, "--author", "@max_LUNE")
    assert (await everything(settings), await keys(settings, redis)) == (before, held)
    assert done.code == 0, done.text
    places = await expected(settings)
    assert len(places) == N_FOUND
    assert Counter((one["topic"], one["partition"], one["offset"], one["relation"]) for one in done.records) == Counter(
        (*place, relation) for place, (relation, _) in places.items()
    )
    for one in done.records:
        _, timestamp = places[RecordId(one["topic"], one["partition"], one["offset"])]
        written = datetime.fromtimestamp(timestamp / 1000, UTC)
        assert datetime.fromisoformat(one["written_at"]) == written
        if one["topic"] == COMPACTED:
            assert (one["ends"], one["expires_at"], one["gone_by"]) == ("compaction", None, None)
            continue
        age, segment = AGES[one["topic"]]
        assert datetime.fromisoformat(one["expires_at"]) == written + age
        assert datetime.fromisoformat(one["gone_by"]) == written + age + segment
    said = done.summary
    assert (said["executed"], said["command_id"], said["proof"], said["tombstones"]) == (False, None, None, 1)
    assert said["found"] == {"own": N_OWN, "quotes": 3, "mentions": 2, "may_hold": 2}
    assert (said["remaining"], said["endless"], said["tweets"], said["discarded"]) == (N_FOUND, 2, 4, N_LETTERS)
    assert said["redis"] == {"contexts": 3, "ids": 3, "near": 3, "answers": 2}
    assert names_nobody(done.text)
    people = await dallosh(settings, "forget", "--author", "@max_LUNE")
    assert len(people.stdout.splitlines()) == N_FOUND
    assert people.stderr.splitlines()[-1] == "Dry run: nothing was written. Remove with --yes"
    assert names_nobody(people.stdout + people.stderr)


async def test_an_author_is_forgotten_and_the_other_stays(settings: Settings, redis: Redis) -> None:
    before = await everything(settings)
    done = await forget(settings, "--author", LEAVES, "--yes", "--why", "case 14")
    assert done.code == 0, done.text
    assert names_nobody(done.text)
    after = await everything(settings)
    assert after - before == Counter({COMMANDS: 1, DISPOSITIONS: N_LETTERS, COMPACTED: 1})

    lasts = {record.key: record.value for record in await read_all(settings, [COMPACTED])}
    assert lasts[b"101"] is None
    assert decode(lasts[b"201"], ClassifiedTweet).author == STAYS
    assert await keys(settings, redis) == {
        prefix + number for prefix in (b"ctx:", b"id:") for number in (b"201", b"203")
    } | {b"near:" + (near_key(STAYS, raw(number, STAYS).text) or b"") for number in (201, 203)} | {b"kept:api:201"}

    (record,) = await read_all(settings, [COMMANDS])
    assert names_nobody(str(record))
    command_id = done.summary["command_id"]
    made = decode(record.value, Command)
    assert (record.key.decode(), made.id, made.verb, made.why, made.outcome) == (
        command_id, command_id, "forget", "case 14", "done",
    )  # fmt: skip
    assert (made.n_records, made.arguments["redis_keys"], made.arguments["tombstones"]) == (N_FOUND, "11", "1")
    assert made.arguments["proof"] == done.summary["proof"] == Subject.of_author(LEAVES).proof(command_id)
    assert made.who

    verdicts = [decode(record.value, Disposition) for record in await read_all(settings, [DISPOSITIONS])]
    assert {(one.topic, one.verdict, one.command_id) for one in verdicts} == {
        (topic, "discarded", command_id) for topic in (DEAD_LETTER, RAW_DEAD_LETTER)
    }
    listed = (await dallosh(settings, "dlq", "ls", "--json")).stdout.splitlines()
    replayed = json.loads((await dallosh(settings, "dlq", "replay", "--json")).stdout)
    assert replayed["replay"] == 1 + 2  # of the other author, and what cannot be read
    assert (
        json.loads(listed[-1])["matched"]
        == sum(put.topic in (DEAD_LETTER, RAW_DEAD_LETTER) for put in PUTS) - N_LETTERS
    )

    again = await forget(settings, "--author", LEAVES, "--yes")
    assert (again.code, again.summary["remaining"], again.summary["tombstones"]) == (0, N_FOUND, 0)
    assert (again.summary["discarded"], again.summary["redis"]) == (0, NO_KEYS)
    assert (await everything(settings)) - after == Counter({COMMANDS: 1})


async def test_one_tweet_is_forgotten_and_the_others_of_its_author_stay(settings: Settings, redis: Redis) -> None:
    held = await keys(settings, redis)
    done = await forget(settings, "--tweet", "103", "--yes")
    assert done.code == 0, done.text
    assert sorted((one["topic"], one["relation"]) for one in done.records) == [
        (CLASSIFIED, "own"), (DEAD_LETTER, "quotes"), (SCRUBBED, "quotes"),
    ]  # fmt: skip
    gone = held - await keys(settings, redis)
    near = near_key(LEAVES, classified(103, LEAVES).text) or b""
    assert gone == {b"ctx:103", b"id:103", b"near:" + near, b"kept:api:103"}
    assert done.summary["redis"] == dict.fromkeys(NO_KEYS, 1)


async def test_without_redis_the_topics_are_dealt_with_and_the_rest_is_said(settings: Settings, tmp_path: Path) -> None:
    for url in ("", "redis://127.0.0.1:1/0"):
        alone = settings.model_copy(update={"redis_url": url, "data_dir": tmp_path})
        dry = await forget(alone, "--author", LEAVES)
        assert (dry.code, dry.summary["remaining"], dry.summary["redis"]) == (1, N_FOUND, None)
    people = await dallosh(alone, "forget", "--author", LEAVES, "--yes")
    assert people.returncode == 1
    assert "Contexts, marks and answers in Redis were NOT removed. Redis does not answer" in people.stderr
    assert {record.key: record.value for record in await read_all(settings, [COMPACTED])}[b"101"] is None
    (record,) = await read_all(settings, [COMMANDS])
    made = decode(record.value, Command)
    assert (made.outcome, made.arguments["redis_keys"]) == ("failed", "not reached")


async def test_nobody_is_found_and_that_is_on_record(settings: Settings) -> None:
    done = await forget(settings, "--author", "nobody_at_all", "--yes")
    assert (done.code, done.records, done.summary["remaining"]) == (NOTHING_FOUND, [], 0)
    (record,) = await read_all(settings, [COMMANDS])
    assert decode(record.value, Command).n_records == 0


@pytest.mark.parametrize("yes", [(), ("--yes",)])
async def test_without_topics_or_a_broker_the_remedy_is_named(kafka: str, namespace: str, yes: tuple[str, ...]) -> None:
    for bootstrap, said in (
        (kafka, "the broker has none of our topics"),
        ("127.0.0.1:1", "the broker did not answer: KafkaConnectionError"),
    ):
        done = await dallosh(settings_for(bootstrap, namespace), "forget", "--author", LEAVES, *yes)
        assert done.returncode == 1
        assert said in done.stderr
        assert names_nobody(done.stderr)
