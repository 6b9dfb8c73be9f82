"""The protocol of every channel."""

from typing import Protocol

from schemas.notice import AlertMessage


class Channel(Protocol):
    """One receiver of messages. It makes one attempt a call, ends it in time, and keeps nothing between calls.

    A message may come twice, under the same `key`, which the receiver is given.
    """

    async def tell(self, message: AlertMessage) -> str:
        """Hands a message over; returns what the receiver answered, in a few words without address or secret.

        Raises:
            RetryableError: it may be taken later.
            RejectedError: this message will not be taken.
        """

    async def close(self) -> None:
        """Lets go of connections."""
