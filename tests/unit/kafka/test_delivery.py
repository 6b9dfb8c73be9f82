"""Delivery: in order, done only when every output is acknowledged, and fatal when one is not."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from schemas.topics import CLASSIFIED, DEAD_LETTER
from streams.core.output import Output
from streams.errors import FatalError
from streams.kafka.delivery import Delivery

OUTPUTS = [
    Output(CLASSIFIED, b"1", b"a", (("h", b"x"),)),
    Output(DEAD_LETTER, None, None),
    Output(CLASSIFIED, b"3", b"c"),
]


class FakeProducer:
    """Queues sends; the test acknowledges them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.futures: list[asyncio.Future[None]] = []
        self._error = error

    async def send(self, topic: str, value: bytes | None, key: bytes | None, *, headers: Any) -> asyncio.Future[None]:
        if self._error is not None:
            raise self._error
        assert isinstance(headers, list)  # aiokafka's compiled builder refuses any other sequence
        self.sent.append((topic, key, value, headers))
        self.futures.append(asyncio.get_running_loop().create_future())
        return self.futures[-1]


def delivery(producer: Any, timeout_s: float = 5.0) -> Delivery:
    return Delivery(lambda: producer, namespace="ns", timeout_s=timeout_s)


async def test_outputs_are_sent_in_order_with_namespace_and_headers() -> None:
    producer = FakeProducer()
    pending = await delivery(producer).send(OUTPUTS)
    assert producer.sent == [
        (f"ns.{CLASSIFIED}", b"1", b"a", [("h", b"x")]),
        (f"ns.{DEAD_LETTER}", None, None, []),
        (f"ns.{CLASSIFIED}", b"3", b"c", []),
    ]
    assert pending == producer.futures


async def test_a_delivery_ends_with_the_last_acknowledgement() -> None:
    producer = FakeProducer()
    delivering = asyncio.create_task(delivery(producer).deliver(OUTPUTS))
    for number in (2, 0, 1):
        for _ in range(5):
            await asyncio.sleep(0)
        assert not delivering.done()
        producer.futures[number].set_result(None)
    await asyncio.wait_for(delivering, 20)


async def test_one_refused_output_is_fatal() -> None:
    producer = FakeProducer()
    to = delivery(producer)
    pending = await to.send(OUTPUTS)
    producer.futures[0].set_result(None)
    producer.futures[1].set_exception(MessageSizeTooLargeError())
    producer.futures[2].set_result(None)
    with pytest.raises(FatalError, match="not acknowledged: MessageSizeTooLargeError"):
        await to.confirm(pending)


async def test_no_acknowledgement_in_time_is_fatal() -> None:
    to = delivery(FakeProducer(), timeout_s=0.01)
    with pytest.raises(FatalError, match="not acknowledged: TimeoutError"):
        await to.deliver(OUTPUTS)


async def test_what_cannot_be_queued_is_fatal() -> None:
    with pytest.raises(FatalError, match="not queued: KafkaTimeoutError"):
        await delivery(FakeProducer(KafkaTimeoutError())).send(OUTPUTS)
