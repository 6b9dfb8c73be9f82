"""Our driver with the same function: a block stage whose processor does nothing else."""

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from aiokafka import ConsumerRecord

from schemas.taxonomy import Stage
from streams.core.output import Output
from streams.kafka.block_stage import BlockPipeline
from streams.kafka.stage import StageControl, StageWorker, run_stage
from streams.logging import configure
from streams.settings import load_settings
from tests.bench.functions import FUNCTIONS
from tests.bench.task import Task, from_argv


class Processor:
    """Applies the function to each value and stops the worker after the last record."""

    def __init__(self, control: StageControl, task: Task) -> None:
        self._control = control
        self._target = task.target
        self._work = FUNCTIONS[task.function]
        self._n_left = task.n_records
        self._n_records = task.n_records
        self._started = 0.0

    async def start(self) -> None: ...

    async def process(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        self._started = self._started or time.perf_counter()
        target, work = self._target, self._work
        return [Output(target, record.key, work(record.value)) for record in records]

    async def delivered(self, records: Sequence[ConsumerRecord]) -> None:
        self._n_left -= len(records)
        if self._n_left <= 0:
            seconds = time.perf_counter() - self._started
            print(json.dumps({"records_per_s": self._n_records / seconds}), flush=True)
            self._control.request_stop()

    async def close(self) -> None: ...


def main(task: Task) -> int:
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(kafka_bootstrap=task.bootstrap, data_dir=Path(folder), log_level="error")
        configure(settings)
        return run_stage(
            lambda: StageWorker(
                settings,
                Stage.SCRUBBER,
                lambda control: BlockPipeline(control, Processor(control, task)),
                topic=task.source,
                group=task.group,
            )
        )


if __name__ == "__main__":
    sys.exit(main(from_argv()))
