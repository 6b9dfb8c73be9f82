"""What is asked once more of a server that came back: what it failed, never what it answered."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.classification import Labels
from schemas.spend import Outcome, Spend
from schemas.taxonomy import DataPolicy, Level, Sentiment, Topic
from streams.core.cascade import Answer, LevelResult
from streams.core.rescue import is_suspicious, merged, once_more

ANSWER = Answer(
    Labels(
        sentiment=Sentiment.NEUTRAL,
        priority=0,
        main_topic=Topic.OTHER,
        confidence_sentiment=0.5,
        confidence_priority=0.5,
        confidence_main_topic=0.5,
    ),
    "m",
    datetime(2026, 1, 2, tzinfo=UTC),
)


def spend(outcome: Outcome) -> Spend:
    return Spend(
        id="1", at=datetime(2026, 1, 2, tzinfo=UTC), stage="gpu", level=Level.GPU, provider="vllm", model="m",
        policy=DataPolicy.LOCAL, policy_reason="", n_tweets=1, n_answered=0, attempt=1, outcome=outcome, latency_s=0.1,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "asked"),
    [
        ("all_failed: connection (vllm/m connection)", True),
        ("all_failed: unavailable 503", True),
        ("all_failed: not_found 404 (vllm/m not_found 404)", True),
        ("all_open (vllm/m open)", True),
        ("deadline: timeout (vllm/m timeout)", False),
        ("context_length", False),
        ("unanswered", False),
        ("length", False),
        ("all_failed: bad_request 400", False),
        ("no_connection_words", False),
    ],
)
def test_only_the_servers_own_trouble_is_asked_again(reason: str, asked: bool) -> None:
    assert bool(once_more(LevelResult({0: ANSWER}, {1: reason}))) is asked


@pytest.mark.parametrize(
    ("result", "suspicious"),
    [
        (LevelResult({0: ANSWER}, {}, (spend("ok"),)), False),
        (LevelResult({0: ANSWER}, {}, (spend("partial"),)), False),
        (LevelResult({0: ANSWER}, {}, (spend("failed"), spend("ok"))), True),
        (LevelResult({}, {0: "unanswered"}), True),
    ],
)
def test_a_failed_call_or_a_lost_tweet_makes_suspicious(result: LevelResult, suspicious: bool) -> None:
    assert is_suspicious(result) is suspicious


@given(st.lists(st.sampled_from(["ok", "connection", "length"])), st.data())
def test_nothing_is_lost_or_counted_twice(states: list[str], data: st.DataObject) -> None:
    first = LevelResult(
        {i: ANSWER for i, state in enumerate(states) if state == "ok"},
        {i: state for i, state in enumerate(states) if state != "ok"},
        (spend("failed"),),
    )
    items = once_more(first)
    answered = data.draw(st.sets(st.sampled_from(range(len(items)))) if items else st.just(set[int]()))
    second = LevelResult(
        dict.fromkeys(answered, ANSWER), {i: "again" for i in range(len(items)) if i not in answered}, (spend("ok"),)
    )
    whole = merged(first, items, second)
    assert sorted([*whole.answers, *whole.given_up]) == list(range(len(states)))
    assert {i for i, reason in whole.given_up.items() if reason == "connection"} == set()
    assert len(whole.answers) == len(first.answers) + len(answered)
    assert len(whole.spend) == 2
