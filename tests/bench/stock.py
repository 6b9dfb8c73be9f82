"""Stock Faust as its documentation shows it, `take(500)` on uvloop: the peer of the scrubber's benchmark."""

import asyncio
import json
import logging
import os
import sys
import tempfile
import time

import uvloop

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # before faust is imported; later it has no effect

import faust  # noqa: E402

from tests.bench.functions import FUNCTIONS  # noqa: E402
from tests.bench.task import Task, from_argv  # noqa: E402


def main(task: Task) -> None:
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    work = FUNCTIONS[task.function]
    app = faust.App(
        task.group, broker=f"kafka://{task.bootstrap}", store="memory://", web_enabled=False, topic_disable_leader=True,
        topic_allow_declare=False, datadir=tempfile.mkdtemp(), producer_linger=0.005, producer_max_batch_size=131_072,
        broker_max_poll_records=500, stream_wait_empty=False, worker_redirect_stdouts=False,
        value_serializer="raw", key_serializer="raw",
    )  # fmt: skip
    output = app.topic(task.target, value_serializer="raw", key_serializer="raw")
    n_done, started = 0, 0.0

    @app.agent(app.topic(task.source, value_serializer="raw", key_serializer="raw"), name=task.group)
    async def agent(stream):  # type: ignore[no-untyped-def]
        nonlocal n_done, started
        async for values in stream.take(500, within=0.05):
            started = started or time.perf_counter()
            await asyncio.gather(*[await output.send(value=work(value)) for value in values])
            n_done += len(values)
            if n_done >= task.n_records:
                await app.commit([task.source])
                print(json.dumps({"records_per_s": n_done / (time.perf_counter() - started)}), flush=True)
                os._exit(0)

    faust.Worker(app, loglevel="ERROR").execute_from_commandline()


if __name__ == "__main__":
    given = from_argv()
    del sys.argv[1:]  # Faust reads them, too
    main(given)
