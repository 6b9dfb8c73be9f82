"""uvloop as the event loop of a worker, and aiokafka's connections made to live with it."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

import aiokafka.conn
import uvloop
from aiokafka.conn import AIOKafkaConnection, CloseReason
from aiokafka.errors import KafkaConnectionError, KafkaError


class UvloopConnection(AIOKafkaConnection):  # type: ignore[misc] # aiokafka ships no types
    """A connection to a broker on which a write to a closed transport is a broken connection, which clients retry.

    asyncio's own transport swallows such a write. uvloop's raises RuntimeError, where aiokafka 0.14 expects OSError:
    its coordinator takes the error for a bug of its own and ends for good, and the stage with it.
    """

    def send(self, request: Any, expect_response: bool = True) -> Awaitable[Any]:
        """Sends a request; returns what waits for its response.

        Raises:
            KafkaConnectionError: the connection is closed.
        """
        with self._closing():
            answer: Awaitable[Any] = super().send(request, expect_response)
        return answer

    def _send_sasl_token(self, payload: bytes, expect_response: bool = True) -> Awaitable[Any]:
        with self._closing():
            answer: Awaitable[Any] = super()._send_sasl_token(payload, expect_response)
        return answer

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Closes the connection where a write finds its transport closed."""
        try:
            yield
        except KafkaError:  # a RuntimeError, too
            raise
        except RuntimeError as error:
            self.close(reason=CloseReason.CONNECTION_BROKEN, exc=error)
            raise KafkaConnectionError(f"Connection at {self.host}:{self.port} broken: {error}") from error


def use_uvloop() -> None:
    """Makes every event loop from here on uvloop's; to be called before the first one exists."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    aiokafka.conn.AIOKafkaConnection = UvloopConnection  # the name that its factory of connections looks up
