"""Which cursor a run has, and when it is written, kept and removed."""

import contextlib
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Self

from agents.ingest_send import Tally
from streams.connectors.cursors import CursorFile, SavedCursor
from streams.connectors.source import Cursor, Source
from streams.disk import locked
from streams.errors import FatalError
from streams.kafka.admin import open_admin
from streams.settings import Settings


class Bookmark:
    """The cursor of one run; held by one process at a time.

    A named one is kept for ever. One without a name belongs to a file, a cluster and a namespace, and is there only
    while a run of that file is cut short.

    Args:
        file: where it is kept; None remembers nothing.
        source: the source that it is true for.
        cluster: id of the Kafka cluster.
        namespace: prefix of the topics.
        is_named: whether a person named it.
    """

    def __init__(
        self, file: CursorFile | None, source: Source, *, cluster: str = "", namespace: str = "", is_named: bool = False
    ) -> None:
        self.after: Cursor | None = None
        self.before_save: Callable[[], None] = lambda: None
        self._file, self._source, self._is_named = file, source, is_named
        self._cluster, self._namespace = cluster, namespace
        self._n_rows_before = 0
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if self._file is not None:
            self._held.enter_context(locked(self._lock, timeout_s=0.0))
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def load(self, say: Callable[[str], None], *, restart: bool) -> None:
        """Finds the place to go on at; `after` is None where the run starts at the first row.

        Raises:
            FatalError: a named cursor is of another source, cluster or namespace.
        """
        saved = None if self._file is None or restart else self._file.load()
        if saved is None:
            return
        if wrong := self._mismatch(saved):
            if self._is_named:
                raise FatalError(f"the cursor was written for another {wrong}", remedy="--restart starts it anew")
            say(f"{self._source.name} is not what it was when a run of it was cut short: starting at its first row")
            return
        self.after, self._n_rows_before = saved.cursor, saved.n_rows
        say(f"going on after line {saved.cursor.line} of {self._source.name}; --restart starts at the first row")

    def save(self, tally: Tally) -> None:
        """Writes down that everything up to the last acknowledged row is in the topics."""
        self.before_save()
        if self._file is None or tally.last is None:
            return
        cursor = self._source.cursor_after(tally.last)
        n_rows = self._n_rows_before + tally.n_rows
        self._file.save(
            SavedCursor(
                cursor=cursor, source=self._source.name, cluster=self._cluster, namespace=self._namespace, n_rows=n_rows
            )
        )

    def finish(self) -> None:
        """Says that the run came to its end: without a name nothing is remembered of it."""
        if self._file is not None and not self._is_named:
            self._file.clear()
            self._lock.unlink(missing_ok=True)

    @property
    def advice(self) -> str:
        """What to do after a failure."""
        if self._file is None:
            return (
                "Check the broker (dallosh doctor), then send the rest, or all of it: repeats are dropped by tweet id"
            )
        return "Check the broker (dallosh doctor), then run the same command again: it goes on where this one stopped"

    @property
    def _lock(self) -> Path:
        assert self._file is not None
        return self._file.path.with_suffix(".lock")

    def _mismatch(self, saved: SavedCursor) -> str:
        if saved.cluster != self._cluster:
            return "Kafka cluster"
        if saved.namespace != self._namespace:
            return "namespace"
        return "" if self._source.knows(saved.cursor) else "file, or the file was rewritten"


async def bookmark_of(settings: Settings, source: Source, *, name: str | None, identity: str | None) -> Bookmark:
    """Returns the bookmark of a run.

    Args:
        settings: the deployment; cursors are kept in its data directory.
        source: what is read.
        name: a person's name for the cursor.
        identity: names the source on this machine (a file's path); None where it cannot be read again.
    """
    if name is None and identity is None:
        return Bookmark(None, source)
    async with open_admin(settings) as admin:
        cluster = str((await admin.describe_cluster()).get("cluster_id", ""))
    if name is None:
        key = f"{identity}\0{cluster}\0{settings.namespace}".encode("utf-8", "surrogateescape")
        name = f"auto-{blake2b(key, digest_size=8).hexdigest()}"
        return Bookmark(_file(settings, name), source, cluster=cluster, namespace=settings.namespace)
    return Bookmark(_file(settings, name), source, cluster=cluster, namespace=settings.namespace, is_named=True)


def _file(settings: Settings, name: str) -> CursorFile:
    return CursorFile(settings.data_dir / "cursors" / f"{name}.json")
