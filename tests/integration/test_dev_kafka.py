"""The embedded broker for real: data outlive stops and kills, one broker whoever starts it, one node of three lost."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.errors import FatalError
from streams.kafka.embedded import EmbeddedKafka, find_running
from streams.kafka.embedded_config import KafkaConfig
from streams.kafka.embedded_jars import EMBEDDED_DIR, java
from streams.kafka.embedded_node import ARCHIVE, Runtime
from streams.kafka.embedded_probe import cluster_view

pytestmark = pytest.mark.timeout(300)
DEADLINE_S = 60.0


async def create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        answer = await admin.create_topics([NewTopic(topic, -1, -1, replica_assignments={})], timeout_ms=10_000)
        assert answer.topic_errors[0][1] == 0
    finally:
        await admin.close()


async def write(bootstrap: str, topic: str, values: Sequence[bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        for value in values:
            await asyncio.wait_for(producer.send_and_wait(topic, value), DEADLINE_S)
    finally:
        await producer.stop()


async def read(bootstrap: str, topic: str, n_values: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [(await asyncio.wait_for(consumer.getone(), DEADLINE_S)).value for _ in range(n_values)]
    finally:
        await consumer.stop()


async def test_the_session_broker_takes_and_gives(kafka: str, namespace: str) -> None:
    topic = f"{namespace}.t"
    await create(kafka, topic)
    await write(kafka, topic, [b"a", b"b"])
    assert await read(kafka, topic, 2) == [b"a", b"b"]


def test_a_broker_draws_its_classes_from_the_archive_of_the_set_up(kafka: str) -> None:
    archive = EMBEDDED_DIR / "libs" / ARCHIVE
    assert archive.is_file(), "make setup makes it"
    port = int(kafka.rpartition(":")[2])
    (pid,) = {
        one.pid
        for one in psutil.net_connections("tcp")
        if one.laddr and one.laddr.port == port and one.status == "LISTEN"
    }
    assert str(archive) in {one.path for one in psutil.Process(pid).memory_maps()}


def test_an_archive_that_does_not_fit_keeps_no_jvm_from_its_start(tmp_path: Path) -> None:
    (tmp_path / ARCHIVE).write_bytes(b"of another Java")
    argv = Runtime(java=java(), libs=tmp_path, log_config=EMBEDDED_DIR / "log4j2.yaml").argv("-version")
    assert f"-XX:SharedArchiveFile={tmp_path / ARCHIVE}" in argv
    assert subprocess.run(argv, capture_output=True, timeout=DEADLINE_S, check=False).returncode == 0


def test_data_and_ports_are_kept_through_a_stop(own_kafka: EmbeddedKafka) -> None:
    bootstrap = own_kafka.bootstrap
    asyncio.run(create(bootstrap, "kept"))
    asyncio.run(write(bootstrap, "kept", [b"1"]))
    assert own_kafka.stop()
    assert own_kafka.status().condition == "stopped"
    assert not own_kafka.stop()
    assert own_kafka.start() == bootstrap
    assert asyncio.run(read(bootstrap, "kept", 1)) == [b"1"]


def test_a_broker_killed_is_stale_and_comes_back_with_its_data(own_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    bootstrap = own_kafka.bootstrap
    asyncio.run(create(bootstrap, "kept"))
    asyncio.run(write(bootstrap, "kept", [b"1"]))
    process = own_kafka.status().nodes[0].process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    own_kafka.kill(1)  # waits until it is gone
    assert own_kafka.status().condition == "stale"
    assert find_running(tmp_path / "own") is None
    assert own_kafka.start() == bootstrap
    assert asyncio.run(read(bootstrap, "kept", 1)) == [b"1"]


def test_starters_at_once_get_one_broker(tmp_path: Path) -> None:
    handles = [EmbeddedKafka(KafkaConfig(data_dir=tmp_path, n_nodes=1)) for _ in range(3)]
    try:
        with ThreadPoolExecutor(3) as pool:
            found = set(pool.map(lambda handle: handle.start(), handles))
        assert found == {find_running(tmp_path)}
        pids = [len(handle.status().alive) for handle in handles]
        assert pids == [1, 1, 1]
    finally:
        handles[0].wipe()


def test_a_lost_state_file_leaves_no_second_broker(own_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    asyncio.run(create(own_kafka.bootstrap, "kept"))
    asyncio.run(write(own_kafka.bootstrap, "kept", [b"1"]))
    stray = own_kafka.status().nodes[0]
    (tmp_path / "own" / "kafka" / "state.json").unlink()
    bootstrap = own_kafka.start()
    assert bootstrap != stray.address
    assert cluster_view(stray.port) is None
    assert asyncio.run(read(bootstrap, "kept", 1)) == [b"1"]


def test_a_port_taken_meanwhile_is_replaced(own_kafka: EmbeddedKafka) -> None:
    import socket

    before = own_kafka.bootstrap
    own_kafka.stop()
    host, port = before.split(":")
    with socket.create_server((host, int(port))):
        after = own_kafka.start()
        assert after != before
        asyncio.run(create(after, "t"))


def test_another_number_of_brokers_is_refused(own_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="dev stop --wipe"):
        EmbeddedKafka(KafkaConfig(data_dir=tmp_path / "own", n_nodes=3)).start()


def test_three_brokers_take_writes_while_one_is_dead(kafka_cluster: EmbeddedKafka) -> None:
    bootstrap = kafka_cluster.bootstrap
    asyncio.run(create(bootstrap, "safe"))
    assert asyncio.run(config_of(bootstrap, "safe", "min.insync.replicas")) == "2"
    asyncio.run(write(bootstrap, "safe", [b"1"]))
    kafka_cluster.kill(2)
    assert kafka_cluster.status().condition == "degraded"
    asyncio.run(write(bootstrap, "safe", [b"2", b"3"]))
    kafka_cluster.restart(2)
    assert kafka_cluster.status().condition == "running"
    assert asyncio.run(read(bootstrap, "safe", 3)) == [b"1", b"2", b"3"]


async def config_of(bootstrap: str, topic: str, name: str) -> str:
    """Asks until the broker that answers knows the topic: they learn of a new one one after the other."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        async with asyncio.timeout(30):
            while True:
                (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
                for entry in answer.resources[0][4]:
                    if entry[0] == name:
                        return str(entry[1])
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
