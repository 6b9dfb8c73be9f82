"""Attempts at telling one channel one transition, until it is told or given up."""

import asyncio
import contextlib
import random
import time
from datetime import UTC, datetime
from typing import Final

import structlog

from schemas.notice import AlertMessage, Notice, NoticeOutcome
from streams import metrics
from streams.channels.procedures_file import ChannelTable
from streams.channels.protocol import Channel
from streams.core.crisis.patience import next_wait_s
from streams.errors import RejectedError, RetryableError

log = structlog.get_logger()

CALLS_AT_ONCE: Final = 4
MAX_REASON: Final = 200


class Attempts:
    """Tells a channel, and says what became of it.

    Args:
        table: the channel as the file has it.
        channel: the receiver.
        stop: asks for the orderly end: the attempt under way is finished, no further one begins.
    """

    def __init__(self, table: ChannelTable, channel: Channel, stop: asyncio.Event) -> None:
        self._table, self._channel, self._stop = table, channel, stop
        self._slots = asyncio.Semaphore(CALLS_AT_ONCE)
        self._random = random.SystemRandom()

    async def tell(self, message: AlertMessage) -> Notice | None:
        """Tries until the message is taken, refused for good or given up; None when the end is asked for before."""
        began_s, attempts = time.monotonic(), 0
        while not self._stop.is_set():
            attempts += 1
            try:
                async with self._slots:
                    answer = await self._channel.tell(message)
            except RetryableError as error:
                elapsed_s = time.monotonic() - began_s
                wait_s = next_wait_s(
                    attempts, elapsed_s=elapsed_s, give_up_after_s=self._table.give_up_after_s,
                    asked_s=error.retry_after_s, jitter=self._random.random(),
                )  # fmt: skip
                self._count("again" if wait_s is not None else "failed")
                if wait_s is None:
                    words = f"given up after {elapsed_s:.0f} s: {error}"
                    return self.notice(message, "failed", attempts=attempts, reason=words)
                log.warning("notice_waits", channel=self._table.name, key=message.key, attempts=attempts,
                            reason=str(error), retry_in_s=round(wait_s, 1))  # fmt: skip
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), wait_s)
            except RejectedError as error:
                self._count("failed")
                return self.notice(message, "failed", attempts=attempts, reason=error.reason)
            except Exception as error:
                self._count("failed")
                log.error("channel_failed", channel=self._table.name, key=message.key, exc_info=error)
                return self.notice(message, "failed", attempts=attempts, reason=f"unexpected {type(error).__name__}")
            else:
                self._count("delivered")
                return self.notice(message, "delivered", attempts=attempts, reason=answer)
        return None

    def notice(self, message: AlertMessage, outcome: NoticeOutcome, *, attempts: int = 0, reason: str = "") -> Notice:
        """Says what became of a message."""
        return Notice(
            alert_id=message.alert.id, seq=message.seq, channel=self._table.name, outcome=outcome,
            at=datetime.now(UTC), kind=message.kind, procedure=message.procedure, attempts=attempts,
            reason=reason[:MAX_REASON],
        )  # fmt: skip

    def _count(self, result: str) -> None:
        metrics.NOTICE_ATTEMPTS.labels(self._table.name, result).inc()
