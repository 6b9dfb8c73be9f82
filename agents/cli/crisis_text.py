"""Incidents as people read them: a table, in French time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import click

from agents.cli.table import print_table
from agents.printable import printable
from streams.core.crisis.incidents import Area, Incident

_HEAD: Final = (
    "first complaint", "topic", "where", "suspected", "confirmed", "over", "complaints", "expected", "departments",
)  # fmt: skip
_INSIDE: Final = "  "
_OWN_COUNT: Final = ", by its own count"
"""Of an alert of a department inside a wider one that lies there alone: it is no second outage."""
_NONE: Final = "-"
_PLACES: Final = 3
_DAY: Final = 1440


def print_incidents(found: Sequence[Incident], *, with_ids: bool = False) -> None:
    """Prints a line an alert, those inside one below it; with their ids where a command is to take them."""
    if not found:
        click.echo("no alert")
        return
    head = (*_HEAD, "id") if with_ids else _HEAD
    print_table(head, [line[: len(head)] for one in found for line in _lines(one)])


def where(incident: Incident) -> str:
    """Returns how far a wave reached in words."""
    match incident.scope:
        case "national":
            return "whole country"
        case "local" | "regional":
            return area_text(incident.area)
        case "unknown":
            return "place unknown"


def area_text(area: Area) -> str:
    """Returns an area in words: `department 67`."""
    return f"{area.kind} {area.code}"


def _lines(incident: Incident, parent: Incident | None = None) -> Iterator[tuple[str, ...]]:
    first = incident.first_seen_at
    yield (
        f"{'' if parent is None else _INSIDE}{first:%Y-%m-%d %H:%M}",
        incident.topic,
        where(incident) if parent is None or parent.area != incident.area else f"{where(incident)}{_OWN_COUNT}",
        _after(first, incident.suspected_at),
        _after(first, incident.confirmed_at),
        "goes on" if incident.closed_at is None else _after(first, incident.closed_at),
        f"{incident.observed:,}",
        f"{incident.expected:,.1f}",
        ", ".join(f"{one.department}: {one.n:,}" for one in incident.places[:_PLACES]) or _NONE,
        printable(incident.id),
    )
    for child in incident.children:
        yield from _lines(child, incident)


def _after(first: datetime, at: datetime | None) -> str:
    """Writes an instant by its time of day, and how long after the first complaint it was."""
    if at is None:
        return _NONE
    minutes = (at.timestamp() - first.timestamp()) / 60  # a difference of local times would forget the summer
    day = "" if at.date() == first.date() else f"{at:%m-%d} "
    return f"{day}{at:%H:%M} (+{minutes:.0f} min)" if minutes < _DAY else f"{at:%Y-%m-%d %H:%M}"
