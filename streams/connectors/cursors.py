"""Where readings stopped, one small file each, so that a later run goes on there."""

from pathlib import Path

import msgspec

from streams.connectors.source import Cursor
from streams.disk import remedy_of, write_whole
from streams.errors import FatalError


class SavedCursor(msgspec.Struct, frozen=True, kw_only=True):
    """A cursor and what it is true for: the rows up to it are in the topics of this namespace of this cluster."""

    cursor: Cursor
    source: str
    cluster: str
    namespace: str
    n_rows: int


class CursorFile:
    """The file of one cursor.

    Args:
        path: the file; its folder is made when it is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> SavedCursor | None:
        """Returns what was saved last, or None.

        Raises:
            FatalError: the file is there and cannot be read.
        """
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=SavedCursor)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            raise FatalError(f"the cursor {self.path} cannot be read: {error}", remedy="--restart ignores it") from None

    def save(self, saved: SavedCursor) -> None:
        """Replaces the file in one step.

        Raises:
            FatalError: it cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FatalError(f"cannot write {self.path}: {error}", remedy=remedy_of(error)) from error
        write_whole(self.path, msgspec.json.format(msgspec.json.encode(saved), indent=2) + b"\n")

    def clear(self) -> None:
        """Removes it."""
        self.path.unlink(missing_ok=True)
