"""What a cascade would cost and how right it would be, played on a labelled sample with answers that are known.

Nothing is asked here: the answers were recorded, or were asked for before. A batch is filled, ordered and escalated by
the rules of a worker's.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

import msgspec

from schemas.classification import Labels, least_confidence
from schemas.taxonomy import DataPolicy, Priority, Sentiment, Topic
from streams.core.bert_heads import HEADS
from streams.core.capacity import MAX_TWEETS, Capacity, shared_capacity
from streams.core.escalation import CONFIDENCE_BELOW, contradiction
from streams.core.order import ORDINARY, Load, Need, candidates, expected_usage, rank
from streams.core.pricing import PriceTable, cost_of
from streams.core.profiles import MAX_BATCH_TOKENS, Target
from streams.core.scores import Pair, accuracy, macro_f1

MILLION: Final = 1_000_000


class Truth(msgspec.Struct, frozen=True):
    """The right labels of a tweet of the sample, as a file of labels has them."""

    id: str
    sentiment: Sentiment
    priority: Priority
    main_topic: Topic


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """What a target answered to a tweet; a line of a file of answers. Carries no text."""

    id: str
    target: str
    labels: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A tweet of the sample: its text as a public target sees it, the o200k tokens of its line, the right labels."""

    text: str
    n_tokens: int
    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascade:
    """What is played: the targets, how batches are filled, and when and how much escalates."""

    name: str
    targets: tuple[Target, ...]
    max_batch_tokens: int = MAX_BATCH_TOKENS
    escalation_share: float = 0.05
    confidence_below: float = CONFIDENCE_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """How a cascade did.

    `api_usd_per_million` is of a million tweets like these, None where a price is unknown; own machines count nothing.
    Accuracy and macro-F1 are of all tweets of the sample; one without an answer is wrong.
    """

    name: str
    n_tweets: int
    n_unanswered: int
    n_calls: int
    escalated_share: float
    api_usd_per_million: Decimal | None
    accuracy: dict[str, float]
    macro_f1: dict[str, float]
    by_target: dict[str, int]


@dataclass(slots=True)
class _Bill:
    """Calls and money so far; money is None once a price was unknown."""

    prompt_tokens: int
    prices: PriceTable
    n_calls: int = 0
    usd: Decimal | None = field(default_factory=Decimal)

    def call(self, target: Target, tweets: Sequence[Sampled]) -> None:
        self.n_calls += 1
        price = self.prices.price(target.profile.price_ref)
        if price is None:
            self.usd = self.usd if target.policy is DataPolicy.LOCAL else None
        elif self.usd is not None:
            load = Load(
                prompt_tokens=self.prompt_tokens,
                tweet_tokens=sum(tweet.n_tokens for tweet in tweets),
                n_tweets=len(tweets),
            )
            self.usd += cost_of(price, expected_usage(target, load))


Answers = Mapping[str, Mapping[str, Labels]]
"""Target -> tweet id -> its answer."""


def play(
    cascade: Cascade, sample: Sequence[Sampled], answers: Answers, prices: PriceTable, *, prompt_tokens: int
) -> Played:
    """Sends a sample through a cascade.

    Args:
        cascade: what is played; a target of whose answers nothing is known takes no part.
        sample: the tweets.
        answers: what each target says.
        prices: the table in force, or another one to try.
        prompt_tokens: o200k tokens of the prompt's fixed part.

    Raises:
        ValueError: no target of the cascade has answers.
    """
    cascade = replace(cascade, targets=tuple(one for one in cascade.targets if answers.get(one.name)))
    if not cascade.targets:
        raise ValueError(f"no answers are known of any target of {cascade.name}")
    bill, said = _Bill(prompt_tokens, prices), {}  # type: _Bill, dict[str, tuple[Target, Labels]]
    n_escalated = 0
    for batch in _batches(sample, _held(cascade, bill)):
        n_escalated += _play_batch(cascade, batch, answers, bill, said)
    pairs = {head: _pairs(head, sample, said) for head in HEADS}
    return Played(
        name=cascade.name,
        n_tweets=len(sample),
        n_unanswered=len(sample) - len(said),
        n_calls=bill.n_calls,
        escalated_share=n_escalated / max(len(sample), 1),
        api_usd_per_million=None if bill.usd is None else bill.usd * MILLION / max(len(sample), 1),
        accuracy={head: accuracy(pairs[head]) for head in HEADS},
        macro_f1={head: macro_f1(pairs[head]) for head in HEADS},
        by_target=dict(Counter(target.name for target, _ in said.values())),
    )


