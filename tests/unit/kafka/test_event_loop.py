"""What a broker's sudden end does to a connection on uvloop."""

import asyncio
import subprocess
import sys
from asyncio import StreamReader, StreamWriter

import pytest
import uvloop
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import KafkaConnectionError
from aiokafka.protocol.admin import ApiVersionRequest

from streams.kafka.event_loop import UvloopConnection


async def _send_on_a_closed_transport(kind: type[AIOKafkaConnection]) -> AIOKafkaConnection:
    async def hold(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    connection = kind("127.0.0.1", server.sockets[0].getsockname()[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", connection.port)
    connection._reader, connection._writer = reader, writer
    connection._read_task = asyncio.create_task(asyncio.sleep(0))
    writer.transport.abort()
    await asyncio.sleep(0)
    try:
        await connection.send(ApiVersionRequest())
    finally:
        server.close()
    return connection


def test_a_write_to_a_closed_transport_is_a_broken_connection() -> None:
    with pytest.raises(KafkaConnectionError, match=r"127\.0\.0\.1:\d+ broken"):
        uvloop.run(_send_on_a_closed_transport(UvloopConnection))


def test_without_our_connection_it_is_an_error_that_no_client_expects() -> None:
    """Once this fails, aiokafka or uvloop has mended it, and `UvloopConnection` can go."""
    with pytest.raises(RuntimeError, match="closed"):
        uvloop.run(_send_on_a_closed_transport(AIOKafkaConnection))


def test_every_connection_of_aiokafka_is_ours_once_uvloop_is_in_use() -> None:
    """In a process of its own: it changes the loops of all that follows."""
    program = (
        "import asyncio\n"
        "import aiokafka.conn\n"
        "from streams.kafka.event_loop import use_uvloop\n"
        "async def main():\n"
        "    made = await aiokafka.conn.create_conn('127.0.0.1', 9)\n"
        "    print(type(asyncio.get_running_loop()).__module__, type(made).__name__)\n"
        "aiokafka.conn.AIOKafkaConnection.connect = lambda self: asyncio.sleep(0)\n"
        "use_uvloop()\n"
        "asyncio.run(main())\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert told.stdout.split() == ["uvloop", "UvloopConnection"], told.stderr
