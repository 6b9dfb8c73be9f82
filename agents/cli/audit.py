"""`dallosh audit`: how fast, how often and in what form the official accounts answer."""

import asyncio
import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from agents.cli.audit_cells import csv_rows
from agents.cli.audit_page import page
from agents.cli.audit_text import print_report
from agents.cli.classify_input import as_file, input_options, quiet
from agents.cli.column_map import changes_of
from agents.cli.counted import counted
from agents.cli.file_progress import FileProgress, tell
from agents.cli.instant import Since, epoch_ms
from agents.cli.scrub_input import name_of
from agents.cli.unread_rows import judge_rows
from agents.embedded import connected
from agents.offline.gathering import classify_wanted
from agents.printable import escaped, printable
from agents.truths import read_truths
from schemas.audit import BacklogHour, ReplyAudit
from schemas.codec import UndecodableError, decode
from schemas.taxonomy import Level
from schemas.topics import AUDIT, BACKLOG
from schemas.tweet import Tweet
from streams.connectors.file import FileSource, Format
from streams.connectors.source import Row
from streams.core.audit.gather import Labelled, file_report, is_question, records_report
from streams.core.audit.report import Report
from streams.core.record_id import RecordId
from streams.errors import FatalError
from streams.kafka.reading import scan
from streams.logging import configure
from streams.settings import Settings, load_settings

_OUT = click.Path(dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """Audit the replies of the official accounts."""


@audit.command("report")
@click.argument("file", required=False)
@click.option("--since", type=Since(), help="What ops.audit holds of replies since: 30d, 12h or an ISO instant.")
@click.option("--labels", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Labels of FILE's tweets, JSON lines or CSV; without them they are classified.")  # fmt: skip
@input_options
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--html", type=_OUT, help="Write a page with charts, one file that loads nothing.")
@click.option("--csv", "table", type=_OUT, help="Write the figures of every group as CSV.")
def report_command(
    file: str | None, since: datetime | None, labels: Path | None, level: str, form: Format | None,
    maps: tuple[str, ...], as_json: bool, html: Path | None, table: Path | None,
) -> None:  # fmt: skip
    """Report how long customers wait for a reply, how many still do, and in what form replies are written.

    FILE holds tweets, official ones among them: JSON lines or the business's CSV export; - reads standard input. Its
    last tweet is taken for now. Or --since reads ops.audit and ops.backlog, which `dallosh worker auditor` writes.

    By account, month, weekday, hour, topic and priority: share answered, p10, median and p90 of the answered, the
    median of all (Kaplan-Meier: who still waits counts as far as he has waited), the share within the SLA
    (DALLOSH_SLA_HIGH_S, _MEDIUM_S, _LOW_S); shares of replies that open with a template, apologise, thank, send to
    private messages, call the customer by name, carry a link, say vous or tu; what the customer says next.

    Exit 1 when a row of FILE could not be read; the report is made of the others.
    """
    if (file is None) == (since is None):
        raise click.UsageError("give either FILE or --since")
    settings = load_settings()
    configure(quiet(settings))
    n_refused = 0
    if file is not None:
        report, n_refused = _of_file(settings, file, labels, Level(level), form, maps)
        source = Path(name_of(file)).name
    else:
        assert since is not None
        report, source = asyncio.run(_of_topics(connected(settings, ("kafka",)), since)), AUDIT
    if html is not None:
        _write(html, page(report, printable(source)))
    if table is not None:
        _write(table, _csv(report))
    if as_json:
        click.echo(escaped(msgspec.json.encode(report)))
    elif html is None and table is None:
        print_report(report)
    tell(_summary(report, n_refused))
    if file is not None:
        judge_rows(n_refused, name_of(file))


def _of_file(
    settings: Settings, file: str, labels: Path | None, level: Level, form: Format | None, maps: tuple[str, ...]
) -> tuple[Report, int]:
    """Reads the tweets of a file with their labels; returns the report, and how many rows are no tweets.

    Raises:
        FatalError: it cannot be read or holds no tweet.
    """
    with as_file(file) as path, FileProgress(name_of(file), path.stat().st_size) as display:
        source = FileSource(path, official_handles=settings.official_handles, form=form, changes=changes_of(maps))
        tweets, n_refused = asyncio.run(_tweets(source, None if labels is None else display))
        if not tweets:
            raise FatalError(f"{name_of(file)} holds no tweet that can be read", remedy="Check the file and --format")
        known: Mapping[str, Labelled]
        if labels is not None:
            known = read_truths(labels)
        else:
            made = asyncio.run(classify_wanted(settings, source, level, is_question, display))
            known = {line.id: line for line in made.lines}
    return file_report(tweets, known, sla=settings.sla), n_refused


async def _tweets(source: FileSource, display: FileProgress | None) -> tuple[list[Tweet], int]:
    """Reads the tweets, and counts the rows that are none; the display, if any, tells them (classifying does so)."""
    tweets: list[Tweet] = []
    n_refused = 0
    async for rows in source.batches():
        for row in rows:
            if isinstance(row, Row):
                tweets.append(row.tweet)
                continue
            n_refused += 1
            if display is not None:
                display.say(f"line {row.line}: {row.error}")
    return tweets, n_refused


async def _of_topics(settings: Settings, since: datetime) -> Report:
    """Reads what the auditor wrote: a reply is written after it was made, so none is older than its record."""
    audits: list[ReplyAudit] = []
    hour: BacklogHour | None = None
    async for record in scan(settings, [AUDIT, BACKLOG], since_ms=epoch_ms(since), required=True):
        try:
            if record.topic.endswith(AUDIT):
                audits.append(decode(record.value, ReplyAudit))
            else:
                found = decode(record.value, BacklogHour)
                hour = found if hour is None or found.measured_at >= hour.measured_at else hour
        except UndecodableError as error:
            tell(f"skipped {RecordId.of(record).key}: {error}")
    return records_report(audits, hour, since=since, now=datetime.now(UTC), sla=settings.sla)


def _csv(report: Report) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_harmless(cell) for cell in row] for row in csv_rows(report))
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Returns a cell that no spreadsheet takes for a formula: an account's name comes from outside."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8", "replace")
    except OSError as error:
        raise FatalError(
            f"cannot write {path}: {error.strerror}", remedy="Name a file in a directory that you may write to"
        ) from None
    tell(printable(f"wrote {path}"))


def _summary(report: Report, n_refused: int) -> str:
    waiting, tone = report.total.waiting, report.total.tone
    replies = "reply" if tone.n_replies == 1 else "replies"
    said = f"{counted(waiting.n_tweets, 'tweet')}, {waiting.n_answered:,} answered; {tone.n_replies:,} {replies}"
    if report.n_without_tweet:
        said += f", {report.n_without_tweet:,} of them to tweets that are not at hand"
    if n_refused:
        said += f"; {counted(n_refused, 'row')} unreadable"
    return said
