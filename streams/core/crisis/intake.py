"""Which tweets count towards a burst: complaints, each author once in half an hour, each conversation and text twice.

What one person or one conversation says again and again is no wave, and "for three weeks" tells of no new outage.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Generic, TypeVar

from schemas.classification import ClassifiedTweet
from schemas.taxonomy import KEPT_HANDLES, Sentiment, Topic
from streams.core.noise import near_key
from streams.core.seen import fingerprint

V = TypeVar("V")

ALL: Final = "all"
FAMILIES: Final[tuple[str, ...]] = ("network", "billing", "subscription", "customer_service", "other", ALL)
"""Series of complaints; `network` takes equipment in, for customers cannot tell a dead line from a dead box."""
FAMILY_OF: Final[dict[Topic, str]] = {
    topic: "network" if topic is Topic.EQUIPMENT else topic.value for topic in Topic
}  # fmt: skip

AUTHOR_MINUTES: Final = 30
SOURCE_MINUTES: Final = 30
"""Over so many minutes a conversation, an account that is spoken to or a text counts twice at most.

As long as authors are counted for a confirmation: twice in 10 minutes were six authors in 30, and a wave by itself.
"""
ROOT_MINUTES: Final = 1440
_MOST_HANDLES: Final = 5
_HANDLE: Final = re.compile(r"@(\w{2,30})")
_ANONYMOUS: Final = KEPT_HANDLES | {"user"}
"""Handles that name nobody in particular; exports write @user in place of a private one."""
_UNIT: Final = r"(?:jours?|j|semaines?|sem|mois|ans?|années?)\b"
_NUMBER: Final = (
    r"(?:\d{1,3}|un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|quinze|vingt|plusieurs|quelques|des|bientôt \w+)"
)
_SINCE: Final = r"(?:depuis|(?:[çc]a|cela|[çc]à) fait|voil[àa]|y a|pendant|apr[èe]s)"
_ABOUT: Final = r"(?:plus d[e']\s*|au moins |presque |d[ée]j[àa] )?"
_DAY: Final = r"hier|avant-hier|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|la semaine derni|longtemps|le \d"
_CHRONIC: Final = re.compile(
    rf"{_SINCE}\s+{_ABOUT}{_NUMBER}\s*{_UNIT}|depuis (?:{_DAY})|{_NUMBER}\s*{_UNIT} (?:sans|que)\b"
)
_HINTS: Final = ("depuis", " fait", "voil", "y a", "pendant", "apr", "jour", "sem", "mois", " an", "j sans", "j que")
"""One of them stands in every text that the pattern finds, and in few others."""


class Uncounted(StrEnum):
    """Why a tweet does not count."""

    NOT_A_COMPLAINT = "not_a_complaint"
    CHRONIC = "chronic"
    AUTHOR = "author"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Counted:
    """A complaint that counts: in its family's series, in the series of all, or in both."""

    family: str
    in_family: bool
    in_all: bool


def is_complaint(tweet: ClassifiedTweet) -> bool:
    """Tells whether a customer complains or needs someone: negative, or of priority 1 or 2."""
    return tweet.sentiment is Sentiment.NEGATIVE or tweet.priority >= 1


def is_chronic(text: str) -> bool:
    """Tells whether a text speaks of something that has lasted for days: `depuis 3 semaines`, `ça fait 15 jours`."""
    lower = text.lower()
    return any(hint in lower for hint in _HINTS) and _CHRONIC.search(lower) is not None


@dataclass(slots=True)
class Fading(Generic[V]):
    """Remembers for at least `minutes`, for twice as long at most: two dictionaries, of which the older is dropped.

    Keys are fingerprints: what is remembered, and saved, names nobody.
    """

    minutes: int
    young: dict[int, V] = field(default_factory=dict)
    old: dict[int, V] = field(default_factory=dict)
    since: int = 0

    def get(self, key: int) -> V | None:
        """Returns what is remembered of a key."""
        found = self.young.get(key)
        return self.old.get(key) if found is None else found

    def put(self, key: int, value: V, minute: int) -> None:
        """Remembers, from a minute on."""
        if minute >= self.since + self.minutes:
            self.old = self.young if minute < self.since + 2 * self.minutes else {}
            self.young, self.since = {}, minute
        self.young[key] = value


class Intake:
    """Judges complaints one by one, in the order of their time."""

    def __init__(self) -> None:
        self.authors: Fading[int] = Fading(AUTHOR_MINUTES)
        self.sources: Fading[tuple[int, int]] = Fading(SOURCE_MINUTES)
        self.roots: Fading[int] = Fading(ROOT_MINUTES)

    def judge(self, tweet: ClassifiedTweet, minute: int) -> Counted | Uncounted:
        """Tells whether a tweet counts, and remembers it.

        Args:
            tweet: any classified tweet; retweets and official posts never come here.
            minute: of its `created_at`, since 1970.
        """
        root = self._root(tweet, minute)
        if not is_complaint(tweet):
            return Uncounted.NOT_A_COMPLAINT
        if is_chronic(tweet.text):
            return Uncounted.CHRONIC
        family, sources = FAMILY_OF[tweet.main_topic], list(_sources(tweet, root))
        refusals = {series: self._take(series, tweet.author, sources, minute) for series in (family, ALL)}
        if all(refusals.values()):
            return refusals[family] or Uncounted.AUTHOR
        return Counted(family, refusals[family] is None, refusals[ALL] is None)

    def _take(self, series: str, author: str, sources: Sequence[str], minute: int) -> Uncounted | None:
        """Counts a complaint in a series, or tells why it does not count there."""
        by, keys = _key(series, author), [_key(series, source) for source in sources]
        if not self._is_new(by, minute):
            return Uncounted.AUTHOR
        if any(self._is_full(key, minute) for key in keys):
            return Uncounted.SOURCE
        for key in keys:
            _, last = self.sources.get(key) or (-SOURCE_MINUTES, -SOURCE_MINUTES)
            self.sources.put(key, (last, minute), minute)
        self.authors.put(by, minute, minute)
        return None

    def _root(self, tweet: ClassifiedTweet, minute: int) -> int | None:
        """Returns the first tweet of a reply's conversation, as far back as the last day knows; none for no reply."""
        if tweet.in_reply_to is None:
            return None
        answered = _key("tweet", tweet.in_reply_to)
        root = self.roots.get(answered)
        root = answered if root is None else root
        self.roots.put(_key("tweet", tweet.id), root, minute)
        return root

    def _is_new(self, author: int, minute: int) -> bool:
        last = self.authors.get(author)
        return last is None or minute - last >= AUTHOR_MINUTES

    def _is_full(self, source: int, minute: int) -> bool:
        counted = self.sources.get(source)
        return counted is not None and minute - counted[0] < SOURCE_MINUTES


def _key(kind: str, name: str) -> int:
    return fingerprint(f"{kind} {name}".encode("utf-8", "surrogatepass"))


def _sources(tweet: ClassifiedTweet, root: int | None) -> Iterator[str]:
    """Yields what a tweet may share with others: its conversation, private accounts that it names, its words."""
    if root is not None:
        yield f"root {root}"
    if "@" in tweet.text:
        handles = dict.fromkeys(handle.lower() for handle in _HANDLE.findall(tweet.text))
        for handle in list(handles)[:_MOST_HANDLES]:
            if handle not in _ANONYMOUS:
                yield f"handle {handle}"
    if (digest := near_key("", tweet.text)) is not None:
        yield f"text {digest.hex()}"
