"""`dallosh topics`: the registry's topics on the broker."""

import asyncio
import json
from dataclasses import asdict
from typing import Any, Final

import click

from agents.cli.table import cell, print_table
from agents.cli.topic_entry import live_entry, print_entry, registry_entry
from agents.documents.acls import acls, command_of
from agents.documents.tables import kept
from agents.drift import drift_text, remedy_of
from agents.embedded import connected
from schemas.topics import TOPICS, TopicSpec, name_in, without_namespace
from streams.errors import FatalError
from streams.kafka.topic_state import TopicState, describe_topics, n_partitions_of
from streams.kafka.topics import create_topics
from streams.settings import Settings, load_settings

_HEAD: Final = ("topic", "partitions", "kept", "cleanup", "owner", "personal data", "exists", "offsets")


@click.group()
def topics() -> None:
    """Create, list and describe the topics of the registry (schemas/topics.py), and print who may touch them."""


@topics.command()
@click.option(
    "--partitions", type=click.IntRange(1, 512), help="Of the topics of tweets (default: DALLOSH_PARTITIONS)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def create(ctx: click.Context, partitions: int | None, as_json: bool) -> None:
    """Make the topics that do not exist. Existing ones are never changed; exit 1 when they differ from the registry."""
    settings = connected(load_settings(), ("kafka",))
    report = asyncio.run(create_topics(settings, partitions=partitions))
    for name in report.created:
        click.echo(f"created {name_in(settings.namespace, name)}", err=True)
    click.echo(f"{len(report.created)} topics created, {len(report.existing)} existed", err=True)
    for drift in report.drift:
        click.echo(f"{drift_text(drift)}. {remedy_of(drift, settings)}", err=True)
    if as_json:
        click.echo(json.dumps(asdict(report)))
    ctx.exit(1 if report.drift else 0)


@topics.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a topic, a summary last.")
def list_topics(as_json: bool) -> None:
    """List the topics, as the registry wants them and as the broker has them.

    Offsets are what a topic holds between its start and its end: the records, and the markers of transactions.
    """
    settings = connected(load_settings(), ("kafka",))
    states = asyncio.run(describe_topics(settings))
    rows = [_row(spec, states.get(name), settings) for name, spec in TOPICS.items()]
    n_offsets = sum(state.n_offsets for state in states.values())
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        click.echo(json.dumps({"topics": len(rows), "existing": len(states), "offsets": n_offsets}))
    else:
        print_table(_HEAD, ([cell(value) for value in row.values()] for row in rows))
        click.echo(f"{len(states)} of {len(rows)} topics exist, {n_offsets} offsets", err=True)


@topics.command()
@click.argument("topic")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def describe(topic: str, as_json: bool) -> None:
    """Tell all of one topic: what it carries, who may touch it, and how it stands on the broker."""
    settings = load_settings()
    spec = TOPICS.get(without_namespace(settings.namespace, topic))
    if spec is None:
        raise click.BadParameter(f"no topic {topic!r}; there are: {', '.join(TOPICS)}", param_hint="TOPIC")
    state, note = _live(settings, spec)
    entry = registry_entry(spec, settings) | {"live": live_entry(state)}
    if as_json:
        click.echo(json.dumps(entry))
    else:
        print_entry(entry)
    if note:
        click.echo(note, err=True)


@topics.command("acls")
@click.option("--principal", help="Only this name of the registry: a stage, a command, a team.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a binding, a summary last.")
def print_acls(principal: str | None, as_json: bool) -> None:
    """Print who may do what, as lines for kafka-acls.sh. Nothing is changed: a broker's administrator runs them.

    On a broker with an authorizer, what no line allows is forbidden. Principals are `User:` and a name of the registry.
    """
    settings = load_settings()
    every = acls(settings)
    bindings = [acl for acl in every if principal in (None, acl.principal)]
    if not bindings:
        known = ", ".join(sorted({acl.principal for acl in every}))
        raise click.BadParameter(f"no principal {principal!r}; there are: {known}", param_hint="--principal")
    for acl in bindings:
        click.echo(json.dumps(asdict(acl)) if as_json else command_of(acl, settings.kafka_bootstrap or "BROKER:9092"))
    if as_json:
        click.echo(json.dumps({"bindings": len(bindings)}))
    else:
        click.echo(f"{len(bindings)} bindings", err=True)


def _row(spec: TopicSpec, state: TopicState | None, settings: Settings) -> dict[str, Any]:
    return {
        "topic": spec.name,
        "partitions": state.n_partitions if state else n_partitions_of(spec, settings),
        "kept": kept(spec),
        "cleanup": spec.cleanup,
        "owner": spec.owner,
        "personal_data": spec.personal_data,
        "exists": state is not None,
        "offsets": state.n_offsets if state else None,
    }


def _live(settings: Settings, spec: TopicSpec) -> tuple[TopicState | None, str]:
    """Returns the topic's state, or None and why there is none: the registry's part is worth printing without."""
    try:
        states = asyncio.run(describe_topics(connected(settings, ("kafka",))))
    except FatalError as error:
        return None, f"Only what the registry says: {error}"
    found = states.get(spec.name)
    return found, "" if found else f"{spec.name} does not exist yet. Run dallosh topics create"
