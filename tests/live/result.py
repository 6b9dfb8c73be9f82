"""What a live run showed, counted from the topics, and whether that is good enough."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from aiokafka import ConsumerRecord

from agents.ingest_ledger import Acknowledged
from schemas.alert import Alert, DetectorState
from schemas.classification import ClassifiedTweet
from schemas.codec import decode
from schemas.topics import CLASSIFIED, DETECTOR_STATE, RAW
from schemas.tweet import Tweet
from streams.core.crisis.detector import CrisisDetector
from streams.core.crisis.france import france_of
from streams.core.crisis.snapshot import load
from streams.gazetteer import gazetteer
from tests.chaos.expected import Sort
from tests.chaos.oracle import Counted, availability, count
from tests.chaos.source import Ledger, Sent
from tests.live.oracle import (
    Found,
    Ingested,
    differences,
    found_of,
    in_one_go,
    lines,
    problems_of,
    problems_of_notices,
    shown,
)
from tests.live.plan import INCIDENTS
from tests.live.rig import Played

N_EXAMPLES: Final = 5


class LiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """A run's figures.

    `wrong` holds what the count of the tweets found, by its name in `tests.chaos.oracle.Counted`; `told` the records of
    alerts in words, `untrue` what is wrong with them, `differences` to what one detector makes of the tweets in one go:
    only with `n_late` tweets that came after the detector had judged their minute may there be some. `notices`: what
    the receiver took. `p50_s`, `p99_s`: from `tweets.raw` to a service. `load`: of the machine over 1, 5, 15 minutes.
    """

    n_tweets: int
    speed: float
    seconds: float
    n_acknowledged: int
    has_ended: bool
    wrong: dict[str, list[str]]
    levels: dict[str, int]
    p50_s: float
    p99_s: float
    told: list[str]
    untrue: list[str]
    differences: list[str]
    found: list[Found]
    notices: list[str]
    killed_at: datetime
    resumed_at: datetime
    away_s: float
    n_late: int
    load: tuple[float, float, float]

    def problems(self) -> list[str]:
        """Returns every goal that was missed, in words; empty when all were met."""
        checks = {
            f"{self.n_acknowledged:,} of {self.n_tweets:,} tweets acknowledged": self.n_acknowledged != self.n_tweets,
            "not every tweet has ended": not self.has_ended,
            f"alerts of {len(self.found)} of {len(INCIDENTS)} incidents": len(self.found) != len(INCIDENTS),
        }
        found = [text for text, is_missed in checks.items() if is_missed]
        found += [
            f"{len(which)} {what}: {', '.join(which[:N_EXAMPLES])}" for what, which in self.wrong.items() if which
        ]
        return [*found, *self.untrue, *(() if self.n_late else self.differences)]


def result_of(played: Played, *, n_tweets: int, speed: float, seconds: float) -> LiveResult:
    """Counts a run."""
    namespace = played.namespace
    by_topic = _by_topic(played.records, namespace)
    raw_at = {f"{one.partition}:{one.offset}": one.timestamp / 1000 for one in by_topic[RAW]}
    ledger = _ledger(played.ledger.read_bytes(), raw_at)
    counted = count(played.records, ledger, namespace)
    available = availability(ledger, counted, played.watch.seen_at)
    expected = in_one_go(decode(one.value, ClassifiedTweet) for one in by_topic[CLASSIFIED])
    told, n_late = played.tail.told, _n_late(by_topic[DETECTOR_STATE])
    ingested = []
    for one in by_topic[RAW]:
        tweet = decode(one.value, Tweet)
        ingested.append(Ingested(tweet.created_at, one.timestamp / 1000, played.incident_of.get(tweet.id)))
    return LiveResult(
        n_tweets=n_tweets, speed=speed, seconds=round(seconds, 1), n_acknowledged=len(ledger.sent),
        has_ended=played.has_ended, wrong=_wrong(counted), levels=dict(counted.levels),
        p50_s=round(available.p50_s, 2), p99_s=round(available.p99_s, 2),
        told=[shown(line) for line in lines(one.alert for one in told)],
        untrue=_untrue(played, expected),
        differences=differences((one.alert for one in told), expected), notices=_notices(played),
        found=found_of(told, ingested), killed_at=played.killed.at, resumed_at=played.killed.resumed_at,
        away_s=played.killed.away_s, n_late=n_late, load=played.load,
    )  # fmt: skip


def _untrue(played: Played, expected: Sequence[Alert]) -> list[str]:
    told = played.tail.told
    return [*problems_of(told, expected), *problems_of_notices(played.taken, told, played.down)]


def _notices(played: Played) -> list[str]:
    """Returns what the receiver took, each with how long after its record on `ops.alerts`."""
    seen_at = {(one.alert.id, one.alert.seq): one.seen_at for one in played.tail.told}
    waited_s = [max(0.0, one.at - seen_at.get((one.alert_id, one.seq), one.at)) for one in played.taken]
    return [f"{one.key} after {waited:.1f} s" for one, waited in zip(played.taken, waited_s, strict=True)]


def _by_topic(records: Iterable[ConsumerRecord], namespace: str) -> Mapping[str, Sequence[ConsumerRecord]]:
    found: dict[str, list[ConsumerRecord]] = {RAW: [], CLASSIFIED: [], DETECTOR_STATE: []}
    for record in records:
        if (topic := record.topic.removeprefix(f"{namespace}.")) in found:
            found[topic].append(record)
    return found


def _ledger(written: bytes, raw_at: Mapping[str, float]) -> Ledger:
    """Returns what the ingest says that the broker has, as the count of the chaos wants it."""
    ledger = Ledger()
    for line in written.splitlines():
        row = msgspec.json.decode(line, type=Acknowledged)
        ledger.n_rows += 1
        origin = f"{row.partition}:{row.offset}"
        if row.topic == RAW and row.id is not None and origin in raw_at:
            ledger.sent[origin] = Sent(Sort.CUSTOMER, row.id, raw_at[origin])
    return ledger


def _wrong(counted: Counted) -> dict[str, list[str]]:
    """Returns what the count found; noise is wrong here, for no two tweets of a run are alike."""
    return {
        "lost": list(counted.lost), "repeated": list(counted.repeated), "split": list(counted.split),
        "unserved": list(counted.unserved), "swapped": counted.swapped, "strange": counted.strange,
    }  # fmt: skip


def _n_late(states: Sequence[ConsumerRecord]) -> int:
    """Returns how many tweets came too late, as the last snapshot has it."""
    detector = CrisisDetector(france_of(gazetteer()))
    load(detector, decode(states[-1].value, DetectorState).payload)
    return detector.tally.n_late
