"""The marked tweets of tests/data."""

from pathlib import Path
from typing import Final

import msgspec

from streams.core.pii.marked import Marked, parsed

DATA: Final = Path(__file__).resolve().parent / "data"


class _Row(msgspec.Struct, frozen=True):
    marked: str


def marked_rows(name: str) -> list[Marked]:
    """Reads a file of JSON lines whose `marked` holds a text with tags: `marked_rows("pii.jsonl")`."""
    decoder = msgspec.json.Decoder(_Row)
    return [parsed(decoder.decode(line).marked) for line in (DATA / name).read_bytes().splitlines()]
