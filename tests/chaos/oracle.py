"""The conservation law, recounted from the topics by plain aiokafka against the ledger of what was sent.

None of the project's own counting is used: neither its tally, nor a worker's metrics.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiokafka import ConsumerRecord

from schemas.headers import ERROR_OFFSET, ERROR_PARTITION, ERROR_TOPIC, ORIGIN, text_of
from schemas.topics import CLASSIFIED, DEAD_LETTER, NOISE, OFFICIAL, PARKED, RAW, RAW_DEAD_LETTER, SERVICE_TOPICS
from tests.chaos.expected import PLACES_OF, SERVICE, Sort
from tests.chaos.source import Ledger, Sent

DEAD: Final = (RAW_DEAD_LETTER, DEAD_LETTER)
ELSEWHERE: Final = (NOISE, OFFICIAL, *DEAD, PARKED)
AVAILABLE_WITHIN_S: Final = 60.0

Place = tuple[str, int, int]
"""Topic without namespace, partition, offset."""


class _Labelled(msgspec.Struct, frozen=True):
    id: str
    level: str


@dataclass(slots=True)
class Counted:
    """What became of every record of `tweets.raw`; each list holds what went wrong, by origin or tweet id.

    `lost`: in the topic or acknowledged, and in no terminal place. `split`: in two different ones. `misplaced`: where
    a record of its sort may not be. `unserved`: tweet ids of customers, all of whose records are noise. `repeated`:
    tweet ids at the services twice. `swapped`: a service record with another tweet's id than its origin's. `strange`:
    a terminal record with no origin, or with one that `tweets.raw` does not have. `altered`: a dead letter that is not,
    byte for byte, the record that its headers name. `n_extra`: records of an origin beyond its first outside the
    services; at least once allows some.
    """

    n_raw: int = 0
    lost: Sequence[str] = ()
    split: Sequence[str] = ()
    misplaced: Sequence[str] = ()
    unserved: Sequence[str] = ()
    repeated: Sequence[str] = ()
    swapped: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    n_extra: int = 0
    places: Mapping[str, int] = field(default_factory=dict)
    levels: Counter[str] = field(default_factory=Counter)
    answered_by_api: set[str] = field(default_factory=set)
    ended: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


def count(records: Iterable[ConsumerRecord], ledger: Ledger, namespace: str) -> Counted:
    """Counts where every origin ended.

    Args:
        records: every record of every topic of the pipe, as `read_committed` shows them.
        ledger: what was sent.
        namespace: prefix of the topics.
    """
    values: dict[Place, tuple[bytes | None, bytes | None]] = {}
    dead: list[ConsumerRecord] = []
    ids: Counter[str] = Counter()
    found = Counted()
    for record in records:
        topic = record.topic.removeprefix(f"{namespace}.")
        values[topic, record.partition, record.offset] = (record.key, record.value)
        if topic in DEAD:
            dead.append(record)
        if topic in SERVICE_TOPICS or topic in ELSEWHERE:
            origin = _note_terminal(found, record, topic)
            if topic in SERVICE_TOPICS:
                _note_service(found, msgspec.json.decode(record.value, type=_Labelled), origin, ledger.sent, ids)
        elif topic == CLASSIFIED and (said := msgspec.json.decode(record.value, type=_Labelled)).level == "api":
            found.answered_by_api.add(said.id)
    raw = {f"{partition}:{offset}" for topic, partition, offset in values if topic == RAW}
    ended = found.ended
    found.n_raw = len(raw)
    found.lost = sorted((raw | ledger.sent.keys()) - ended.keys())
    found.strange += sorted(ended.keys() - raw - {""})
    found.split = sorted(origin for origin, places in ended.items() if len(set(places)) > 1)
    found.repeated = sorted(tweet_id for tweet_id, n in ids.items() if n > 1)
    found.misplaced = sorted(
        origin for origin, sent in ledger.sent.items() if not set(ended.get(origin, ())) <= PLACES_OF[sent.sort]
    )
    found.unserved = sorted(_unserved(ledger.sent, ended))
    found.altered = sorted(_altered(dead, values, namespace))
    found.n_extra = sum(len(places) - 1 for places in ended.values() if SERVICE not in places)
    found.places = dict(sorted(Counter(place for places in ended.values() for place in set(places)).items()))
    return found


@dataclass(frozen=True, slots=True)
class Availability:
    """The share of customers' tweets that a service could read within `AVAILABLE_WITHIN_S` of the acknowledgement.

    Of several records with one id the first one that was seen counts.
    """

    share: float
    p50_s: float
    p99_s: float


def availability(ledger: Ledger, counted: Counted, seen_at: Mapping[str, float]) -> Availability:
    """Measures how soon the customers' tweets were available.

    Args:
        ledger: when they were acknowledged.
        counted: where they ended.
        seen_at: when a consumer of the terminal topics saw each origin first, in seconds since 1970.
    """
    waits: dict[str, float] = {}
    for origin, sent in ledger.sent.items():
        if sent.sort is Sort.CUSTOMER:
            waits.setdefault(sent.tweet_id, float("inf"))
            if SERVICE in counted.ended.get(origin, ()) and origin in seen_at:
                waits[sent.tweet_id] = min(waits[sent.tweet_id], seen_at[origin] - sent.acked_at)
    if len(waits) < 2:
        return Availability(0.0, 0.0, 0.0)
    share = sum(wait <= AVAILABLE_WITHIN_S for wait in waits.values()) / len(waits)
    cuts = statistics.quantiles(sorted(waits.values()), n=100)
    return Availability(share, cuts[49], cuts[98])


def _note_terminal(found: Counted, record: ConsumerRecord, topic: str) -> str:
    """Takes note of where an origin ended; a record without one is told by its place."""
    origin = text_of(record.headers, ORIGIN)
    if origin is None:
        found.strange.append(f"{topic}:{record.partition}:{record.offset}")
        return ""
    found.ended[origin].append(SERVICE if topic in SERVICE_TOPICS else topic)
    return origin


def _note_service(found: Counted, said: _Labelled, origin: str, sent: Mapping[str, Sent], ids: Counter[str]) -> None:
    ids[said.id] += 1
    found.levels[said.level] += 1
    if origin in sent and sent[origin].tweet_id != said.id:
        found.swapped.append(origin)


def _unserved(sent: Mapping[str, Sent], ended: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """Yields the customers' ids none of whose records is at a service, though one of them ended."""
    by_id: dict[str, list[str]] = defaultdict(list)
    for origin, one in sent.items():
        if one.sort is Sort.CUSTOMER:
            by_id[one.tweet_id] += ended.get(origin, ())
    return (tweet_id for tweet_id, places in by_id.items() if places and SERVICE not in places)


def _altered(
    dead: Iterable[ConsumerRecord], values: Mapping[Place, tuple[bytes | None, bytes | None]], namespace: str
) -> Iterable[str]:
    """Yields the dead letters that differ in key or value from the record that their headers name."""
    for record in dead:
        topic = (text_of(record.headers, ERROR_TOPIC) or "").removeprefix(f"{namespace}.")
        partition, offset = (text_of(record.headers, name) or "-1" for name in (ERROR_PARTITION, ERROR_OFFSET))
        if values.get((topic, int(partition), int(offset))) != (record.key, record.value):
            yield text_of(record.headers, ORIGIN) or f"{record.partition}:{record.offset}"
