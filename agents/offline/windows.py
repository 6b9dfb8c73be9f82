"""The rows of a file in windows: what is classified in one call, with the rows between that are none.

A window ends by the number of its tweets and what they take of the models' budget, counted from its first row. So a
run that goes on between two windows cuts the rest of the file as an uninterrupted one does.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from agents.offline.parents import Parents
from schemas.tweet import ScrubbedTweet, Tweet
from streams.connectors.source import AnyRow, Cursor, Row, Source
from streams.core.batching import BatchLimits
from streams.core.scrubbing import ScrubRules, scrubbed

MAX_ROWS: Final = 2_048
MAX_BYTES: Final = 32 << 20
"""Bounds a window of which nearly no row is a tweet: what is rejected is held until it is written."""


class Budget(Protocol):
    """How a window is filled."""

    def limits(self) -> BatchLimits:
        """Returns its bounds now."""

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Returns what a tweet takes of it."""


@dataclass(slots=True)
class Window:
    """Rows in the order of the file; `tweets` are those of them that can be read, ready to be classified."""

    rows: list[AnyRow] = field(default_factory=list)
    tweets: list[ScrubbedTweet] = field(default_factory=list)
    n_tokens: int = 0
    n_bytes: int = 0

    def takes(self, n_tokens: int, limits: BatchLimits) -> bool:
        """Whether a tweet still fits; an empty window takes any."""
        return not self.tweets or self.n_tokens + n_tokens <= limits.max_tokens

    def add(self, row: AnyRow, tweet: ScrubbedTweet | None = None, n_tokens: int = 0) -> None:
        """Takes a row."""
        self.rows.append(row)
        self.n_bytes += len(row.raw)
        if tweet is not None:
            self.tweets.append(tweet)
            self.n_tokens += n_tokens

    def is_full(self, limits: BatchLimits) -> bool:
        """Whether it must end before the next row."""
        return len(self.tweets) >= limits.max_items or len(self.rows) >= MAX_ROWS or self.n_bytes >= MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How rows become windows.

    `wants` says which tweets are classified at all; the others are passed over.
    """

    source: Source
    parents: Parents
    rules: ScrubRules
    budget: Budget
    wants: Callable[[Tweet], bool] = lambda _: True

    async def windows(self, after: Cursor | None = None) -> AsyncGenerator[Window]:
        """Yields every row after the cursor once, in order.

        Raises:
            FatalError: the source cannot be read.
        """
        window, limits = Window(), self.budget.limits()
        async for rows in self.source.batches(after):
            for row in rows:
                if not isinstance(row, Row):
                    window.add(row)
                elif self.wants(row.tweet):
                    tweet, _ = scrubbed(row.tweet, self.parents.context(row.tweet), self.rules)
                    n_tokens = self.budget.n_tokens(tweet)
                    if not window.takes(n_tokens, limits):
                        yield window
                        window, limits = Window(), self.budget.limits()
                    window.add(row, tweet, n_tokens)
                if window.is_full(limits):
                    yield window
                    window, limits = Window(), self.budget.limits()
        if window.rows:
            yield window
