"""Files of invented complaints for the commands of `dallosh crisis`."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from click.testing import CliRunner, Result

from agents.cli.main import dallosh

PARIS: Final = ZoneInfo("Europe/Paris")
MONDAY: Final = datetime(2026, 3, 2, tzinfo=PARIS)
OUTAGE_AT: Final = MONDAY + timedelta(days=5, hours=10)
_SAID: Final = ("plus de réseau chez moi", "la fibre ne marche plus", "internet est coupé", "ça ne capte plus du tout")

Rows = list[dict[str, Any]]


def complaint(number: int, at: datetime, text: str, **fields: Any) -> dict[str, Any]:
    """Returns a row by an author of its own; the words are made different by a number."""
    return {
        "id": f"t{number}", "created_at": at.isoformat(), "text": f"{text} {number}", "author": f"u{number}", **fields
    }  # fmt: skip


def chatter(days: float, per_day: float, seed: int = 1) -> Rows:
    """Returns sparse complaints at any hour."""
    rng, at = Random(seed), MONDAY
    rows: Rows = []
    while (at := at + timedelta(days=rng.expovariate(per_day))) < MONDAY + timedelta(days=days):
        rows.append(complaint(len(rows), at.replace(microsecond=0), rng.choice(_SAID)))
    return rows


def outage(n: int = 15, minutes: float = 12, towns: Sequence[str] = (), start: datetime = OUTAGE_AT) -> Rows:
    """Returns complaints of `n` authors, evenly over some minutes; towns in turn, an empty one is none."""
    rows = []
    for k in range(n):
        town = towns[k % len(towns)] if towns else ""
        text = f"{_SAID[k % 4]}{f' à {town}' if town else ''}"
        rows.append(complaint(10_000 + k, start + timedelta(seconds=round(60 * minutes * k / n)), text))
    return rows


def labels_of(rows: Iterable[dict[str, Any]], **changes: Any) -> Rows:
    """Returns labels that say of each row what it is."""
    fields = {"sentiment": "negative", "priority": 2, "main_topic": "network", **changes}
    return [{"id": row["id"], **fields} for row in rows]


def written(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Writes JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def ran(*arguments: str | Path, given: bytes | None = None) -> Result:
    """Runs `dallosh crisis`."""
    return CliRunner().invoke(dallosh, ["crisis", *map(str, arguments)], input=given)
