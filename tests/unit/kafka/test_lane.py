"""The lane of a transactional stage: what one turn gathers, by records and by bytes."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from streams.kafka import lane as module
from streams.kafka.lane import Lane


def gathering(monkeypatch: pytest.MonkeyPatch, *, size: int, poll_records: int) -> Any:
    """A lane whose turn lasts for ever and whose every fetch brings one record of a size."""
    monkeypatch.setattr(module, "MAX_TURN_BYTES", 1000)
    monkeypatch.setattr(module, "TURN_INTERVAL_S", 1e6)
    lane: Any = object.__new__(Lane)
    lane._settings = SimpleNamespace(poll_records=poll_records)
    lane._stopping, lane._turn_at, n_polls = False, time.monotonic(), 0

    async def poll(_timeout_ms: int, most: int) -> list[ConsumerRecord]:
        nonlocal n_polls
        n_polls += 1
        assert most == poll_records - n_polls + 1
        return [ConsumerRecord("t", 0, n_polls, 1000, 0, b"k", b"x" * size, None, 1, size, ())]

    lane._poll = poll
    return lane


@pytest.mark.parametrize(
    ("size", "poll_records", "expected"), [(1, 5, 5), (400, 500, 3), (1000, 500, 1), (5000, 500, 1)]
)
async def test_a_turn_ends_by_records_or_by_bytes(
    monkeypatch: pytest.MonkeyPatch, size: int, poll_records: int, expected: int
) -> None:
    assert len(await gathering(monkeypatch, size=size, poll_records=poll_records)._gather()) == expected
