"""What a broker's sudden end does to a connection on uvloop."""

import asyncio
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
