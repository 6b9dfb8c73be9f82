"""The ledger of a cell's source."""

import asyncio
from types import SimpleNamespace

from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError

from tests.chaos.expected import Sort
from tests.chaos.rows import Row
from tests.chaos.source import Ledger

ROW = Row(b"k", b"{}", Sort.CUSTOMER, "7")
TOO_LARGE = ROW._replace(is_too_large=True)


async def noted(row: Row, outcome: object) -> Ledger:
    ledger = Ledger(n_rows=1)
    sending = asyncio.get_running_loop().create_future()
    if outcome is None:
        sending.cancel()
    elif isinstance(outcome, Exception):
        sending.set_exception(outcome)
    else:
        sending.set_result(outcome)
    ledger.note(row, sending)
    assert ledger.n_unaccounted == 0
    return ledger


async def test_an_acknowledged_record_is_known_by_its_place() -> None:
    ledger = await noted(ROW, SimpleNamespace(partition=2, offset=5))
    assert (ledger.sent["2:5"].sort, ledger.sent["2:5"].tweet_id) == (Sort.CUSTOMER, "7")


async def test_only_what_is_too_large_may_be_refused() -> None:
    assert (await noted(TOO_LARGE, MessageSizeTooLargeError())).n_refused == 1
    assert (await noted(ROW, MessageSizeTooLargeError())).failures == ["MessageSizeTooLargeError"]
    assert (await noted(TOO_LARGE, SimpleNamespace(partition=0, offset=0))).failures


async def test_whatever_else_ends_a_sending_is_a_failure() -> None:
    assert (await noted(ROW, KafkaTimeoutError())).failures == ["KafkaTimeoutError"]
    assert (await noted(ROW, ValueError())).failures == ["ValueError"]
    assert (await noted(ROW, None)).failures == ["cancelled"]


def test_a_row_of_which_nothing_was_heard() -> None:
    assert Ledger(n_rows=1).n_unaccounted == 1
