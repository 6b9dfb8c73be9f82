"""Why a tweet would go where: the steps of the cascade as it stands now, for people."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Final

from schemas.classification import Labels
from schemas.taxonomy import PRIORITIES, Sentiment, Topic
from schemas.tweet import ScrubbedTweet
from streams.core.breaker import BreakerState
from streams.core.escalation import contradiction
from streams.core.policy import visible
from streams.core.profiles import TOP_RUNG
from streams.core.standing import Standing

_LEVEL_3: Final = "level 3, BERT on this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One target that may be asked, why it stands there, and what it would see of the tweet."""

    name: str
    why: str
    sees: str
    usd_per_1000: Decimal | None
    takes_calls: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A tweet's way: the steps in order, who is asked on doubt, which labels would be doubted, and what comes after."""

    n_tokens: int
    vip: bool
    steps: tuple[Step, ...]
    climb: tuple[str, ...]
    contradictions: tuple[str, ...]
    then: tuple[str, ...]


def explain(tweet: ScrubbedTweet, standings: Sequence[Standing], *, n_tokens: int, gpu: bool) -> Explanation:
    """Tells a tweet's way through level 1 and beyond.

    Args:
        tweet: scrubbed, as a worker would have it.
        standings: every target, those that ordinary tweets go to first and in that order.
        n_tokens: o200k tokens of its line.
        gpu: whether level 2 is configured.
    """
    order = sorted(standings, key=lambda one: -one.target.profile.rung) if tweet.vip else standings
    asked = [one for one in order if tweet.vip or one.target.profile.rung < TOP_RUNG] or list(order)
    first = next((one for one in asked if _takes_calls(one)), None)
    return Explanation(
        n_tokens=n_tokens,
        vip=tweet.vip,
        steps=tuple(_step(one, tweet) for one in asked),
        climb=tuple(_above(first, standings)) if first is not None else (),
        contradictions=tuple(_doubted(tweet.scrubbed)),
        then=("level 2, the GPU server", _LEVEL_3) if gpu else (_LEVEL_3,),
    )


def _step(one: Standing, tweet: ScrubbedTweet) -> Step:
    return Step(
        name=one.target.name,
        why=one.why,
        sees=visible(tweet, one.target.policy).text,
        usd_per_1000=one.usd_per_1000,
        takes_calls=_takes_calls(one),
    )


def _takes_calls(one: Standing) -> bool:
    return one.state is None or one.state.breaker is not BreakerState.OPEN


def _above(first: Standing, standings: Iterable[Standing]) -> Iterator[str]:
    """Yields who is asked on doubt: the lowest rung above the first target's."""
    above = [one for one in standings if one.target.profile.rung > first.target.profile.rung]
    rung = min((one.target.profile.rung for one in above), default=None)
    return (one.target.name for one in above if one.target.profile.rung == rung)


def _doubted(text: str) -> Iterator[str]:
    """Yields the rules that some labels of this very text would break, each once; rules of any text are left out."""
    of_any = set(_broken(""))
    yield from dict.fromkeys(rule for rule in _broken(text) if rule not in of_any)


def _broken(text: str) -> Iterator[str]:
    for sentiment, priority, topic in product(Sentiment, PRIORITIES, Topic):
        labels = Labels(
            sentiment=sentiment, priority=priority, main_topic=topic,
            confidence_sentiment=1.0, confidence_priority=1.0, confidence_main_topic=1.0,
        )  # fmt: skip
        if (rule := contradiction(text, labels)) is not None:
            yield rule
