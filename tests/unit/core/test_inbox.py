"""The order in which a service's agents see their tweets."""

from datetime import UTC, datetime, timedelta

from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Level, Priority, Sentiment, Topic
from streams.core.inbox import Inbox

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def made(
    tweet_id: str, priority: Priority, age_h: int, *, revision: int = 1, moved_to: str | None = None
) -> ClassifiedTweet:
    return ClassifiedTweet(
        id=tweet_id, created_at=NOON - timedelta(hours=age_h), text="box en panne", author="a", scrubbed="box en panne",
        sentiment=Sentiment.NEGATIVE, priority=priority, main_topic=Topic.NETWORK, confidence_sentiment=1,
        confidence_priority=1, confidence_main_topic=1, level=Level.API, model="m", classified_at=NOON,
        revision=revision, moved_to=moved_to,
    )  # fmt: skip


def inbox_of(*tweets: ClassifiedTweet) -> Inbox:
    inbox = Inbox()
    for tweet in tweets:
        inbox.add(tweet)
    return inbox


def ids(tweets: list[ClassifiedTweet]) -> list[str]:
    return [tweet.id for tweet in tweets]


def test_top_orders_by_priority_then_oldest_first() -> None:
    inbox = inbox_of(made("a", 0, 9), made("b", 2, 1), made("c", 1, 5), made("d", 2, 3))
    assert ids(inbox.top(3)) == ["d", "b", "c"]
    assert ids(inbox.top(9, [1])) == ["c"]
    assert ids(inbox.present()) == ["a", "c", "d", "b"]


def test_moved_tweets_are_left_out_and_the_newest_revision_stands() -> None:
    inbox = inbox_of(
        made("a", 1, 1), made("a", 1, 1, revision=2, moved_to="billing"), made("b", 0, 1), made("b", 2, 1, revision=2)
    )
    assert [(tweet.id, tweet.priority) for tweet in inbox.present()] == [("b", 2)]


def test_a_tweet_that_came_back_is_present() -> None:
    inbox = inbox_of(made("a", 1, 1), made("a", 1, 1, revision=3), made("a", 1, 1, revision=2, moved_to="other"))
    assert ids(inbox.present()) == ["a"]
