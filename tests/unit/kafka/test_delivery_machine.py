"""The committed offset never passes an unfinished record, and every record is finished in the end: in any order."""

from collections.abc import Callable

import pytest
from hypothesis.stateful import run_state_machine_as_test

from streams.kafka import transport
from tests.unit.kafka.delivery_machine import STEPS, DeliveryMachine, fetch_outlives_a_rebalance, first_partitions


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "IDLE_POLL_S", 0.0)


def test_whatever_happens_nothing_is_lost_and_nothing_stays() -> None:
    run_state_machine_as_test(DeliveryMachine, settings=STEPS)


@pytest.mark.parametrize("scenario", [first_partitions, fetch_outlives_a_rebalance])
def test_what_the_machine_seldom_meets(scenario: Callable[[], None]) -> None:
    scenario()
