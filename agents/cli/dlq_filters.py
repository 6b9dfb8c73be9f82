"""Which dead letters a command is about: the options that all of `dallosh dlq` share, and places."""

import functools
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final, TypeVar

import click

from agents.cli.instant import Since, epoch_ms
from schemas.taxonomy import Level, Service, Stage
from streams.core.letters import WHERE_NAMES, Wanted
from streams.core.record_id import RecordId
from streams.core.where import Where
from streams.core.where_parser import WhereError, parse

C = TypeVar("C", bound=Callable[..., Any])

_RANGE: Final = re.compile(r"(\d{1,9})?(\.\.)?(\d{1,9})?")


class Place(click.ParamType):
    """The place of a dead letter, as `dlq ls` and `forget` write it."""

    name = "place"

    def __init__(self, topics: Collection[str]) -> None:
        self._topics = topics

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> RecordId:
        """Takes TOPIC:PARTITION:OFFSET of one of the topics."""
        try:
            found = value if isinstance(value, RecordId) else RecordId.parse(value)
        except ValueError:
            self.fail(f"{value!r} is not TOPIC:PARTITION:OFFSET", param, ctx)
        if found.topic not in self._topics:
            self.fail(f"{found.topic!r} is none of {', '.join(self._topics)}", param, ctx)
        if found.partition >= 1 << 31 or found.offset >= 1 << 63:
            self.fail(f"{value!r} is beyond what Kafka numbers", param, ctx)
        return found


class CountRange(click.ParamType):
    """A number, or a range of which either end may be open: 2, 1..3, ..1, 2.."""

    name = "range"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int | None, int | None]:
        """Returns the bounds, both inclusive; None is open, and so is a least of 0, which leaves nothing out."""
        if isinstance(value, tuple):
            return value
        match = _RANGE.fullmatch(value)
        if match is None or not (match[1] or match[3]) or (match[1] and match[3] and not match[2]):
            self.fail(f"{value!r} is neither a number nor a range such as 1..3", param, ctx)
        least, most = (int(match[i]) if match[i] else None for i in (1, 3))
        if least is not None and most is not None and least > most:
            self.fail(f"{value!r} begins behind its end", param, ctx)
        return (least or None, most) if match[2] else (least or None, least)


class Expression(click.ParamType):
    """An expression over a dead letter."""

    name = "expr"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Where:
        """Parses it; a usage error names what is not allowed, and where."""
        if isinstance(value, Where):
            return value
        try:
            return parse(value, WHERE_NAMES)
        except WhereError as error:
            self.fail(str(error), param, ctx)


def _choice(values: Any) -> click.Choice[str]:
    return click.Choice([one.value for one in values])


_OPTIONS: Final = (
    click.option("--stage", type=_choice(Stage), help="Only what this stage gave up."),
    click.option("--error", help="Only this error class, e.g. UndecodableError."),
    click.option("--service", type=_choice(Service), help="Only what is labelled for this service."),
    click.option("--level", type=_choice(Level), help="Only what this level was tried on."),
    click.option("--since", type=Since(), help="Only what was buried or parked since: 30m, 24h, 7d or an ISO instant."),
    click.option("--until", type=Since(), help="Only what was buried or parked until: an age or an ISO instant."),
    click.option("--id", "tweet_id", help="Only this tweet."),
    click.option("--origin", help="Only this origin, e.g. 3:1207."),
    click.option("--min-attempts", type=click.IntRange(0), help="Only what was tried so often or more."),
    click.option("--max-attempts", type=click.IntRange(0), help="Only what was tried so often or less."),
    click.option("--replays", type=CountRange(), help="Only what was replayed so often: 2, 1..3, ..1 or 2.."),
    click.option(
        "--where", type=Expression(), metavar="EXPR",
        help="Only where it holds, e.g. 'attempts >= 3 and value.id startswith \"15\"'; docs/howto/dead-letters.md.",
    ),
)  # fmt: skip


def filters(command: C) -> C:
    """Gives a command the shared options, and the argument `wanted` in place of them."""

    @functools.wraps(command)
    def filtered(
        *, stage: str | None, error: str | None, service: str | None, level: str | None, since: datetime | None,
        until: datetime | None, tweet_id: str | None, origin: str | None, min_attempts: int | None,
        max_attempts: int | None, replays: tuple[int | None, int | None] | None, where: Where | None, **others: Any,
    ) -> Any:  # fmt: skip
        if since is not None and until is not None and until < since:
            raise click.UsageError("--until must be later than --since")
        least, most = replays or (None, None)
        check_bounds("--min-attempts and --max-attempts", min_attempts, max_attempts)
        wanted = Wanted(
            stage=Stage(stage) if stage else None, error=error, service=Service(service) if service else None,
            level=Level(level) if level else None, since_ms=epoch_ms(since), until_ms=epoch_ms(until),
            tweet_id=tweet_id, origin=origin, min_attempts=min_attempts or None, max_attempts=max_attempts,
            min_replays=least, max_replays=most, where=where,
        )  # fmt: skip
        return command(wanted=wanted, **others)

    for option in reversed(_OPTIONS):
        filtered = option(filtered)
    return filtered  # type: ignore[return-value]


def check_bounds(names: str, least: int | None, most: int | None) -> None:
    """Refuses a range that holds nothing.

    Raises:
        click.UsageError: the least is more than the most.
    """
    if least is not None and most is not None and least > most:
        raise click.UsageError(f"{names} leave nothing: {least} is more than {most}")


def check_selection(wanted: Wanted, places: tuple[RecordId, ...], *, needed: bool) -> None:
    """Lets a command have places or filters, and at least one of them where all letters would be too many.

    Raises:
        click.UsageError: both were given, or neither though one is needed.
    """
    if places and not wanted.takes_all:
        raise click.UsageError("give places or filters, not both")
    if needed and not places and wanted.takes_all:
        raise click.UsageError("name the letters by their places, or by a filter")
