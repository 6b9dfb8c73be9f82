"""The cost benchmark's calls: every tweet goes out once in each way, and is counted as it is sent."""

import json
from datetime import UTC, datetime

from msgspec.structs import replace

from schemas.tweet import Tweet
from streams.core.batching import CloseReason
from streams.core.capacity import Capacity
from streams.core.prompt import SYSTEM
from tests.bench import baseline
from tests.bench.corpus import scrubbed_corpus
from tests.bench.forms import Filled, Pair, compact_one_per_call, fill_of, fixed, ours
from tests.simulator.rule import labels_of

AT = datetime(2026, 1, 2, tzinfo=UTC)
ROOM = Capacity(max_tokens=100, max_tweets=1_000)


def tweet(i: int, text: str = "Plus de fibre depuis 3 jours, merci Free") -> Tweet:
    return Tweet(id=f"t{i}", created_at=AT, author=f"u_{i}", text=text)


def pairs(n: int) -> list[Pair]:
    made = scrubbed_corpus("invented", [tweet(i) for i in range(n)], {})
    return list(zip(made.tweets, made.labels, strict=True))


def words(text: str) -> int:
    return len(text.split())


def test_the_scrubber_decides_what_is_priced() -> None:
    retweet = Tweet(id="t1", created_at=AT, author="u_1", text="RT", retweet=True)
    official = Tweet(id="t2", created_at=AT, author="free", text="Bonjour")
    reply = Tweet(id="t3", created_at=AT, author="u_3", text="pareil ici @jeanne_d", in_reply_to="t2")
    known = {"t0": replace(labels_of("merci"), priority=2)}
    made = scrubbed_corpus("invented", [tweet(0), retweet, official, reply], known)
    assert [one.id for one in made.tweets] == ["t0", "t3"]
    assert made.tweets[1].context is None
    assert "jeanne_d" not in made.tweets[1].scrubbed
    assert made.labels == (known["t0"], labels_of("pareil ici"))
    assert (made.n_read, made.n_labelled) == (4, 1)


def test_fixed_rows_fill_every_call_but_the_last() -> None:
    calls = fixed(pairs(7), 3, words)
    assert [call.n_tweets for call in calls] == [3, 3, 1]
    own = words(baseline.SYSTEM)
    assert all(call.input_tokens > own + 8 * call.n_tweets for call in calls)


def test_the_baseline_is_json_with_ids_of_19_digits() -> None:
    some = pairs(2)
    rows = json.loads(baseline.rows(one for one, _ in some))
    assert [row["text"] for row in rows] == [one.scrubbed for one, _ in some]
    assert all(len(str(row["id"])) == 19 for row in rows)
    answers = json.loads(baseline.objects(some))["r"]
    assert [answer["id"] for answer in answers] == [row["id"] for row in rows]
    assert set(answers[0]) == {"id", "sentiment", "priority", "main_topic", "confidence"}


def test_the_baseline_writes_letters_as_they_are() -> None:
    made = scrubbed_corpus("invented", [tweet(0, "Réseau coupé à Évry")], {})
    assert "Réseau coupé à Évry" in baseline.rows(made.tweets)


def test_both_prompts_state_the_guidelines_at_about_the_same_length() -> None:
    assert 0.9 < words(baseline.SYSTEM) / words(SYSTEM) < 1.1


def test_our_batches_hold_every_tweet_once_within_the_limit() -> None:
    some = pairs(50)
    calls, filled = ours(some, ROOM, words)
    assert sum(call.n_tweets for call in calls) == 50
    assert [one.reason for one in filled] == [CloseReason.TOKENS] * 5 + [CloseReason.DRAIN]
    assert all(one.tokens <= one.limit == 100 for one in filled)
    assert calls[0].input_tokens == words(SYSTEM) + filled[0].tokens


def test_one_per_call_pays_for_the_prompt_every_time() -> None:
    assert [call.n_tweets for call in compact_one_per_call(pairs(3), words)] == [1, 1, 1]


def test_only_batches_that_the_token_limit_closed_count_for_the_fill() -> None:
    full, drained = Filled(CloseReason.TOKENS, 98, 100), Filled(CloseReason.DRAIN, 10, 100)
    assert fill_of([full, Filled(CloseReason.TOKENS, 96, 100), drained]) == 0.97
    assert fill_of([drained]) is None
