"""Real router processes on a real broker, and an independent reader that counts what they wrote."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from msgspec.structs import replace

from agents.cli.worker import topics_of
from schemas.classification import ClassifiedTweet
from schemas.codec import encode
from schemas.headers import ORIGIN, Header, text_of
from schemas.taxonomy import Level, Sentiment, Stage, Topic
from schemas.topics import CLASSIFIED, SERVICE_TOPICS, TOPICS, name_in
from streams.settings import Settings, load_settings

N_PARTITIONS: Final = 3
OF_THE_ROUTER: Final = topics_of(Stage.ROUTER)
"""What it reads and writes: a topic costs the broker 40 ms of processor time, all of them a second."""
OF_THE_PIPE: Final = tuple(name for name, spec in TOPICS.items() if spec.owner not in {"crisis", "audit"})
"""What tweets, their letters and an operator's commands go through."""
PROJECT_DIR: Final = Path(__file__).resolve().parents[2]
_LABELS: Final = tuple(Topic)
PROGRAM: Final = """
import sys
from agents.router import run
from streams.settings import load_settings
sys.exit(run(load_settings()))
"""

Written = tuple[bytes | None, bytes | None, tuple[Header, ...]]


def settings_for(bootstrap: str, namespace: str, **changes: object) -> Settings:
    """Settings with short timeouts, so that a test sees sessions end."""
    fast = {"session_timeout_s": 6.0, "drain_timeout_s": 4.0, "exit_timeout_s": 10.0, "delivery_timeout_s": 20.0}
    return load_settings(kafka_bootstrap=bootstrap, namespace=namespace, partitions=N_PARTITIONS, **{**fast, **changes})


async def create(settings: Settings, topics: Iterable[str] = OF_THE_PIPE) -> None:
    """Creates topics of the registry, those of tweets with the settings' partition count."""
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        await admin.create_topics([
            NewTopic(name_in(settings.namespace, topic), TOPICS[topic].partitions or settings.partitions, 1)
            for topic in topics
        ])  # fmt: skip
    finally:
        await admin.close()
    await until(lambda: _are_served(settings, topics))


async def _are_served(settings: Settings, topics: Iterable[str]) -> bool:
    """Asks the leaders themselves: metadata name them, or the topics, seconds before they answer, or after."""
    names = {name_in(settings.namespace, topic): TOPICS[topic].partitions or settings.partitions for topic in topics}
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap)
    await consumer.start()
    try:
        known = await consumer.topics()
        if not set(names) <= known:
            return False
        await consumer.end_offsets([TopicPartition(name, p) for name, n in names.items() for p in range(n)])
    finally:
        await consumer.stop()
    return True


