"""The health port over real HTTP on loopback."""

import aiohttp
import pytest

from streams.errors import FatalError
from streams.health import HealthServer
from streams.metrics import LAG_RECORDS


async def get(port: int, path: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}{path}") as response:
        return response.status, await response.text()


async def test_ready_follows_the_worker_and_live_the_loop() -> None:
    state = (False, "waiting for partitions")
    LAG_RECORDS.labels("test").set(3)
    server = HealthServer("127.0.0.1", 0, lambda: state)
    port = await server.start()
    try:
        assert await get(port, "/live") == (200, "ok\n")
        assert await get(port, "/ready") == (503, "waiting for partitions\n")
        state = (True, "4 partitions")
        assert await get(port, "/ready") == (200, "4 partitions\n")
        status, text = await get(port, "/metrics")
        assert status == 200
        assert 'dallosh_lag_records{stage="test"} 3.0' in text
        assert (await get(port, "/other"))[0] == 404
    finally:
        await server.stop()


async def test_a_taken_port_is_named_with_the_remedy() -> None:
    first = HealthServer("127.0.0.1", 0, lambda: (True, ""))
    port = await first.start()
    try:
        with pytest.raises(FatalError, match=rf"127\.0\.0\.1:{port}.*DALLOSH_HEALTH_PORT"):
            await HealthServer("127.0.0.1", port, lambda: (True, "")).start()
    finally:
        await first.stop()
