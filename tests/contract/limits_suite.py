"""What every `Limits` must do, whoever keeps the state; subclasses give it a fixture `make`."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal, Protocol

import pytest
from structlog.testing import capture_logs

from streams.core.breaker import BreakerState
from streams.core.limits import Ask, Limits, Permit, Refusal, Refused, Report, TargetState
from streams.settings import Settings, load_settings

DAY_S = 86_400
NOON = 20_000 * DAY_S + 12 * 3_600.0
ASK = Ask(target="gemini/flash", n_tokens=1_000)
OK = Report(kind="success", n_tokens=1_000)
FAILED = Report(kind="failure", n_tokens=0, cost_usd=Decimal(0))
NOTHING = Report(kind="released", n_tokens=0, cost_usd=Decimal(0))


class Clock:
    """A clock that stands still."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Resettable(Limits, Protocol):
    """What both keepers have beyond the seam."""

    async def reset(self, target: str) -> None: ...

    async def close(self) -> None: ...


Make = Callable[..., Resettable]


def settings_of(**changes: Any) -> Settings:
    defaults = {"model_breaker_failures": 3, "probe_interval_s": 15, "model_disabled_s": 600, "batch_deadline_s": 30}
    return load_settings(**(defaults | changes))


async def granted(limits: Limits, ask: Ask = ASK) -> Permit:
    answer = await limits.reserve(ask)
    assert isinstance(answer, Permit), answer
    return answer


async def refused(limits: Limits, ask: Ask = ASK) -> Refused:
    answer = await limits.reserve(ask)
    assert isinstance(answer, Refused)
    return answer


async def state(limits: Limits, ask: Ask = ASK) -> TargetState:
    return (await limits.states((ask,)))[ask.target]


async def fail(limits: Limits, times: int = 3) -> None:
    for permit in [await granted(limits) for _ in range(times)]:
        await limits.settle(permit, FAILED)


