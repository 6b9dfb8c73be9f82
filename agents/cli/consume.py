"""`dallosh consume`: a service's tweets, by time or by what to do first."""

import asyncio
import contextlib
import logging
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import click
import msgspec
from aiokafka import ConsumerRecord
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agents.cli.instant import Since, age_text, epoch_ms
from agents.cli.interrupt import until_interrupted
from agents.embedded import connected
from agents.printable import escaped, printable
from schemas.classification import ClassifiedTweet
from schemas.codec import UndecodableError, decode, encode
from schemas.taxonomy import PRIORITIES, Priority, Service
from schemas.topics import service_topic
from streams.core.inbox import Inbox
from streams.core.record_id import RecordId
from streams.kafka.following import follow
from streams.kafka.reading import scan
from streams.settings import Settings, load_settings

TOP_SINCE: Final = timedelta(hours=24)
_STYLE: Final = {2: "bold red", 1: "yellow", 0: "dim"}


@dataclass(slots=True)
class Shown:
    """What was shown of one service; the summary that ends the output."""

    service: Service
    as_json: bool
    n_by_priority: Counter[Priority] = field(default_factory=Counter)
    n_moved: int = 0

    def count(self, tweet: ClassifiedTweet) -> None:
        """Counts a tweet; a copy that says `moved_to` is no work of this service."""
        if tweet.moved_to is None:
            self.n_by_priority[tweet.priority] += 1
        else:
            self.n_moved += 1

    def end(self) -> None:
        """Prints the summary: the last line of the JSON, or a line on standard error."""
        by_priority = {str(priority): self.n_by_priority[priority] for priority in reversed(PRIORITIES)}
        shown = self.n_by_priority.total()
        if self.as_json:
            summary = {"service": self.service.value, "shown": shown, "by_priority": by_priority, "moved": self.n_moved}
            click.echo(msgspec.json.encode(summary))
        else:
            counts = ", ".join(f"{n} of priority {priority}" for priority, n in by_priority.items())
            click.echo(f"{shown} tweets of {self.service.value}: {counts}", err=True)


@click.command()
@click.argument("service", type=click.Choice([service.value for service in Service]))
@click.option("--follow", "following", is_flag=True, help="Go on with what comes, until interrupted.")
@click.option(
    "--priority", "priorities", type=click.IntRange(0, 2), multiple=True, help="Only this priority; repeatable."
)
@click.option("--top", type=click.IntRange(1), help="The first N to act on: by priority, then oldest first.")
@click.option("--since", type=Since(), help="Routed since: 30m, 24h, 7d or an ISO instant; with --top 24h by default.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many tweets.")
@click.option("--group", help="With --follow: consumer group that shares the work and remembers its place.")
@click.option("--from-beginning", is_flag=True, help="With --follow: start at the oldest tweet.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a summary last.")
def consume(
    service: str,
    following: bool,
    priorities: tuple[int, ...],
    top: int | None,
    since: datetime | None,
    limit: int | None,
    group: str | None,
    from_beginning: bool,
    as_json: bool,
) -> None:
    """Read the tweets that SERVICE must act on.

    Without --follow: the newest revision of each, oldest first, without those that another service owns now.
    """
    if following and (top or since):
        raise click.UsageError("--follow goes with neither --top nor --since")
    if not following and (group or from_beginning):
        raise click.UsageError("--group and --from-beginning go with --follow")
    if group and from_beginning:
        raise click.UsageError("--group remembers its place (a new one begins at the oldest); leave --from-beginning")
    settings, wanted = connected(load_settings(), ("kafka",)), cast(tuple[Priority, ...], priorities)
    shown = Shown(Service(service), as_json)
    with contextlib.suppress(KeyboardInterrupt):
        if following:
            _quieten()
            asyncio.run(until_interrupted(_follow(settings, shown, wanted, group, from_beginning, limit)))
        else:
            if top and since is None:
                since = datetime.now(UTC) - TOP_SINCE
            _show(asyncio.run(_present(settings, shown.service, wanted, epoch_ms(since), top))[:limit], shown)
    shown.end()


def _quieten() -> None:
    """Keeps from a person what aiokafka tries again by itself: a group's first look for its coordinator fails often."""
    logging.getLogger("aiokafka.consumer.group_coordinator").setLevel(logging.CRITICAL)


async def _present(
    settings: Settings, service: Service, priorities: Sequence[Priority], since_ms: int | None, top: int | None
) -> list[ClassifiedTweet]:
    inbox = Inbox()
    async for record in scan(settings, [service_topic(service)], since_ms=since_ms, required=True):
        if (tweet := _decoded(record)) is not None:
            inbox.add(tweet)
    return inbox.present(priorities) if top is None else inbox.top(top, priorities)


async def _follow(
    settings: Settings, shown: Shown, priorities: Sequence[Priority], group: str | None, from_beginning: bool,
    limit: int | None,
) -> None:  # fmt: skip
    records = follow(
        settings, [service_topic(shown.service)], group=group, from_beginning=from_beginning, limit=limit,
        only=_wanted(priorities),
    )  # fmt: skip
    async for record in records:
        tweet = decode(record.value, ClassifiedTweet)
        shown.count(tweet)
        click.echo(escaped(encode(tweet)) if shown.as_json else _line(tweet, datetime.now(UTC)))
        sys.stdout.flush()


def _wanted(priorities: Sequence[Priority]) -> Callable[[ConsumerRecord], bool]:
    """Takes the priorities asked for, and every copy that moved away: whoever works on that tweet must hear of it."""

    def wanted(record: ConsumerRecord) -> bool:
        tweet = _decoded(record)
        return tweet is not None and (not priorities or tweet.priority in priorities or tweet.moved_to is not None)

    return wanted


def _decoded(record: ConsumerRecord) -> ClassifiedTweet | None:
    try:
        return decode(record.value, ClassifiedTweet)
    except UndecodableError as error:
        click.echo(f"skipped {RecordId.of(record).key}: {error}", err=True)
        return None


def _show(tweets: Sequence[ClassifiedTweet], shown: Shown) -> None:
    now = datetime.now(UTC)
    table = Table("P", "age", "about", "tweet", show_lines=True)
    for tweet in tweets:
        shown.count(tweet)
        if shown.as_json:
            click.echo(escaped(encode(tweet)))
        else:
            priority = Text(str(tweet.priority), style=_STYLE[tweet.priority])
            about = f"{tweet.main_topic.value}\n{tweet.sentiment.value}"
            table.add_row(priority, age_text(now - tweet.created_at), about, _body(tweet))
    if table.row_count:
        Console().print(table)


def _body(tweet: ClassifiedTweet) -> Text:
    """The tweet, and below it in small print who wrote it, from where, and its id."""
    facts = [tweet.author, *(place.department or place.text for place in tweet.places), tweet.id]
    if tweet.vip:
        facts.insert(0, "VIP")
    if tweet.degraded:
        facts.append(f"by {tweet.level.value}" + (", unsure" if tweet.unsure else ""))
    return Text.assemble(printable(tweet.text), "\n", (printable(" · ".join(facts)), "dim"))


def _line(tweet: ClassifiedTweet, now: datetime) -> str:
    """One tweet on one line; of a copy that moved away only where to."""
    tweet_id = printable(tweet.id)
    if tweet.moved_to is not None:
        return f"--        {tweet_id} moved to {printable(tweet.moved_to)}"
    again = f" (revision {tweet.revision})" if tweet.revision > 1 else ""
    age = age_text(now - tweet.created_at)
    return f"P{tweet.priority} {age:>6} {printable(tweet.author)} {tweet_id}{again}  {printable(tweet.text)}"
