"""A worker whose processor does what the records say, for tests: `stage_program.py block|batch`, settings by DALLOSH_.

A value is JSON: `n`, and `gate` (waits until that file stands in the folder of gates), `delay_ms`, `do` (`raise`, `die`
= its dead letter, `big` = an output larger than the topic takes), `tokens` (its share of a batch), `vip` (its lane).
What is no JSON object becomes its dead letter, byte for byte. Each call writes one line `call_started` with the numbers
that it holds.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog
from aiokafka import ConsumerRecord
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

from schemas.headers import ORIGIN, origin_of, replaced
from schemas.taxonomy import Stage
from schemas.topics import CLASSIFIED, SCRUBBED
from streams.core.batching import Admitted, Batch, BatchLimits, Lane
from streams.core.dead_letters import dead_letter
from streams.core.output import Output, SourceRecord
from streams.errors import RejectedError
from streams.kafka.batch_stage import BatchPipeline
from streams.kafka.block_stage import BlockPipeline
from streams.kafka.stage import StageControl, StageWorker, run_stage
from streams.logging import configure
from streams.settings import Settings, load_settings
from tests.mutants.guards import TAKE_AWAY

log = structlog.get_logger()

BIG_BYTES: Final = 60_000
GATE_POLL_S: Final = 0.02
HOLD_FETCH: Final = "hold-fetch"
"""While a file of this name stands among the gates, every fetch waits."""
MENDED: Final = "mended"
"""Once a file of this name stands among the gates, `raise` does nothing."""
OUTPUT_OF: Final = {Stage.SCRUBBER: SCRUBBED, Stage.CLASSIFIER: CLASSIFIED}
GATES: Final = Path(os.environ.get("DALLOSH_TEST_GATES", "."))


def script_of(record: SourceRecord) -> dict[str, Any] | None:
    """Decodes a value; None for what is no JSON object."""
    try:
        value = json.loads(record.value or b"")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def is_open(gate: str) -> bool:
    """Tells whether a gate's file stands."""
    return (GATES / gate).exists()


async def until_open(gate: str, *, is_held: bool = False) -> None:
    """Waits until a gate's file stands; with `is_held`, until it is gone."""
    while is_open(gate) is is_held:  # noqa: ASYNC110 another process opens it
        await asyncio.sleep(GATE_POLL_S)


async def play(scripts: Sequence[dict[str, Any]]) -> None:
    """Does what the records of one call say."""
    log.info("call_started", numbers=[script["n"] for script in scripts])
    for gate in {script["gate"] for script in scripts if "gate" in script}:
        await until_open(gate)
    await asyncio.sleep(max((script.get("delay_ms", 0) for script in scripts), default=0) / 1000)
    if any(script.get("do") == "raise" for script in scripts) and not is_open(MENDED):
        raise RuntimeError("the script says so")


def output_of(stage: Stage, record: SourceRecord, script: dict[str, Any] | None) -> Output:
    """Returns a record's next place."""
    if script is None or script.get("do") == "die":
        return dead_letter(record, stage=stage, error=RejectedError("no script"), now=datetime.now(UTC))
    value = b"x" * BIG_BYTES if script.get("do") == "big" else record.value
    origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
    return Output(OUTPUT_OF[stage], record.key, value, replaced(record.headers, {ORIGIN: origin.encode()}))


class ScriptedBlocks:
    """Block processor."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def start(self) -> None: ...

    async def process(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        scripts = [script_of(record) for record in records]
        await play([script for script in scripts if script is not None])
        return [output_of(self._stage, record, script) for record, script in zip(records, scripts, strict=True)]

    async def delivered(self, records: Sequence[ConsumerRecord]) -> None: ...

    async def close(self) -> None: ...


class ScriptedBatches:
    """Batch processor; `max_batch_tokens` and `linger_s` of the settings fill its batches."""

    def __init__(self, stage: Stage, settings: Settings) -> None:
        self._stage = stage
        self._settings = settings

    async def start(self) -> None: ...

    def admit(self, record: ConsumerRecord) -> Admitted[dict[str, Any]] | Output:
        script = script_of(record)
        if script is None:
            return output_of(self._stage, record, None)
        return Admitted(record, script, script.get("tokens", 10), Lane.VIP if script.get("vip") else Lane.BULK)

    def limits(self) -> BatchLimits:
        config = self._settings
        return BatchLimits(
            max_tokens=config.max_batch_tokens, max_items=config.max_batch_tweets, linger_s=config.linger_s
        )

    async def recall(self, items: Sequence[Admitted[dict[str, Any]]]) -> Mapping[int, Sequence[Output]]:
        return {}

    async def process(self, batch: Batch[dict[str, Any]]) -> list[Output]:
        await play([item.value for item in batch.items])
        return [output_of(self._stage, item.record, item.value) for item in batch.items]

    async def close(self) -> None: ...


def main(kind: str) -> int:
    """Runs a block stage as the scrubber, or a batch stage as the classifier."""
    settings = load_settings()
    configure(settings)
    hold_fetches()
    if mutant := os.environ.get("DALLOSH_TEST_MUTANT"):
        TAKE_AWAY[mutant]()
    stage = Stage.SCRUBBER if kind == "block" else Stage.CLASSIFIER

    def pipeline(control: StageControl) -> BlockPipeline | BatchPipeline[dict[str, Any]]:
        if kind == "block":
            return BlockPipeline(control, ScriptedBlocks(stage))
        return BatchPipeline(control, ScriptedBatches(stage, settings))

    return run_stage(lambda: StageWorker(settings, stage, pipeline))


def hold_fetches() -> None:
    """Lets each fetch of Faust wait while the file stands, so that one fetch spans a whole rebalance."""
    fetch = AIOKafkaConsumerThread._fetch_records

    async def held(self: Any, *args: Any, **options: Any) -> Any:
        if not is_open(HOLD_FETCH):
            return await fetch(self, *args, **options)
        log.info("fetch_held")
        await until_open(HOLD_FETCH, is_held=True)
        records = await fetch(self, *args, **options)
        log.info("fetch_returned", n_records=sum(map(len, records.values())))
        return records

    AIOKafkaConsumerThread._fetch_records = held


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
