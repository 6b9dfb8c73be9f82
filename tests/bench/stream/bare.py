"""A bare aiokafka loop: the yardstick. A turn is 500 records: applied, sent, awaited, committed."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from tests.bench.stream.functions import FUNCTIONS, WHOLE
from tests.bench.stream.task import Task, from_argv
from tests.bench.stream.whole import names_of, scrubber_of

Send = Callable[[Sequence[ConsumerRecord]], Awaitable[list[Any]]]
Delivered = Callable[[Sequence[ConsumerRecord]], Awaitable[None]]


async def main(task: Task) -> None:
    consumer = AIOKafkaConsumer(
        task.source, bootstrap_servers=task.bootstrap, group_id=task.group, enable_auto_commit=False,
        auto_offset_reset="earliest", max_poll_records=500,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=task.bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=131_072
    )
    send, delivered = await whole(task, producer) if task.function == WHOLE else plain(task, producer)
    await producer.start()
    await consumer.start()
    n_done, started = 0, 0.0
    while n_done < task.n_records:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=500)
        started = started or (time.perf_counter() if fetched else 0.0)
        await asyncio.gather(*[future for records in fetched.values() for future in await send(records)])
        for records in fetched.values():
            if delivered is not None:
                await delivered(records)
            n_done += len(records)
        if fetched:
            await consumer.commit()
    print(json.dumps({"records_per_s": n_done / (time.perf_counter() - started)}))
    await consumer.stop()
    await producer.stop()


def plain(task: Task, producer: AIOKafkaProducer) -> tuple[Send, Delivered | None]:
    work, target = FUNCTIONS[task.function], task.target

    async def send(records: Sequence[ConsumerRecord]) -> list[Any]:
        return [await producer.send(target, work(record.value), record.key) for record in records]

    return send, None


async def whole(task: Task, producer: AIOKafkaProducer) -> tuple[Send, Delivered | None]:
    scrubber, names = scrubber_of(task), names_of(task)
    await scrubber.start()

    async def send(records: Sequence[ConsumerRecord]) -> list[Any]:
        outputs = await scrubber.process(records)
        return [
            await producer.send(names[topic], value, key, headers=list(headers))
            for topic, key, value, headers in outputs
        ]

    return send, scrubber.delivered


if __name__ == "__main__":
    uvloop.run(main(from_argv()))
