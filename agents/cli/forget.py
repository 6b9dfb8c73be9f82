"""`dallosh forget`: a person or a tweet, out of the topics and the state as far as that is possible."""

import asyncio
import sys
import uuid
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Final

import click
import msgspec

from agents.cli.operator import who
from agents.embedded import connected, with_redis_if_any
from agents.forget import ForgetReport, Order, forget
from agents.printable import escaped, printable
from streams.core.forgetting import Relation, Subject, holds
from streams.core.record_id import RecordId
from streams.kafka.forgetting import Remaining
from streams.logging import configure
from streams.settings import load_settings

NOTHING_FOUND: Final = 3


@click.command("forget")
@click.option("--author", help="Handle, with or without @, or the author id as the source gives it.")
@click.option("--tweet", help="Id of a tweet.")
@click.option("--why", default="", help="Reason, kept with the command in ops.commands; never the name.")
@click.option("--yes", is_flag=True, help="Remove; without it nothing is written.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a record, a summary last.")
def forget_command(author: str | None, tweet: str | None, why: str, yes: bool, as_json: bool) -> None:
    """Forget an author or a tweet; a dry run unless --yes.

    Lists every record that remains and when it expires. Exit 1 when Redis was not reached, 3 when nothing was found.
    """
    subject = _subject(author, tweet)
    if holds(why.encode("utf-8", "replace"), subject.names):
        raise click.UsageError("--why names the subject, and it is kept for a year; give the number of the case")
    settings = load_settings()
    configure(settings)
    settings = with_redis_if_any(connected(settings, ("kafka",)))
    order = Order(command_id=uuid.uuid4().hex, who=who(), why=why, subject=subject)
    report = asyncio.run(
        forget(
            settings, order, now=datetime.now(UTC), execute=yes, say=_say,
            show=_show_json if as_json else _show,
        )
    )  # fmt: skip
    if as_json:
        click.echo(escaped(msgspec.json.encode(_summary(report, order, executed=yes))))
    else:
        for line in _lines(report, executed=yes):
            _say(line)
    if report.state is None:  # nobody knows whether it holds something
        sys.exit(1)
    sys.exit(NOTHING_FOUND if report.is_empty else 0)


def _subject(author: str | None, tweet: str | None) -> Subject:
    if (author is None) == (tweet is None):
        raise click.UsageError("give one of --author and --tweet")
    try:
        return Subject.of_author(author) if author is not None else Subject.of_tweet(tweet or "")
    except ValueError:
        raise click.UsageError("--author and --tweet need a name") from None


def _show(found: Remaining) -> None:
    place = RecordId(found.topic, found.partition, found.offset)
    click.echo(f"{place.key}  {found.relation.value}  written {_minute(found.written_at)}  {_end(found)}")


def _end(found: Remaining) -> str:
    if found.expires_at is not None:
        return f"expires {_minute(found.expires_at)}, gone by {_minute(found.gone_by)}"
    if found.ends == "compaction":
        return "goes when its key has a newer record or a tombstone"
    return "expires never" if found.ends == "never" else "expires at a time that is not known"


def _minute(instant: datetime | None) -> str:
    return "at a time that is not known" if instant is None else f"{instant:%Y-%m-%d %H:%M}Z"


def _show_json(found: Remaining) -> None:
    click.echo(msgspec.json.encode(found))


def _summary(report: ForgetReport, order: Order, *, executed: bool) -> dict[str, object]:
    state = report.state
    return {
        "executed": executed, "command_id": order.command_id if executed else None, "subject": order.subject.kind,
        "proof": order.subject.proof(order.command_id) if executed else None, "topics": report.topics,
        "tweets": report.n_tweets, "found": {relation.value: report.found[relation] for relation in Relation},
        "remaining": report.found.total(), "endless": report.n_endless, "last_gone_by": report.last_gone_by,
        "tombstones": report.n_tombstones, "discarded": report.n_discarded,
        "redis": None if state is None else asdict(state),
        "obstacle": report.obstacle,
    }  # fmt: skip


def _lines(report: ForgetReport, *, executed: bool) -> list[str]:
    counts = ", ".join(f"{report.found[relation]} {relation.value}" for relation in Relation)
    done = "" if executed else "would be "
    lines = [f"{report.found.total()} records in {len(report.topics)} topics: {counts}"]
    if report.last_gone_by is not None:
        lines.append(f"The last that expires is gone by {_minute(report.last_gone_by)}")
    if report.n_endless:
        lines.append(f"{report.n_endless} do not expire by age")
    lines.append(f"{report.n_tombstones} tombstones, {report.n_discarded} dead letters kept from replay: {done}written")
    if report.state is None:
        undone = "removed" if executed else "looked for"
        lines.append(f"Contexts, marks and answers in Redis were NOT {undone}. {report.obstacle}")
    else:
        lines.append(f"{report.state.total} keys in Redis {done}removed, {report.state.contexts} of them with a text")
    return [*lines, "Recorded in ops.commands" if executed else "Dry run: nothing was written. Remove with --yes"]


def _say(text: str) -> None:
    click.echo(printable(text), err=True)
