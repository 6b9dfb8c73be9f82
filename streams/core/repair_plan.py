"""Which tweets a repair sends to level 1 again: those whose newest classification came from a lower level.

One entry per tweet: a 64-bit hash of its id and a shared description, about 100 bytes; a chance of 3e-8 that one of a
million tweets is taken for another, which would then keep its labels.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from schemas import headers as names
from schemas.classification import ClassifiedTweet
from schemas.codec import UndecodableError, decode, encode
from schemas.headers import MAX_REVISION, Header, origin_of, value_of
from schemas.instant import Instant
from schemas.taxonomy import SERVICE_OF, Level, Priority, Service, Topic
from schemas.topics import SCRUBBED
from schemas.tweet import ScrubbedTweet
from streams.core.output import Output, SourceRecord
from streams.core.seen import fingerprint
from streams.errors import FatalError

DEGRADED: Final = frozenset({Level.GPU, Level.BERT})
MAX_TWEETS: Final = 5_000_000
"""Tweets that a plan remembers at most: about half a gigabyte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which degraded tweets a repair is about; an empty set of priorities takes all, `until` None has no end.

    `unsure`: only those of whose labels the model was not confident.
    """

    levels: frozenset[Level] = DEGRADED
    priorities: frozenset[Priority] = frozenset()
    until: datetime | None = None
    unsure: bool = False


class Kind(NamedTuple):
    """What a plan keeps of a classification; `asked_for` says that the command is about it."""

    revision: int
    level: Level
    service: Service
    priority: Priority
    asked_for: bool
    unsure: bool = False


class _Classified(msgspec.Struct, frozen=True):
    """What the plan needs of a classified tweet; the decoder skips the rest."""

    level: Level
    priority: Priority
    main_topic: Topic
    classified_at: Instant
    unsure: bool = False
    revision: int = 1


class RepairPlan:
    """Gathers the newest classification of each tweet, then names the records that are to be sent, each tweet once.

    Of equal revisions the first counts, as it does for the router.

    Args:
        wanted: what the command is about.
        on_their_way: hashes of the ids (`fingerprint`) whose repair waits at level 1.
        max_tweets: bound of the memory.
    """

    def __init__(self, wanted: Wanted, on_their_way: Iterable[int] = (), *, max_tweets: int = MAX_TWEETS) -> None:
        self._wanted = wanted
        self._on_their_way = frozenset(on_their_way)
        self._max_tweets = max_tweets
        self._latest: dict[int, Kind] = {}
        self._kinds: dict[Kind, Kind] = {}
        self.n_unreadable = 0

    def __len__(self) -> int:
        return len(self._latest)

    def note(self, record: SourceRecord) -> None:
        """Takes a record of `tweets.classified`; all of them, in the order of their partitions, before `pick`.

        Raises:
            FatalError: there are more tweets than fit into memory.
        """
        kind = self._kind(record)
        if kind is None or record.key is None:
            self.n_unreadable += 1
            return
        key = fingerprint(record.key)
        known = self._latest.get(key)
        if known is not None and kind.revision <= known.revision:
            return
        if known is None and len(self._latest) >= self._max_tweets:
            raise FatalError(f"over {self._max_tweets} tweets were classified since", remedy="Give a later --since")
        self._latest[key] = self._kinds.setdefault(kind, kind)

    def histogram(self) -> "Histogram":
        """Counts what is to be sent, and what is left."""
        counts = Counter(kind for key, kind in self._latest.items() if kind.asked_for and key not in self._on_their_way)
        n_waiting = sum(key in self._on_their_way for key, kind in self._latest.items() if kind.asked_for)
        return Histogram(counts, n_waiting=n_waiting)

    def pick(self, record: SourceRecord) -> Kind | None:
        """Returns what a record is when it is to be sent, None where it is not; names no tweet twice."""
        if record.key is None or (key := fingerprint(record.key)) in self._on_their_way:
            return None
        known = self._latest.get(key)
        if known is None or not known.asked_for or self._kind(record) != known:
            return None
        del self._latest[key]
        return known

    def _kind(self, record: SourceRecord) -> Kind | None:
        try:
            said = decode(record.value, _Classified)
        except UndecodableError:
            return None
        wanted = self._wanted
        return Kind(
            revision=said.revision, level=said.level, service=SERVICE_OF[said.main_topic], priority=said.priority,
            unsure=said.unsure,
            asked_for=said.level in wanted.levels
            and (not wanted.priorities or said.priority in wanted.priorities)
            and (wanted.until is None or said.classified_at <= wanted.until)
            and (said.unsure or not wanted.unsure)
            and said.revision < MAX_REVISION,
        )  # fmt: skip


class Histogram:
    """Counts tweets by level, service and priority, most frequent first, and how many of them are unsure."""

    def __init__(self, counts: Counter[Kind] | None = None, *, n_waiting: int = 0) -> None:
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._unsure: Counter[tuple[str, str, int]] = Counter()
        self.n_waiting = n_waiting
        """Degraded tweets whose repair was sent before and waits at level 1."""
        for kind, n_tweets in (counts or {}).items():
            key = (kind.level.value, kind.service.value, kind.priority)
            self._counts[key] += n_tweets
            self._unsure[key] += n_tweets if kind.unsure else 0

    def rows(self) -> list[dict[str, str | int]]:
        """Returns rows of level, service, priority, n, unsure (how many of n)."""
        fields = ("level", "service", "priority")
        return [
            {**dict(zip(fields, key, strict=True)), "n": n, "unsure": self._unsure[key]}
            for key, n in self._counts.most_common()
        ]

    @property
    def total(self) -> int:
        """Tweets in all."""
        return self._counts.total()

    @property
    def n_unsure(self) -> int:
        """Tweets of whose labels the model was not confident."""
        return self._unsure.total()


def expected_cost(n_tweets: int, usd_per_1000: Decimal | None) -> Decimal | None:
    """Returns what a repair costs in USD; None where the price of the first target is unknown.

    Worked number: 2,500 tweets at 0.012 USD per 1,000 cost 0.03 USD.
    """
    return None if usd_per_1000 is None else usd_per_1000 * n_tweets / 1_000


def repair_output(record: SourceRecord, kind: Kind, *, command_id: str) -> Output:
    """Writes a classified tweet as the scrubbed tweet that it was, with the revision that it shall become.

    Of its headers the origin and the trace stay; why level 1 once gave it up does not.

    Raises:
        UndecodableError: it is no classified tweet.
    """
    tweet = decode(record.value, ClassifiedTweet)
    scrubbed = ScrubbedTweet(**{name: getattr(tweet, name) for name in ScrubbedTweet.__struct_fields__})
    origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
    headers: tuple[Header, ...] = (
        (names.ORIGIN, origin.encode()),
        (names.REVISION, str(kind.revision + 1).encode()),
        (names.REPAIR, command_id.encode()),
        (names.REPAIRED_FROM, kind.service.value.encode()),
    )
    if (trace := value_of(record.headers, names.TRACEPARENT)) is not None:
        headers = (*headers, (names.TRACEPARENT, trace))
    return Output(SCRUBBED, tweet.id.encode(), encode(scrubbed), headers)
