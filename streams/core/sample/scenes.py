"""What a customer can have to say: a scene is one pair of labels-to-be and the parts that its tweets are made of."""

from dataclasses import dataclass

from schemas.taxonomy import Priority, Sentiment, Topic


@dataclass(frozen=True, slots=True)
class Scene:
    """A kind of tweet.

    A tweet is one of the openings, then one of the details, then one of the endings. `{name}` in any of them is a slot
    of `SLOTS`. `weight` is its share of all tweets.
    """

    topic: Topic
    sentiment: Sentiment
    priority: Priority
    weight: int
    openings: tuple[str, ...]
    details: tuple[str, ...]
    endings: tuple[str, ...]
