"""Stock Faust as its documentation shows it, `take(500)` on uvloop."""

import asyncio
import itertools
import json
import logging
import os
import sys
import tempfile
import time
from typing import Any

import uvloop

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # before faust is imported; later it has no effect

import faust  # noqa: E402

from tests.bench.stream.functions import FUNCTIONS, WHOLE  # noqa: E402
from tests.bench.stream.task import Task, from_argv  # noqa: E402
from tests.bench.stream.whole import names_of, scrubber_of  # noqa: E402

MOST = 500
WITHIN_S = 0.05


class Count:
    """Ends the process, with the offsets committed, after the last record."""

    def __init__(self, app: Any, task: Task) -> None:
        self._app = app
        self._task = task
        self._n_done = 0
        self._started = 0.0

    def begin(self) -> None:
        self._started = self._started or time.perf_counter()

    async def done(self, n_records: int) -> None:
        self._n_done += n_records
        if self._n_done >= self._task.n_records:
            await self._app.commit([self._task.source])
            print(json.dumps({"records_per_s": self._n_done / (time.perf_counter() - self._started)}), flush=True)
            os._exit(0)


def main(task: Task) -> None:
    logging.getLogger("aiokafka").setLevel(logging.WARNING)
    app = faust.App(
        task.group, broker=f"kafka://{task.bootstrap}", store="memory://", web_enabled=False, topic_disable_leader=True,
        topic_allow_declare=False, datadir=tempfile.mkdtemp(), producer_linger=0.005, producer_max_batch_size=131_072,
        broker_max_poll_records=500, stream_wait_empty=False, worker_redirect_stdouts=False,
        value_serializer="raw", key_serializer="raw",
    )  # fmt: skip
    make = whole if task.function == WHOLE else plain
    source = app.topic(task.source, value_serializer="raw", key_serializer="raw")
    app.agent(source, name=task.group)(make(app, task))
    faust.Worker(app, loglevel="ERROR").execute_from_commandline()


def plain(app: Any, task: Task) -> Any:
    work, count = FUNCTIONS[task.function], Count(app, task)
    output = app.topic(task.target, value_serializer="raw", key_serializer="raw")

    async def agent(stream: Any) -> None:
        async for values in stream.take(MOST, within=WITHIN_S):
            count.begin()
            await asyncio.gather(*[await output.send(value=work(value)) for value in values])
            await count.done(len(values))

    return agent


def whole(app: Any, task: Task) -> Any:
    scrubber, count = scrubber_of(task), Count(app, task)
    topics = {
        topic: app.topic(name, value_serializer="raw", key_serializer="raw") for topic, name in names_of(task).items()
    }

    async def agent(stream: Any) -> None:
        await scrubber.start()
        async for events in stream.take_events(MOST, within=WITHIN_S):
            count.begin()
            messages = sorted((event.message for event in events), key=lambda one: one.partition)
            blocks = [list(block) for _, block in itertools.groupby(messages, key=lambda one: one.partition)]
            outputs = [output for block in blocks for output in await scrubber.process(block)]
            await asyncio.gather(*[
                await topics[topic].send(key=key, value=value, headers=list(headers))
                for topic, key, value, headers in outputs
            ])  # fmt: skip
            for block in blocks:
                await scrubber.delivered(block)
            await count.done(len(messages))

    return agent


if __name__ == "__main__":
    given = from_argv()
    del sys.argv[1:]  # Faust reads them, too
    main(given)
