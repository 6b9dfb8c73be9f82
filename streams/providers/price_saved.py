"""The list as it was last fetched and believed, in one file that the workers of a data directory share."""

from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from streams.disk import remedy_of, write_whole
from streams.errors import FatalError
from streams.providers.price_list import PriceList, decode_list, encode_list

_LIBRARY: Final = "genai-prices"


class SavedList(msgspec.Struct, frozen=True, kw_only=True):
    """A believed list; `library` is the version of genai-prices beside which it was fetched."""

    fetched_at: datetime
    library: str
    providers: msgspec.Raw


def save_list(path: Path, prices: PriceList, *, fetched_at: datetime) -> None:
    """Replaces the file.

    Raises:
        FatalError: it cannot be written.
    """
    saved = SavedList(
        fetched_at=fetched_at, library=version(_LIBRARY), providers=msgspec.Raw(encode_list(prices))
    )  # fmt: skip
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FatalError(f"cannot write {path}: {error}", remedy=remedy_of(error)) from error
    write_whole(path, msgspec.json.encode(saved))


def load_list(path: Path) -> tuple[PriceList, datetime] | None:
    """Returns the list and when it was fetched; None without one, or beside another genai-prices: it carries newer.

    Raises:
        FatalError: it cannot be read.
    """
    try:
        saved = msgspec.json.decode(path.read_bytes(), type=SavedList)
        if saved.library != version(_LIBRARY):
            return None
        return decode_list(bytes(saved.providers)), saved.fetched_at
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, RecursionError) as error:
        raise FatalError(f"the fetched price list {path} cannot be read: {type(error).__name__}") from error
