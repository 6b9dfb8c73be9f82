"""Which tweets count towards a burst: complaints, each author once in half an hour, each conversation and text twice.

What one person or one conversation says again and again is no wave, and "for three weeks" tells of no new outage.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Sentiment, Topic
from streams.core.crisis.wording import handles_in, is_chronic, said_in
from streams.core.seen import fingerprint

ALL: Final = "all"
NETWORK: Final = "network"
FAMILIES: Final[tuple[str, ...]] = (NETWORK, "billing", "subscription", "customer_service", "other", ALL)
"""Series of complaints; `network` takes equipment in, for customers cannot tell a dead line from a dead box."""
FAMILY_OF: Final[dict[Topic, str]] = {
    topic: NETWORK if topic is Topic.EQUIPMENT else topic.value for topic in Topic
}  # fmt: skip

AUTHOR_MINUTES: Final = 30
SOURCE_MINUTES: Final = 30
"""Over so many minutes a conversation, an account that is spoken to or a text counts twice at most.

As long as authors are counted for a confirmation: twice in 10 minutes were six authors in 30, and a wave by itself. In
all families together: of a quarrel that is labelled one way and another each would take two.
"""
ROOT_MINUTES: Final = 1440
SWEEP_MINUTES: Final = 30
"""From one sweep of what is too old to matter to the next."""
_NEVER: Final = -(10**10)
"""The minute in which an author counted who has not yet."""
_NEITHER: Final = (_NEVER, _NEVER)


class Uncounted(StrEnum):
    """Why a tweet does not count."""

    NOT_A_COMPLAINT = "not_a_complaint"
    CHRONIC = "chronic"
    AUTHOR = "author"
    SOURCE = "source"


class Counted(NamedTuple):
    """A complaint that counts: in its family's series, in the series of all, or in both."""

    family: str
    in_family: bool
    in_all: bool


def is_complaint(tweet: ClassifiedTweet) -> bool:
    """Tells whether a customer complains or needs someone: negative, or of priority 1 or 2."""
    return tweet.sentiment is Sentiment.NEGATIVE or tweet.priority >= 1


class Intake:
    """Judges complaints one by one, in the order of their time.

    By key it knows the minute in which an author counted last in a series, the last two in which a source did, and of a
    tweet the root of its conversation and its minute.
    """

    def __init__(self) -> None:
        self.authors: dict[int, int] = {}
        self.sources: dict[int, tuple[int, int]] = {}
        self.roots: dict[int, tuple[int, int]] = {}
        self._minute = self._swept = 0

    def judge(self, tweet: ClassifiedTweet, author: int, minute: int) -> Counted | Uncounted:
        """Tells whether a tweet counts, and remembers it.

        Args:
            tweet: any classified tweet; retweets and official posts never come here.
            author: its `key_of(tweet.author)`.
            minute: of its `created_at`, since 1970.
        """
        if minute != self._minute:
            self._turn(minute)
        root = None if tweet.in_reply_to is None else self._root(tweet.id, tweet.in_reply_to)
        if not is_complaint(tweet):
            return Uncounted.NOT_A_COMPLAINT
        lower = tweet.text.lower()
        if is_chronic(lower):
            return Uncounted.CHRONIC
        family = FAMILY_OF[tweet.main_topic]
        by, by_of_all = author ^ _SALTS[family], author ^ _SALTS[ALL]
        in_family, in_all = self._is_new(by, minute), self._is_new(by_of_all, minute)
        if not (in_family or in_all):
            return Uncounted.AUTHOR
        sources = _sources(lower, root)
        if not self._are_quiet(sources, minute):
            return Uncounted.SOURCE
        if in_family:
            self.authors[by] = minute
        if in_all:  # or one author could use a source up, with a tweet on this and one on that
            self.authors[by_of_all] = minute
            self._hear(sources, minute)
        return Counted(family, in_family, in_all)

    def _turn(self, minute: int) -> None:
        self._minute = minute
        if minute >= self._swept + SWEEP_MINUTES:
            self._swept = minute
            self.authors = {key: last for key, last in self.authors.items() if minute - last < AUTHOR_MINUTES}
            self.sources = {key: last for key, last in self.sources.items() if minute - last[1] < SOURCE_MINUTES}
            self.roots = {key: root for key, root in self.roots.items() if minute - root[1] <= ROOT_MINUTES}

    def _is_new(self, by: int, minute: int) -> bool:
        """Tells whether an author has not counted lately in a series; the key is of both."""
        return minute - self.authors.get(by, _NEVER) >= AUTHOR_MINUTES

    def _are_quiet(self, sources: Sequence[int], minute: int) -> bool:
        """Tells whether no source has counted twice lately, in whatever family."""
        return all(minute - self.sources.get(source, _NEITHER)[0] >= SOURCE_MINUTES for source in sources)

    def _hear(self, sources: Sequence[int], minute: int) -> None:
        for source in sources:
            self.sources[source] = self.sources.get(source, _NEITHER)[1], minute

    def _root(self, tweet_id: str, answered_id: str) -> int:
        """Returns the first tweet of a reply's conversation, as far back as the last day knows."""
        answered = key_of(f"tweet {answered_id}")
        root, since = self.roots.get(answered, (answered, self._minute))
        if self._minute - since > ROOT_MINUTES:
            root = answered
        self.roots[key_of(f"tweet {tweet_id}")] = root, self._minute
        return root


def key_of(name: str) -> int:
    """Returns the 64 bits that stand for an author or another name, which they do not give away."""
    return fingerprint(name.encode("utf-8", "surrogatepass"))


_SALTS: Final[dict[str, int]] = {family: key_of(f"series {family}") for family in FAMILIES}
"""What sets the keys of one series apart from those of another: an exclusive or costs less than another hash."""


def _sources(lower: str, root: int | None) -> list[int]:
    """Returns what a tweet may share with others: its conversation, private accounts that it names, its words."""
    found = [] if root is None else [root]
    found += [key_of(f"handle {handle}") for handle in handles_in(lower)]
    said = said_in(lower)
    if said is not None:
        found.append(key_of(said))
    return found