def tweet(number: int, topic: Topic | None = None, **changes: Any) -> ClassifiedTweet:
    """An invented classified tweet; the topics take turns."""
    label = topic or _LABELS[number % len(_LABELS)]
    text = f"souci numéro {number} depuis hier"
    made = ClassifiedTweet(
        id=str(1_000_000 + number), created_at=datetime(2026, 1, 1, tzinfo=UTC), text=text,
        author=f"auteur{number % 50}", scrubbed=text, sentiment=Sentiment.NEGATIVE,
        priority=1, main_topic=label, confidence_sentiment=0.9, confidence_priority=0.8, confidence_main_topic=0.7,
        level=Level.BERT, model="bert-test", classified_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    return replace(made, **changes)


def written(record: ClassifiedTweet, origin: str | None = None) -> Written:
    """The record as the classifier writes it; by default each id has an origin of its own."""
    return record.id.encode(), encode(record), ((ORIGIN, (origin or f"0:{record.id}").encode()),)


async def produce(settings: Settings, records: Sequence[Written], topic: str = CLASSIFIED) -> None:
    """Writes records and waits for each acknowledgement."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        name = name_in(settings.namespace, topic)
        await asyncio.gather(*[await producer.send(name, value, key, headers=list(headers))
                               for key, value, headers in records])  # fmt: skip
    finally:
        await producer.stop()


def partitions_of(settings: Settings, topics: Iterable[str]) -> list[TopicPartition]:
    """Returns every partition of these topics of the registry."""
    return [
        TopicPartition(name_in(settings.namespace, topic), partition)
        for topic in topics
        for partition in range(TOPICS[topic].partitions or settings.partitions)
    ]


async def read_all(
    settings: Settings, topics: Sequence[str], *, isolation: str = "read_committed"
) -> list[ConsumerRecord]:
    """Reads whole topics of the registry with plain aiokafka, by position; no code of ours takes part."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka_bootstrap, isolation_level=isolation)
    await consumer.start()
    found: list[ConsumerRecord] = []
    try:
        tps = partitions_of(settings, topics)
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        for tp, offset in (await consumer.beginning_offsets(tps)).items():
            consumer.seek(tp, offset)
        left = set(tps)
        deadline = time.monotonic() + 30
        while left := {tp for tp in left if await consumer.position(tp) < ends[tp]}:
            for records in (await consumer.getmany(*left, timeout_ms=200)).values():
                found += records
            assert time.monotonic() < deadline, f"{len(left)} partitions were not read to their ends"
    finally:
        await consumer.stop()
    return found


async def routed(settings: Settings) -> Counter[tuple[str, bytes]]:
    """Counts (topic, key) over the service topics, without namespace."""
    records = await read_all(settings, SERVICE_TOPICS)
    prefix = f"{settings.namespace}."
    return Counter((record.topic.removeprefix(prefix), record.key) for record in records)


async def until(condition: Callable[[], Awaitable[bool]], timeout_s: float = 40.0) -> None:
    """Polls a condition until it holds.

    Raises:
        AssertionError: it did not hold in time.
    """
    deadline = time.monotonic() + timeout_s
    while not await condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        await asyncio.sleep(0.2)


async def settled(settings: Settings, n_origins: int, timeout_s: float = 40.0) -> None:
    """Waits until so many different origins stand in the service topics."""

    async def enough() -> bool:
        records = await read_all(settings, SERVICE_TOPICS)
        return len({text_of(record.headers, ORIGIN) for record in records}) >= n_origins

    await until(enough, timeout_s)


def environment(settings: Settings, names: Iterable[str] = ("kafka_bootstrap", "namespace")) -> dict[str, str]:
    """The environment of a process that shall see these settings, and no others of ours."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("DALLOSH_")}
    return env | {"DALLOSH_ENV_FILE": ""} | {f"DALLOSH_{name.upper()}": str(getattr(settings, name)) for name in names}


def command(*arguments: str) -> list[str]:
    """The `dallosh` command as a list of arguments."""
    return [sys.executable, "-c", "from agents.cli.main import main; main()", *arguments]


async def dallosh(settings: Settings, *arguments: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Runs a command of ours in a process of its own; `returncode`, `stdout` and `stderr` are for the caller."""
    env = environment(settings, ("kafka_bootstrap", "namespace", "replay_max"))
    return await asyncio.to_thread(
        subprocess.run, command(*arguments), env=env, capture_output=True, text=True, timeout=timeout_s, check=False
    )


class RouterProcess:
    """A router in a process of its own."""

    def __init__(self, settings: Settings, log: Path, program: str = PROGRAM) -> None:
        env = environment(settings, (
            "kafka_bootstrap", "namespace", "worker_id", "session_timeout_s", "drain_timeout_s", "exit_timeout_s",
            "delivery_timeout_s", "poll_records",
        ))  # fmt: skip
        self.log = log
        with log.open("ab") as out:
            self.process = subprocess.Popen([sys.executable, "-c", program], env=env, stdout=out, stderr=out)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Ends it at once, as the machine's failure would."""
        self.process.kill()
        self.process.wait(10)

    async def exit_code(self, timeout_s: float = 20.0) -> int:
        """Waits for its end."""
        return await asyncio.to_thread(self.process.wait, timeout_s)

    def text(self) -> str:
        """Its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")
