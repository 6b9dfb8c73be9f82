"""A tweet's way through the cascade, told to a person."""

from datetime import UTC, datetime

from schemas.taxonomy import DataPolicy
from schemas.tweet import ScrubbedTweet
from streams.core.breaker import BreakerState
from streams.core.explanation import explain
from streams.core.limits import TargetState
from streams.core.order import Load
from streams.core.standing import standings
from tests.unit.core.targets import ALL, BIG, FLASH, MINI, PRICES, SMALL

LOAD = Load(prompt_tokens=1_000, tweet_tokens=4_400, n_tweets=100)
TEXT = "Plus de fibre depuis 12 jours, appelez le 06 12 34 56 78"


def tweet(*, vip: bool = False) -> ScrubbedTweet:
    at = datetime(2026, 1, 2, tzinfo=UTC)
    scrubbed = TEXT.replace("06 12 34 56 78", "[PHONE_1]")
    return ScrubbedTweet(id="1", created_at=at, author="a", text=TEXT, scrubbed=scrubbed, vip=vip)


def test_an_ordinary_tweet_goes_by_price_and_a_public_target_sees_no_number() -> None:
    found = explain(tweet(), standings(ALL, PRICES, LOAD), n_tokens=20, gpu=True)
    assert [step.name for step in found.steps] == [FLASH.name, MINI.name, SMALL.name]
    assert all("06 12" not in step.sees and "[PHONE_1]" in step.sees for step in found.steps)
    assert found.climb == (MINI.name,)
    assert found.contradictions == ("an outage of days that is in no hurry",)
    assert len(found.then) == 2
    assert all(one.policy is DataPolicy.PUBLIC for one in ALL)


def test_a_vip_begins_at_the_top() -> None:
    found = explain(tweet(vip=True), standings(ALL, PRICES, LOAD), n_tokens=20, gpu=False)
    assert found.steps[0].name == BIG.name
    assert len(found.steps) == 4
    assert found.climb == ()


def test_an_open_breaker_moves_the_way_on() -> None:
    states = {FLASH.name: TargetState(breaker=BreakerState.OPEN, open_for_s=9.0)}
    found = explain(tweet(), standings(ALL, PRICES, LOAD, states), n_tokens=20, gpu=True)
    assert [step.takes_calls for step in found.steps if step.name == FLASH.name] == [False]
    assert found.steps[0].name == MINI.name
    assert found.climb == (BIG.name,)
