"""A service's tweets as its agents should see them: the newest revision of each, without those that moved away."""

from collections.abc import Iterable

from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Priority


class Inbox:
    """Gathers the records of one service's topic, in any order across partitions."""

    def __init__(self) -> None:
        self._tweets: dict[str, ClassifiedTweet] = {}

    def add(self, tweet: ClassifiedTweet) -> None:
        """Takes a record; a lower revision never replaces a higher one."""
        known = self._tweets.get(tweet.id)
        if known is None or tweet.revision >= known.revision:
            self._tweets[tweet.id] = tweet

    def present(self, priorities: Iterable[Priority] = ()) -> list[ClassifiedTweet]:
        """Returns what is still the service's, oldest first; all priorities when none is named."""
        wanted = set(priorities)
        kept = (tweet for tweet in self._tweets.values() if tweet.moved_to is None)
        return sorted(
            (tweet for tweet in kept if not wanted or tweet.priority in wanted),
            key=lambda tweet: (tweet.created_at, tweet.id),
        )

    def top(self, n_tweets: int, priorities: Iterable[Priority] = ()) -> list[ClassifiedTweet]:
        """Returns the first ones to act on: highest priority first, and among equals the oldest."""
        return sorted(self.present(priorities), key=lambda tweet: -tweet.priority)[:n_tweets]
