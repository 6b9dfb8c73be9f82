"""The suite of the limits over the state that one worker keeps."""

from typing import Any

import pytest

from streams.state.limits import rules_of
from streams.state.local_limits import LocalLimits
from tests.contract.limits_suite import Clock, LimitsSuite, Make, granted, settings_of


class TestLocalLimits(LimitsSuite):
    @pytest.fixture
    def make(self, clock: Clock) -> Make:
        def made(**changes: Any) -> LocalLimits:
            return LocalLimits(rules_of(settings_of(**changes)), clock=clock)

        return made


async def test_its_own_clock_is_of_today_and_it_is_shared_with_nobody() -> None:
    limits = LocalLimits()
    assert (await granted(limits)).day > 20_000
    assert not limits.shared
    await limits.close()
