"""Quix Streams, `to_topic`, in an environment of its own: `python -m tests.bench.stream.quix [--every=500] TASK...`.

Its producer has the settings of ours; librdkafka's threads share the one core. As it comes, it flushes and commits
every 5 seconds; `--every=500` makes it do so after 500 records, as the bare loop does. It hands on single records,
so that the whole scrubber would ask Redis for each: it is spared that, and remembers in its own process.
"""

import json
import sys
import tempfile
import time
from typing import Any, Final

from quixstreams import Application, message_context

from schemas.headers import Header
from schemas.taxonomy import KEPT_HANDLES, OFFICIAL_HANDLES
from schemas.topics import NOISE, OFFICIAL, RAW_DEAD_LETTER, SCRUBBED, name_in
from streams.core.output import Output
from streams.core.recent import Recent
from streams.core.scrubbing import ScrubRules, candidate, fate_of
from streams.tables import tables
from tests.bench.stream.functions import FUNCTIONS, WHOLE
from tests.bench.stream.task import Task, from_argv

PRODUCER: Final = {"acks": "all", "enable.idempotence": True, "linger.ms": 5, "batch.size": 131_072}
EVERY: Final = "--every="


class Measured(Application):
    """Tells the rate once the last checkpoint is committed, before it closes what it opened."""

    def __init__(self, *arguments: Any, n_records: int, **options: Any) -> None:
        super().__init__(*arguments, on_message_processed=self._count, **options)
        self._n_left = self._n_records = n_records
        self._started = 0.0

    def _count(self, *_of_record: object) -> None:
        self._started = self._started or time.perf_counter()
        self._n_left -= 1
        if self._n_left <= 0:
            self.stop()

    def _run_dataframe(self, *arguments: Any, **options: Any) -> None:
        super()._run_dataframe(*arguments, **options)
        print(json.dumps({"records_per_s": self._n_records / (time.perf_counter() - self._started)}), flush=True)


class Record:
    """A record as the scrubber looks at it."""

    __slots__ = ("headers", "key", "offset", "partition", "timestamp", "topic", "value")

    def __init__(self, value: bytes, key: bytes | None, timestamp: int, headers: Any) -> None:
        context = message_context()
        self.topic, self.partition, self.offset = context.topic, context.partition, context.offset
        self.value, self.key, self.timestamp = value, key, timestamp
        self.headers: tuple[Header, ...] = tuple(headers or ())


class Whole:
    """The scrubber's decisions, one record at a time; what it remembers stays in this process."""

    def __init__(self) -> None:
        self._recent = Recent()
        self._rules = ScrubRules(
            tables=tables(), official_handles=OFFICIAL_HANDLES, kept_handles=KEPT_HANDLES | OFFICIAL_HANDLES
        )
        self.output: Output

    def decide(self, value: bytes, key: bytes | None, timestamp: int, headers: Any) -> bytes | None:
        """Returns the value of the output, which the other steps of this record read."""
        self._recent.begin()
        read = candidate(Record(value, key, timestamp, headers), self._rules)
        self.output = fate_of(read, self._rules, self._recent).output
        self._recent.end()
        return self.output.value


def main(task: Task, commit_every: int) -> None:
    app = Measured(
        task.bootstrap, consumer_group=task.group, auto_offset_reset="earliest", auto_create_topics=False,
        producer_extra_config=PRODUCER, commit_every=commit_every, loglevel="WARNING", state_dir=tempfile.mkdtemp(),
        n_records=task.n_records,
    )  # fmt: skip

    def topic(name: str) -> Any:
        raw = {"value_deserializer": "bytes", "value_serializer": "bytes"}
        return app.topic(name, key_deserializer="bytes", key_serializer="bytes", **raw)

    frame = app.dataframe(topic(task.source))
    if task.function == WHOLE:
        whole = Whole()
        topics = {name: topic(name_in(task.target, name)) for name in (SCRUBBED, OFFICIAL, NOISE, RAW_DEAD_LETTER)}
        frame = frame.apply(whole.decide, metadata=True)
        frame = frame.set_headers(lambda *_: list(whole.output.headers))
        frame.to_topic(lambda *_: topics[whole.output.topic], key=lambda _: whole.output.key)
    else:
        frame.apply(FUNCTIONS[task.function]).to_topic(topic(task.target))
    app.run()


if __name__ == "__main__":
    n_every = 0
    if sys.argv[1].startswith(EVERY):
        n_every = int(sys.argv.pop(1).removeprefix(EVERY))
    main(from_argv(), n_every)
