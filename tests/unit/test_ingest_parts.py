"""Parts of ingest that need no broker: the ledger, the partitioner, the groups of a paced replay."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest_ledger import Acknowledged, Ledger
from agents.ingest_run import TOGETHER_S, _groups
from agents.ingest_send import RowSender, partition_of
from schemas.tweet import Tweet
from streams.connectors.source import AnyRow, RefusedRow, Row
from streams.core.dead_letters import refused_row
from streams.core.replay_clock import Pace, Rewrite
from streams.core.sample import START
from streams.errors import FatalError, RejectedError
from streams.settings import load_settings

ENTRY = Acknowledged(line=2, id="7", topic="tweets.raw", partition=1, offset=5)
LINE = b'{"line":2,"id":"7","topic":"tweets.raw","partition":1,"offset":5}\n'


def test_a_ledger_starts_empty_or_goes_on_behind_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_bytes(b"old\n")
    with Ledger(path, keep=False) as ledger:
        ledger.write(ENTRY)
    assert path.read_bytes() == LINE
    path.write_bytes(LINE + LINE[:20])  # a kill cut the second one short
    with Ledger(path, keep=True) as ledger:
        ledger.write(ENTRY)
        ledger.flush()
        assert path.read_bytes() == LINE * 2
    with Ledger(tmp_path / "new.jsonl", keep=True) as ledger:
        ledger.write(ENTRY)
    assert (tmp_path / "new.jsonl").read_bytes() == LINE


def test_a_ledger_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"cannot write the ledger .*no/l\.jsonl"):
        Ledger(tmp_path / "no" / "l.jsonl", keep=False)


@given(st.binary(max_size=40), st.integers(1, 64))
def test_keys_go_where_every_kafka_client_sends_them(key: bytes, n_partitions: int) -> None:
    partitions = list(range(n_partitions))
    assert partition_of(key, partitions, partitions) == DefaultPartitioner()(key, partitions, partitions)
    assert partition_of(None, partitions, partitions) == 0


def row(second: float) -> Row:
    tweet = Tweet(id=str(second), created_at=START + timedelta(seconds=second), text="", author="a")
    return Row(1, 1, 1, b"", tweet)


REFUSED = RefusedRow(1, 1, 1, b"", RejectedError("x"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(0), row(0), row(5), row(5.01), row(9)], [(0, 2), (5, 2), (9, 1)]),
        ([row(0), REFUSED, row(5), REFUSED], [(0, 2), (5, 2)]),
        ([row(5), row(0), row(3)], [(0, 3)]),
        ([REFUSED], [(0, 1)]),
    ],
)
def test_rows_due_together_leave_together(rows: list[AnyRow], expected: list[tuple[float, int]]) -> None:
    pace = Pace(1.0)
    found = [(due_s, len(group)) for due_s, group in _groups(rows, pace)]
    assert found == expected
    assert TOGETHER_S < 1


def test_at_full_speed_all_leave_at_once() -> None:
    assert list(_groups([row(0), row(900)], Pace(None))) == [(0.0, [row(0), row(900)])]


class SlowBroker:
    """Takes every record at once and acknowledges one each time that the sender waits."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[asyncio.Future[Any], int]] = deque()
        self.n_held = self.most_held = self.n_acknowledged = 0

    async def send(self, topic: str, value: bytes, key: bytes | None = None, **_: object) -> asyncio.Future[Any]:
        future = asyncio.get_running_loop().create_future()
        self.waiting.append((future, len(value)))
        self.n_held += len(value)
        self.most_held = max(self.most_held, self.n_held)
        return future

    async def acknowledge(self) -> None:
        while True:
            if self.waiting:
                future, n_bytes = self.waiting.popleft()
                self.n_held -= n_bytes
                self.n_acknowledged += 1
                future.set_result(SimpleNamespace(partition=0, offset=0))
            await asyncio.sleep(0)


@pytest.mark.parametrize("are_refused", [False, True])
async def test_large_rows_are_held_up_to_a_number_of_bytes(are_refused: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.ingest_send.MAX_BYTES_IN_FLIGHT", 1 << 20)
    monkeypatch.setattr("agents.ingest_send.BLOCK_BYTES", 1 << 16)
    text = "x" * 50_000
    tweet = Tweet(id="1", created_at=START, text=text, author="a")
    large: AnyRow = Row(1, 1, 1, text.encode(), tweet)
    if are_refused:
        large = RefusedRow(1, 1, 1, text.encode(), RejectedError("x"))
    broker = SlowBroker()
    sender = RowSender(load_settings(), broker, "t.csv")
    acknowledging = asyncio.create_task(broker.acknowledge())
    try:
        await sender.send([large] * 500, Rewrite())  # one batch of the source
        for _ in range(5):
            await sender.send([large] * 100, Rewrite())
        assert 900_000 // (1 if are_refused else 2) < broker.most_held < (1 << 20) + (1 << 17)
        await sender.settle()
    finally:
        acknowledging.cancel()
    assert sender.tally.n_rows == broker.n_acknowledged == 1_000
    assert sender._n_bytes == 0


def test_a_refused_row_names_a_file_whose_name_is_not_utf8() -> None:
    output = refused_row(b"raw", line=3, source="caf\udce9.csv", error=RejectedError("x"), now=datetime.now(UTC))
    assert output.value == b"raw"
    assert b"caf?.csv" in dict(output.headers).values()
