"""What every test shares: no way out of loopback, and a real Kafka and Redis that start when the first test asks.

The servers of the session are killed by the kernel when pytest dies, however it dies (Linux).
"""

import asyncio
import fcntl
import ipaddress
import logging
import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
import structlog

from streams.env_file import ENV_FILE_VARIABLE
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.settings import PREFIX
from streams.state.embedded import EmbeddedRedis, RedisConfig

INTEGRATION: Final = {"kafka", "redis_url", "own_kafka", "kafka_cluster", "own_redis"}
LOGGING_AT_FIRST: Final = structlog.get_config()
SLOW: Final = {"own_kafka", "kafka_cluster"}
NAMES_OF_THIS_MACHINE: Final = {None, "", b"", "localhost", b"localhost", socket.gethostname()}


class OutsideLoopbackError(RuntimeError):
    """A test reached for another machine. Not an OSError: code that rides out network errors must not hide it."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes seconds: starts brokers of its own")
    config.addinivalue_line("markers", "alone: measures instants: no other test runs beside it")
    _forget_settings_of_the_machine()


def _forget_settings_of_the_machine() -> None:
    """Takes our variables and the vendors' keys out of the environment, and turns `.env` off, for children, too.

    A test says itself what it needs: with keys in `.env`, the suite would call paid models.
    """
    for name in list(os.environ):
        if name.upper().startswith(PREFIX) or name.upper().endswith("_API_KEY"):
            del os.environ[name]
    os.environ[ENV_FILE_VARIABLE] = ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by what they ask for, so that `-m 'not integration'` needs neither Java nor Redis."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if names & INTEGRATION:
            item.add_marker(pytest.mark.integration)
        if names & SLOW:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Lets a test marked `alone` run while no other process of the suite runs one; the wait counts in no time limit."""
    if not (paths := _doors()):
        return (yield)
    with paths[0].open("w") as gate, paths[1].open("w") as room:
        fcntl.flock(gate, fcntl.LOCK_EX)  # who wants the room alone waits here for those inside, and nobody passes him
        fcntl.flock(room, fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        return (yield)


def pytest_unconfigure() -> None:
    for path in _doors():
        path.unlink(missing_ok=True)


def _doors() -> list[Path]:
    """Returns the files that the processes of one run lock; none where there is one process."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return [Path(tempfile.gettempdir()) / f"pytest-{run}.{name}" for name in ("gate", "room")] if run else []


def is_this_machine(host: Any) -> bool:
    """Whether a host of a socket address stays on this machine; names other than its own are not resolved."""
    if host in NAMES_OF_THIS_MACHINE:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session", autouse=True)
def _only_loopback() -> Iterator[None]:
    """Refuses connections and look-ups beyond loopback in this process; uvloop's own sockets are not seen."""
    patch = pytest.MonkeyPatch()

    def guard(name: str) -> None:
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, *args: Any) -> Any:
            address = args[-1]
            if self.family in (socket.AF_INET, socket.AF_INET6) and not is_this_machine(address[0]):
                raise OutsideLoopbackError(f"socket.{name} to {address[0]}")
            return original(self, *args)

        patch.setattr(socket.socket, name, guarded)

    for name in ("connect", "connect_ex", "sendto"):
        guard(name)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_this_machine(host):
            raise OutsideLoopbackError(f"look-up of {host!r}")
        return look_up(host, *args, **kwargs)

    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Undoes what an in-process command set up: its levels and handlers would hide the lines of later tests.

    What a fixture of a module's set up counts, too: it ran before this one looked.
    """
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**LOGGING_AT_FIRST)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`host:port` of one broker for the whole session; each test works in a `namespace` of its own."""
    data_dir = tmp_path_factory.mktemp("kafka")
    handle = EmbeddedKafka(KafkaConfig(data_dir=data_dir, tied=True))
    try:
        yield handle.start()
    finally:
        handle.wipe()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of one Redis for the whole session; each test prefixes its keys with its `namespace`."""
    handle = EmbeddedRedis(RedisConfig(data_dir=tmp_path_factory.mktemp("redis"), tied=True))
    try:
        yield handle.start()
    finally:
        handle.wipe()


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    """One running broker for one test, which may `kill(1)` and `restart(1)` it; its address is `.bootstrap`."""
    yield from _running(EmbeddedKafka(KafkaConfig(data_dir=tmp_path / "own", n_nodes=1, tied=True)), tmp_path / "own")


@pytest.fixture
def kafka_cluster(tmp_path: Path) -> Iterator[EmbeddedKafka]:
    """Three running brokers for one test (replication 3, min.insync 2), which may `kill(n)` and `restart(n)` each."""
    yield from _running(EmbeddedKafka(KafkaConfig(data_dir=tmp_path / "own", n_nodes=3, tied=True)), tmp_path / "own")


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    """One running Redis for one test, which may `kill()`, `stop()` and `start()` it; `start()` returns its URL."""
    handle = EmbeddedRedis(RedisConfig(data_dir=tmp_path / "own", tied=True))
    try:
        handle.start()
        yield handle
    finally:
        handle.wipe()


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> Iterator[str]:
    """A prefix that no other test has; its topics on the session's broker are deleted after the test."""
    name = f"t{uuid.uuid4().hex[:12]}"
    yield name
    if "kafka" in request.fixturenames:
        bootstrap: str = request.getfixturevalue("kafka")
        with ThreadPoolExecutor(max_workers=1) as pool:  # a loop of its own, whatever loops the test used
            pool.submit(asyncio.run, _delete_topics(bootstrap, f"{name}.")).result(timeout=60)


async def _delete_topics(bootstrap: str, prefix: str) -> None:
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        mine = [topic for topic in await admin.list_topics() if topic.startswith(prefix)]
        if mine:
            await admin.delete_topics(mine)
    finally:
        await admin.close()


def _running(handle: EmbeddedKafka, folder: Path) -> Iterator[EmbeddedKafka]:
    try:
        handle.start()
        yield handle
    finally:
        handle.wipe()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was waited for a place at a model, in seconds; noted, not slept."""
    noted: list[float] = []

    async def sleep(delay_s: float) -> None:
        noted.append(delay_s)
        await asyncio.sleep(0)

    monkeypatch.setattr("streams.providers.booking.asyncio", SimpleNamespace(sleep=sleep))
    return noted
