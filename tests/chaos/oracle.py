"""The conservation law, recounted from the topics by plain aiokafka against the ledger of acknowledged records.

None of the project's own counting is used: neither its tally, nor a worker's metrics.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from aiokafka import ConsumerRecord

from schemas.headers import origin_of
from schemas.topics import (
    CLASSIFIED,
    DEAD_LETTER,
    NOISE,
    OFFICIAL,
    PARKED,
    RAW,
    RAW_DEAD_LETTER,
    SERVICE_TOPICS,
)
from tests.chaos.source import Ledger

ELSEWHERE: Final = (NOISE, OFFICIAL, RAW_DEAD_LETTER, DEAD_LETTER, PARKED)
AVAILABLE_WITHIN_S: Final = 60.0


class _Routed(msgspec.Struct, frozen=True):
    id: str
    revision: int = 1
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What became of every record of `tweets.raw`.

    `lost`: acknowledged or in the topic, and in no terminal place; `split`: in two different ones; `repeated`: the same
    tweet id and revision more than once at the services; `altered`: a dead letter whose value is not that of its
    record. `n_elsewhere` counts records of an origin beyond its first outside the services: at least once allows them.
    """

    n_raw: int
    lost: Sequence[str]
    split: Sequence[str]
    repeated: Sequence[str]
    altered: Sequence[str]
    n_elsewhere: int
    places: Mapping[str, int]
    levels: Mapping[str, int]
    n_answered_by_api: int
    routed: frozenset[str]
    dead: frozenset[str]


def count(records: Iterable[ConsumerRecord], ledger: Ledger, namespace: str) -> Counted:
    """Counts where every origin ended.

    Args:
        records: every record of every topic of the pipe, as `read_committed` shows them.
        ledger: what was acknowledged.
        namespace: prefix of the topics.
    """
    raw: dict[str, bytes | None] = {}
    ended: dict[str, list[str]] = defaultdict(list)
    at_services: Counter[str] = Counter()
    levels: Counter[str] = Counter()
    by_api: set[str] = set()
    letters: list[tuple[str, bytes | None]] = []
    for record in records:
        topic = record.topic.removeprefix(f"{namespace}.")
        if topic == RAW:
            raw[f"{record.partition}:{record.offset}"] = record.value
            continue
        origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
        if topic in SERVICE_TOPICS:
            said = msgspec.json.decode(record.value, type=_Routed)
            at_services[f"{said.id}/{said.revision}"] += 1
            levels[said.level] += 1
            ended[origin].append("service")
        elif topic in ELSEWHERE:
            ended[origin].append(topic)
        elif topic == CLASSIFIED and (said := msgspec.json.decode(record.value, type=_Routed)).level == "api":
            by_api.add(f"{said.id}/{said.revision}")
        if topic == RAW_DEAD_LETTER:
            letters.append((origin, record.value))
    places = Counter(place for found in ended.values() for place in set(found))
    return Counted(
        n_raw=len(raw),
        lost=sorted({*raw, *ledger.acked_at} - ended.keys()),
        split=sorted(origin for origin, found in ended.items() if len(set(found)) > 1),
        repeated=sorted(which for which, n in at_services.items() if n > 1),
        altered=sorted(origin for origin, value in letters if raw.get(origin, b"?") != value),
        n_elsewhere=sum(len(found) - 1 for found in ended.values() if "service" not in found),
        places=dict(sorted(places.items())),
        levels=dict(sorted(levels.items())),
        n_answered_by_api=len(by_api),
        routed=frozenset(origin for origin, found in ended.items() if "service" in found),
        dead=frozenset(o for o, found in ended.items() if {RAW_DEAD_LETTER, DEAD_LETTER} & set(found)),
    )


@dataclass(frozen=True, slots=True)
class Availability:
    """The share of sound tweets that a service could read within `AVAILABLE_WITHIN_S` of their acknowledgement.

    A tweet that is noise or official by rule is none of them; one that was lost or given up is, and was not available.
    """

    share: float
    p50_s: float
    p99_s: float


def availability(counted: Counted, ledger: Ledger, seen_at: Mapping[str, float]) -> Availability:
    """Measures how soon the tweets of a cell were available.

    Args:
        counted: where they ended.
        ledger: when they were acknowledged.
        seen_at: when a consumer of the terminal topics saw each origin first.
    """
    wanted = (counted.routed | counted.dead | set(counted.lost)) & ledger.sound
    waits = [
        seen_at[origin] - ledger.acked_at[origin]
        for origin in counted.routed & wanted
        if origin in seen_at and origin in ledger.acked_at
    ]
    in_time = sum(wait <= AVAILABLE_WITHIN_S for wait in waits)
    if len(waits) < 2:
        return Availability(in_time / max(1, len(wanted)), 0.0, 0.0)
    cuts = statistics.quantiles(waits, n=100)
    return Availability(in_time / len(wanted), round(cuts[49], 2), round(cuts[98], 2))
