"""`dallosh doctor`: checks everything that Dallosh needs; each failure comes with its remedy."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Final

import click

from agents.checks.broker import broker_checks
from agents.checks.channels import channels_check
from agents.checks.check import Check, Status, of_error, ok, warning
from agents.checks.machine import machine_checks
from agents.checks.models import model_checks
from agents.checks.store import store_checks
from agents.in_force import in_force, unknown_variables
from streams.errors import SettingsError
from streams.settings import Settings, load_settings

_WORDS: Final[dict[Status, str]] = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "skipped": "-"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a check, a summary last.")
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Check broker, topics, Redis, clock, models, keys, channels and disk.

    Exit 1 when a check fails; warnings do not fail. Nothing is changed and no paid call is made.
    """
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())  # what it would say, the check says
    counts = asyncio.run(_run(as_json=as_json))
    summary = {name: counts[name] for name in _WORDS} | {"healthy": not counts["failed"]}
    if as_json:
        click.echo(json.dumps(summary))
    else:
        click.echo(f"{counts['failed']} failed, {counts['warning']} warnings, {counts['ok']} ok", err=True)
    ctx.exit(1 if counts["failed"] else 0)


async def _run(*, as_json: bool) -> Counter[Status]:
    counts: Counter[Status] = Counter()
    async for check in _checks():
        counts[check.status] += 1
        _print(check, as_json=as_json)
    return counts


async def _checks() -> AsyncIterator[Check]:
    try:
        settings = load_settings()
    except SettingsError as error:
        yield of_error("settings", error)
        return
    yield _settings(settings)
    for part in (broker_checks(settings), store_checks(settings), model_checks(settings)):
        async for check in part:
            yield check
    yield channels_check(settings)
    for check in machine_checks(settings):
        yield check


def _settings(settings: Settings) -> Check:
    if unknown := unknown_variables():
        return warning("settings", f"not settings: {', '.join(unknown)}", "Mend the name; .env.example lists all")
    changed = [setting.variable for setting in in_force(settings) if setting.source not in ("default", "embedded")]
    return ok("settings", f"set: {', '.join(changed) or 'none, all at their default'}")


def _print(check: Check, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(asdict(check)))
        return
    click.echo(f"{_WORDS[check.status]:<8} {check.name:<9} {check.message}")
    if check.remedy:
        click.echo(f"{'':<18} {check.remedy}")
