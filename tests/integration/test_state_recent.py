"""Marks and contexts on a real Redis, and life without it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from structlog.testing import capture_logs

from schemas.taxonomy import Origin
from schemas.tweet import Context
from streams.core.recent import Marks, NearMark
from streams.errors import SettingsError
from streams.settings import Settings, load_settings
from streams.state.embedded import EmbeddedRedis
from streams.state.marks import NEAR_TTL_S
from streams.state.recent import RecentStore
from streams.state.redis import connect, forget_namespace
from tests.integration.silent_redis import silent_redis

NEAR = b"\x00\xff key \n12"
MARKS = Marks(
    ids={"17": Origin("3:12345"), "é 18": Origin("0:1")},
    near={NEAR: NearMark(Origin("line:4"), -5)},
    contexts={"17": Context(scrubbed="[PHONE_1]", text="06…"), "é 18": Context(scrubbed="oui", text="oui", author="a")},
)
ASKED = (["17", "é 18", "19"], [NEAR, b"other"], ["17", "é 18", "19"])


@pytest.fixture
def settings(redis_url: str, namespace: str) -> Settings:
    return load_settings(redis_url=redis_url, namespace=namespace)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[RecentStore]:
    store = RecentStore(settings)
    yield store
    await store.close()


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    client = connect(settings)
    yield client
    await client.aclose()


def errors() -> float:
    return REGISTRY.get_sample_value("dallosh_state_errors_total") or 0.0


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        await asyncio.sleep(0.02)


async def test_what_was_written_is_found(store: RecentStore) -> None:
    assert await store.look_up(*ASKED) == Marks()
    await store.write(MARKS)
    assert await store.look_up(*ASKED) == MARKS


async def test_nothing_asked_and_nothing_written_is_no_call(store: RecentStore) -> None:
    assert await store.look_up([], [], []) == Marks()
    await store.write(Marks())


async def test_marks_are_lean_and_every_key_dies(store: RecentStore, redis: Redis, settings: Settings) -> None:
    await store.write(MARKS)
    prefix = f"{settings.namespace}:dallosh:".encode()
    keys = [key async for key in redis.scan_iter(match=prefix + b"*")]
    assert len(keys) == 5
    for key in keys:
        ttl_s = await redis.ttl(key)
        expected = NEAR_TTL_S if b":near:" in key else settings.dedup_ttl_s
        assert expected - 5 <= ttl_s <= expected
    assert await redis.get(prefix + b"id:17") == b"3:12345"
    assert (await redis.memory_usage(prefix + b"id:17") or 999) < 120
    assert await redis.get(prefix + "ctx:é 18".encode()) == b"\x93\xa3oui\xc0\xa1a"  # the text once, not twice


async def test_a_context_of_an_earlier_release_names_no_author(
    store: RecentStore, redis: Redis, settings: Settings
) -> None:
    await redis.set(f"{settings.namespace}:dallosh:ctx:17".encode(), b"\x92\xa3oui\xc0")
    assert (await store.look_up([], [], ["17"])).contexts == {"17": Context(scrubbed="oui", text="oui")}


async def test_namespaces_do_not_see_each_other(settings: Settings, store: RecentStore) -> None:
    await store.write(MARKS)
    other_settings = settings.model_copy(update={"namespace": f"{settings.namespace}x"})
    other = RecentStore(other_settings)
    try:
        assert await other.look_up(*ASKED) == Marks()
        await other.write(MARKS)
        assert await forget_namespace(settings) == 5
        assert await forget_namespace(settings) == 0
        assert await store.look_up(*ASKED) == Marks()
        assert await other.look_up(*ASKED) == MARKS
    finally:
        await other.close()
        await forget_namespace(other_settings)


async def test_what_something_else_wrote_is_no_mark(store: RecentStore, redis: Redis, settings: Settings) -> None:
    prefix = f"{settings.namespace}:dallosh:".encode()
    await redis.set(prefix + b"near:" + NEAR, b"\xff\xfe nonsense")
    await redis.set(prefix + b"ctx:17", b"\xff\xfe nonsense")
    assert await store.look_up(*ASKED) == Marks()


async def test_a_script_that_the_server_forgot_is_loaded_again(store: RecentStore, redis: Redis) -> None:
    await store.write(Marks(ids={"1": Origin("0:1")}))
    await redis.script_flush()
    await store.write(MARKS)
    assert await store.look_up(*ASKED) == MARKS


async def test_an_outage_is_counted_logged_once_waited_for_once_and_ends_by_itself(
    own_redis: EmbeddedRedis,
) -> None:
    url = own_redis.start()
    store = RecentStore(load_settings(redis_url=url, namespace="t"), probe_interval_s=0.05)
    try:
        await store.write(MARKS)
        own_redis.kill()
        before = errors()
        with capture_logs() as logs:
            for _ in range(50):
                assert await store.look_up(*ASKED) == Marks()
                await store.write(MARKS)
        assert [line["event"] for line in logs] == ["state_lost"]
        assert errors() - before == 200
        assert not store.is_up
        with capture_logs() as logs:
            assert own_redis.start() == url
            await until(lambda: store.is_up)
        assert [line["event"] for line in logs] == ["state_found"]
        await store.write(MARKS)
        assert await store.look_up(*ASKED) == MARKS
    finally:
        await store.close()


async def test_an_outage_right_after_another_is_logged_once_it_lasts(
    own_redis: EmbeddedRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.state.guard.LOG_INTERVAL_S", 1.0)
    url = own_redis.start()
    store = RecentStore(load_settings(redis_url=url, namespace="t"), probe_interval_s=0.05)
    try:
        with capture_logs() as logs:
            own_redis.kill()
            await store.write(MARKS)
            assert own_redis.start() == url
            await until(lambda: store.is_up)
            own_redis.kill()
            await store.write(MARKS)
            await until(lambda: len(logs) > 2)
        assert [line["event"] for line in logs] == ["state_lost", "state_found", "state_lost"]
    finally:
        await store.close()


async def test_a_redis_that_hangs_costs_one_timeout() -> None:
    async with silent_redis() as server:
        store = RecentStore(load_settings(redis_url=server.url, redis_timeout_s=0.2), probe_interval_s=600)
        try:
            for _ in range(20):
                assert await store.look_up(*ASKED) == Marks()
                await store.write(MARKS)
            assert 1 <= server.n_connections <= 2, "the client tries a command twice; the other 39 are not sent"
        finally:
            await store.close()


async def test_the_password_of_the_settings_is_used(own_redis: EmbeddedRedis) -> None:
    url = own_redis.start()
    async with connect(load_settings(redis_url=url)) as client:
        await client.config_set("requirepass", "s3cret")
    store = RecentStore(load_settings(redis_url=url, redis_password="s3cret"))
    try:
        await store.write(MARKS)
        assert await store.look_up(*ASKED) == MARKS
    finally:
        await store.close()


@pytest.mark.parametrize("url", ["", "http://127.0.0.1", "127.0.0.1:6379"])
def test_a_wrong_url_is_an_error_with_a_remedy(url: str) -> None:
    with pytest.raises(SettingsError, match=r"(?i)redis_url"):
        connect(load_settings(redis_url=url))


def test_tls_takes_the_authority_of_the_settings(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    client = connect(load_settings(redis_url="rediss://127.0.0.1:1/0", redis_ca_file=authority))
    assert client.connection_pool.connection_kwargs["ssl_ca_certs"] == str(authority)
