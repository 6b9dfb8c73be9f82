"""Cascades played on known answers: who is asked, what it costs, how right it is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from schemas.classification import Labels
from schemas.taxonomy import DataPolicy, Priority, Sentiment, Topic
from streams.core.pricing import PriceTable, Usage, cost_of
from streams.core.whatif import Cascade, Sampled, Truth, play
from tests.unit.core.targets import ALL, BIG, FLASH, MINI, PRICES, price

PROMPT_TOKENS = 1_000
N = 100


def labels(priority: Priority, confidence: float = 0.85) -> Labels:
    return Labels(
        sentiment=Sentiment.NEGATIVE,
        priority=priority,
        main_topic=Topic.NETWORK,
        confidence_sentiment=confidence,
        confidence_priority=confidence,
        confidence_main_topic=confidence,
    )


def sample(n: int = N) -> list[Sampled]:
    truth = [Truth(str(i), Sentiment.NEGATIVE, 2, Topic.NETWORK) for i in range(n)]
    return [Sampled(text="plus de fibre", n_tokens=44, truth=one) for one in truth]


def answers(*, doubtful: int = 0, wrong: int = 0) -> dict[str, dict[str, Labels]]:
    """FLASH is wrong about the first `wrong` tweets and unsure of the first `doubtful`; MINI is right."""
    flash = {str(i): labels(1 if i < wrong else 2, 0.25 if i < doubtful else 0.85) for i in range(N)}
    return {FLASH.name: flash, MINI.name: {str(i): labels(2) for i in range(N)}}


def test_the_cheapest_is_asked_and_the_bill_is_that_of_the_calls() -> None:
    played = play(Cascade(name="c", targets=ALL), sample(), answers(wrong=10), PRICES, prompt_tokens=PROMPT_TOKENS)
    usage = Usage(input_tokens=round((1_000 + 44 * N) * 1.09), output_tokens=round(7 * N * 1.09))
    assert played.api_usd_per_million == cost_of(PRICES.prices["x/flash"], usage) * 10_000
    assert (played.n_calls, played.by_target, played.escalated_share) == (1, {FLASH.name: N}, 0.0)
    assert (played.accuracy["priority"], played.accuracy["sentiment"]) == (0.9, 1.0)


def test_escalation_buys_quality_within_its_share() -> None:
    cascade = Cascade(name="c", targets=ALL, escalation_share=0.05)
    known = answers(doubtful=20, wrong=10)
    five = play(cascade, sample(), known, PRICES, prompt_tokens=PROMPT_TOKENS)
    all_of_them = play(replace(cascade, escalation_share=1.0), sample(), known, PRICES, prompt_tokens=PROMPT_TOKENS)
    assert (five.escalated_share, five.by_target[MINI.name], five.n_calls) == (0.05, 5, 2)
    assert five.accuracy["priority"] == pytest.approx(0.95)
    assert (all_of_them.accuracy["priority"], all_of_them.escalated_share) == (1.0, 0.2)
    assert five.api_usd_per_million is not None
    assert all_of_them.api_usd_per_million is not None
    assert all_of_them.api_usd_per_million > five.api_usd_per_million


def test_smaller_batches_cost_more_calls() -> None:
    small = Cascade(name="c", targets=ALL, max_batch_tokens=440)
    assert play(small, sample(), answers(), PRICES, prompt_tokens=PROMPT_TOKENS).n_calls == 10


def test_a_batch_is_no_longer_than_a_model_can_answer() -> None:
    """(500 - 64) / (7 * 1.09 * 1.25) = 45 tweets, whatever `max_batch_tokens` would let in."""
    terse = replace(FLASH, profile=replace(FLASH.profile, max_output_tokens=500))
    long = Cascade(name="c", targets=(terse,), max_batch_tokens=100_000)
    assert play(long, sample(), answers(), PRICES, prompt_tokens=PROMPT_TOKENS).n_calls == 3


def test_longer_batches_than_the_profiles_default_can_be_played() -> None:
    known = {FLASH.name: {str(i): labels(2) for i in range(300)}}
    long = Cascade(name="c", targets=(FLASH,), max_batch_tokens=13_200)
    assert play(long, sample(300), known, PRICES, prompt_tokens=PROMPT_TOKENS).n_calls == 1


def test_a_dearer_price_changes_who_is_asked() -> None:
    other = PriceTable({**PRICES.prices, "x/flash": price("9", "9")}, "other")
    played = play(Cascade(name="c", targets=ALL), sample(), answers(), other, prompt_tokens=PROMPT_TOKENS)
    assert played.by_target == {MINI.name: N}


def test_an_unknown_price_makes_the_bill_unknown_but_own_machines_are_free() -> None:
    nothing = PriceTable({}, "none")
    known = answers()
    paid = play(Cascade(name="c", targets=(FLASH,)), sample(), known, nothing, prompt_tokens=PROMPT_TOKENS)
    own = replace(FLASH, policy=DataPolicy.LOCAL)
    free = play(Cascade(name="c", targets=(own,)), sample(), known, nothing, prompt_tokens=PROMPT_TOKENS)
    assert paid.api_usd_per_million is None
    assert free.api_usd_per_million == Decimal(0)


def test_what_nobody_answered_is_wrong_and_counted() -> None:
    known = {FLASH.name: {str(i): labels(2) for i in range(60)}}
    played = play(Cascade(name="c", targets=(FLASH,)), sample(), known, PRICES, prompt_tokens=PROMPT_TOKENS)
    assert (played.n_unanswered, played.accuracy["priority"]) == (40, 0.6)


def test_a_cascade_without_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="no answers are known of any target of c"):
        play(Cascade(name="c", targets=(BIG,)), sample(), answers(), PRICES, prompt_tokens=PROMPT_TOKENS)