class LimitsSuite:
    """The scenarios; `clock` and `make` are fixtures of the subclass."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    def limits(self, make: Make) -> Resettable:
        return make()

    async def test_an_unbounded_target_takes_every_call(self, limits: Resettable) -> None:
        permits = [await granted(limits) for _ in range(20)]
        assert len({permit.id for permit in permits}) == 20
        assert not any(permit.probe for permit in permits)
        assert await state(limits) == TargetState(breaker=BreakerState.CLOSED)

    # Breakers

    async def test_failures_in_a_row_open_the_breaker_of_that_target_alone(self, limits: Resettable) -> None:
        await fail(limits, 2)
        await limits.settle(await granted(limits), OK)
        await fail(limits, 2)
        await limits.settle(await granted(limits), FAILED)
        assert await refused(limits) == Refused(reason=Refusal.OPEN, retry_in_s=15.0)
        assert isinstance(await limits.reserve(replace(ASK, target="other")), Permit)

    async def test_half_open_gives_one_probe_whose_success_closes(self, limits: Resettable, clock: Clock) -> None:
        await fail(limits)
        clock.now += 14.9
        assert (await refused(limits)).retry_in_s == pytest.approx(0.1, abs=1e-3)
        clock.now += 0.2
        probe = await granted(limits)
        assert probe.probe
        assert (await refused(limits)).reason is Refusal.PROBING
        assert (await state(limits)).breaker is BreakerState.HALF_OPEN
        await limits.settle(probe, OK)
        assert not (await granted(limits)).probe
        assert (await state(limits)).failures == 0

    async def test_a_failed_probe_opens_again(self, limits: Resettable, clock: Clock) -> None:
        await fail(limits)
        clock.now += 15
        await limits.settle(await granted(limits), FAILED)
        assert await refused(limits) == Refused(reason=Refusal.OPEN, retry_in_s=15.0)

    async def test_a_probe_that_was_cancelled_leaves_its_place(self, limits: Resettable, clock: Clock) -> None:
        await fail(limits)
        clock.now += 15
        await limits.settle(await granted(limits), NOTHING)
        assert (await granted(limits)).probe

    async def test_a_probe_that_never_reports_leaves_its_place_after_a_while(
        self, limits: Resettable, clock: Clock
    ) -> None:
        await fail(limits)
        clock.now += 15
        lost = await granted(limits)
        clock.now += 29
        assert (await refused(limits)).reason is Refusal.PROBING
        clock.now += 1
        probe = await granted(limits)
        assert probe.probe
        await limits.settle(lost, OK)  # too late to tell anything
        assert (await refused(limits)).reason is Refusal.PROBING

    async def test_calls_from_before_the_opening_neither_close_nor_open(self, limits: Resettable, clock: Clock) -> None:
        early = [await granted(limits) for _ in range(3)]
        await fail(limits)
        await limits.settle(early[0], OK)
        assert (await refused(limits)).reason is Refusal.OPEN
        clock.now += 15
        await limits.settle(early[1], OK)
        probe = await granted(limits)
        await limits.settle(early[2], FAILED)
        assert probe.probe
        assert (await state(limits)).breaker is BreakerState.HALF_OPEN

    @pytest.mark.parametrize(("cool_s", "told_s"), [(40.0, 40.0), (1e12, 86_400.0), (float("inf"), 86_400.0)])
    async def test_a_cooldown_lasts_as_long_as_was_asked_a_day_at_most(
        self, limits: Resettable, cool_s: float, told_s: float
    ) -> None:
        late = await granted(limits)
        await limits.settle(await granted(limits), Report(kind="cool", cool_s=cool_s))
        await limits.settle(late, OK)
        assert await refused(limits) == Refused(reason=Refusal.OPEN, retry_in_s=told_s)
        assert (await state(limits)).open_for_s == told_s

    async def test_a_shorter_trouble_does_not_shorten_a_longer_one(self, limits: Resettable, clock: Clock) -> None:
        late = await granted(limits)
        await limits.settle(await granted(limits), Report(kind="disable"))
        await limits.settle(late, Report(kind="cool", cool_s=5.0))
        assert await refused(limits) == Refused(reason=Refusal.DISABLED, retry_in_s=600.0)
        assert (await state(limits)).disabled
        clock.now += 600
        probe = await granted(limits)
        assert probe.probe
        await limits.settle(probe, OK)
        assert not (await state(limits)).disabled

    async def test_an_operator_closes_a_breaker_and_nothing_else(self, limits: Resettable) -> None:
        ask = replace(ASK, rpm=60, cost_usd=Decimal(1))
        await limits.settle(await granted(limits, ask), Report(kind="disable"))
        await limits.reset(ASK.target)
        found = await state(limits, ask)
        assert (found.breaker, found.disabled, found.rpm_left) == (BreakerState.CLOSED, False, 5.0)
        assert found.spent_today_usd == 1
        await granted(limits, ask)

    async def test_a_second_report_of_a_call_is_not_heard(self, limits: Resettable) -> None:
        ask = replace(ASK, tpm=100_000, cost_usd=Decimal("0.5"))
        permit = await granted(limits, ask)
        for _ in range(3):
            await limits.settle(permit, replace(FAILED, n_tokens=500, cost_usd=Decimal("0.1")))
        found = await state(limits, ask)
        assert (found.failures, found.tpm_left, found.spent_today_usd) == (1, 9_500.0, Decimal("0.1"))

    # Rates

    @pytest.mark.parametrize("rpm", [1, 2, 7, 60, 500])
    async def test_no_minute_gets_more_requests_than_the_rate(self, limits: Resettable, clock: Clock, rpm: int) -> None:
        taken = await self._saturate(limits, clock, replace(ASK, rpm=rpm), Refusal.RPM, for_s=200)
        for start in taken:
            assert len([at for at in taken if start <= at < start + 60]) <= rpm
        assert len(taken) >= 0.85 * rpm * 200 / 60 - 1

    @pytest.mark.parametrize(("tpm", "n_tokens"), [(100_000, 1_000), (10_000, 1_000), (30_000, 6_000)])
    async def test_no_minute_gets_more_tokens_than_the_rate(
        self, limits: Resettable, clock: Clock, tpm: int, n_tokens: int
    ) -> None:
        ask = replace(ASK, tpm=tpm, n_tokens=n_tokens)
        taken = await self._saturate(limits, clock, ask, Refusal.TPM, for_s=200)
        for start in taken:
            assert n_tokens * len([at for at in taken if start <= at < start + 60]) <= tpm
        assert n_tokens * len(taken) >= 0.8 * tpm * 200 / 60 - n_tokens

    async def _saturate(
        self, limits: Resettable, clock: Clock, ask: Ask, reason: Refusal, *, for_s: float
    ) -> list[float]:
        taken, end = [], clock.now + for_s
        while clock.now < end:
            answer = await limits.reserve(ask)
            if isinstance(answer, Permit):
                taken.append(clock.now)
                await limits.settle(answer, Report(kind="success"))
            else:
                assert answer.reason is reason
                assert answer.retry_in_s > 0
                clock.now += answer.retry_in_s + 1e-3
        return taken

    async def test_a_call_larger_than_the_bucket_goes_when_it_is_full(self, limits: Resettable, clock: Clock) -> None:
        huge = replace(ASK, tpm=10_000, n_tokens=50_000)
        permit = await granted(limits, huge)
        await limits.settle(permit, Report(kind="success"))
        waited = await refused(limits, huge)
        assert waited.reason is Refusal.TPM
        assert waited.retry_in_s == pytest.approx(50_000 / 9_001 * 61, rel=1e-3)
        clock.now += waited.retry_in_s
        await granted(limits, huge)

    @pytest.mark.parametrize(
        ("n_tokens", "left"), [(None, 9_000.0), (1_000, 9_000.0), (200, 9_800.0), (0, 10_000.0), (15_000, -5_000.0)]
    )
    async def test_tokens_that_were_not_used_come_back_and_others_are_taken(
        self, limits: Resettable, n_tokens: int | None, left: float
    ) -> None:
        ask = replace(ASK, tpm=100_000)
        await limits.settle(await granted(limits, ask), Report(kind="success", n_tokens=n_tokens))
        assert (await state(limits, ask)).tpm_left == left

    @pytest.mark.parametrize(("kind", "left"), [("success", 9.0), ("failure", 9.0), ("released", 10.0)])
    async def test_a_request_that_was_sent_counts_whatever_it_cost(
        self, limits: Resettable, kind: Literal["success", "failure", "released"], left: float
    ) -> None:
        ask = replace(ASK, rpm=100)
        await limits.settle(await granted(limits, ask), Report(kind=kind, n_tokens=0))
        assert (await state(limits, ask)).rpm_left == left

    async def test_what_is_refused_takes_nothing(self, limits: Resettable) -> None:
        ask = replace(ASK, rpm=1_000, tpm=1_000, cost_usd=Decimal(1), budget_usd=Decimal(2))
        await granted(limits, ask)
        assert (await refused(limits, ask)).reason is Refusal.TPM
        found = await state(limits, ask)
        assert (found.rpm_left, found.spent_today_usd) == (99.0, Decimal(1))

    # Budgets

    async def test_a_budget_is_reserved_before_and_corrected_after(self, limits: Resettable) -> None:
        ask = replace(ASK, cost_usd=Decimal("0.4"), budget_usd=Decimal(1))
        first, _ = await granted(limits, ask), await granted(limits, ask)
        assert (await refused(limits, ask)).reason is Refusal.BUDGET
        await limits.settle(first, replace(OK, cost_usd=Decimal("0.123456789")))
        assert (await state(limits, ask)).spent_today_usd == Decimal("0.523456789")
        await granted(limits, ask)

    async def test_a_level_has_one_budget_and_deployments_of_a_model_share_its(self, limits: Resettable) -> None:
        east = replace(ASK, target="east", model="m", cost_usd=Decimal("0.6"), budget_usd=Decimal(1))
        west = replace(east, target="west")
        other = replace(ASK, target="other", cost_usd=Decimal("0.6"), level_budget_usd=Decimal(1))
        await granted(limits, east)
        assert (await refused(limits, west)).reason is Refusal.BUDGET
        assert (await refused(limits, other)).reason is Refusal.LEVEL_BUDGET
        await granted(limits, replace(other, level_budget_usd=Decimal("1.2")))
        found = await limits.states((east, other))
        assert [found[name].spent_today_usd for name in ("east", "other")] == [Decimal("0.6"), Decimal("0.6")]
        assert found["east"].level_spent_today_usd == Decimal("1.2")

    async def test_an_unknown_price_cannot_be_held_back_but_its_cost_counts(self, limits: Resettable) -> None:
        ask = replace(ASK, budget_usd=Decimal(1))
        await limits.settle(await granted(limits, ask), replace(OK, cost_usd=Decimal(5)))
        assert (await state(limits, ask)).spent_today_usd == 5
        await granted(limits, ask)
        assert (await refused(limits, replace(ask, cost_usd=Decimal("1e-9")))).reason is Refusal.BUDGET

    async def test_the_next_utc_day_begins_at_nothing(self, limits: Resettable, clock: Clock) -> None:
        ask = replace(ASK, cost_usd=Decimal(1), budget_usd=Decimal(1))
        late = await granted(limits, ask)
        answer = await refused(limits, ask)
        assert answer.retry_in_s == DAY_S / 2
        clock.now += answer.retry_in_s
        await granted(limits, ask)
        await limits.settle(late, replace(OK, cost_usd=Decimal("0.1")))  # the day before has paid it
        assert (await state(limits, ask)).spent_today_usd == 1

    async def test_a_clock_that_steps_back_over_midnight_forgets_nothing(
        self, limits: Resettable, clock: Clock
    ) -> None:
        ask = replace(ASK, cost_usd=Decimal(1), budget_usd=Decimal(1))
        clock.now = 20_001.0 * DAY_S
        await granted(limits, ask)
        clock.now -= 0.5
        assert (await refused(limits, ask)).reason is Refusal.BUDGET

    async def test_a_soft_share_is_told_once_a_day_for_each_budget(self, limits: Resettable, clock: Clock) -> None:
        ask = replace(ASK, cost_usd=Decimal("0.1"), budget_usd=Decimal(1), level_budget_usd=Decimal("1.1"))
        with capture_logs() as logs:
            for _ in range(7):
                await limits.settle(await granted(limits, ask), OK)
            assert logs == []
            for _ in range(3):
                await limits.settle(await granted(limits, ask), OK)
            await refused(limits, ask)
        assert [(line["event"], line["budget"]) for line in logs] == [
            ("budget_soft_reached", ASK.target), ("budget_soft_reached", "level"),
        ]  # fmt: skip
        clock.now += DAY_S
        with capture_logs() as logs:
            await granted(limits, replace(ask, cost_usd=Decimal("0.8")))
        assert [line["budget"] for line in logs] == [ASK.target]

    # Escalation

    async def test_the_share_of_escalation_is_that_of_the_hour(self, limits: Resettable, clock: Clock) -> None:
        async def climb(n_wanted: int, n_answered: int) -> int:
            return await limits.climb(n_wanted, n_answered=n_answered, cost_usd=None)

        assert await climb(15, 50) == 15
        assert await climb(15, 50) == 5  # the first 20 in any case
        assert await climb(15, 100) == 0
        assert await climb(0, 300) == 0
        assert await climb(15, 100) == 10  # 5 % of 600 are 30
        clock.now += 3_600
        assert await climb(50, 0) == 20

    async def test_escalation_costs_no_more_than_its_amount_an_hour(self, make: Make) -> None:
        limits = make(escalation_usd_per_hour="0.01")
        assert await limits.climb(8, n_answered=10_000, cost_usd=Decimal("0.008")) == 8
        assert await limits.climb(3, n_answered=0, cost_usd=Decimal("0.003")) == 2
        assert await limits.climb(1, n_answered=0, cost_usd=Decimal("0.001")) == 0
        assert await limits.climb(1, n_answered=0, cost_usd=None) == 1  # nobody knows what it costs

    @pytest.mark.parametrize("off", [{"escalation_share": 0}, {"escalation_usd_per_hour": 0}])
    async def test_escalation_can_be_turned_off(self, make: Make, off: dict[str, Any]) -> None:
        assert await make(**off).climb(5, n_answered=10_000, cost_usd=None) == 0

    async def test_together_calls_never_take_more_than_there_is(self, limits: Resettable) -> None:
        ask = replace(ASK, rpm=100, cost_usd=Decimal("0.01"), budget_usd=Decimal("0.07"))
        answers = await asyncio.gather(*(limits.reserve(ask) for _ in range(50)))
        assert sum(isinstance(answer, Permit) for answer in answers) == 7
