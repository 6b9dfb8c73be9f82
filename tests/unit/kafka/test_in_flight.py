"""Work in flight: the bound, the wait, the first failure."""

import asyncio

import pytest

from streams.kafka.in_flight import InFlight


def unexpected(error: BaseException) -> None:
    pytest.fail(repr(error))


async def test_no_more_than_the_limit_run_at_once() -> None:
    in_flight, gate, most = InFlight(2, unexpected), asyncio.Event(), 0

    async def work() -> None:
        nonlocal most
        most = max(most, len(in_flight))
        await gate.wait()

    async def launch() -> None:
        for _ in range(5):
            await in_flight.acquire()
            in_flight.start(work())

    launching = asyncio.create_task(launch())
    for _ in range(10):
        await asyncio.sleep(0)
    assert (len(in_flight), launching.done()) == (2, False)
    gate.set()
    await launching
    assert await in_flight.wait(1.0)
    assert (most, len(in_flight)) == (2, 0)


async def test_a_deadline_leaves_the_work_running() -> None:
    in_flight, gate = InFlight(1, unexpected), asyncio.Event()

    async def work() -> None:
        await gate.wait()

    await in_flight.acquire()
    in_flight.start(work())
    assert not await in_flight.wait(0.001)
    assert len(in_flight) == 1
    gate.set()
    assert await in_flight.wait(1.0)


async def test_a_failure_is_reported_and_its_slot_is_free_again() -> None:
    failures: list[BaseException] = []
    in_flight, error = InFlight(1, failures.append), RuntimeError("x")

    async def work() -> None:
        raise error

    await in_flight.acquire()
    in_flight.start(work())
    await asyncio.wait_for(in_flight.acquire(), 20)
    assert failures == [error]


async def test_what_is_cancelled_is_no_failure() -> None:
    in_flight = InFlight(1, unexpected)
    await in_flight.acquire()
    in_flight.start(asyncio.sleep(60))
    await in_flight.cancel()
    assert len(in_flight) == 0


async def test_a_slot_given_back_unused_is_free() -> None:
    in_flight = InFlight(1, unexpected)
    for _ in range(3):
        await asyncio.wait_for(in_flight.acquire(), 20)
        in_flight.release()
