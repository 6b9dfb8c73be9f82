"""A command-line value for instants: an age such as 90s, 30m, 24h, 7d, or an ISO date and time."""

import re
from datetime import UTC, datetime, timedelta

import click

from streams.core.crisis.calendar import ZONE

_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AGE = re.compile(r"(\d{1,5})([smhd])")


class Since(click.ParamType):
    """Converts to an aware UTC instant; an age counts back from now, a date without a zone is UTC."""

    name = "age or instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Returns the instant; a usage error says what is accepted."""
        if isinstance(value, datetime):
            return value
        text = str(value)
        if match := _AGE.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNIT[match[2]]: int(match[1])})
        try:
            instant = datetime.fromisoformat(text)
        except ValueError:
            self.fail(f"{text!r} is neither an age (90s, 30m, 24h, 7d) nor an ISO date and time", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


class French(click.ParamType):
    """Converts an ISO date and time to an aware instant; one without a zone is French time."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Returns the instant; a usage error says what is accepted."""
        if isinstance(value, datetime):
            return value
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not an ISO date and time such as 2026-03-02T18:30", param, ctx)
        return instant if instant.tzinfo else instant.replace(tzinfo=ZONE)


def epoch_ms(instant: datetime | None) -> int | None:
    """Returns the instant in milliseconds since 1970, never below 0 (Kafka gives those a meaning); None for None."""
    return None if instant is None else max(0, int(instant.timestamp() * 1000))


def age_text(age: timedelta) -> str:
    """Writes an age in its largest unit: "45 s", "12 min", "3 h", "2 d"; a future one is "0 s"."""
    seconds = max(0, int(age.total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
