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
from streams.kafka.block_stage import BlockPipeline, BlockProcessor
from streams.kafka.stage import StageControl, StageWorker, run_stage
from streams.logging import configure
from streams.settings import load_settings
from tests.bench.stream.functions import FUNCTIONS, WHOLE
from tests.bench.stream.task import Task, from_argv
from tests.bench.stream.whole import scrubber_of, settings_of


class Plain:
    """Applies the function to each value."""

    def __init__(self, task: Task) -> None:
        self._target = task.target
        self._work = FUNCTIONS[task.function]

    async def start(self) -> None: ...

    async def process(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        target, work = self._target, self._work
        return [Output(target, record.key, work(record.value)) for record in records]

    async def delivered(self, records: Sequence[ConsumerRecord]) -> None: ...

    async def close(self) -> None: ...


class Measured:
    """Hands blocks on to a processor; tells the rate and stops the worker after the last record."""

    def __init__(self, control: StageControl, processor: BlockProcessor, n_records: int) -> None:
        self._control = control
        self._processor = processor
        self._n_left = self._n_records = n_records
        self._started = 0.0
        self.start, self.close = processor.start, processor.close

    async def process(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        self._started = self._started or time.perf_counter()
        return await self._processor.process(records)

    async def delivered(self, records: Sequence[ConsumerRecord]) -> None:
        await self._processor.delivered(records)
        self._n_left -= len(records)
        if self._n_left <= 0:
            seconds = time.perf_counter() - self._started
            print(json.dumps({"records_per_s": self._n_records / seconds}), flush=True)
            self._control.request_stop()


def main(task: Task) -> int:
    is_whole = task.function == WHOLE
    processor: BlockProcessor = scrubber_of(task) if is_whole else Plain(task)
    with tempfile.TemporaryDirectory() as folder:
        plain = load_settings(kafka_bootstrap=task.bootstrap, log_level="error")
        settings = (settings_of(task) if is_whole else plain).model_copy(update={"data_dir": Path(folder)})
        configure(settings)
        return run_stage(
            lambda: StageWorker(
                settings,
                Stage.SCRUBBER,
                lambda control: BlockPipeline(control, Measured(control, processor, task.n_records)),
                topic=task.source,
                group=task.group,
            )
        )


if __name__ == "__main__":
    sys.exit(main(from_argv()))