def _play_batch(
    cascade: Cascade,
    batch: Sequence[Sampled],
    answers: Answers,
    bill: _Bill,
    said: dict[str, tuple[Target, Labels]],
) -> int:
    """Asks the first choice of all tweets, then one rung up of the doubtful ones; returns how many climbed."""
    first = _first_choice(cascade, batch, bill, ORDINARY)
    if first is None:
        return 0
    bill.call(first, batch)
    known = answers[first.name]
    said.update((tweet.truth.id, (first, known[tweet.truth.id])) for tweet in batch if tweet.truth.id in known)
    doubtful = sorted(
        (tweet for tweet in batch if _is_doubtful(tweet, known, cascade)), key=lambda one: _certainty(one, known)
    )
    climbing = doubtful[: round(cascade.escalation_share * len(batch))]
    above = _first_choice(cascade, climbing, bill, Need(floor=first.profile.rung + 1)) if climbing else None
    if above is None:
        return 0
    bill.call(above, climbing)
    better = answers[above.name]
    said.update((tweet.truth.id, (above, better[tweet.truth.id])) for tweet in climbing if tweet.truth.id in better)
    return len(climbing)


def _first_choice(cascade: Cascade, batch: Sequence[Sampled], bill: _Bill, need: Need) -> Target | None:
    load = Load(
        prompt_tokens=bill.prompt_tokens, tweet_tokens=sum(tweet.n_tokens for tweet in batch), n_tweets=len(batch)
    )
    found = candidates(rank(cascade.targets, bill.prices, load), need)
    return found[0].target if found else None


def _held(cascade: Cascade, bill: _Bill) -> Capacity:
    """Returns what a worker would put into one call, were `max_batch_tokens` that of every model."""
    wanted = Capacity(max_tokens=cascade.max_batch_tokens, max_tweets=MAX_TWEETS)
    load = Load(prompt_tokens=bill.prompt_tokens, tweet_tokens=wanted.max_tokens, n_tweets=1)
    profiles = (
        replace(one.target.profile, max_batch_tokens=wanted.max_tokens)
        for one in candidates(rank(cascade.targets, bill.prices, load), ORDINARY)
    )
    return shared_capacity(profiles, bill.prices, prompt_tokens=bill.prompt_tokens, at_most=wanted)


def _is_doubtful(tweet: Sampled, known: Mapping[str, Labels], cascade: Cascade) -> bool:
    labels = known.get(tweet.truth.id)
    if labels is None or contradiction(tweet.text, labels) is not None:
        return True
    return _certainty(tweet, known) < cascade.confidence_below


def _certainty(tweet: Sampled, known: Mapping[str, Labels]) -> float:
    labels = known.get(tweet.truth.id)
    if labels is None:
        return -1.0
    if contradiction(tweet.text, labels) is not None:
        return 0.0
    return least_confidence(labels)


def _batches(sample: Iterable[Sampled], held: Capacity) -> Iterable[list[Sampled]]:
    batch: list[Sampled] = []
    n_tokens = 0
    for tweet in sample:
        if batch and (n_tokens + tweet.n_tokens > held.max_tokens or len(batch) == held.max_tweets):
            yield batch
            batch, n_tokens = [], 0
        batch.append(tweet)
        n_tokens += tweet.n_tokens
    if batch:
        yield batch


def _pairs(head: str, sample: Sequence[Sampled], said: Mapping[str, tuple[Target, Labels]]) -> list[Pair]:
    """Returns right and given label of each tweet; None where none was given."""
    found = ((tweet.truth, said.get(tweet.truth.id)) for tweet in sample)
    return [(getattr(truth, head), getattr(answer[1], head) if answer else None) for truth, answer in found]
