"""Records of a topic as structs; what is none is left out with a warning."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

import msgspec
import structlog
from aiokafka import ConsumerRecord

from schemas.codec import UndecodableError, decode

log = structlog.get_logger()

S = TypeVar("S", bound=msgspec.Struct)


async def decoded(records: AsyncGenerator[ConsumerRecord, None], kind: type[S]) -> AsyncIterator[S]:
    """Yields what records hold, in their order; tombstones, by which compaction deletes, tell nothing.

    Raises:
        FatalError: as the scan does.
    """
    async with aclosing(records):
        async for record in records:
            if record.value is None:
                continue
            try:
                found = decode(record.value, kind)
            except UndecodableError as error:
                log.warning("record_left", topic=record.topic, offset=record.offset, reason=str(error))
                continue
            yield found
