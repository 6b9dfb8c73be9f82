"""Real stage workers on a real broker, scripted records, and a count of what was lost and what came twice."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import GroupCoordinatorNotAvailableError, GroupLoadInProgressError, NotCoordinatorForGroupError

from schemas.headers import ORIGIN, Header, origin_of, text_of
from schemas.taxonomy import Stage
from schemas.topics import CLASSIFIED, DEAD_LETTER, RAW, RAW_DEAD_LETTER, SCRUBBED, name_in
from streams.settings import Settings
from tests.integration.router_rig import N_PARTITIONS, create, read_all, settings_for, until
from tests.integration.stage_process import StageProcess

Kind = Literal["block", "batch"]
STAGE_OF: Final = {"block": Stage.SCRUBBER, "batch": Stage.CLASSIFIER}
INPUT_OF: Final = {"block": RAW, "batch": SCRUBBED}
OUTPUT_OF: Final = {"block": SCRUBBED, "batch": CLASSIFIED}
DEAD_OF: Final = {"block": RAW_DEAD_LETTER, "batch": DEAD_LETTER}
PROGRAM: Final = ("-m", "tests.integration.stage_program")
NO_COORDINATOR: Final = (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError, GroupLoadInProgressError)
"""A fresh broker makes its topic of offsets at the first request, and a restarted one reads it first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the input records.

    `n_lost` = before the committed offset and in no output topic; `n_waiting` = behind it and in no output topic: they
    come again; `n_repeated` = outputs beyond the first of an origin; `committed` by partition.
    """

    n_in: int
    n_out: int
    n_dead: int
    n_lost: int
    n_waiting: int
    n_repeated: int
    committed: Mapping[int, int]


class Rig:
    """One stage on one broker: its topics, its workers, its gates."""

    def __init__(self, kind: Kind, settings: Settings, folder: Path) -> None:
        self.kind: Kind = kind
        self.settings = settings
        self.gates = folder / "gates"
        self.workers: list[StageProcess] = []
        self._folder = folder
        self._n_produced = [0] * N_PARTITIONS
        self.group = name_in(settings.namespace, f"dallosh-{STAGE_OF[kind].value}")
        self.gates.mkdir(parents=True)

    def start(
        self, *, mutant: str = "", command: Iterable[str] | None = None, environment: Mapping[str, str] | None = None,
        **changes: object,
    ) -> StageProcess:  # fmt: skip
        """Starts a worker; `changes` are settings of this one alone."""
        settings = self.settings.model_copy(update={"worker_id": "1", "data_dir": self._folder / "data", **changes})
        log = self._folder / f"worker{len(self.workers)}.log"
        test = {"DALLOSH_TEST_GATES": str(self.gates), "DALLOSH_TEST_MUTANT": mutant, **(environment or {})}
        self.workers.append(StageProcess(command or (*PROGRAM, self.kind), settings, log, test))
        return self.workers[-1]

    def open(self, gate: str) -> None:
        """Lets the calls that wait for a gate go on."""
        (self.gates / gate).touch()

    def close(self, gate: str) -> None:
        """Takes a gate's file away."""
        (self.gates / gate).unlink()

    async def produce(self, partition: int, scripts: Iterable[Mapping[str, Any] | bytes | None]) -> None:
        """Writes records to one partition; each is keyed by its place in the partition."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka_bootstrap, acks="all", linger_ms=5)
        await producer.start()
        try:
            await self._send(producer, partition, scripts)
        finally:
            await producer.stop()

    async def produce_in_transactions(
        self, partition: int, transactions: Iterable[tuple[bool, Iterable[Mapping[str, Any]]]]
    ) -> None:
        """Writes records in transactions, each committed or aborted: markers and aborted records leave offset gaps."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self.settings.kafka_bootstrap, transactional_id=f"{self.group}-source"
        )
        await producer.start()
        try:
            for keep, scripts in transactions:
                await producer.begin_transaction()
                await self._send(producer, partition, scripts)
                await (producer.commit_transaction() if keep else producer.abort_transaction())
        finally:
            await producer.stop()

    async def _send(
        self, producer: AIOKafkaProducer, partition: int, scripts: Iterable[Mapping[str, Any] | bytes | None]
    ) -> None:
        topic = name_in(self.settings.namespace, INPUT_OF[self.kind])
        pending = []
        for script in scripts:
            value = json.dumps(script).encode() if isinstance(script, Mapping) else script
            key = f"{partition}-{self._n_produced[partition]}".encode()
            self._n_produced[partition] += 1
            headers: list[Header] = [("traceparent", b"t\xff")]
            pending.append(await producer.send(topic, value, key, partition=partition, headers=headers))
        await asyncio.gather(*pending)

    async def delete_before(self, partition: int, offset: int) -> None:
        """Deletes the records of a partition before an offset, as retention does."""
        topic = name_in(self.settings.namespace, INPUT_OF[self.kind])
        async with _admin(self.settings) as admin:
            await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before_offset=offset)})

    async def committed(self) -> dict[int, int]:
        """Returns the group's offset of each partition that has one."""
        async with _admin(self.settings) as admin:
            try:
                offsets = await admin.list_consumer_group_offsets(self.group)
            except NO_COORDINATOR:
                return {}
        return {tp.partition: found.offset for tp, found in offsets.items() if found.offset >= 0}

    async def group_state(self) -> tuple[str, int]:
        """Returns the group's state as the broker sees it, and its number of members."""
        async with _admin(self.settings) as admin:
            try:
                (response,) = await admin.describe_consumer_groups([self.group])
            except NO_COORDINATOR:
                return "Dead", 0
        _error, _group, state, _kind, _protocol, members, *_ = response.groups[0]
        return state, len(members)

    async def rebalancing(self, n_members: int) -> None:
        """Waits until a rebalance of so many members is under way or over."""

        async def begun() -> bool:
            state, members = await self.group_state()
            return members == n_members and state != "Empty"

        await until(begun)

    async def settled(self, n_members: int) -> None:
        """Waits until so many members share the partitions."""

        async def stable() -> bool:
            return await self.group_state() == ("Stable", n_members)

        await until(stable)

    async def holder(self, number: int) -> StageProcess:
        """Waits until a worker works on a record; returns the worker."""
        found: list[StageProcess] = []

        async def started() -> bool:
            found.extend(worker for worker in self.workers if f'"numbers": [{number}]' in worker.text())
            return bool(found)

        await until(started)
        return found[0]

    async def written(self, n_origins: int, timeout_s: float = 40.0) -> None:
        """Waits until outputs of so many different origins stand in the topics."""

        async def enough() -> bool:
            self._check_alive()
            return len(await self._outputs()) >= n_origins

        await until(enough, timeout_s)

    def _check_alive(self) -> None:
        assert any(worker.process.poll() is None for worker in self.workers), "every worker has ended"

    async def caught_up(self, timeout_s: float = 40.0) -> None:
        """Waits until the group has committed the last record of every partition."""
        last = await self._last_offsets()

        async def done() -> bool:
            self._check_alive()
            committed = await self.committed()
            return all(committed.get(partition, 0) > offset for partition, offset in last.items())

        await until(done, timeout_s)

    async def outcome(self) -> Outcome:
        """Counts what became of the input, by reading topics with plain aiokafka."""
        committed = await self.committed()
        source = await read_all(self.settings, [INPUT_OF[self.kind]])
        places = {origin_of(r.headers, partition=r.partition, offset=r.offset): r for r in source}
        outputs = await self._outputs()
        missing = [record for origin, record in places.items() if origin not in outputs]
        n_lost = sum(record.offset < committed.get(record.partition, 0) for record in missing)
        dead = await read_all(self.settings, [DEAD_OF[self.kind]])
        return Outcome(
            n_in=len(places),
            n_out=outputs.total(),
            n_dead=len(dead),
            n_lost=n_lost,
            n_waiting=len(missing) - n_lost,
            n_repeated=sum(n - 1 for n in outputs.values()),
            committed=committed,
        )

    async def _outputs(self) -> Counter[str]:
        records = await read_all(self.settings, [OUTPUT_OF[self.kind], DEAD_OF[self.kind]])
        return Counter(text_of(record.headers, ORIGIN) or "none" for record in records)

    async def _last_offsets(self) -> dict[int, int]:
        source = await read_all(self.settings, [INPUT_OF[self.kind]])
        return {record.partition: record.offset for record in sorted(source, key=lambda record: record.offset)}


@asynccontextmanager
async def _admin(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap)
    await admin.start()
    try:
        yield admin
    finally:
        await admin.close()


@asynccontextmanager
async def stage_rig(
    kind: Kind, kafka: str, namespace: str, folder: Path, *, max_output_bytes: int = 0, **changes: object
) -> AsyncIterator[Rig]:
    """Makes the stage's topics, and ends whatever is left of its workers."""
    settings = settings_for(kafka, namespace, **changes)
    topics = [INPUT_OF[kind], DEAD_OF[kind]]
    await create(settings, topics if max_output_bytes else [*topics, OUTPUT_OF[kind]])
    if max_output_bytes:
        config = {"max.message.bytes": str(max_output_bytes)}
        name = name_in(namespace, OUTPUT_OF[kind])
        async with _admin(settings) as admin:
            await admin.create_topics([NewTopic(name, N_PARTITIONS, 1, topic_configs=config)])
    rig = Rig(kind, settings, folder)
    try:
        yield rig
    except BaseException:
        for worker in rig.workers:
            print(f"--- {worker.log.name}, exit code {worker.process.poll()}\n{worker.text()[-6000:]}")
        raise
    finally:
        for worker in rig.workers:
            if worker.process.poll() is None:
                worker.kill()
