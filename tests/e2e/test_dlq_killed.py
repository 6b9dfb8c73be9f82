"""`dallosh dlq replay` killed -9 twenty times on its way: counted from the topics, nothing is lost nor sent twice."""

import asyncio
import json
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas import headers as names
from schemas.codec import decode
from schemas.headers import text_of
from schemas.operations import Command, Disposition
from schemas.taxonomy import Stage
from schemas.topics import COMMANDS, DEAD_LETTER, DEAD_LETTER_TOPICS, DISPOSITIONS, SCRUBBED, name_in
from streams.core.dead_letters import dead_letter
from streams.settings import Settings
from tests.integration.router_rig import (
    N_PARTITIONS,
    command,
    create,
    dallosh,
    environment,
    produce,
    read_all,
    settings_for,
    tweet,
    written,
)
from tests.integration.test_dlq import Failed

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

PARTIAL: Final = 4
N_KILLS: Final = 20
N_LETTERS: Final = 2_000
RATE: Final = "200"  # blocks of 20 letters, ten a second
MAX_DELAY_S: Final = 0.15
POLL_S: Final = 0.002
START_TIMEOUT_S: Final = 60.0
NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
TOPICS: Final = (*DEAD_LETTER_TOPICS, SCRUBBED, DISPOSITIONS, COMMANDS)


class Watch:
    """Sees how far the destination is written, and how far what is written is committed."""

    def __init__(self, settings: Settings, written: AIOKafkaConsumer, committed: AIOKafkaConsumer) -> None:
        name = name_in(settings.namespace, SCRUBBED)
        self._partitions = [TopicPartition(name, number) for number in range(N_PARTITIONS)]
        self._written, self._committed = written, committed

    async def n_written(self) -> int:
        return sum((await self._written.end_offsets(self._partitions)).values())

    async def has_committed(self) -> bool:
        stable = await self._committed.end_offsets(self._partitions)
        return any(offset > 0 for offset in stable.values())

    async def is_open(self) -> bool:
        """Whether a transaction is under way in the destination: its last stable offsets stay behind."""
        stable = await self._committed.end_offsets(self._partitions)
        ends = await self._written.end_offsets(self._partitions)
        return any(stable[tp] < ends[tp] for tp in self._partitions)


@asynccontextmanager
async def watching(settings: Settings) -> AsyncIterator[Watch]:
    bootstrap = settings.kafka_bootstrap
    written = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    committed = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level="read_committed")
    await asyncio.gather(written.start(), committed.start())
    try:
        yield Watch(settings, written, committed)
    finally:
        await asyncio.gather(written.stop(), committed.stop())


@asynccontextmanager
async def replaying(settings: Settings, watch: Watch, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Starts a replay, and hands it on when it has written; ends it when it is still there."""
    before = await watch.n_written()
    process = await asyncio.create_subprocess_exec(
        *command("dlq", "replay", "--yes", "--why", "stopped on its way", *options), env=environment(settings),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip

    async def has_written() -> bool:
        return await watch.n_written() > before

    try:
        await _soon(process, has_written)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def killed(settings: Settings, watch: Watch, rng: random.Random, *, mid_transaction: bool) -> None:
    """Kills a replay on its way: within a transaction, or at any instant."""
    async with replaying(settings, watch, "--rate", RATE) as process:
        await asyncio.sleep(rng.uniform(0, MAX_DELAY_S))
        if mid_transaction:
            await _soon(process, watch.is_open)
    assert process.returncode == -signal.SIGKILL


async def _soon(process: asyncio.subprocess.Process, holds: Callable[[], Awaitable[bool]]) -> None:
    """Waits until something holds, or the process has ended; looks again at once."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.returncode is None and not await holds():
        assert time.monotonic() < deadline, "the replay did not get so far"
        await asyncio.sleep(POLL_S)


def letters() -> list[tuple[bytes | None, bytes | None, Any]]:
    made = []
    for number in range(N_LETTERS):
        key, value, headers = written(tweet(number), origin=f"1:{number}")
        record = Failed(SCRUBBED, 1, number, 1, key, value, headers)
        output = dead_letter(record, stage=Stage.CLASSIFIER, error=ValueError("field id"), now=NOW)
        made.append((output.key, output.value, output.headers))
    return made


def origins(records: Sequence[Any]) -> Counter[str | None]:
    return Counter(text_of(record.headers, names.ORIGIN) for record in records)


async def test_a_replay_killed_twenty_times_loses_and_repeats_nothing(kafka: str, namespace: str) -> None:
    settings, rng = settings_for(kafka, namespace), random.Random(7)
    await create(settings, TOPICS)
    buried = letters()
    await produce(settings, buried, DEAD_LETTER)
    async with watching(settings) as watch:
        for number in range(N_KILLS):
            await killed(settings, watch, rng, mid_transaction=number % 2 == 0)
    n_sent = len(await read_all(settings, [SCRUBBED]))
    assert 0 < n_sent < N_LETTERS, "the kills did not come on the way"

    done = await dallosh(settings, "dlq", "replay", "--yes", "--why", "the rest", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["sent"] == N_LETTERS - n_sent
    back = await read_all(settings, [SCRUBBED])
    assert origins(back) == Counter({f"1:{number}": 1 for number in range(N_LETTERS)})
    values = {key: value for key, value, _ in buried}
    assert all(record.value == values[record.key] for record in back)
    aborted = len(await read_all(settings, [SCRUBBED], isolation="read_uncommitted")) - len(back)
    assert aborted > 0, "no kill came in the middle of a transaction"

    decided = Counter(record.key.decode() for record in await read_all(settings, [DISPOSITIONS]))
    prefix = name_in(namespace, "")
    places = {
        f"{record.topic.removeprefix(prefix)}:{record.partition}:{record.offset}"
        for record in await read_all(settings, [DEAD_LETTER])
    }
    assert decided == Counter(dict.fromkeys(places, 1))
    made = [decode(record.value, Disposition) for record in await read_all(settings, [DISPOSITIONS])]
    assert {(one.verdict, one.destination) for one in made} == {("replayed", SCRUBBED)}
    on_record = {one.id: one.n_records for one in map(_command, await read_all(settings, [COMMANDS]))}
    assert sum(on_record.values()) == N_LETTERS  # the last record of each command tells how far it came
    assert {text_of(record.headers, names.REPLAY_ID) for record in back} == set(on_record)


async def test_an_interrupted_replay_says_what_was_sent(kafka: str, namespace: str) -> None:
    settings = settings_for(kafka, namespace)
    await create(settings, TOPICS)
    await produce(settings, letters()[:200], DEAD_LETTER)
    async with watching(settings) as watch, replaying(settings, watch, "--rate", "10", "--json") as process:
        await _soon(process, watch.has_committed)
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert process.returncode == PARTIAL, err
    said = json.loads(out)
    back = await read_all(settings, [SCRUBBED])
    assert said["stopped"] == "interrupted"
    assert said["sent"] == len(back) == len(origins(back)) > 0
    last = _command((await read_all(settings, [COMMANDS]))[-1])
    assert (last.outcome, last.n_records, last.arguments["stopped"]) == ("stopped", len(back), "interrupted")


def _command(record: Any) -> Command:
    return decode(record.value, Command)
