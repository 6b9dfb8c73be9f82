"""Parts of ingest that need no broker: the ledger, the partitioner, the groups of a paced replay."""

from datetime import timedelta
from pathlib import Path

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from agents.ingest_ledger import Acknowledged, Ledger
from agents.ingest_run import TOGETHER_S, _groups
from agents.ingest_send import partition_of
from schemas.tweet import Tweet
from streams.connectors.source import AnyRow, RefusedRow, Row
from streams.core.replay_clock import Pace
from streams.core.sample import START
from streams.errors import FatalError, RejectedError

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
