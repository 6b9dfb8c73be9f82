"""Bare aiokafka at its best: the yardstick of the scrubber's benchmark, in under 40 lines."""

import asyncio
import json
import sys
import time

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from tests.bench.functions import FUNCTIONS


async def main(bootstrap: str, source: str, target: str, group: str, n_records: int, function: str) -> None:
    work = FUNCTIONS[function]
    consumer = AIOKafkaConsumer(
        source, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest",
        max_poll_records=500,
    )  # fmt: skip
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=5, max_batch_size=131_072
    )
    await producer.start()
    await consumer.start()
    n_done, started = 0, 0.0
    while n_done < n_records:
        fetched = await consumer.getmany(timeout_ms=1000, max_records=500)
        started = started or (time.perf_counter() if fetched else 0.0)
        records = [record for batch in fetched.values() for record in batch]
        sent = [await producer.send(target, work(record.value), record.key) for record in records]
        await asyncio.gather(*sent)
        if records:
            await consumer.commit()
        n_done += len(records)
    print(json.dumps({"records_per_s": n_done / (time.perf_counter() - started)}))
    await consumer.stop()
    await producer.stop()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:5], int(sys.argv[5]), sys.argv[6]))
