"""What `dallosh dlq` prints of a command: a histogram, places, what became of the canary; and how it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from agents.cli.table import print_table
from agents.embedded import connected
from agents.printable import escaped, printable
from streams.core.replay_order import Order, ReplayReport
from streams.core.replay_plan import Action, Verb
from streams.logging import configure
from streams.settings import Settings, load_settings

FAILED: Final = 1
NOTHING_MATCHED: Final = 3
PARTIAL: Final = 4
DONE: Final[dict[Verb, str]] = {
    "replay": "sent", "edit": "sent", "unpark": "sent", "park": "parked", "discard": "discarded",
}  # fmt: skip


def deployment() -> Settings:
    """Returns the settings of a deployment with a broker.

    Raises:
        FatalError: no broker is configured or runs.
    """
    settings = load_settings()
    configure(settings)
    return connected(settings, ("kafka",))


def exit_code(report: ReplayReport, *, executed: bool) -> int:
    """Returns how the command ends: 0 ok, 1 stopped before anything was done, 3 nothing matched, 4 partly done."""
    if report.stopped is not None:
        return PARTIAL if report.n_sent else FAILED
    if not report.histogram.total:
        return NOTHING_MATCHED
    is_partial = report.missing or report.histogram.count(Action.LEAVE)
    return PARTIAL if executed and is_partial else 0


def print_report(report: ReplayReport, order: Order, *, executed: bool, as_json: bool) -> None:
    """Prints the report, as one JSON object or for people."""
    if as_json:
        click.echo(escaped(msgspec.json.encode(_summary(report, order, executed=executed))))
        return
    done = DONE[order.verb]
    for place in report.done:
        click.echo(f"{place}  {done if executed else f'would be {done}'}")
    for place in report.decided:
        click.echo(f"{place}  was decided before")
    for place in report.missing:
        click.echo(f"{place}  is not there")
    if report.histogram.total and (not order.places or report.histogram.count(Action.LEAVE)):
        _print_histogram(report)
    if report.outcomes:
        rows = [(one.place, one.origin, one.ended or "-", printable(one.reason)) for one in report.outcomes]
        print_table(("canary", "origin", "ended in", "why"), rows)
    click.echo(printable(_last_line(report, done, executed=executed)), err=True)


@contextmanager
def progress(what: str) -> Iterator[Callable[[ReplayReport], None]]:
    """Shows how many letters are done, on a terminal only; gives what `replay` calls."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{what}: reading", total=None)
        yield lambda report: bar.update(task, description=f"{what}: {report.n_sent:,} letters")


def _print_histogram(report: ReplayReport) -> None:
    rows = [[printable(str(value)) for value in row.values()] for row in report.histogram.rows()]
    print_table(("action", "stage", "reason", "destination", "n"), rows)


def _last_line(report: ReplayReport, done: str, *, executed: bool) -> str:
    if not report.histogram.total and report.stopped is None:
        return "Nothing matched"
    if not executed:
        return "Dry run: nothing was written. Do it with --yes"
    n_left = report.histogram.count(Action.LEAVE)
    line = f"{report.n_sent} letters {done}" + (f", {n_left} left where they are" if n_left else "")
    if report.stopped is None:
        return line
    return f"{line}. Stopped: {report.stopped}" + ("" if report.is_complete else "; the rest waits")


def _summary(report: ReplayReport, order: Order, *, executed: bool) -> dict[str, object]:
    count = report.histogram.count
    return {
        "executed": executed, "verb": order.verb,
        "command_id": order.command_id if executed and report.histogram.total else None,
        "matched": report.histogram.total, **{action.value: count(action) for action in Action},
        "sent": report.n_sent, "histogram": report.histogram.rows(), "letters": report.done,
        "decided": report.decided, "missing": report.missing,
        "canary": [one._asdict() for one in report.outcomes], "stopped": report.stopped,
    }  # fmt: skip
