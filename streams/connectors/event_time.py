"""Dates as sources write them, to aware UTC instants."""

from datetime import UTC, datetime
from typing import Final

from streams.errors import RejectedError

_EXPORT_LENGTH: Final = len("2021-05-14 12:56:22 +02:00")
_OF_X: Final = "%a %b %d %H:%M:%S %z %Y"  # Fri May 14 10:56:22 +0000 2021


def instant_of(text: str) -> datetime:
    """Reads a date; one without an offset is taken as UTC (the business's export always has one).

    Understands the export's form (`2021-05-14 12:56:22 +02:00`), ISO 8601 and the form of X's interface.

    Raises:
        RejectedError: it is no date, or none that exists in UTC; the message does not quote it.
    """
    try:
        if len(text) == _EXPORT_LENGTH and text[19] == " ":
            moment = datetime.fromisoformat(text[:19] + text[20:])
        else:
            moment = _other_form(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise RejectedError("the date cannot be read") from None


def _other_form(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        head, _, offset = text.rpartition(" ")
        if head and (offset[:1] in "+-" or offset in ("Z", "UTC")):
            return datetime.fromisoformat(head + offset.replace("UTC", "Z"))
        return datetime.strptime(text, _OF_X)
