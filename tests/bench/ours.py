"""Our driver with the same function: a block stage whose processor does nothing else."""

import json
import sys
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


class Processor:
    """Applies the function to each value and stops the worker after the last record."""

    def __init__(self, control: StageControl, target: str, function: str, n_records: int) -> None:
        self._control = control
        self._target = target
        self._work = FUNCTIONS[function]
        self._n_left = n_records
        self._n_records = n_records
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


def main(bootstrap: str, source: str, target: str, group: str, n_records: int, function: str) -> int:
    settings = load_settings(
        kafka_bootstrap=bootstrap, namespace=group, data_dir=Path("/tmp") / group, log_level="error"
    )
    configure(settings)
    return run_stage(
        lambda: StageWorker(
            settings,
            Stage.SCRUBBER,
            lambda control: BlockPipeline(control, Processor(control, target, function, n_records)),
        )
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5], int(sys.argv[5]), sys.argv[6]))
