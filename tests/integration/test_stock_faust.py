"""What stock faust-streaming 0.15.3 does, kept as tests that fail when upstream changes it.

They say why streams/kafka/transport.py exists, and that the private methods which it overrides are still the same.
"""

import hashlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import faust
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faust.app.base import App
from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode.threads import WorkerThread

from schemas.topics import RAW, SCRUBBED, name_in
from tests.integration.router_rig import produce, until
from tests.integration.stage_rig import NO_COORDINATOR, stage_rig

PARTITION = TP("t", 0)
STOCK = """
import sys, tempfile
import faust

bootstrap, raw, scrubbed, group = sys.argv[1:]
app = faust.App(group, broker=f"kafka://{bootstrap}", store="memory://", web_enabled=False, datadir=tempfile.mkdtemp(),
                topic_disable_leader=True, topic_allow_declare=False, broker_commit_interval=0.2)

@app.agent(app.topic(raw, value_serializer="raw"), name="take")
async def take(stream):
    async for values in stream.take(5, within=0.5):
        print("taken", len(values), flush=True)
        raise RuntimeError("the body of the loop")

@app.agent(app.topic(scrubbed, value_serializer="json"), name="decode")
async def decode(stream):
    async for value in stream:
        print("decoded", value, flush=True)

faust.Worker(app, loglevel="ERROR", redirect_stdouts=False).execute_from_commandline()
"""


async def ignore(*_: Any) -> None: ...


@pytest.fixture
def consumer(tmp_path: Path) -> Iterator[Any]:
    app = faust.App("stock", broker="kafka://", store="memory://", datadir=str(tmp_path))
    made = driver.Consumer(app.transport, callback=ignore, on_partitions_revoked=ignore, on_partitions_assigned=ignore)
    yield made
    made._thread.thread_loop.close()


def acked(consumer: Any, offsets: Sequence[int], committed: int | None) -> Any:
    consumer._committed_offset[PARTITION] = committed
    consumer._acked[PARTITION].extend(offsets)
    return consumer._new_offset(PARTITION)


async def test_a_fresh_group_commits_past_records_in_flight(consumer: Any) -> None:
    assert acked(consumer, range(10, 20), committed=None) == 20  # 0 to 9 are in flight


async def test_a_gap_of_one_record_at_the_head_is_committed_past(consumer: Any) -> None:
    assert acked(consumer, [8, 9], committed=7) == 10  # 7 is in flight: 7 is the next offset to read, not the last read


async def test_the_first_record_behind_an_offset_gap_counts_as_acked(consumer: Any) -> None:
    consumer._committed_offset[PARTITION] = 5
    await consumer._add_gap(PARTITION, 5, 9)  # what the drain says when 9 comes after 4: 9 itself is in the gap
    assert acked(consumer, [10], committed=5) == 11  # 9 is in flight


@pytest.mark.integration
async def test_a_raising_body_and_an_undecodable_value_are_committed_and_gone(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    async with stage_rig("block", kafka, namespace, tmp_path) as rig:
        await rig.produce(0, [{"n": n} for n in range(5)])
        await produce(rig.settings, [(b"k", value, ()) for value in (b"{broken", b'{"n":1}', b'{"n":2}')], SCRUBBED)
        group, topics = name_in(namespace, "stock"), [name_in(namespace, topic) for topic in (RAW, SCRUBBED)]
        worker = rig.start(command=["-c", STOCK, kafka, *topics, group])

        async def all_committed() -> bool:
            return await committed(kafka, group) == dict(zip(topics, (5, 3), strict=True))

        await until(all_committed)
        worker.kill()
        lines = worker.text().splitlines()
    taken = [int(line.split()[1]) for line in lines if line.startswith("taken")]
    decoded = sorted(line for line in lines if line.startswith("decoded"))
    assert (sum(taken), decoded) == (5, ["decoded {'n': 1}", "decoded {'n': 2}"])  # each once, none again


async def committed(kafka: str, group: str) -> dict[str, int]:
    """Returns the group's offsets, summed by topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    except NO_COORDINATOR:
        offsets = {}
    finally:
        await admin.close()
    sums: Counter[str] = Counter()
    for tp, found in offsets.items():
        sums[tp.topic] += max(found.offset, 0)
    return dict(sums)


def test_the_version_is_the_pinned_one() -> None:
    assert version("faust-streaming") == "0.15.3"


SOURCES: Final[tuple[tuple[Callable[..., Any], str], ...]] = (
    # what the transport overrides
    (Consumer._drain_messages, "44a2500309e8"),
    (Consumer.force_commit, "cc094614d22c"),
    (Consumer._filter_tps_with_pending_acks, "f6f923977423"),
    (Consumer._new_offset, "1d2c7ea89a7a"),
    (Consumer.on_partitions_revoked, "d04b7ae72c6f"),
    (Consumer.on_partitions_assigned, "29ce96596f05"),
    (Consumer.perform_seek, "0e8c130ff4b0"),
    (Consumer.verify_all_partitions_active, "4e0e46f5c297"),
    (Consumer.on_stop, "45b1d2210ce2"),
    (driver.Consumer.on_stop, "173f86b366f3"),
    (driver.Consumer._new_consumer_thread, "0870ec53dea7"),
    (driver.AIOKafkaConsumerThread._fetch_records, "39a2c6c79fc1"),
    (driver.AIOKafkaConsumerThread._create_worker_consumer, "c2701bfc3e6f"),
    (driver.Producer._new_producer, "e72355c3430e"),
    (faust.Schema.compile, "d46eec5ce319"),
    (App._new_transport, "42db531312dd"),
    (TableManager.on_start, "365dd25fbc0e"),
    # what it relies on: who calls the above, in which order
    (Consumer.commit, "a354437baaa0"),
    (Consumer.maybe_wait_for_commit_to_finish, "d687f63a0b5e"),
    (driver.AIOKafkaConsumerThread.getmany, "26fc5fc9f3b6"),
    (driver.Producer._ensure_producer, "5592a4bbdf25"),
    (App._on_partitions_revoked, "d5c895bbe57d"),
    (App._on_partitions_assigned, "de932b7927db"),
    (Recovery._resume_streams, "d986a6710c1a"),
    (WorkerThread.stop, "c80d8f1597fa"),
)


@pytest.mark.parametrize(("method", "digest"), SOURCES, ids=lambda value: getattr(value, "__qualname__", ""))
def test_a_private_method_that_we_build_on_is_unchanged(method: Callable[..., Any], digest: str) -> None:
    """When this fails after an upgrade: read the new source beside streams/kafka/transport.py, then set the digest."""
    assert hashlib.sha256(inspect.getsource(method).encode()).hexdigest()[:12] == digest
