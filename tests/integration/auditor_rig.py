"""Customers and an official account for tests of the auditor, and what sends their tweets to a broker."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaProducer

from schemas.classification import ClassifiedTweet
from schemas.codec import encode
from schemas.taxonomy import Level, Priority, Sentiment, Topic
from schemas.topics import CLASSIFIED, OFFICIAL, name_in
from schemas.tweet import Tweet
from streams.settings import Settings

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=9)


def customer(id_: str, minutes: float, *, to: str | None = None, said: Sentiment = Sentiment.NEGATIVE,
             priority: Priority = 2) -> ClassifiedTweet:  # fmt: skip
    text = "Plus de fibre à Bourges, qui répond ?"
    return ClassifiedTweet(
        id=id_, created_at=NOON + timedelta(minutes=minutes), text=text, scrubbed=text, author="u7", in_reply_to=to,
        sentiment=said, priority=priority, main_topic=Topic.NETWORK, confidence_sentiment=1, confidence_priority=1,
        confidence_main_topic=1, level=Level.BERT, model="bert-v1", classified_at=NOON,
    )  # fmt: skip


def official(id_: str, minutes: float, to: str) -> Tweet:
    at, text = NOON + timedelta(minutes=minutes), "@u7 Nous sommes désolés, votre ligne est réparée"
    return Tweet(id=id_, created_at=at, text=text, author="Marque", official=True, in_reply_to=to)


async def send(settings: Settings, *tweets: Tweet, raw: Sequence[tuple[str, bytes]] = ()) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    await producer.start()
    try:
        for one in tweets:
            topic = CLASSIFIED if isinstance(one, ClassifiedTweet) else OFFICIAL
            await producer.send_and_wait(name_in(settings.namespace, topic), encode(one), key=one.id.encode())
        for topic, value in raw:
            await producer.send_and_wait(name_in(settings.namespace, topic), value, key=b"raw")
    finally:
        await producer.stop()
