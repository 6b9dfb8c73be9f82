"""The bucket: whatever is asked when, no minute gets more than its rate, and nobody waits for ever."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.bucket import MIN_WAIT_S, Bucket, Rate

AMOUNTS = st.lists(st.tuples(st.integers(1, 400), st.floats(0, 20)), min_size=1, max_size=60)


def taken_of(per_minute: int, amounts: list[tuple[int, float]], start: float) -> list[tuple[float, int]]:
    """Takes each amount as soon as it may go, after the pause before it."""
    bucket, rate, now, taken = Bucket(), Rate.of(per_minute), start, []
    for amount, pause_s in amounts:
        now += pause_s
        wait_s = bucket.wait_s(amount, rate, now)
        assert bucket.wait_s(amount, rate, now + wait_s) == 0
        now += wait_s
        bucket.take(amount, rate, now)
        taken.append((now, amount))
    return taken


@given(per_minute=st.integers(1, 2_000), amounts=AMOUNTS, start=st.sampled_from([0.0, 1.8e9]))
def test_no_minute_gets_more_than_the_rate(per_minute: int, amounts: list[tuple[int, float]], start: float) -> None:
    largest = max(amount for amount, _ in amounts)
    beyond = max(0.0, largest - Rate.of(per_minute).capacity)  # one call may be more than the bucket holds
    taken = taken_of(per_minute, amounts, start)
    for first, _ in taken:
        minute = sum(amount for at, amount in taken if first <= at < first + 60)
        assert minute <= per_minute + beyond


@given(per_minute=st.integers(1, 2_000), n_calls=st.integers(2, 200))
def test_calls_that_press_get_nearly_the_whole_rate(per_minute: int, n_calls: int) -> None:
    taken = taken_of(per_minute, [(1, 0.0)] * n_calls, 0.0)
    assert taken[-1][0] <= (n_calls - 1) * 60 / (0.88 * per_minute) + 1


@given(given_back=st.integers(0, 1_000), used=st.integers(0, 100))
def test_a_bucket_never_holds_more_than_its_capacity(given_back: int, used: int) -> None:
    bucket, rate = Bucket(), Rate.of(1_000)
    bucket.take(used, rate, 0.0)
    bucket.take(-given_back, rate, 0.0)
    assert bucket.level(rate, 0.0) == min(rate.capacity, rate.capacity - used + given_back)


def test_a_clock_that_steps_back_takes_nothing_away() -> None:
    bucket, rate = Bucket(), Rate.of(600)
    bucket.take(30, rate, 100.0)
    assert bucket.level(rate, 40.0) == 30
    bucket.take(30, rate, 40.0)
    assert bucket.wait_s(1, rate, 100.0) > MIN_WAIT_S


def test_a_worked_example() -> None:
    assert Rate.of(500) == Rate(50.0, 451 / 61)
    assert Rate.of(3) == Rate(1.0, 3 / 61)
    assert Rate.of(0) == Rate.of(1)
