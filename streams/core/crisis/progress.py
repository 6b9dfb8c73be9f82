"""How far each partition has been read in event time, and from where a detector that starts again must read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """Partitions by their names.

    `seen` is the offset up to which a snapshot knows what it judged: a tweet before it that is read again, for others
    of its partition still waited, is not judged twice.
    """

    seen: dict[str, int] = field(default_factory=dict)
    _newest: dict[str, int] = field(default_factory=dict)
    _waiting: dict[str, dict[int, int]] = field(default_factory=dict)

    def is_new(self, partition: str, offset: int, minute: int, next_minute: int | None) -> bool:
        """Tells whether a tweet has not been judged before, and takes note of it.

        Args:
            partition: where it stands.
            offset: its offset.
            minute: of the tweet.
            next_minute: the first one that is not judged yet; None when none was.
        """
        self._newest[partition] = max(minute, self._newest.get(partition, 0))
        if next_minute is not None and minute < next_minute:
            return offset >= self.seen.get(partition, 0)
        waiting = self._waiting.setdefault(partition, {})
        waiting[minute] = min(offset, waiting.get(minute, offset))
        return True

    def limit(self, behind: Iterable[str]) -> int | None:
        """Returns the minute from which on nothing may be judged yet, for partitions with records left to read."""
        return min((self._newest.get(partition, 0) for partition in behind), default=None)

    def offsets(self, positions: Mapping[str, int], next_minute: int | None) -> dict[str, int]:
        """Returns from where to read again, so that no tweet that waits is missed; forgets those that were judged.

        Args:
            positions: what is read next.
            next_minute: the first minute that is not judged yet.
        """
        for partition, waiting in self._waiting.items():
            self._waiting[partition] = {
                minute: offset for minute, offset in waiting.items() if next_minute is None or minute >= next_minute
            }
        return {
            partition: min([position, *self._waiting.get(partition, {}).values()])
            for partition, position in positions.items()
        }
