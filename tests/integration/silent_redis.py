"""A server in Redis's place that takes connections and answers nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class SilentRedis:
    """Its URL, and how many connections it has taken."""

    url: str = ""
    n_connections: int = 0


@asynccontextmanager
async def silent_redis() -> AsyncIterator[SilentRedis]:
    """Serves on a free port of 127.0.0.1 while a block runs."""
    made = SilentRedis()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.n_connections += 1
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    made.url = f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    try:
        yield made
    finally:
        server.close()
