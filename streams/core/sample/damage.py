"""Ways in which a row of an export is broken; each leaves one physical line that no reader can take for a tweet."""

import re
from enum import StrEnum
from typing import Final

_DATE: Final = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d")


class Damage(StrEnum):
    """What is wrong with a row."""

    BAD_DATE = "bad_date"
    CUT_SHORT = "cut_short"
    NOT_UTF8 = "not_utf8"
    NO_ID = "no_id"
    NUL = "nul"


def damaged(row: bytes, tweet_id: str, damage: Damage) -> bytes:
    """Breaks a row of CSV or JSON lines that ends in a line feed and holds the id, quoted, and a date.

    Raises:
        ValueError: it holds no date.
    """
    if (date := _DATE.search(row)) is None:
        raise ValueError("the row holds no date")
    match damage:
        case Damage.BAD_DATE:
            return row[: date.start()] + b"hier soir" + row[date.end() :]
        case Damage.CUT_SHORT:
            return row[: date.end()] + b"\n"
        case Damage.NOT_UTF8:
            return row[:-1] + b"\xff\xfe\n"
        case Damage.NO_ID:
            return row.replace(f'"{tweet_id}"'.encode(), b'"null"', 1)
        case Damage.NUL:
            return row[: date.end()] + b"\0" + row[date.end() :]
