"""What the scrubber remembers of recent tweets, seen as one: what is stored, and what is processed but not stored yet.

Marks are written after delivery, never before: a tweet that was marked and not delivered would come again and be taken
for its own duplicate. Until then they stand in memory here, so that a duplicate a few records later is noticed.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, TypeVar

from schemas.taxonomy import Origin
from schemas.tweet import Context
from streams.core.noise import NEAR_WINDOW

K = TypeVar("K")
V = TypeVar("V")

_WINDOW_MS: Final = int(NEAR_WINDOW.total_seconds() * 1000)


class NearMark(NamedTuple):
    """The last tweet kept of its near-duplicates; `at_ms` is its `created_at` in milliseconds since 1970."""

    origin: Origin
    at_ms: int


@dataclass(slots=True)
class Marks:
    """Marks of tweets: id -> origin, near-duplicate key -> last one kept, id -> text for replies."""

    ids: dict[str, Origin] = field(default_factory=dict)
    near: dict[bytes, NearMark] = field(default_factory=dict)
    contexts: dict[str, Context] = field(default_factory=dict)


class Recent:
    """The memory of one worker; blocks are processed one after another and several are in delivery at once.

    For each block: `begin`, look its keys up in the store, `load`, ask and note, `end`; when its outputs are delivered
    and its marks are stored, `stored`.
    """

    def __init__(self) -> None:
        self._overlay = Marks()
        self._found = Marks()
        self._new = Marks()
        self._settled: deque[Marks] = deque()

    @property
    def n_pending(self) -> int:
        """Ids that are processed and not stored yet."""
        return len(self._overlay.ids)

    def begin(self) -> None:
        """Starts a block, before its keys are looked up: only what was stored by now may leave the memory."""
        while self._settled:
            settled = self._settled.popleft()
            _leave(self._overlay.ids, settled.ids)
            _leave(self._overlay.near, settled.near)
            _leave(self._overlay.contexts, settled.contexts)
        self._new = Marks()

    def load(self, found: Marks) -> None:
        """Takes what the store knows of the block's keys."""
        self._found = found

    def end(self) -> Marks:
        """Ends the block; returns the marks to store once its outputs are delivered."""
        self._found = Marks()
        return self._new

    def stored(self, marks: Marks) -> None:
        """The marks of a block are stored (or given up, with the store down): they may be forgotten here."""
        self._settled.append(marks)

    def is_duplicate(self, tweet_id: str, origin: Origin) -> bool:
        """Tells whether another origin has this id; notes the id when not. A repeat of the same origin is none."""
        known = self._overlay.ids.get(tweet_id) or self._found.ids.get(tweet_id)
        if known is not None and known != origin:
            return True
        self._overlay.ids[tweet_id] = self._new.ids[tweet_id] = origin
        return False

    def is_near_duplicate(self, key: bytes, origin: Origin, created_at: datetime) -> bool:
        """Tells whether the last one kept was created within `NEAR_WINDOW`; notes this one as kept when not."""
        at_ms = int(created_at.timestamp() * 1000)
        known = self._overlay.near.get(key) or self._found.near.get(key)
        if known is not None and known.origin != origin and abs(at_ms - known.at_ms) <= _WINDOW_MS:
            return True
        self._overlay.near[key] = self._new.near[key] = NearMark(origin, at_ms)
        return False

    def context(self, tweet_id: str) -> Context | None:
        """Returns the text of a recent tweet."""
        return self._overlay.contexts.get(tweet_id) or self._found.contexts.get(tweet_id)

    def note_context(self, tweet_id: str, context: Context) -> None:
        """Keeps a tweet's text for the replies to it."""
        self._overlay.contexts[tweet_id] = self._new.contexts[tweet_id] = context


def _leave(overlay: dict[K, V], settled: dict[K, V]) -> None:
    """Removes what a later block has not replaced; the same object stands in both."""
    for key, mark in settled.items():
        if overlay.get(key) is mark:
            del overlay[key]
