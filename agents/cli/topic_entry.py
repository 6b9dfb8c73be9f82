"""All of one topic: its entry in the registry and its state on the broker, as JSON and on a terminal."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import click

from agents.cli.table import cell, print_table
from agents.documents.fields import field_rows
from agents.documents.header_schemas import HEADERS, has_headers, required_headers
from agents.documents.tables import kept
from schemas.topics import TopicSpec, name_in
from streams.kafka.topic_state import TopicState, n_partitions_of
from streams.settings import Settings

_TABLES: Final = {"fields": ("name", "type", "required"), "headers": ("name", "description", "required")}


def registry_entry(spec: TopicSpec, settings: Settings) -> dict[str, Any]:
    """Returns what the registry says of a topic."""
    required = required_headers(spec)
    return {
        "topic": name_in(settings.namespace, spec.name),
        "description": spec.description,
        "key": spec.key,
        "value": "bytes" if spec.value is None else spec.value.__name__,
        "partitions": n_partitions_of(spec, settings),
        "kept": kept(spec),
        "cleanup": spec.cleanup,
        "max_message_bytes": spec.max_message_bytes,
        "owner": spec.owner,
        "personal_data": spec.personal_data,
        "writers": spec.writers,
        "readers": spec.readers,
        "dead_letters": spec.dead_letters,
        "dead_letter_limits": _limits(spec),
        "fields": [] if spec.value is None else [asdict(field) for field in field_rows(spec.value)],
        "headers": [
            {"name": header.name, "description": header.description, "required": header.name in required}
            for header in (HEADERS if has_headers(spec) else ())
        ],
    }


def _limits(spec: TopicSpec) -> str | None:
    limits = spec.dead_letter_limits
    if limits is None:
        return None
    window = f"{limits.share:.0%} of the last {limits.window_records} records, {limits.min_records} at least"
    return f"{window}; or {limits.run_length} in a row"


def live_entry(state: TopicState | None) -> dict[str, Any] | None:
    """Returns what the broker says of a topic, None when it was not asked or has none."""
    if state is None:
        return None
    counts = {"partitions": state.n_partitions, "replicas": state.n_replicas, "offsets": state.n_offsets}
    return counts | {"config": dict(sorted(state.config.items()))}


def print_entry(entry: Mapping[str, Any]) -> None:
    """Prints both parts."""
    words = {name.replace("_", " "): _said(value) for name, value in entry.items() if name not in (*_TABLES, "live")}
    print_table((), words.items())
    for name, head in _TABLES.items():
        if entry[name]:
            click.echo(f"\n{name}")
            print_table(head, ([cell(value) for value in row.values()] for row in entry[name]))
    if live := entry["live"]:
        click.echo("\non the broker")
        flat = {name: value for name, value in live.items() if name != "config"} | live["config"]
        print_table((), ((name, cell(value)) for name, value in flat.items()))


def _said(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else cell(value)
