"""Plain reading on a real broker: markers and aborted records, instants, tails, groups."""

import asyncio
import contextlib
from collections.abc import AsyncIterable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas.topics import CLASSIFIED, NOISE, name_in
from streams.errors import FatalError
from streams.kafka.following import follow
from streams.kafka.reading import scan, tail
from streams.settings import Settings
from tests.integration.router_rig import create, settings_for

pytestmark = pytest.mark.integration

REFUSED = "127.0.0.1:1"


@pytest.fixture
async def settings(kafka: str, namespace: str) -> Settings:
    made = settings_for(kafka, namespace)
    await create(made, [CLASSIFIED, NOISE])
    return made


async def write(settings: Settings, values: Sequence[str], *, topic: str = CLASSIFIED, partition: int = 0,
                timestamp_ms: int | None = None, end: str | None = None) -> None:  # fmt: skip
    """Writes values to one partition; `end` puts them into a transaction that is committed or aborted."""
    options: dict[str, Any] = {"transactional_id": name_in(settings.namespace, "test")} if end else {}
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap, **options)
    await producer.start()
    try:
        if end:
            await producer.begin_transaction()
        for value in values:
            await producer.send_and_wait(
                name_in(settings.namespace, topic), value.encode(), partition=partition, timestamp_ms=timestamp_ms
            )
        if end:
            await (producer.commit_transaction if end == "commit" else producer.abort_transaction)()
    finally:
        await producer.stop()


async def values(records: AsyncIterable[ConsumerRecord]) -> list[str]:
    async with asyncio.timeout(30):
        return [record.value.decode() async for record in records]


async def test_a_scan_ends_behind_markers_and_leaves_out_what_was_aborted(settings: Settings) -> None:
    await write(settings, ["a", "b"], end="commit")
    await write(settings, ["gone"], end="abort")
    await write(settings, ["c"], partition=1, end="commit")
    assert sorted(await values(scan(settings, [CLASSIFIED]))) == ["a", "b", "c"]
    uncommitted = await values(scan(settings, [CLASSIFIED], isolation="read_uncommitted"))
    assert sorted(uncommitted) == ["a", "b", "c", "gone"]


async def test_a_scan_is_bounded_by_the_ends_at_its_start(settings: Settings) -> None:
    await write(settings, ["a", "b"])
    found = []
    async for record in scan(settings, [CLASSIFIED]):
        found.append(record.value.decode())
        await write(settings, ["later"])
        await write(settings, ["later"], partition=2)
    assert found == ["a", "b"]


async def test_a_scan_without_an_end_goes_on_with_what_comes(settings: Settings) -> None:
    await write(settings, ["a"])
    found = []
    async with asyncio.timeout(30), contextlib.aclosing(scan(settings, [CLASSIFIED], until_end=False)) as records:
        async for record in records:
            found.append(record.value.decode())
            if len(found) == 3:
                break
            await write(settings, [f"after {found[-1]}"])
    assert found == ["a", "after a", "after after a"]


async def test_a_scan_begins_at_an_instant(settings: Settings) -> None:
    await write(settings, ["old"], timestamp_ms=1_000_000)
    await write(settings, ["new"], timestamp_ms=2_000_000)
    await write(settings, ["old elsewhere"], partition=1, timestamp_ms=1_000_000)
    assert await values(scan(settings, [CLASSIFIED], since_ms=1_500_000)) == ["new"]
    assert await values(scan(settings, [CLASSIFIED], since_ms=3_000_000)) == []


async def test_empty_and_unknown_topics_yield_nothing_unless_required(settings: Settings) -> None:
    assert await values(scan(settings, [CLASSIFIED, "service.billing"])) == []
    with pytest.raises(FatalError, match=r"no topic .*service\.billing\. Run dallosh topics create"):
        await values(scan(settings, [CLASSIFIED, "service.billing"], required=True))
    with pytest.raises(FatalError, match="no topic"):
        await values(follow(settings, ["service.billing"], group="g"))


async def test_a_tail_is_the_last_offsets_of_one_partition_number(settings: Settings) -> None:
    await write(settings, [f"a{number}" for number in range(6)])
    await write(settings, ["n1", "n2"], topic=NOISE)
    await write(settings, ["elsewhere"], partition=1)
    assert sorted(await values(tail(settings, [CLASSIFIED, NOISE], 0, n_records=3))) == ["a3", "a4", "a5", "n1", "n2"]
    assert await values(tail(settings, [CLASSIFIED], 2, n_records=3)) == []
    assert await values(tail(settings, ["service.billing"], 0, n_records=3)) == []


async def test_a_group_remembers_what_was_read_and_skips_what_is_not_wanted(settings: Settings) -> None:
    await write(settings, ["a", "x", "b", "x", "c", "x"])

    def wanted(record: ConsumerRecord) -> bool:
        return bool(record.value != b"x")

    async def read(limit: int) -> list[str]:
        return await values(follow(settings, [CLASSIFIED], group="g", only=wanted, limit=limit))

    assert await read(2) == ["a", "b"]
    await write(settings, ["d"])
    assert await read(2) == ["c", "d"]


async def test_a_reader_that_dies_gets_its_last_record_again(settings: Settings) -> None:
    await write(settings, ["a", "b", "c"])

    async def die_at_b() -> None:
        async with contextlib.aclosing(follow(settings, [CLASSIFIED], group="g")) as records:
            async for record in records:
                if record.value == b"b":
                    raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        await die_at_b()
    assert await values(follow(settings, [CLASSIFIED], group="g", limit=2)) == ["b", "c"]


async def test_without_a_group_the_reading_begins_where_it_is_told_and_is_forgotten(settings: Settings) -> None:
    await write(settings, ["a", "b"])
    for _ in range(2):
        assert await values(follow(settings, [CLASSIFIED], from_beginning=True, limit=1)) == ["a"]


async def test_a_broker_that_is_not_there_is_told_in_one_line() -> None:
    with pytest.raises(FatalError, match="the broker cannot be reached: KafkaConnectionError"):
        await values(scan(settings_for(REFUSED, "x"), [CLASSIFIED]))
