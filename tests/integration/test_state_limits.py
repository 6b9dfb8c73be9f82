"""Limits on a real Redis: the suite, the answers of one worker alone, several workers, and life without it."""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from redis.asyncio import Redis
from structlog.testing import capture_logs

from streams.core.limits import Ask, Permit, Refusal, Refused, Report, TargetState
from streams.settings import Settings
from streams.state.embedded import EmbeddedRedis
from streams.state.limits import RedisLimits, rules_of
from streams.state.local_limits import LocalLimits
from streams.state.redis import connect
from tests.contract.limits_suite import (
    ASK,
    NOON,
    NOTHING,
    OK,
    Clock,
    LimitsSuite,
    Make,
    fail,
    granted,
    refused,
    settings_of,
    state,
)
from tests.integration.silent_redis import silent_redis

Make_ = Callable[..., RedisLimits]


@pytest.fixture
async def make(redis_url: str, namespace: str) -> AsyncIterator[Make_]:
    """Makes workers of one level; without a clock they use that of Redis."""
    workers = []

    def made(clock: Clock | None = None, **changes: Any) -> RedisLimits:
        found = settings_of(**{"redis_url": redis_url, "namespace": namespace, **changes})
        workers.append(RedisLimits(found, scope="level1", clock=clock, probe_interval_s=0.05))
        return workers[-1]

    yield made
    for worker in workers:
        await worker.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(settings_of(redis_url=redis_url))
    yield client
    await client.aclose()


class TestRedisLimits(LimitsSuite):
    @pytest.fixture
    async def make(self, redis_url: str, namespace: str, clock: Clock) -> AsyncIterator[Make]:
        workers = []

        def made(**changes: Any) -> RedisLimits:
            found = settings_of(redis_url=redis_url, namespace=namespace, **changes)
            workers.append(RedisLimits(found, scope="level1", clock=clock))
            return workers[-1]

        yield made
        for worker in workers:
            assert worker.shared
            await worker.close()


# One worker alone and Redis give the same answers

