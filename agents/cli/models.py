"""`dallosh models`: who classifies at level 1, in which order and why, how they are, and closing a breaker."""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal

import click
import msgspec

from agents.cli.operator import who
from agents.cli.table import print_table
from agents.embedded import connected
from agents.model_status import ModelStatus, model_status, reset_breaker
from agents.printable import escaped, printable
from schemas.operations import Command
from streams.core.breaker import BreakerState
from streams.core.limits import TargetState
from streams.core.standing import Standing
from streams.errors import FatalError
from streams.kafka.records import record_command
from streams.logging import configure
from streams.settings import Settings, load_settings

_HEAD: Final = (
    "#",
    "model",
    "role",
    "sees",
    "health",
    "calls now/min",
    "tokens now/min",
    "USD/M in, out",
    "USD/1,000",
    "why",
)
_UNKNOWN: Final = "unknown"


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model, a summary last.")
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """Show level 1's models: health, rate left, price, order and why, and what is left out. No paid call is made."""
    if ctx.invoked_subcommand is not None:
        return
    status = asyncio.run(model_status(_settings()))
    if as_json:
        for row in _rows(status):
            click.echo(escaped(msgspec.json.encode(row)))
    else:
        _print(status)
    for words in status.missing:
        click.echo(printable(words), err=True)


@models.command("reset")
@click.argument("name")
@click.option("--why", default="", help="Reason, kept with the command in ops.commands.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def reset(name: str, why: str, as_json: bool) -> None:
    """Close the breaker of the model NAME (provider/model) for all workers, because you know that it is well."""
    settings = _settings()
    command_id = uuid.uuid4().hex
    outcome: Literal["done", "failed"] = "failed"
    try:
        asyncio.run(reset_breaker(settings, name))
        outcome = "done"
    finally:
        command = Command(
            id=command_id, at=datetime.now(UTC), who=who(), verb="models reset", why=why, arguments={"name": name},
            outcome=outcome,
        )  # fmt: skip
        recorded = _record(settings, command)
    if as_json:
        done = {"reset": name, "command_id": command_id if recorded else None, "recorded": recorded}
        click.echo(escaped(msgspec.json.encode(done)))
    else:
        click.echo(f"the breaker of {printable(name)} is closed", err=True)


def _settings() -> Settings:
    settings = load_settings()
    configure(settings)
    return settings


def _record(settings: Settings, command: Command) -> bool:
    """Records the command; a breaker can be closed while Kafka is away, and then it says that nothing was recorded."""
    try:
        asyncio.run(record_command(connected(settings, ("kafka",)), command))
    except FatalError as error:
        click.echo(f"not recorded in ops.commands: {error}", err=True)
        return False
    return True


def _rows(status: ModelStatus) -> Iterator[dict[str, Any]]:
    for one in status.standings:
        yield _row(one)
    for left_out in status.disabled:
        yield {"left_out": left_out.name, **{key: value for key, value in asdict(left_out).items() if key != "name"}}
    yield {
        "models": len(status.standings), "left_out": len(status.disabled), "price_version": status.price_version,
        "tweets_per_call": status.load.n_tweets, "budget_usd_per_day": status.budget_usd,
        "spent_today_usd": status.spent_today_usd, "missing": status.missing,
    }  # fmt: skip


def _row(one: Standing) -> dict[str, Any]:
    profile, state = one.target.profile, one.state
    return {
        "model": one.target.name, "role": profile.role, "rung": profile.rung, "policy": one.target.policy,
        "weight": one.target.weight, "position": one.position, "why": one.why, "health": health(state),
        "open_for_s": state.open_for_s if state else None, "failures": state.failures if state else None,
        "rpm": profile.rpm, "rpm_left": state.rpm_left if state else None,
        "tpm": profile.tpm, "tpm_left": state.tpm_left if state else None,
        "budget_usd_per_day": profile.budget_usd_per_day,
        "spent_today_usd": state.spent_today_usd if state else None,
        "input_usd_per_mtok": one.price.input_usd_per_mtok if one.price else None,
        "output_usd_per_mtok": one.price.output_usd_per_mtok if one.price else None,
        "usd_per_1000_tweets": one.usd_per_1000, "retires_on": profile.retires_on, "successor": profile.successor,
    }  # fmt: skip


def health(state: TargetState | None) -> str:
    """Returns a word for how a target is."""
    if state is None:
        return _UNKNOWN
    match state.breaker:
        case BreakerState.CLOSED:
            return "ok" if not state.failures else f"ok, {state.failures} failed"
        case BreakerState.OPEN:
            return "disabled" if state.disabled else f"open {state.open_for_s:.0f} s"
        case BreakerState.HALF_OPEN:
            return "probing"


def _print(status: ModelStatus) -> None:
    if status.standings:
        print_table(_HEAD, map(_cells, status.standings))
    for left_out in status.disabled:
        click.echo(f"LEFT OUT {printable(left_out.name)}: {printable(left_out.words)}. {printable(left_out.remedy)}")
    n_tweets = status.load.n_tweets
    if not status.standings and not status.disabled:
        click.echo("no model is configured: set GEMINI_API_KEY, MISTRAL_API_KEY or OPENAI_API_KEY", err=True)
    else:
        click.echo(f"prices {status.price_version}; costs at {n_tweets} mean tweets a call", err=True)
    if status.spent_today_usd is not None:
        bound = "without a budget" if status.budget_usd is None else f"of a budget of {status.budget_usd:f}"
        click.echo(f"all together have spent {status.spent_today_usd:.4f} USD today, {bound}", err=True)


def _cells(one: Standing) -> list[str]:
    profile, state = one.target.profile, one.state
    sees = "scrubbed" if one.target.policy == "public" else "as written"
    price = f"{_usd(one.price.input_usd_per_mtok)}, {_usd(one.price.output_usd_per_mtok)}" if one.price else _UNKNOWN
    return [
        str(one.position or "-"), printable(one.target.name), profile.role.value, sees, health(state),
        _rate(state.rpm_left if state else None, profile.rpm), _rate(state.tpm_left if state else None, profile.tpm),
        price, f"{one.usd_per_1000:.4f}" if one.usd_per_1000 is not None else _UNKNOWN, printable(one.why),
    ]  # fmt: skip


def _rate(left: float | None, per_minute: int | None) -> str:
    """What may go out at once, and in a minute; the bucket holds a part of a minute's, so that workers share it."""
    if per_minute is None:
        return "unbounded"
    return f"{'?' if left is None else f'{left:,.0f}'}/{per_minute:,}"


def _usd(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
