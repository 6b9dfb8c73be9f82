"""The start of the simulator: what it prints is read, and waited for no longer than said."""

import os
import time
from collections.abc import Iterator
from typing import BinaryIO

import pytest

from agents import simulated
from streams.errors import FatalError

LINE = b'{"env": {"DALLOSH_VLLM_BASE_URL": "http://127.0.0.1:1/vllm/v1"}}\n'


@pytest.fixture
def pipe() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as read, os.fdopen(writing, "wb", buffering=0) as write:
        yield read, write


def test_the_settings_are_those_of_its_first_line(pipe: tuple[BinaryIO, BinaryIO]) -> None:
    pipe[1].write(LINE + b"more")
    assert simulated._changes(pipe[0]) == {"vllm_base_url": "http://127.0.0.1:1/vllm/v1"}


@pytest.mark.timeout(10)
@pytest.mark.parametrize("said", [b"", LINE[:20]])
def test_one_that_says_nothing_more_is_given_up(
    said: bytes, pipe: tuple[BinaryIO, BinaryIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulated, "START_TIMEOUT_S", 0.1)
    pipe[1].write(said)
    before = time.monotonic()
    with pytest.raises(FatalError, match="did not start"):
        simulated._changes(pipe[0])
    assert time.monotonic() - before < 5


@pytest.mark.parametrize("said", [b"", LINE[:20]])
def test_one_that_ends_at_once_is_told(said: bytes, pipe: tuple[BinaryIO, BinaryIO]) -> None:
    pipe[1].write(said)
    pipe[1].close()
    with pytest.raises(FatalError, match="did not start"):
        simulated._changes(pipe[0])
