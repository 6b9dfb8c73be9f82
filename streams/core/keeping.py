"""How long a topic keeps a record, as its broker is configured, and when the record is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from schemas.topics import DAY_MS, TopicSpec

Ends = Literal["retention", "compaction", "never"]
"""What removes a record: its age; a newer record of its key, or a tombstone; or nothing."""

SEGMENT_MS: Final = 7 * DAY_MS
"""How long a segment takes records at most where nobody says so: Kafka's own default. It is deleted as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How a topic keeps its records; `is_compacted` may hold beside a retention."""

    ends: Ends
    is_compacted: bool
    retention_ms: int = 0
    segment_ms: int = SEGMENT_MS

    def expires_at(self, timestamp_ms: int) -> datetime | None:
        """Returns when a record reaches the age at which its topic may delete it; None where age deletes nothing."""
        return self._at(timestamp_ms, self.retention_ms)

    def gone_by(self, timestamp_ms: int) -> datetime | None:
        """Returns when it is gone at the latest, but for the minutes between two looks of the broker.

        A segment is deleted when the newest of its records has expired, and takes records for `segment_ms`: with a
        retention of a day and segments of 7 days, a record may stay for 8 days.
        """
        return self._at(timestamp_ms, self.retention_ms + self.segment_ms)

    def _at(self, timestamp_ms: int, age_ms: int) -> datetime | None:
        if self.ends != "retention" or timestamp_ms < 0:
            return None
        try:
            return datetime.fromtimestamp((timestamp_ms + age_ms) / 1000, UTC)
        except (OverflowError, ValueError, OSError):  # an age beyond the calendar
            return None


def keeping(spec: TopicSpec, config: Mapping[str, str]) -> Keeping:
    """Reads a topic's configuration on the broker; the registry, then Kafka's defaults, fill in what it lacks.

    Args:
        spec: the topic.
        config: as the broker describes it; empty where it may not be read.
    """
    policies = config.get("cleanup.policy", spec.cleanup)
    is_compacted = "compact" in policies
    if "delete" not in policies:
        return Keeping(ends="compaction", is_compacted=is_compacted)
    retention_ms = _number(config.get("retention.ms"), spec.retention_ms)
    if retention_ms < 0:
        return Keeping(ends="compaction" if is_compacted else "never", is_compacted=is_compacted)
    return Keeping(
        ends="retention",
        is_compacted=is_compacted,
        retention_ms=retention_ms,
        segment_ms=_number(config.get("segment.ms"), spec.segment_ms or SEGMENT_MS),
    )


def _number(text: str | None, default: int) -> int:
    try:
        return default if text is None else int(text)
    except ValueError:
        return default
