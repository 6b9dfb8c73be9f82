"""How long a record stays, by the configuration of its topic."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.topics import HOUR_MS, NOISE, RAW, TOPICS
from streams.core.keeping import Ends, keeping

AT = datetime(2026, 1, 1, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
HOUR = str(HOUR_MS)


@pytest.mark.parametrize(
    ("topic", "config", "ends", "is_compacted", "age"),
    [
        (RAW, {}, "retention", False, timedelta(days=1)),  # the registry's
        (RAW, {"cleanup.policy": "delete", "retention.ms": HOUR}, "retention", False, timedelta(hours=1)),
        (RAW, {"retention.ms": "odd"}, "retention", False, timedelta(days=1)),
        (RAW, {"cleanup.policy": "compact,delete", "retention.ms": HOUR}, "retention", True, timedelta(hours=1)),
        (RAW, {"cleanup.policy": "compact", "retention.ms": HOUR}, "compaction", True, None),
        (RAW, {"retention.ms": "-1"}, "never", False, None),
        (RAW, {"cleanup.policy": "compact,delete", "retention.ms": "-1"}, "compaction", True, None),
        ("ops.alerts", {}, "compaction", True, None),
    ],
)
def test_the_broker_s_word_goes_before_the_registry_s(
    topic: str, config: dict[str, str], ends: Ends, is_compacted: bool, age: timedelta | None
) -> None:
    found = keeping(TOPICS[topic], config)
    assert (found.ends, found.is_compacted) == (ends, is_compacted)
    assert found.expires_at(AT_MS) == (None if age is None else AT + age)


@pytest.mark.parametrize(
    ("topic", "config", "age"),
    [
        (RAW, {}, timedelta(hours=25)),  # the registry's: a 24th of the retention
        (RAW, {"segment.ms": "odd"}, timedelta(hours=25)),
        (RAW, {"segment.ms": str(2 * HOUR_MS), "retention.ms": HOUR}, timedelta(hours=3)),
        (NOISE, {}, timedelta(days=14)),  # of which the registry says nothing: Kafka's default
    ],
)
def test_a_segment_goes_as_a_whole(topic: str, config: dict[str, str], age: timedelta) -> None:
    assert keeping(TOPICS[topic], config).gone_by(AT_MS) == AT + age


@pytest.mark.parametrize(("timestamp_ms", "retention_ms"), [(-1, 1), (AT_MS, 2**63 - 1)])
def test_a_time_that_is_not_known(timestamp_ms: int, retention_ms: int) -> None:
    assert keeping(TOPICS[RAW], {"retention.ms": str(retention_ms)}).expires_at(timestamp_ms) is None
