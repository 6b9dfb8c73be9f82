"""`dallosh consume` on a real broker: order, revisions, moves, groups, and what reaches the terminal."""

import asyncio
import json
import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from schemas.classification import ClassifiedTweet
from schemas.codec import encode
from schemas.taxonomy import Priority, Topic
from schemas.topics import name_in
from streams.kafka.embedded import EmbeddedKafka
from streams.settings import Settings
from tests.integration.router_rig import (
    command,
    create,
    dallosh,
    environment,
    produce,
    settings_for,
    tweet,
    until,
    written,
)

pytestmark = pytest.mark.integration

TOPIC = "service.billing"
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
async def settings(kafka: str, namespace: str) -> Settings:
    made = settings_for(kafka, namespace)
    await create(made, [TOPIC])
    return made


def bill(number: int, priority: Priority = 1, age_h: int = 1, **changes: Any) -> ClassifiedTweet:
    """An invented tweet for the billing team."""
    return tweet(number, Topic.BILLING, priority=priority, created_at=NOW - timedelta(hours=age_h), **changes)


async def route(settings: Settings, *tweets: ClassifiedTweet) -> None:
    """Writes them to the service's topic as the router does, in this order."""
    for one in tweets:
        await produce(settings, [written(one)], TOPIC)


async def read(settings: Settings, *arguments: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Runs the command with --json; returns the tweets and the summary."""
    done = await dallosh(settings, "consume", "billing", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    *tweets, summary = map(json.loads, done.stdout.splitlines())
    return tweets, summary


def numbers(tweets: list[dict[str, Any]]) -> list[int]:
    return [int(one["id"]) - 1_000_000 for one in tweets]


async def test_top_is_by_priority_then_age_and_the_rest_by_age(settings: Settings) -> None:
    await route(settings, bill(1, 0, 9), bill(2, 2, 1), bill(3, 1, 5), bill(4, 2, 3), bill(5, 0, 8))
    tweets, summary = await read(settings, "--top", "4", "--since", "24h")
    assert numbers(tweets) == [4, 2, 3, 1]
    assert summary == {"service": "billing", "shown": 4, "by_priority": {"2": 2, "1": 1, "0": 1}, "moved": 0}
    assert numbers((await read(settings))[0]) == [1, 5, 3, 4, 2]
    assert numbers((await read(settings, "--priority", "2", "--priority", "1", "--limit", "2"))[0]) == [3, 4]
    assert numbers((await read(settings, "--top", "3", "--priority", "0"))[0]) == [1, 5]


async def test_since_looks_at_when_it_was_routed_and_top_at_the_last_day(settings: Settings) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    await producer.start()
    for number, age_h in ((1, 48), (2, 5)):
        at_ms = int((NOW - timedelta(hours=age_h)).timestamp() * 1000)
        value = encode(bill(number, 2, age_h=100))
        await producer.send_and_wait(name_in(settings.namespace, TOPIC), value, timestamp_ms=at_ms)
    await producer.stop()
    assert numbers((await read(settings))[0]) == [1, 2]
    assert numbers((await read(settings, "--top", "9"))[0]) == [2]
    assert numbers((await read(settings, "--top", "9", "--since", "7d"))[0]) == [1, 2]
    assert numbers((await read(settings, "--since", "3h"))[0]) == []


async def test_the_newest_revision_stands_and_what_moved_away_is_gone(settings: Settings) -> None:
    await route(
        settings, bill(1), bill(2), bill(3, 0), bill(1, revision=2, moved_to="technical"), bill(3, 2, revision=2),
        bill(4), bill(4, revision=2, moved_to="other"), bill(4, revision=3),
    )  # fmt: skip
    tweets, summary = await read(settings, "--top", "9")
    assert [(number, one.get("revision", 1)) for number, one in zip(numbers(tweets), tweets, strict=True)] == [
        (3, 2), (2, 1), (4, 3),
    ]  # fmt: skip
    assert summary["shown"] == 3


async def test_what_is_no_tweet_is_named_by_its_place_and_skipped(settings: Settings) -> None:
    await produce(settings, [(b"1", b"{not json", ())], TOPIC)
    await route(settings, bill(2))
    done = await dallosh(settings, "consume", "billing", "--json")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 2
    assert re.search(r"skipped \S+service\.billing:\d:0: ", done.stderr)


async def test_no_control_character_of_a_tweet_reaches_the_terminal(settings: Settings) -> None:
    await route(
        settings, bill(1, 2, text="remboursez \x1b[2J\x1b]0;titre\x07 moi\r\nvite\x9b31m \u202e€€", author="a\x1b9")
    )
    for arguments in (["--top", "5"], [], ["--follow", "--from-beginning", "--limit", "1"]):
        done = await dallosh(settings, "consume", "billing", *arguments)
        assert "remboursez" in done.stdout
        assert not [char for char in done.stdout + done.stderr if not char.isprintable() and char != "\n"]
        as_json = await dallosh(settings, "consume", "billing", "--json", *arguments)
        assert not [char for char in as_json.stdout if not char.isprintable() and char != "\n"]
        assert json.loads(as_json.stdout.splitlines()[0])["text"].endswith("vite\x9b31m \u202e€€")


async def test_people_see_what_to_do_and_why(settings: Settings) -> None:
    await route(settings, bill(1, 2, age_h=3, text="double prélèvement", vip=True), bill(2, 0))
    done = await dallosh(settings, "consume", "billing", "--top", "5")
    assert "double prélèvement" in done.stdout
    assert re.search(r"2 +│ 3 h +│ billing +│", done.stdout)
    assert "VIP · auteur1 · 1000001" in done.stdout
    assert done.stderr == "2 tweets of billing: 1 of priority 2, 0 of priority 1, 1 of priority 0\n"


async def test_a_group_goes_on_where_it_stopped(settings: Settings) -> None:
    await route(settings, *(bill(number) for number in range(1, 4)))
    first, summary = await read(settings, "--follow", "--group", "team", "--limit", "2")
    assert summary["shown"] == 2
    await route(settings, bill(4), bill(5))
    second, _ = await read(settings, "--follow", "--group", "team", "--limit", "3")
    assert sorted(numbers(first) + numbers(second)) == [1, 2, 3, 4, 5]


async def test_following_shows_what_comes_and_tells_of_moves_whatever_the_priority(settings: Settings) -> None:
    await route(settings, bill(1, 2))
    process = await asyncio.to_thread(
        subprocess.Popen, command("consume", "billing", "--follow", "--priority", "2", "--limit", "3"),
        env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:

        async def ended() -> bool:  # it says nothing when it is ready, so tweets keep coming until it has seen three
            await route(settings, bill(2, 0), bill(3, 0, revision=2, moved_to="technical"))
            return process.poll() is not None

        await until(ended)
        out, err = await asyncio.to_thread(process.communicate)
    finally:
        process.kill()
    assert out.splitlines() == ["--        1000003 moved to technical"] * 3
    assert err.startswith("0 tweets of billing")
    assert process.returncode == 0


async def test_an_interrupt_ends_a_follow_in_order(settings: Settings) -> None:
    await route(settings, bill(1))
    process = await asyncio.to_thread(
        subprocess.Popen, command("consume", "billing", "--follow", "--group", "g", "--json"),
        env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert json.loads(await asyncio.to_thread(process.stdout.readline))["id"] == "1000001"
        process.send_signal(signal.SIGINT)
        out, err = await asyncio.to_thread(process.communicate, timeout=20)
    finally:
        with process:
            process.kill()
    assert (json.loads(out)["shown"], err, process.returncode) == (1, "", 0)


async def test_without_the_topic_the_remedy_is_named(kafka: str, namespace: str) -> None:
    for arguments in ([], ["--follow"], ["--follow", "--group", "g"]):
        done = await dallosh(settings_for(kafka, namespace), "consume", "billing", *arguments)
        assert done.returncode == 1
        assert done.stderr == f"dallosh: no topic {namespace}.service.billing. Run dallosh topics create\n"


async def test_the_embedded_broker_is_found_and_no_redis_is_needed(
    own_kafka: EmbeddedKafka, namespace: str, tmp_path: Path
) -> None:
    settings = settings_for(own_kafka.bootstrap, namespace, data_dir=tmp_path / "own")
    await create(settings, [TOPIC])
    await route(settings, bill(1))
    env = environment(settings, ("data_dir", "namespace"))
    done = await asyncio.to_thread(
        subprocess.run, command("consume", "billing", "--json"), env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["id"] == "1000001"
