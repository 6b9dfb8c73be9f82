"""Bare aiokafka at its best: the yardstick of the scrubber's benchmark, in under 40 lines."""

import asyncio
import json
import time

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.bench.functions import FUNCTIONS
from tests.bench.task import Task, from_argv


async def main(task: Task) -> None:
    work = FUNCTIONS[task.function]
    consumer = AIOKafkaConsumer(
        task.source, bootstrap_servers=task.bootstrap, group_id=task.group, enable_auto_commit=False,
        auto_offset_reset="earliest", max_poll_records=500,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=task.bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=131_072
    )
    await producer.start()
    await consumer.start()
    n_done, started = 0, 0.0
    while n_done < task.n_records:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=500)
        started = started or (time.perf_counter() if fetched else 0.0)
        records = [record for batch in fetched.values() for record in batch]
        await asyncio.gather(*[await producer.send(task.target, work(record.value), record.key) for record in records])
        if records:
            await consumer.commit()
        n_done += len(records)
    print(json.dumps({"records_per_s": n_done / (time.perf_counter() - started)}))
    await consumer.stop()
    await producer.stop()


if __name__ == "__main__":
    uvloop.run(main(from_argv()))
