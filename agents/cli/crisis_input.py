"""What the commands of `dallosh crisis` take that work on a file."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from agents.cli.classify_input import as_file, form_options, quiet
from agents.cli.column_map import changes_of
from agents.cli.counted import counted
from agents.cli.file_progress import FileProgress, tell
from agents.cli.scrub_input import name_of
from agents.crisis.replaying import Job, Ready, Replayed, Summary, prepare, replay
from streams.connectors.file import FileSource, Format
from streams.core.crisis.curve import Curve
from streams.errors import FatalError
from streams.logging import configure
from streams.settings import load_settings

F = TypeVar("F", bound=Callable[..., Any])


def replay_options(command: F) -> F:
    """Adds FILE, --labels, --format and --map."""
    return click.argument("file")(labels_options(command))


def labels_options(command: F) -> F:
    """Adds --labels, --format and --map."""
    labels = click.option(
        "--labels", type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="JSON lines or CSV: id, sentiment, priority, main_topic. Default: level 3 classifies.",
    )  # fmt: skip
    return labels(form_options(command))


class Replayer:
    """A file that is read and labelled, and can be played once.

    Args:
        ready: its tweets.
        display: shows how far it is.
        size: bytes of the file.
    """

    def __init__(self, ready: Ready, display: FileProgress, size: int) -> None:
        self.ready = ready
        self._display, self._size = display, size

    def play(self, curve: Curve | None = None) -> Replayed:
        """Plays it; says what is left out."""
        replayed = replay(self.ready, self._display, self._size, curve)
        for line in left_out(replayed.summary):
            self._display.warn(line)
        return replayed


@contextmanager
def opened(file: str, labels: Path | None, form: Format | None, maps: tuple[str, ...]) -> Iterator[Replayer]:
    """Reads a file as the options say.

    Raises:
        FatalError: it or the labels cannot be read, or nothing in it can be judged.
    """
    settings, name = load_settings(), name_of(file)
    configure(quiet(settings))
    with as_file(file) as path, FileProgress(name, size := path.stat().st_size) as display:
        if size == 0:
            raise FatalError(f"{name} is empty", remedy="See what should have written it")
        source = FileSource(path, official_handles=settings.official_handles, form=form, changes=changes_of(maps))
        job = Job(settings=settings, source=source, name=name, labels=labels)
        yield Replayer(asyncio.run(prepare(job, display)), display, size)


def left_out(summary: Summary) -> Iterator[str]:
    """Says loudly what should have been judged and was not."""
    if summary.unlabelled:
        of = counted(summary.unlabelled + summary.tweets, "customers' tweet")
        yield f"{summary.unlabelled:,} of {of} have no labels and are left out: alerts may be missing or late"


def tell_counts(summary: Summary) -> None:
    """Tells what became of the rows, on standard error."""
    n_repeated = summary.duplicates + summary.near_duplicates
    tell(
        f"{counted(summary.rows, 'row')}: {summary.tweets:,} judged; not judged: {summary.official:,} of official "
        f"accounts, {summary.retweets:,} retweets, {n_repeated:,} repeated, {summary.empty:,} empty, "
        f"{summary.unlabelled:,} without labels, {summary.refused:,} unreadable"
    )
    tell(
        f"complaints: {summary.counted:,} counted; not counted: {summary.chronic:,} of what has lasted for days, "
        f"{summary.capped:,} of an author or a conversation that had said as much"
    )
