"""Records of a topic as structs."""

from collections.abc import AsyncGenerator

from aiokafka import ConsumerRecord
from structlog.testing import capture_logs

from agents.crisis.decoded import decoded
from schemas.alert import Alert
from schemas.codec import encode
from tests.integration.notifier_rig import alert

ONE = alert(("open", "national"))


async def records(*values: bytes | None) -> AsyncGenerator[ConsumerRecord, None]:
    for offset, value in enumerate(values):
        yield ConsumerRecord("ops.alerts", 0, offset, 0, 0, b"a", value, 0, 0, 0, ())


async def test_a_tombstone_tells_nothing_and_what_cannot_be_read_is_left_with_a_warning() -> None:
    with capture_logs() as logs:
        found = [one async for one in decoded(records(None, b'{"broken', encode(ONE)), Alert)]
    assert found == [ONE]
    (line,) = logs
    assert (line["event"], line["topic"], line["offset"]) == ("record_left", "ops.alerts", 1)
    assert line["reason"].startswith("no Alert: ")
