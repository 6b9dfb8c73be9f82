"""`dallosh config`: the settings in force and where each comes from."""

import json
from dataclasses import asdict

import click

from agents.cli.table import print_table
from agents.in_force import in_force, unknown_variables
from streams.settings import load_settings


@click.group()
def config() -> None:
    """Show the settings in force."""


@config.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a setting, a summary last.")
@click.option("--changed", is_flag=True, help="Only what is not at its default.")
def show(as_json: bool, changed: bool) -> None:
    """Print each setting, its value (secrets masked) and whether the environment, .env or the default says so.

    DALLOSH_ENV_FILE names another file than .env; empty, it turns the file off.

    The source `embedded` marks the address of a running embedded Kafka or Redis.
    """
    everything = list(in_force(load_settings()))
    n_changed = sum(setting.source != "default" for setting in everything)
    shown = [setting for setting in everything if setting.source != "default" or not changed]
    for variable in unknown_variables():
        click.echo(f"note: {variable} is no setting and has no effect", err=True)
    if as_json:
        for setting in shown:
            click.echo(json.dumps(asdict(setting)))
        click.echo(json.dumps({"settings": len(everything), "changed": n_changed, "unknown": unknown_variables()}))
    else:
        print_table(("variable", "value", "source"), ((one.variable, one.value, one.source) for one in shown))
        click.echo(f"{n_changed} of {len(everything)} settings are not at their default", err=True)
