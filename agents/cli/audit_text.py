"""The reply audit on a terminal."""

import click

from agents.cli.audit_cells import (
    AFTER,
    TONE,
    WAITING,
    age_names,
    backlog_cells,
    cells,
    heads,
)
from agents.cli.table import print_table
from agents.printable import printable
from streams.core.audit.report import Dimension, Report


def print_report(report: Report) -> None:
    """Prints tables: waiting and form by each dimension, what waits by age, and what customers say next."""
    for dimension in Dimension:
        groups = report.by[dimension]
        print_table(
            (dimension.value, *heads(WAITING)),
            [(printable(one.name), *cells(one, WAITING)) for one in (*groups, report.total)],
        )
        click.echo()
    for dimension in (Dimension.ACCOUNT, Dimension.MONTH, Dimension.TOPIC, Dimension.PRIORITY):
        groups = tuple(one for one in report.by[dimension] if one.tone.n_replies)
        print_table(
            (dimension.value, *heads(TONE)),
            [(printable(one.name), *cells(one, TONE)) for one in (*groups, report.total)],
        )
        click.echo()
    print_table(("next tweet", *heads(AFTER)), [("all", *cells(report.total, AFTER))])
    click.echo()
    print_table(
        ("without an answer", *age_names(), "all", "beyond the SLA"),
        [(row.priority, *backlog_cells(row)) for row in report.backlog],
    )
