"""The topic registry: the one source of names, keys, types, partitions, retention, owners and access.

Topic creation, ACLs, the AsyncAPI document and the README's table are made from it.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import msgspec

from schemas.alert import Alert, DetectorState
from schemas.audit import BacklogHour, ReplyAudit
from schemas.classification import ClassifiedTweet
from schemas.notice import Notice
from schemas.operations import Command, Coverage, Disposition
from schemas.shares import DayShares
from schemas.spend import Spend
from schemas.taxonomy import Service, Stage, Watcher
from schemas.tweet import NoiseRecord, ScrubbedTweet, Tweet

Cleanup = Literal["delete", "compact"]
Key = Literal["tweet id", "author", "original key", "alert id", "reply id", "origin", "source", "call id", "command id",
              "topic:partition:offset", "partition", "hour", "day"]  # fmt: skip

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
DEFAULT_PARTITIONS: Final = 12
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterLimits:
    """How many of a topic's records may die before its reader stops: beyond, the cause is not in the records.

    `share` of the last `window_records`, or of as many as its reader has seen, `min_records` at least; or `run_length`
    in a row, whatever the share.
    """

    share: float
    run_length: int
    min_records: int = 50
    window_records: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSpec:
    """One topic.

    `value` is None where the bytes are kept as they came. `partitions` is None for the topics that share the
    deployment's partition count (all keyed by tweet id must agree, so that an id has one partition number everywhere).
    `dead_letters` names the topic that takes what a consumer of this one cannot handle, within `dead_letter_limits`.
    Compaction spares records younger than `min_compaction_lag_ms`: a reader that is down meanwhile misses none.
    """

    name: str
    description: str
    key: Key
    value: type[msgspec.Struct] | None
    owner: str
    readers: tuple[str, ...]
    writers: tuple[str, ...]
    retention_ms: int
    personal_data: bool
    partitions: int | None = None
    cleanup: Cleanup = "delete"
    min_compaction_lag_ms: int | None = None
    max_message_bytes: int = 4 * _MIB
    dead_letters: str | None = None
    dead_letter_limits: DeadLetterLimits | None = None

    @property
    def segment_ms(self) -> int | None:
        """How long a segment takes records; None leaves it to the broker, whose own default is 7 days.

        A broker deletes a segment when the newest of its records has expired: a 24th of the retention lets personal
        data of a day be gone after 25 hours, not after 8 days.
        """
        return self.retention_ms // 24 if self.personal_data and self.cleanup == "delete" else None


RAW: Final = "tweets.raw"
SCRUBBED: Final = "tweets.scrubbed"
OFFICIAL: Final = "tweets.official"
NOISE: Final = "tweets.noise"
CLASSIFIED: Final = "tweets.classified"
FALLBACK_GPU: Final = "tweets.fallback.gpu"
FALLBACK_BERT: Final = "tweets.fallback.bert"
RAW_DEAD_LETTER: Final = "tweets.raw.dead-letter"
DEAD_LETTER: Final = "tweets.dead-letter"
PARKED: Final = "tweets.parked"
SPEND: Final = "ops.spend"
ALERTS: Final = "ops.alerts"
NOTICES: Final = "ops.notices"
SHARES: Final = "ops.shares"
AUDIT: Final = "ops.audit"
BACKLOG: Final = "ops.backlog"
COMMANDS: Final = "ops.commands"
DISPOSITIONS: Final = "ops.dispositions"
COVERAGE: Final = "ops.coverage"
DETECTOR_STATE: Final = "ops.detector-state"


def service_topic(service: Service) -> str:
    """Returns the topic of a service, e.g. "service.customer-care"."""
    return f"service.{service.value}"


SERVICE_TOPICS: Final[tuple[str, ...]] = tuple(service_topic(service) for service in Service)

_FROM_SOURCES: Final = DeadLetterLimits(share=0.5, run_length=200)
_FROM_US: Final = DeadLetterLimits(share=0.5, run_length=50)
"""What our own stages wrote should never die: a shorter run tells that two of them do not fit."""

_PIPE: Final = (
    TopicSpec(
        name=RAW, description="Tweets as the sources gave them.", key="author", value=Tweet, owner="ingest",
        writers=("ingest", "dlq"), readers=("scrubber",), retention_ms=DAY_MS, personal_data=True,
        max_message_bytes=_MIB, dead_letters=RAW_DEAD_LETTER, dead_letter_limits=_FROM_SOURCES,
    ),
    TopicSpec(
        name=SCRUBBED, description="Customers' tweets, personal data replaced beside the text as written.",
        key="tweet id", value=ScrubbedTweet, owner="scrubber", writers=("scrubber", "dlq", "repair"),
        readers=("classifier", "repair"),
        retention_ms=DAY_MS, personal_data=True, max_message_bytes=8 * _MIB,
        dead_letters=DEAD_LETTER, dead_letter_limits=_FROM_US,
    ),
    TopicSpec(
        name=OFFICIAL, description="Posts and replies of the operator's own accounts.", key="tweet id", value=Tweet,
        owner="scrubber", writers=("scrubber",), readers=("auditor", "dlq"), retention_ms=30 * DAY_MS,
        personal_data=True,
    ),
    TopicSpec(
        name=NOISE, description="Retweets, duplicates, near-duplicates and empty tweets: id, origin and reason.",
        key="tweet id", value=NoiseRecord, owner="scrubber", writers=("scrubber", "router"),
        readers=("operations", "dlq"),
        retention_ms=7 * DAY_MS, personal_data=False,
    ),
    TopicSpec(
        name=CLASSIFIED, description="Tweets with their labels, before routing.", key="tweet id", value=ClassifiedTweet,
        owner="classifier", writers=("classifier", "gpu", "bert", "dlq"),
        readers=("router", "detector", "auditor", "repair"),
        retention_ms=7 * DAY_MS, personal_data=True, max_message_bytes=8 * _MIB,
        dead_letters=DEAD_LETTER, dead_letter_limits=_FROM_US,
    ),
    TopicSpec(
        name=FALLBACK_GPU, description="Single tweets that level 1 could not classify.", key="tweet id",
        value=ScrubbedTweet, owner="classifier", writers=("classifier", "dlq"), readers=("gpu",), retention_ms=DAY_MS,
        personal_data=True, max_message_bytes=8 * _MIB,
        dead_letters=DEAD_LETTER, dead_letter_limits=_FROM_US,
    ),
    TopicSpec(
        name=FALLBACK_BERT, description="Single tweets that level 2 could not classify.", key="tweet id",
        value=ScrubbedTweet, owner="gpu", writers=("gpu", "dlq"), readers=("bert",), retention_ms=DAY_MS,
        personal_data=True, max_message_bytes=8 * _MIB,
        dead_letters=DEAD_LETTER, dead_letter_limits=_FROM_US,
    ),
    TopicSpec(
        name=RAW_DEAD_LETTER, description="Rows and raw records that could not be read, byte for byte, unscrubbed.",
        key="original key", value=None, owner="operations", writers=("ingest", "scrubber"), readers=("dlq",),
        retention_ms=3 * DAY_MS, personal_data=True, max_message_bytes=16 * _MIB,
    ),
    TopicSpec(
        name=DEAD_LETTER, description="What any later stage could not handle, byte for byte.", key="original key",
        value=None, owner="operations", writers=("classifier", "gpu", "bert", "router"), readers=("dlq",),
        retention_ms=7 * DAY_MS, personal_data=True, max_message_bytes=16 * _MIB,
    ),
    TopicSpec(
        name=PARKED,
        description="Dead letters replayed too often, or put aside; only a human takes them out, within 7 days.",
        key="original key", value=None, owner="operations", writers=("dlq",), readers=("dlq",), retention_ms=7 * DAY_MS,
        personal_data=True, max_message_bytes=16 * _MIB,
    ),
)  # fmt: skip

_SERVICES: Final = tuple(
    TopicSpec(
        name=service_topic(service), description=f"Classified tweets that {service.value} must act on.",
        key="tweet id", value=ClassifiedTweet, owner=service.value, writers=("router",),
        readers=(service.value, "care", "operations", "dlq"), retention_ms=7 * DAY_MS, personal_data=True,
        max_message_bytes=8 * _MIB,
    )
    for service in Service
)  # fmt: skip

_OPERATIONS: Final = (
    TopicSpec(
        name=SPEND, description="Every call to a model: tokens, cost, outcome; never a text.", key="call id",
        value=Spend, owner="finops", writers=("classifier", "gpu"), readers=("finops",), retention_ms=90 * DAY_MS,
        personal_data=False, partitions=3,
    ),
    TopicSpec(
        name=ALERTS, description="Transitions of the crisis alerts.", key="alert id", value=Alert, owner="crisis",
        writers=("detector",), readers=("managers", "notifier"), retention_ms=365 * DAY_MS, personal_data=False,
        partitions=1, cleanup="compact", min_compaction_lag_ms=7 * DAY_MS,
    ),
    TopicSpec(
        name=NOTICES, description="Whom a transition of an alert was told, or why not.", key="alert id", value=Notice,
        owner="crisis", writers=("notifier",), readers=("managers", "operations", "notifier"),
        retention_ms=365 * DAY_MS, personal_data=False, partitions=1, max_message_bytes=8 * _MIB,
    ),
    TopicSpec(
        name=SHARES, description="Each topic's share of a day's tweets against the four weeks before.", key="day",
        value=DayShares, owner="crisis", writers=("detector",), readers=("managers",), retention_ms=365 * DAY_MS,
        personal_data=False, partitions=1, cleanup="compact",
    ),
    TopicSpec(
        name=AUDIT, description="Replies of the official accounts, measured.", key="reply id", value=ReplyAudit,
        owner="audit", writers=("auditor",), readers=("managers",), retention_ms=90 * DAY_MS, personal_data=False,
        partitions=3,
    ),
    TopicSpec(
        name=BACKLOG, description="Customers' tweets without a reply, counted hourly.", key="hour", value=BacklogHour,
        owner="audit", writers=("auditor",), readers=("managers", "auditor"), retention_ms=90 * DAY_MS,
        personal_data=False, partitions=1,
    ),
    TopicSpec(
        name=COMMANDS, description="Every action of an operator: who, what, why.", key="command id", value=Command,
        owner="operations", writers=("dlq", "repair", "forget", "operations"),
        readers=("operations", "detector", "notifier"), retention_ms=365 * DAY_MS, personal_data=False, partitions=1,
    ),
    TopicSpec(
        name=DISPOSITIONS, description="What was decided of each dead letter.", key="topic:partition:offset",
        value=Disposition, owner="operations", writers=("dlq", "forget"), readers=("dlq", "forget"),
        retention_ms=30 * DAY_MS, personal_data=False, partitions=1, cleanup="compact",
    ),
    TopicSpec(
        name=COVERAGE, description="How far each source has been read.", key="source", value=Coverage, owner="ingest",
        writers=("ingest",), readers=("detector",), retention_ms=7 * DAY_MS, personal_data=False, partitions=1,
        cleanup="compact",
    ),
    TopicSpec(
        name=DETECTOR_STATE, description="Snapshots of the crisis detector.", key="partition", value=DetectorState,
        owner="crisis", writers=("detector",), readers=("detector",), retention_ms=7 * DAY_MS, personal_data=False,
        partitions=1, cleanup="compact", max_message_bytes=16 * _MIB,
    ),
)  # fmt: skip


def _for_erasure(spec: TopicSpec) -> TopicSpec:
    """Lets `dallosh forget` read what holds personal data."""
    return replace(spec, readers=(*spec.readers, "forget")) if spec.personal_data else spec


TOPICS: Final[dict[str, TopicSpec]] = {
    spec.name: spec for spec in map(_for_erasure, (*_PIPE, *_SERVICES, *_OPERATIONS))
}

OPERATION_TOPICS: Final = frozenset(spec.name for spec in _OPERATIONS)

DEAD_LETTER_TOPICS: Final = (RAW_DEAD_LETTER, DEAD_LETTER)

INPUT_OF: Final[dict[Stage, str]] = {
    Stage.INGEST: RAW,
    Stage.SCRUBBER: RAW,
    Stage.CLASSIFIER: SCRUBBED,
    Stage.GPU: FALLBACK_GPU,
    Stage.BERT: FALLBACK_BERT,
    Stage.ROUTER: CLASSIFIED,
}
"""The topic that a stage reads, and so the destination when one of its dead letters is replayed."""

READ_BY: Final[dict[Watcher, frozenset[str]]] = {
    watcher: frozenset(name for name, spec in TOPICS.items() if watcher.value in spec.readers) for watcher in Watcher
}
"""The topics that a watcher of the pipe reads."""

ALSO_TO: Final[dict[Stage, tuple[str, ...]]] = {
    Stage.CLASSIFIER: (FALLBACK_GPU, FALLBACK_BERT),
    Stage.GPU: (SCRUBBED, FALLBACK_BERT),
    Stage.BERT: (SCRUBBED, FALLBACK_GPU),
}
"""Where else an operator may send a stage's dead letters: the levels of the cascade read records of one type."""

LETTER_TOPICS: Final = (*DEAD_LETTER_TOPICS, PARKED)
"""What an operator decides on: the dead letters, and those that were replayed too often."""


def name_in(namespace: str, topic: str) -> str:
    """Returns the topic's name in a namespace: `name_in("run7", "tweets.raw")` is "run7.tweets.raw"."""
    return f"{namespace}.{topic}" if namespace else topic


def without_namespace(namespace: str, name: str) -> str:
    """Returns the registry's name of a topic that a broker listed; the inverse of `name_in`."""
    return name.removeprefix(f"{namespace}.") if namespace else name
