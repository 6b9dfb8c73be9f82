"""One model and one server for the session; the server is started by the command that a worker is configured with."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.gpu_start import ServerStart
from tests.vllm.real_server import PYTHON, START_S, RealServer, make_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert PYTHON.exists(), "the server's environment is missing: make test-vllm builds it"
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """A healthy server; only for tests that leave it so."""
    made = RealServer.at(model, tmp_path_factory.mktemp("server"))
    start = ServerStart(made.command(), made.data_dir, timeout_s=START_S)
    start.begin()
    deadline = time.monotonic() + START_S
    while made.health() != 200:
        assert start.failed_with() is None, start.log_path.read_text()[-4000:]
        assert time.monotonic() < deadline, start.log_path.read_text()[-4000:]
        time.sleep(0.5)
    yield made
    made.end()


@pytest.fixture
def other_server(model: Path, tmp_path: Path) -> Iterator[RealServer]:
    """A server that nobody has started yet."""
    made = RealServer.at(model, tmp_path)
    yield made
    made.end()
