"""Where a run stands: a small file beside its output, by which the same command goes on after a kill."""

import contextlib
from collections import Counter
from pathlib import Path
from typing import Self

import msgspec

from agents.offline.output import Sizes, beside
from streams.connectors.source import Cursor
from streams.disk import locked, write_whole
from streams.errors import FatalError


class Tally(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a run has made of its rows so far, earlier parts included."""

    n_rows: int = 0
    n_rejected: int = 0
    by_level: dict[str, int] = {}

    def add(self, levels: Counter[str], n_rejected: int) -> None:
        """Counts a window."""
        self.by_level = dict(Counter(self.by_level) + levels)
        self.n_rejected += n_rejected
        self.n_rows += levels.total() + n_rejected


class Standing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place between two windows, and what it is true for.

    `made_of` names what the lines depend on: the bytes of the input, the models, the options.
    """

    cursor: Cursor
    sizes: Sizes
    tally: Tally
    made_of: dict[str, str]


class Bookmark:
    """The standing of the run that writes an output; held by one process at a time.

    Args:
        out: the output.
        made_of: see `Standing`.
    """

    def __init__(self, out: Path, made_of: dict[str, str]) -> None:
        self._path = beside(out, "cursor")
        self._lock = beside(out, "lock")
        self._made_of = made_of
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._held.enter_context(locked(self._lock, timeout_s=0.0))
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.unlink(missing_ok=True)
        self._held.close()

    def load(self) -> Standing | None:
        """Returns where the run stopped, or None where it begins.

        Raises:
            FatalError: the file cannot be read, or what the run is made of has changed.
        """
        try:
            saved = msgspec.json.decode(self._path.read_bytes(), type=Standing)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise FatalError(f"{self._path} cannot be read: {error}", remedy="--restart begins anew") from None
        names = sorted({*saved.made_of, *self._made_of})
        if changed := [name for name in names if saved.made_of.get(name) != self._made_of.get(name)]:
            raise FatalError(
                f"{self._path} is of a run with another {', another '.join(changed)}",
                remedy="--restart begins anew; what was as it was then goes on without it",
            )
        return saved

    def save(self, cursor: Cursor, sizes: Sizes, tally: Tally) -> None:
        """Writes down a place; everything before it must be on the disk."""
        standing = Standing(cursor=cursor, sizes=sizes, tally=tally, made_of=self._made_of)
        write_whole(self._path, msgspec.json.format(msgspec.json.encode(standing), indent=2) + b"\n")

    def clear(self) -> None:
        """Forgets the run: it came to its end, or begins anew."""
        self._path.unlink(missing_ok=True)
