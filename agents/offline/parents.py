"""The tweets of a file that its replies answer, kept on disk: they may stand anywhere in it, and it may be of any size.

The file is read twice for it: once for the ids that are answered, once for their texts.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from typing import Final, Self

from schemas.tweet import Context, Tweet
from streams.connectors.source import Row, Source
from streams.disk import remedy_of
from streams.errors import FatalError

CACHE_KIB: Final = 16_384
"""Memory of the index; what does not fit stands in a temporary file that has no name and ends with the process."""

Progress = Callable[[int], None]
"""Called after every group of rows with the position in the file."""


class Parents:
    """Gives a reply the tweet that it answers; of two tweets with one id, the first.

    The index is a temporary database of SQLite: where TMPDIR (or SQLITE_TMPDIR) says, readable by nobody else.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)  # an empty name: temporary, on disk
        for statement in (
            "PRAGMA temp_store = FILE",
            f"PRAGMA cache_size = -{CACHE_KIB}",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "CREATE TABLE parents (id TEXT PRIMARY KEY, text TEXT, author TEXT)",
            "BEGIN",  # never committed: nobody else reads it, and it need not outlive this process
        ):
            self._db.execute(statement)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    async def read(self, source: Source, *, progress: Progress = lambda _: None, stop: asyncio.Event) -> None:
        """Reads the whole source, twice where it holds a reply; ends early at the stop.

        Raises:
            FatalError: the source cannot be read, or the disk has no room.
        """
        await self._pass(source, self._want, progress, stop)
        if self._db.execute("SELECT 1 FROM parents LIMIT 1").fetchone() is not None:
            await self._pass(source, self._keep, progress, stop)

    def context(self, tweet: Tweet) -> Context | None:
        """Returns the tweet that this one answers, where the file holds it. Its `scrubbed` is empty: nobody made it."""
        if tweet.in_reply_to is None or tweet.in_reply_to == tweet.id:
            return None
        found = self._db.execute(
            "SELECT text, author FROM parents WHERE id = ? AND text IS NOT NULL", (tweet.in_reply_to,)
        ).fetchone()
        return None if found is None else Context(scrubbed="", text=found[0], author=found[1])

    async def _pass(
        self, source: Source, take: Callable[[Iterable[Tweet]], None], progress: Progress, stop: asyncio.Event
    ) -> None:
        async for rows in source.batches():
            if stop.is_set():
                return
            try:
                take(row.tweet for row in rows if isinstance(row, Row))
            except sqlite3.OperationalError as error:
                raise FatalError(
                    f"the index of answered tweets cannot be written: {error}",
                    remedy="Free some space where temporary files are, or name another folder by SQLITE_TMPDIR",
                ) from None
            except OSError as error:
                raise FatalError(f"the index cannot be written: {error}", remedy=remedy_of(error)) from error
            progress(rows[-1].end)

    def _want(self, tweets: Iterable[Tweet]) -> None:
        self._db.executemany(
            "INSERT OR IGNORE INTO parents (id) VALUES (?)",
            ((tweet.in_reply_to,) for tweet in tweets if tweet.in_reply_to is not None),
        )

    def _keep(self, tweets: Iterable[Tweet]) -> None:
        self._db.executemany(
            "UPDATE parents SET text = ?, author = ? WHERE id = ? AND text IS NULL",
            ((tweet.text, tweet.author, tweet.id) for tweet in tweets),
        )
