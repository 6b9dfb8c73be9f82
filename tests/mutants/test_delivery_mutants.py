"""The state machine of the delivery catches each of these mistakes: every one has lost records somewhere."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from streams.core.acks import Ledger, PartitionLedger
from streams.kafka import transport
from streams.kafka.transport import LosslessConsumer, LosslessConsumerThread, _Fetched
from tests.mutants.guards import commit_the_highest, read_the_generation_before_the_fetch
from tests.unit.kafka.delivery_machine import STEPS, DeliveryMachine, fetch_outlives_a_rebalance


def forget_the_rest_of_a_fetch() -> None:
    """Hands one block on and leaves the position behind what was not, without a seek back."""
    hand_on = LosslessConsumer._hand_on

    async def careless(self: LosslessConsumer, fetched: _Fetched) -> None:
        first = {tp: records[: self.app.block_records] for tp, records in fetched.records.items()}
        await hand_on(self, fetched._replace(records=first))

    LosslessConsumer._hand_on = careless  # type: ignore[method-assign]


def drop_what_arrives_in_a_rebalance() -> None:
    """Takes no records while the flow is stopped, and the position is behind them."""
    hand_on = LosslessConsumer._hand_on

    async def careless(self: LosslessConsumer, fetched: _Fetched) -> None:
        if self.flow_active:
            await hand_on(self, fetched)

    LosslessConsumer._hand_on = careless  # type: ignore[method-assign]


def believe_every_epoch() -> None:
    """Counts what was begun under a past assignment for the present one."""

    def careless(self: Ledger[Any], key: Any, offsets: Iterable[int], *, epoch: int) -> bool:
        self.partition(key).finish(offsets)
        return True

    Ledger.finish = careless  # type: ignore[method-assign]


def fill_gaps() -> None:
    """Counts offsets instead of records: a hole in the log is waited for, and never finished."""
    register = PartitionLedger.register

    def careless(self: PartitionLedger, offsets: Any) -> None:
        first = self.next_offset if self.next_offset >= 0 else offsets[0]
        register(self, range(first, offsets[-1] + 1))

    PartitionLedger.register = careless  # type: ignore[method-assign]


@pytest.fixture
def _restored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puts what a mistake replaces back in the end."""
    for owner, name in (
        (PartitionLedger, "finish"),
        (PartitionLedger, "register"),
        (Ledger, "finish"),
        (LosslessConsumer, "_hand_on"),
        (LosslessConsumerThread, "_fetch_records"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(transport, "IDLE_POLL_S", 0.0)


@pytest.mark.usefixtures("_restored")
@pytest.mark.parametrize(
    "take_away",
    [
        commit_the_highest,
        read_the_generation_before_the_fetch,
        forget_the_rest_of_a_fetch,
        believe_every_epoch,
        fill_gaps,
    ],
)
def test_the_machine_catches_it(take_away: Callable[[], None]) -> None:
    take_away()
    with pytest.raises((AssertionError, ValueError)):
        run_state_machine_as_test(DeliveryMachine, settings=settings(STEPS, max_examples=300, phases=[Phase.generate]))


@pytest.mark.usefixtures("_restored")
def test_what_arrives_in_a_rebalance_is_lost_when_it_is_dropped() -> None:
    drop_what_arrives_in_a_rebalance()
    with pytest.raises(AssertionError):
        fetch_outlives_a_rebalance()
