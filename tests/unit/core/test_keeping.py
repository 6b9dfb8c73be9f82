"""How long a record stays, by the configuration of its topic."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.topics import DAY_MS, RAW, TOPICS
from streams.core.keeping import Ends, keeping

AT = datetime(2026, 1, 1, tzinfo=UTC)
AT_MS = int(AT.timestamp() * 1000)
HOUR = "3600000"


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


def test_a_segment_goes_as_a_whole() -> None:
    by_default = keeping(TOPICS[RAW], {})
    assert by_default.gone_by(AT_MS) == AT + timedelta(days=8)
    hourly = keeping(TOPICS[RAW], {"segment.ms": HOUR, "retention.ms": str(DAY_MS)})
    assert hourly.gone_by(AT_MS) == AT + timedelta(hours=25)


@pytest.mark.parametrize(("timestamp_ms", "retention_ms"), [(-1, 1), (AT_MS, 2**63 - 1)])
def test_a_time_that_is_not_known(timestamp_ms: int, retention_ms: int) -> None:
    assert keeping(TOPICS[RAW], {"retention.ms": str(retention_ms)}).expires_at(timestamp_ms) is None
