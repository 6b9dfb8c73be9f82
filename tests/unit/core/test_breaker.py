"""The breaker: failures in a row open it, one probe closes it."""

from streams.core.breaker import MAX_COOL_S, Breaker, BreakerPolicy, BreakerState

POLICY = BreakerPolicy(failures=3, open_s=15.0, disabled_s=600.0, probe_s=30.0)


def opened() -> Breaker:
    breaker = Breaker(POLICY)
    for _ in range(POLICY.failures):
        breaker.failure(0.0)
    return breaker


def test_failures_in_a_row_open_it() -> None:
    breaker = Breaker(POLICY)
    breaker.failure(0.0)
    breaker.failure(0.0)
    breaker.success(0.0)
    breaker.failure(0.0)
    assert breaker.allow(0.0)
    breaker.failure(0.0)
    breaker.failure(0.0)
    assert not breaker.allow(14.9)
    assert breaker.state(14.9) is BreakerState.OPEN


def test_half_open_lets_one_probe_through() -> None:
    breaker = opened()
    assert breaker.state(15.0) is BreakerState.HALF_OPEN
    assert breaker.allow(15.0)
    assert not breaker.allow(15.1)
    breaker.success(16.0)
    assert breaker.allow(16.0)
    assert breaker.allow(16.0)
    assert breaker.state(16.0) is BreakerState.CLOSED


def test_a_failed_probe_opens_it_again() -> None:
    breaker = opened()
    assert breaker.allow(15.0)
    breaker.failure(15.5)
    assert not breaker.allow(30.4)
    assert breaker.allow(30.5)


def test_a_probe_that_never_reports_frees_its_place() -> None:
    breaker = opened()
    assert breaker.allow(15.0)
    assert not breaker.allow(44.9)
    assert breaker.allow(45.0)


def test_a_cancelled_probe_gives_its_place_back() -> None:
    breaker = opened()
    assert breaker.allow(15.0)
    breaker.release()
    assert breaker.allow(15.1)


def test_a_cooldown_lasts_as_long_as_was_asked() -> None:
    breaker = Breaker(POLICY)
    breaker.cool(0.0, 60.0)
    assert not breaker.allow(59.9)
    assert breaker.allow(60.0)


def test_a_late_answer_does_not_end_a_cooldown() -> None:
    breaker = Breaker(POLICY)
    breaker.cool(0.0, 60.0)
    breaker.success(1.0)
    assert not breaker.allow(2.0)


def test_a_shorter_trouble_does_not_shorten_a_longer_one() -> None:
    breaker = Breaker(POLICY)
    breaker.disable(0.0)
    breaker.cool(1.0, 5.0)
    assert not breaker.allow(599.0)
    assert breaker.allow(600.0)


def test_only_the_probe_that_runs_now_tells_of_a_breaker_that_is_not_closed() -> None:
    breaker = opened()
    assert breaker.allow(15.0, "first")
    assert breaker.allow(45.0, "second")
    breaker.success(46.0, "first")
    breaker.failure(46.0, "from before")
    breaker.release("first")
    assert breaker.state(46.0) is BreakerState.HALF_OPEN
    assert breaker.is_probing(46.0)
    breaker.success(47.0, "second")
    assert breaker.state(47.0) is BreakerState.CLOSED


def test_a_late_cooldown_counts_while_a_probe_is_under_way() -> None:
    breaker = opened()
    assert breaker.allow(15.0, "probe")
    breaker.cool(16.0, 60.0)
    breaker.success(17.0, "probe")
    assert breaker.state(17.0) is BreakerState.OPEN


def test_a_probe_of_a_disabled_target_that_must_only_cool_ends_the_ban() -> None:
    breaker = Breaker(POLICY)
    breaker.disable(0.0)
    assert breaker.is_disabled
    assert breaker.allow(600.0, "probe")
    breaker.cool(600.0, 5.0)
    assert not breaker.is_disabled


def test_no_target_asks_for_more_than_a_day() -> None:
    breaker = Breaker(POLICY)
    breaker.cool(0.0, float("inf"))
    assert breaker.open_until == MAX_COOL_S
    breaker.reset()
    assert breaker.allow(0.0)