USD = st.integers(0, 400_000_000).map(lambda nano: Decimal(nano).scaleb(-9))
REPORTS = st.builds(
    Report,
    kind=st.sampled_from(["success", "failure", "failure", "cool", "disable", "released"]),
    cool_s=st.sampled_from([0.0, 3.0, 40.0]),
    n_tokens=st.none() | st.integers(0, 3_000),
    cost_usd=st.none() | USD,
)
ASKS = st.builds(
    Ask,
    target=st.sampled_from(["a", "b"]),
    n_tokens=st.integers(1, 3_000),
    model=st.sampled_from(["", "m"]),
    cost_usd=st.none() | USD,
    rpm=st.sampled_from([None, 5, 100]),
    tpm=st.sampled_from([None, 20_000]),
    budget_usd=st.sampled_from([None, Decimal(1)]),
    level_budget_usd=st.sampled_from([None, Decimal(2)]),
)
STEPS = st.lists(
    st.one_of(
        ASKS,
        st.tuples(st.integers(0, 30), REPORTS),
        st.sampled_from([0.5, 7.0, 15.0, 31.0, 600.0, 40_000.0]),
        st.tuples(st.integers(0, 30), st.integers(0, 300), st.none() | USD),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_redis_answers_as_one_worker_alone_would(redis_url: str, steps: list[Any]) -> None:
    asyncio.run(_compare(redis_url, steps))


async def _compare(redis_url: str, steps: list[Any]) -> None:
    clock, found = Clock(), settings_of(redis_url=redis_url, namespace=f"t{uuid.uuid4().hex[:12]}")
    local = LocalLimits(rules_of(found), clock=clock)
    shared = RedisLimits(found, scope="level1", clock=clock)
    permits: list[tuple[Permit, Permit]] = []
    asks: dict[str, Ask] = {}
    try:
        for step in steps:
            match step:
                case Ask():
                    asks[step.target] = step
                    ours, theirs = await local.reserve(step), await shared.reserve(step)
                    if isinstance(ours, Permit) and isinstance(theirs, Permit):
                        assert (ours.probe, ours.day) == (theirs.probe, theirs.day)
                        permits.append((ours, theirs))
                    else:
                        assert isinstance(ours, Refused)
                        assert isinstance(theirs, Refused)
                        assert ours.reason is theirs.reason
                        assert ours.retry_in_s == pytest.approx(theirs.retry_in_s, abs=2e-3)
                case float():
                    clock.now += step
                case (index, Report() as report):
                    if index < len(permits):
                        await local.settle(permits[index][0], report)
                        await shared.settle(permits[index][1], report)
                case (n_wanted, n_answered, cost):
                    climbs = [
                        await one.climb(n_wanted, n_answered=n_answered, cost_usd=cost) for one in (local, shared)
                    ]
                    assert climbs[0] == climbs[1]
            await _same(local, shared, tuple(asks.values()))
    finally:
        await shared.close()


async def _same(local: LocalLimits, shared: RedisLimits, asks: tuple[Ask, ...]) -> None:
    ours, theirs = await local.states(asks), await shared.states(asks)
    alone = shared._local.states(asks, local._clock())  # what it would go on with
    for name, one in ours.items():
        for other in (theirs[name], alone[name]):
            assert _numbers(other) == pytest.approx(_numbers(one), abs=1e-2)
            assert replace(other, open_for_s=0.0, rpm_left=None, tpm_left=None) == replace(
                one, open_for_s=0.0, rpm_left=None, tpm_left=None
            )


def _numbers(found: TargetState) -> list[float]:
    return [found.open_for_s, -1.0 if found.rpm_left is None else found.rpm_left, found.tpm_left or -1.0]


# Several workers


ENDS = (*[Report(kind="success")] * 8, *[Report(kind="failure")] * 8, Report(kind="released"))


@pytest.mark.parametrize("seed", range(3))
async def test_workers_together_keep_every_bound_and_give_one_probe(make: Make_, seed: int) -> None:
    rng, clock = random.Random(seed), Clock()
    workers = [make(clock) for _ in range(4)]
    ask = replace(
        ASK, rpm=120, tpm=90_000, n_tokens=1_000, cost_usd=Decimal("0.001"), budget_usd=Decimal("0.06"),
        level_budget_usd=Decimal("0.07"),
    )  # fmt: skip
    taken: list[tuple[float, int]] = []
    spent, probes, refusals = Decimal(0), 0, set()

    async def work(worker: RedisLimits) -> None:
        nonlocal spent, probes
        answer = await worker.reserve(ask)
        if isinstance(answer, Refused):
            refusals.add(answer.reason)
            return
        probes += answer.probe
        assert probes <= 1
        await asyncio.sleep(0)
        n_tokens, cost = rng.randint(500, 1_000), Decimal(rng.randint(200, 1_000)).scaleb(-6)
        taken.append((clock.now, n_tokens))
        spent += cost
        probes -= answer.probe
        await worker.settle(answer, replace(rng.choice(ENDS), n_tokens=n_tokens, cost_usd=cost))

    for _ in range(400):
        await asyncio.gather(*(work(rng.choice(workers)) for _ in range(6)))
        clock.now += rng.choice([0.1, 0.5, 1.0])
    assert refusals >= {Refusal.OPEN, Refusal.PROBING, Refusal.BUDGET}
    for start, _ in taken:
        minute = [n_tokens for at, n_tokens in taken if start <= at < start + 60]
        assert len(minute) <= 120
        assert sum(minute) <= 90_000
    found = await state(workers[0], ask)
    assert found.spent_today_usd == found.level_spent_today_usd == spent <= Decimal("0.06")
    clock.now += 60
    found = await state(workers[0], ask)
    assert (found.rpm_left, found.tpm_left) == (12.0, 9_000.0)


async def test_workers_share_breakers_resets_and_escalation(make: Make_) -> None:
    one, two = make(), make()
    await fail(one)
    assert (await refused(two)).reason is Refusal.OPEN
    await two.reset(ASK.target)
    await granted(one)
    assert await one.climb(15, n_answered=0, cost_usd=None) + await two.climb(15, n_answered=0, cost_usd=None) == 20


async def test_levels_and_namespaces_are_apart(make: Make_, redis_url: str, namespace: str) -> None:
    one, found = make(), settings_of(redis_url=redis_url, namespace=namespace)
    others = [RedisLimits(found, scope="level2"), make(namespace=f"{namespace}x")]
    await fail(one)
    for other in others:
        await granted(other)
    await others[0].close()


async def test_the_clock_is_that_of_redis(make: Make_, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = replace(ASK, cost_usd=Decimal(1), budget_usd=Decimal(1))
    await fail(make())
    monkeypatch.setattr(time, "time", lambda: NOON)
    worker = make()
    assert 0 < (await refused(worker)).retry_in_s <= 15
    await worker.reset(ASK.target)
    assert (await granted(worker, ask)).day > NOON / 86_400


async def test_every_key_dies_and_a_call_leaves_little(make: Make_, redis: Redis, namespace: str) -> None:
    worker, ask = make(), replace(ASK, rpm=60, tpm=60_000, cost_usd=Decimal(1), budget_usd=Decimal(1))
    await worker.settle(await granted(worker, ask), OK)
    await granted(worker)
    await worker.climb(1, n_answered=1, cost_usd=Decimal(1))
    ttls = {
        key.decode().removeprefix(f"{namespace}:dallosh:limits:{{level1}}:").partition(":")[0]: await redis.ttl(key)
        async for key in redis.scan_iter(match=f"{namespace}:*")
    }
    assert set(ttls) == {"target", "budget", "climb", "call"}
    assert all(0 < ttl_s <= 3 * 86_400 for ttl_s in ttls.values())
    assert ttls["call"] <= 600


async def test_scripts_that_the_server_forgot_are_loaded_again(make: Make_, redis: Redis) -> None:
    worker = make()
    permit = await granted(worker)
    await redis.script_flush()
    await worker.settle(permit, OK)
    await granted(worker)
    assert worker.shared


async def test_a_question_that_is_asked_twice_is_answered_once(make: Make_) -> None:
    clock = Clock()
    worker = make(clock)
    ask = replace(ASK, rpm=100, tpm=100_000, cost_usd=Decimal("0.1"), budget_usd=Decimal("0.1"))
    await fail(worker)
    clock.now += 15
    seen = worker._ledger.seen_words(ask.budget_name)
    first = await worker._scripts.reserve(ask, "call-1", seen)
    again = await worker._scripts.reserve(ask, "call-1", seen)
    assert (first.word, first.own_nano, first.record) == (again.word, again.own_nano, again.record)
    assert first.word == "probe"
    permit = Permit(ask=ask, id="call-1", probe=True, day=first.day, shared=True)
    report = Report(kind="failure", n_tokens=10, cost_usd=Decimal("0.01"))
    first = await worker._scripts.settle(permit, report, seen)
    again = await worker._scripts.settle(permit, report, seen)
    assert (first.own_nano, first.record) == (again.own_nano, again.record)


def granted_one(answer: Permit | Refused) -> Permit:
    assert isinstance(answer, Permit)
    return answer


async def test_what_a_cancelled_caller_reserved_is_given_back(make: Make_) -> None:
    worker = make()
    ask = replace(ASK, rpm=60, tpm=60_000, cost_usd=Decimal(1), budget_usd=Decimal(1))
    for n_turns in range(12):
        task = asyncio.ensure_future(worker.reserve(ask))
        for _ in range(n_turns):
            await asyncio.sleep(0)
        if task.cancel():
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            await worker.settle(granted_one(await task), NOTHING)
        await until(lambda: not worker._tasks)
        found = await state(worker, ask)
        assert found.spent_today_usd == 0
        assert found.rpm_left == 6.0
        assert found.tpm_left == 6_000.0


async def test_a_report_goes_through_though_its_caller_is_cancelled(make: Make_) -> None:
    worker, ask = make(), replace(ASK, cost_usd=Decimal(1), budget_usd=Decimal(1))
    task = asyncio.ensure_future(worker.settle(await granted(worker, ask), NOTHING))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not worker._tasks)
    assert (await state(worker, ask)).spent_today_usd == 0


# Life without Redis


async def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        await asyncio.sleep(0.005)


def not_shared() -> float | None:
    return REGISTRY.get_sample_value("dallosh_limits_not_shared")


PAID = replace(ASK, cost_usd=Decimal("0.1"), budget_usd=Decimal(1), level_budget_usd=Decimal(2))


async def test_workers_go_on_alone_and_bring_back_what_they_spent(own_redis: EmbeddedRedis) -> None:
    found = settings_of(redis_url=own_redis.start(), namespace="t")
    one, two = (RedisLimits(found, scope="level1", probe_interval_s=0.05) for _ in range(2))
    try:
        await one.settle(await granted(one, PAID), OK)
        before = [await granted(one, PAID), await granted(one, PAID)]
        await fail(two)
        await granted(two, replace(PAID, target="other"))
        await granted(one, replace(PAID, target="other"))
        own_redis.kill()
        with capture_logs() as logs:
            for _ in range(5):
                await two.settle(await granted(two, replace(PAID, target="other")), OK)
            alone = [await granted(one, replace(PAID, target="other")) for _ in range(2)]
            await one.settle(before[0], replace(OK, cost_usd=Decimal("0.04")))
        assert (one.shared, two.shared, not_shared()) == (False, False, 1.0)
        assert [line["event"] for line in logs] == ["limits_not_shared"] * 2
        assert (await refused(two)).reason is Refusal.OPEN  # it remembers what Redis last said
        with capture_logs() as logs:
            own_redis.start()
            await until(lambda: one.shared and two.shared)
        assert [line["event"] for line in logs] == ["limits_shared_again"] * 2
        assert not_shared() == 0.0
        await one.settle(before[1], replace(OK, cost_usd=Decimal("0.05")))
        await one.settle(alone[0], replace(OK, cost_usd=Decimal("0.02")))
        other = await state(one, replace(PAID, target="other"))
        assert other.spent_today_usd == Decimal("0.1") * 9 - Decimal("0.08")
        assert (await state(two, PAID)).spent_today_usd == Decimal("0.19")
        assert other.level_spent_today_usd == Decimal("1.01")
        await granted(two, PAID)
    finally:
        await one.close()
        await two.close()


async def test_a_redis_that_lost_its_data_between_two_calls_hears_what_was_spent(make: Make_, redis: Redis) -> None:
    worker = make()
    for _ in range(9):
        await worker.settle(await granted(worker, PAID), OK)
    for key in [key async for key in redis.scan_iter(match=b"*limits:{level1}:budget")]:
        await redis.delete(key)
    await granted(worker, PAID)
    found = await state(worker, PAID)
    assert (found.spent_today_usd, found.level_spent_today_usd) == (Decimal(1), Decimal(1))
    assert (await refused(make(), PAID)).reason is Refusal.BUDGET


async def test_the_call_that_began_the_day_hears_of_a_loss_when_it_ends(make: Make_, redis: Redis) -> None:
    worker = make()
    first = await granted(worker, PAID)
    for _ in range(8):
        await worker.settle(await granted(worker, PAID), OK)
    await redis.delete(worker._scripts._keys.budget)
    await worker.settle(first, OK)
    assert (await state(worker, PAID)).spent_today_usd == Decimal("0.9")


GARBAGE = (b"nan", b"-nan", b"inf", b"-inf", b"1e400", b"1e300", b"x", b"\xff\xfe", b"1.5", b"-7", b"")


@pytest.mark.parametrize("value", GARBAGE)
async def test_whatever_stands_in_redis_stops_no_worker(make: Make_, redis: Redis, value: bytes) -> None:
    worker, ask = make(), replace(PAID, cost_usd=Decimal("1e-9"), rpm=1_000, tpm=1_000_000)

    async def call() -> None:
        if isinstance(answer := await worker.reserve(ask), Permit):
            await worker.settle(answer, OK)
        await worker.climb(1, n_answered=100, cost_usd=None)
        await worker.states((ask,))
        assert worker.shared

    await call()
    keys = worker._scripts._keys
    for key in (keys.target(ask.target), keys.budget, keys.climb):
        for field in await redis.hkeys(key):
            before = await redis.hget(key, field)
            await redis.hset(key, field, value)
            await worker.states((ask,))
            await call()
            await redis.hset(key, field, before)


@pytest.mark.parametrize("forever", [1e300, float("inf")])
async def test_a_wait_without_end_is_one_in_redis_too(make: Make_, forever: float) -> None:
    worker = make(probe_interval_s=forever, model_disabled_s=forever, batch_deadline_s=forever)
    ask = replace(PAID, budget_usd=Decimal("1e300"), level_budget_usd=Decimal("1e300"))
    for kind in ("failure", "failure", "failure"):
        await worker.settle(await granted(worker, ask), Report(kind=kind, n_tokens=0, cost_usd=Decimal(0)))
    for _ in range(2):
        assert (await refused(worker, ask)).reason is Refusal.OPEN


async def test_what_was_spent_since_a_loss_comes_on_top(make: Make_, redis: Redis) -> None:
    knows, late = make(), make()
    for _ in range(5):
        await granted(knows, PAID)
    await redis.delete(knows._scripts._keys.budget)
    for _ in range(2):
        await granted(late, PAID)
    await granted(knows, PAID)
    await granted(knows, PAID)
    found = await state(late, PAID)
    assert (found.spent_today_usd, found.level_spent_today_usd) == (Decimal("0.9"), Decimal("0.9"))


async def test_a_redis_that_comes_back_with_an_old_snapshot_hears_what_was_spent(make: Make_, redis: Redis) -> None:
    one, two, other = make(), make(), replace(PAID, target="other")
    await granted(one, PAID)
    key = one._scripts._keys.budget
    snapshot = await redis.dump(key)
    for worker in (two, two, one):
        await granted(worker, PAID)
        await granted(worker, other)
    assert snapshot is not None
    await redis.restore(key, 0, snapshot, replace=True)
    for worker in (one, two):
        await granted(worker, PAID)
        await granted(worker, other)
    found = await state(one, PAID)
    assert found.spent_today_usd == Decimal("0.6")
    assert (await state(two, other)).spent_today_usd == Decimal("0.5")
    assert found.level_spent_today_usd == Decimal("1.1")


async def test_calls_under_way_when_redis_dies_end_well(own_redis: EmbeddedRedis) -> None:
    found = settings_of(redis_url=own_redis.start(), namespace="t")
    worker = RedisLimits(found, scope="level1", probe_interval_s=0.05)
    n_settled = 0

    async def work() -> None:
        nonlocal n_settled
        while n_settled < 2_000:
            answer = await worker.reserve(replace(PAID, budget_usd=None, level_budget_usd=None))
            assert isinstance(answer, Permit)
            await worker.settle(answer, replace(OK, cost_usd=Decimal("0.05")))
            n_settled += 1

    workers = [asyncio.ensure_future(work()) for _ in range(4)]
    try:
        await until(lambda: n_settled > 300)
        await asyncio.to_thread(own_redis.kill)
        await until(lambda: not worker.shared)
        await asyncio.to_thread(own_redis.start)
        await until(lambda: worker.shared)
        await asyncio.gather(*workers)
        spent = (await state(worker, PAID)).spent_today_usd
        # What was under way is counted once or twice, never not at all.
        assert n_settled * Decimal("0.05") <= spent <= n_settled * Decimal("0.05") + 4 * Decimal("0.15")
    finally:
        for one in workers:
            one.cancel()
        await worker.close()


async def test_tokens_that_redis_never_gave_do_not_come_back_to_it(own_redis: EmbeddedRedis) -> None:
    clock, ask = Clock(), replace(ASK, rpm=100, tpm=100_000)
    found = settings_of(redis_url=own_redis.start())
    worker = RedisLimits(found, scope="level1", clock=clock, probe_interval_s=0.02)
    try:
        own_redis.kill()
        alone = await granted(worker, ask)
        own_redis.start()
        await until(lambda: worker.shared)
        assert not alone.shared
        assert (await granted(worker, ask)).shared
        await worker.settle(alone, NOTHING)
        left = await state(worker, ask)
        assert (left.rpm_left, left.tpm_left) == (9.0, 9_000.0)
    finally:
        await worker.close()


async def test_a_redis_that_hangs_costs_one_timeout() -> None:
    async with silent_redis() as server:
        worker = RedisLimits(
            settings_of(redis_url=server.url, redis_timeout_s=0.2), scope="level1", probe_interval_s=600
        )
        try:
            for _ in range(20):
                await worker.settle(await granted(worker), OK)
                assert await worker.climb(1, n_answered=0, cost_usd=None) == 1
                await worker.reset(ASK.target)
                await state(worker)
            assert not worker.shared
            assert 1 <= server.n_connections <= 2, "the client tries a command twice; the others are not sent"
        finally:
            await worker.close()


async def test_a_redis_that_is_full_counts_as_down_until_it_can_write(own_redis: EmbeddedRedis) -> None:
    url = own_redis.start()
    worker = RedisLimits(settings_of(redis_url=url), scope="level1", probe_interval_s=0.02)
    async with connect(settings_of(redis_url=url)) as client:
        try:
            await granted(worker, PAID)
            await client.config_set("maxmemory", "1")
            await granted(worker, PAID)
            assert not worker.shared
            await client.config_set("maxmemory", "0")
            await until(lambda: worker.shared)
            assert (await state(worker, PAID)).spent_today_usd == Decimal("0.2")
        finally:
            await worker.close()


def test_the_rules_are_those_of_the_settings() -> None:
    found: Settings = settings_of(budget_soft_share=0.5, escalation_share=0.1, escalation_usd_per_hour="2.5")
    rules = rules_of(found)
    assert (rules.breaker.failures, rules.breaker.open_s, rules.breaker.disabled_s) == (3, 15.0, 600.0)
    assert rules.breaker.probe_s == found.batch_deadline_s
    assert (rules.soft_share, rules.escalation_share, rules.escalation_usd_per_hour) == (0.5, 0.1, Decimal("2.5"))
