"""The gazetteer that the project carries, read once a process; never touches the network."""

import gzip
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from streams.core.places.gazetteer import Gazetteer
from streams.errors import FatalError, MissingToolError

GAZETTEER_FILE: Final = Path(__file__).parent / "data" / "gazetteer.json.gz"
GAZETTEER_SHA256: Final = "9fbcc8463421ff7de9de4a95775aad2edffc9d2d5fcbc19b5d24927fb30f57b4"
"""Of the unpacked file; infra/gazetteer/build.sh tells it."""

REMEDY: Final = "Restore it from the repository, or make it again with infra/gazetteer/build.sh"


def read_gazetteer(path: Path = GAZETTEER_FILE) -> Gazetteer:
    """Reads the gazetteer (about 50 ms).

    Raises:
        MissingToolError: the file cannot be read.
        FatalError: its bytes are not those that the project carries.
    """
    try:
        data = gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError) as error:
        raise FatalError(f"the gazetteer {path} is damaged: {error}", remedy=REMEDY) from error
    except OSError as error:
        raise MissingToolError(f"the gazetteer {path} cannot be read: {error.strerror}", remedy=REMEDY) from error
    if hashlib.sha256(data).hexdigest() != GAZETTEER_SHA256:
        raise FatalError(f"the gazetteer {path} is not the one that was shipped (SHA-256 differs)", remedy=REMEDY)
    return msgspec.json.decode(data, type=Gazetteer)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Returns the gazetteer, read once a process.

    Raises:
        FatalError: as `read_gazetteer`.
    """
    return read_gazetteer()
