"""The gazetteer that the project carries, read once a process."""

from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from streams.carried import CarriedFile
from streams.core.places.gazetteer import Gazetteer

GAZETTEER: Final = CarriedFile(
    Path(__file__).parent / "data" / "gazetteer.json.gz",
    what="the tables of places",
    sha256="9fbcc8463421ff7de9de4a95775aad2edffc9d2d5fcbc19b5d24927fb30f57b4",
    remedy="Restore the file from the repository, or make it again with infra/gazetteer/build.sh",
)


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """Returns the gazetteer, read once a process (about 50 ms).

    Raises:
        MissingToolError: the file is missing or damaged.
    """
    return msgspec.json.decode(GAZETTEER.read(), type=Gazetteer)
