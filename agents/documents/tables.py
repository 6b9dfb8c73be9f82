"""The tables of topics and settings in the README, and putting them between their markers."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from agents.documents.settings_rows import SettingRow, setting_rows
from schemas.topics import DAY_MS, HOUR_MS, TOPICS, TopicSpec

SECTIONS: Final = ("topics", "settings")


class MissingMarkerError(ValueError):
    """A text has no place for a generated section."""


def topics_table() -> str:
    """Returns the registry as a Markdown table."""
    head = ("Topic", "What", "Key", "Value", "Partitions", "Kept", "Owner", "Written by", "Read by", "Personal data")
    return _table(head, (_topic(spec) for spec in TOPICS.values()))


def settings_table() -> str:
    """Returns the settings as a Markdown table."""
    return _table(("Variable", "Default", "Meaning"), (_setting(row) for row in setting_rows()))


def with_tables(text: str) -> str:
    """Returns a text with both tables renewed between their markers `<!-- generated:NAME -->`.

    Raises:
        MissingMarkerError: a pair of markers is missing.
    """
    tables = {"topics": topics_table(), "settings": settings_table()}
    for section in SECTIONS:
        text = _replaced(text, section, tables[section])
    return text


def kept(spec: TopicSpec) -> str:
    """Returns how long a topic keeps its records: "7 days", "1 hour", "the last of each key"."""
    if spec.cleanup == "compact":
        return "the last of each key"
    unit, size_ms = ("day", DAY_MS) if spec.retention_ms % DAY_MS == 0 else ("hour", HOUR_MS)
    n = spec.retention_ms // size_ms
    return f"{n} {unit}{'' if n == 1 else 's'}"


def _topic(spec: TopicSpec) -> Sequence[str]:
    return (
        f"`{spec.name}`",
        spec.description,
        spec.key,
        "bytes"
        if spec.value is None
        else f"[{spec.value.__name__}](schemas/generated/{spec.value.__name__}.schema.json)",
        "`DALLOSH_PARTITIONS`" if spec.partitions is None else str(spec.partitions),
        kept(spec),
        spec.owner,
        ", ".join(spec.writers),
        ", ".join(spec.readers),
        "yes" if spec.personal_data else "no",
    )


def _setting(row: SettingRow) -> Sequence[str]:
    variables = " or ".join(f"`{variable}`" for variable in row.variables)
    default = "secret" if row.secret else f"`{row.default}`" if row.default else ""
    return variables, default.replace(",", ", "), row.description


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _replaced(text: str, section: str, table: str) -> str:
    start, end = f"<!-- generated:{section} -->", f"<!-- /generated:{section} -->"
    if not re.search(f"{re.escape(start)}.*?{re.escape(end)}", text, re.DOTALL):
        raise MissingMarkerError(f"no {start} ... {end}")
    before, _, rest = text.partition(start)
    after = rest.partition(end)[2]
    return f"{before}{start}\n{table}\n{end}{after}"
