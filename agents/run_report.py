"""What a run tells: the table for people, five routed tweets as an agent would see them, a line per origin."""

import heapq
from pathlib import Path
from typing import IO, Final

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from agents.printable import printable
from schemas.classification import ClassifiedTweet
from schemas.codec import decode, encode
from schemas.taxonomy import Level, NoiseReason, Service
from schemas.topics import DEAD_LETTER_TOPICS
from streams.core.tally import Ending, RunSummary, Tally
from streams.errors import FatalError

N_SHOWN: Final = 5
ENDINGS_FILE: Final = "endings.jsonl"
_LEVELS: Final = {Level.API: "API", Level.GPU: "own GPU server", Level.BERT: "BERT on the processor"}


class RunReport:
    """Keeps what the report of a run needs: the first tweets to act on, and the file of endings.

    Args:
        folder: where `endings.jsonl` is written, one line per origin; None writes none.
    """

    def __init__(self, folder: Path | None) -> None:
        self._first: list[tuple[int, float, str, ClassifiedTweet]] = []
        self._file: IO[bytes] | None = None if folder is None else _opened(folder)
        self.dead: list[Ending] = []
        """The first dead letters, with their reasons."""

    def note(self, ending: Ending, value: bytes | None) -> None:
        """Takes the end of an origin."""
        self.write(ending)
        if ending.place in DEAD_LETTER_TOPICS and len(self.dead) < N_SHOWN:
            self.dead.append(ending)
        if ending.service is not None:
            tweet = decode(value, ClassifiedTweet)
            entry = (tweet.priority, -tweet.created_at.timestamp(), tweet.id, tweet)
            keep = heapq.heappush if len(self._first) < N_SHOWN else heapq.heappushpop
            keep(self._first, entry)

    def write(self, ending: Ending) -> None:
        """Writes the line of an origin."""
        if self._file is not None:
            self._file.write(encode(ending) + b"\n")

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()

    def first_to_act_on(self) -> list[ClassifiedTweet]:
        """Returns up to five routed tweets: highest priority first, then oldest."""
        return [entry[3] for entry in sorted(self._first, reverse=True)]


def show(summary: RunSummary, tally: Tally, report: RunReport, console: Console, *, with_texts: bool) -> None:
    """Prints where every record went; the tweets themselves only to a person (`with_texts`), never into a log."""
    parts = [_counts(summary, tally), _services(tally)]
    if report.dead:
        parts.append(_dead(report.dead, summary.dead_letters))
    if with_texts:
        parts.append(_shown(report.first_to_act_on()))
    console.print(Group(*parts, Text(_verdict(summary))))


def _counts(summary: RunSummary, tally: Tally) -> Table:
    table = Table("records", "n", title="Where every record went", title_justify="left")
    table.columns[1].justify = "right"
    table.add_row("in", str(summary.ingested), style="bold")
    for reason in NoiseReason:
        table.add_row(f"noise: {reason.value.replace('_', '-')}", str(summary.noise[reason.value]))
    table.add_row("official accounts", str(summary.official))
    table.add_row("routed to a service", str(tally.n_routed))
    for level, name in _LEVELS.items():
        table.add_row(f"  classified by level {list(Level).index(level) + 1}, {name}", str(summary.levels[level.value]))
    table.add_row("dead letters", str(summary.dead_letters))
    for stage, n_dead in sorted(tally.dead_letters.items()):
        table.add_row(f"  of {stage}", str(n_dead))
    table.add_row("lost", str(summary.lost), style="bold red" if summary.lost else "bold green")
    table.add_row("repeated", str(summary.repeated), style="bold red" if summary.repeated else "")
    return table


def _services(tally: Tally) -> Table:
    table = Table("service", "priority 2", "priority 1", "priority 0", "all", title="Routed", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for service in Service:
        cells = [str(tally.routed[service, priority]) for priority in (2, 1, 0)]
        table.add_row(service.value, *cells, str(tally.n_of(service)))
    return table


def _dead(endings: list[Ending], n_dead: int) -> Table:
    title = f"Dead letters, {len(endings)} of {n_dead}"
    table = Table("origin", "why", title=title, title_justify="left")
    for ending in endings:
        table.add_row(ending.origin, Text(printable(ending.reason or "")))
    return table


def _shown(tweets: list[ClassifiedTweet]) -> Table:
    table = Table(
        "P",
        "service topic",
        "sentiment",
        "level",
        "tweet",
        title="First to act on",
        title_justify="left",
        show_lines=True,
    )
    for tweet in tweets:
        table.add_row(
            str(tweet.priority), tweet.main_topic.value, tweet.sentiment.value, tweet.level.value,
            Text(printable(tweet.text)),
        )  # fmt: skip
    return table


def _verdict(summary: RunSummary) -> str:
    first = summary.first_routed_seconds
    when = "nothing was routed" if first is None else f"the first tweet was routed after {first:.1f} s"
    alone = ""
    if summary.levels[Level.BERT.value] and not (summary.levels[Level.API.value] or summary.levels[Level.GPU.value]):
        alone = " No API key and no GPU server answered: level 3 classified everything."
    return f"{summary.seconds:.1f} s in all; {when}.{alone}"


def _opened(folder: Path) -> IO[bytes]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / ENDINGS_FILE).open("wb")
    except OSError as error:
        raise FatalError(
            f"{folder / ENDINGS_FILE} cannot be written: {error.strerror}", remedy="Give --out a folder of your own"
        ) from error
