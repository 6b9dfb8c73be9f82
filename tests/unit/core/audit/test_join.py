"""Replies find their tweets, and customers' next tweets their replies, in whatever order they come."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from schemas.audit import Register
from schemas.taxonomy import Sentiment, Topic
from streams.core.audit.form import Form
from streams.core.audit.join import MOST, Answer, Join, Question, Reply, record_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FORM = Form(apology=True, thanks=False, redirection=True, link=True, named=False, register=Register.VOUS)


def question(
    id_: str, minutes: float = 0, *, author: str = "max", to: str | None = None, said: Sentiment = Sentiment.NEGATIVE
) -> Question:
    return Question(
        id=id_, author=author, at=NOON + timedelta(minutes=minutes), in_reply_to=to, sentiment=said, priority=2,
        topic=Topic.NETWORK,
    )  # fmt: skip


def reply(id_: str, minutes: float, to: str) -> Reply:
    at = NOON + timedelta(minutes=minutes)
    return Reply(id=id_, tweet_id=to, account="Marque", at=at, form=FORM, template=True, personalised=False)


Event = Question | Reply


def played(events: tuple[Event, ...]) -> dict[str, Answer]:
    join, last = Join(), dict[str, Answer]()
    for event in events:
        found = join.ask(event) if isinstance(event, Question) else [join.reply(event)]
        last |= {one.reply.id: one for one in found if one is not None}
    return last


CONVERSATION: tuple[Event, ...] = (
    question("q1"),
    reply("r1", 30, "q1"),
    question("q2", 60, to="r1", said=Sentiment.POSITIVE),
    reply("r2", 90, "q2"),
    question("q3", 120, author="eva", to="r1", said=Sentiment.NEGATIVE),
)
"""The customer answers the reply and is answered again; somebody else joins in."""


@pytest.mark.parametrize("events", list(permutations(CONVERSATION)))
def test_any_order_gives_the_same(events: tuple[Event, ...]) -> None:
    last = played(events)
    assert {id_: answer.delay_s for id_, answer in last.items()} == {"r1": 1800, "r2": 1800}
    assert last["r1"].after is Sentiment.POSITIVE  # the first tweet of that customer behind it
    assert last["r2"].after is None


@pytest.mark.parametrize("events", list(permutations(CONVERSATION[:4])))
def test_a_record_that_comes_again_changes_nothing(events: tuple[Event, ...]) -> None:
    assert played((*events, *events)) == played(events)


def test_the_first_of_several_tweets_behind_a_reply_counts() -> None:
    late = question("q3", 90, to="q1", said=Sentiment.NEGATIVE)
    soon = question("q2", 60, to="r1", said=Sentiment.NEUTRAL)
    before = question("q0", 10, to="q1", said=Sentiment.POSITIVE)
    told: tuple[Event, ...] = (question("q1"), reply("r1", 30, "q1"), late, soon, before)
    for events in permutations(told):
        assert played(events)["r1"].after is Sentiment.NEUTRAL


def test_the_first_reply_answers_a_tweet() -> None:
    told: tuple[Event, ...] = (question("q"), reply("r2", 50, "q"), reply("r1", 20, "q"))
    for events in permutations(told):
        join = Join()
        for event in events:
            join.ask(event) if isinstance(event, Question) else join.reply(event)
        assert join.state.asked["q"].answered_at == NOON + timedelta(minutes=20)


def test_a_reply_to_an_unknown_tweet_waits_and_only_so_many() -> None:
    join = Join()
    for n in range(MOST + 3):
        assert join.reply(reply(f"r{n:02}", n, "q")) is None
    assert [one.reply.id for one in join.ask(question("q"))] == [f"r{n:02}" for n in range(3, MOST + 3)]
    assert not join.state.waiting


def test_a_thread_is_bounded() -> None:
    join = Join()
    join.ask(question("q"))
    for n in range(3 * MOST):
        join.reply(reply(f"r{n}", n + 1, "q"))
        join.ask(question(f"t{n}", n + 1.5, to="q"))
    (thread,) = join.state.threads.values()
    assert len(thread.tweets) == len(thread.answers) == MOST


def test_clocks_may_disagree() -> None:
    assert played((question("q", 5), reply("r", 4, "q")))["r"].delay_s == 0


def test_record() -> None:
    record = record_of(played(CONVERSATION)["r1"])
    assert (record.reply_id, record.tweet_id, record.account, record.delay_s) == ("r1", "q1", "Marque", 1800)
    assert (record.priority, record.main_topic) == (2, Topic.NETWORK)
    assert (record.template, record.apology, record.thanks, record.redirection) == (True, True, False, True)
    assert (record.link, record.register, record.personalised) == (True, Register.VOUS, False)
    assert (record.sentiment, record.sentiment_after) == (Sentiment.NEGATIVE, Sentiment.POSITIVE)
