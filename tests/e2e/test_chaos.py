"""Three short cells of `make chaos`: the whole pipe under fire on a broker and a Redis of its own, and the recount."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.chaos.cell import SHORT, SHORT_CELLS, Cell
from tests.chaos.report import line
from tests.chaos.rig import play

IN_THE_SUITE: Final = frozenset({"broker-killed", "workers-killed", "workers-stopped"})
"""A minute each, and the processor's; `make chaos SHORT=1` plays the other three as well."""
CELLS: Final = [cell for cell in SHORT_CELLS if cell.name in IN_THE_SUITE]

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(autouse=True)
def _quiet_clients() -> Iterator[None]:
    """A dead broker is what is wanted here: its clients need not say so ten times a second."""
    client = logging.getLogger("aiokafka")
    level = client.level
    client.setLevel(logging.CRITICAL)
    yield
    client.setLevel(level)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
async def test_nothing_is_lost_and_no_service_sees_a_tweet_twice(
    cell: Cell, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await play(cell, SHORT, tmp_path, state="", say=print)
    with capsys.disabled():
        print("\n" + line(result))
    assert result.problems() == [], result
    assert result.n_sent > 500
