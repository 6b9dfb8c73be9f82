"""`dallosh dlq ls|stats|show`: what stands in the dead letters, and why. Only `show --value` tells a payload."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import click
import msgspec

from agents.cli.dlq_filters import Place, filters
from agents.cli.dlq_report import NOTHING_MATCHED, deployment
from agents.cli.table import print_table
from agents.printable import escaped, printable
from schemas.operations import Disposition, Verdict
from schemas.topics import DEAD_LETTER_TOPICS, LETTER_TOPICS, PARKED
from streams.core.letter_stats import LetterStats, Summary, Unit
from streams.core.letters import DeadLetter, Wanted
from streams.core.record_id import RecordId
from streams.core.replay_plan import Verb, step_of
from streams.kafka.letters import Found, dead_letters, disposition_at, letter_at
from streams.settings import Settings

Listed = tuple[DeadLetter, Verdict | None]
"""A letter of a list, and what was decided of it; its record is not kept."""

_MESSAGE_CHARS: Final = 160
_ROWS: Final = 20

_parked = click.option("--parked", is_flag=True, help="The parking lot in place of the dead letters.")
_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")


@click.command("ls")
@filters
@_parked
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Rows at most.")
@click.option("--all", "decided", is_flag=True, help="Also those that were replayed, parked or discarded.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, a summary last.")
def ls_command(wanted: Wanted, parked: bool, limit: int, decided: bool, as_json: bool) -> None:
    """List dead letters: where, why, how often; never their text."""
    shown, n_matched = asyncio.run(_listed(deployment(), wanted, _topics(parked), limit, decided))
    if as_json:
        for letter, verdict in shown:
            click.echo(escaped(msgspec.json.encode(asdict(letter) | {"verdict": verdict})))
        click.echo(msgspec.json.encode({"matched": n_matched, "shown": len(shown)}))
    else:
        print_letters(shown, n_matched)
    sys.exit(0 if n_matched else NOTHING_MATCHED)


@click.command("stats")
@filters
@_parked
@click.option("--by", "unit", type=click.Choice(["day", "hour"]), default="day", show_default=True, help="Time, UTC.")
@_json
def stats_command(wanted: Wanted, parked: bool, unit: Unit, as_json: bool) -> None:
    """Count dead letters by stage, error, destination and time, waiting and decided ones; never their text."""
    summary = asyncio.run(_counted(deployment(), wanted, unit, parked=parked))
    if as_json:
        click.echo(escaped(msgspec.json.encode(summary)))
    else:
        _print_summary(summary, unit)
    sys.exit(0 if summary.total else NOTHING_MATCHED)


@click.command("show")
@click.argument("place", type=Place(LETTER_TOPICS), metavar="TOPIC:PARTITION:OFFSET")
@click.option("--value", "with_value", is_flag=True, help="Also its key and value: personal data.")
@click.option("--raw", is_flag=True, help="The value alone, byte for byte: personal data.")
@_json
def show_command(place: RecordId, with_value: bool, raw: bool, as_json: bool) -> None:
    """Show one dead letter: all its headers, what was decided of it; its text only when asked for."""
    if raw and (with_value or as_json):
        raise click.UsageError("--raw prints the value and nothing else")
    found, decision = asyncio.run(_shown(deployment(), place))
    if found is None:
        click.echo(f"{place.key} is not there", err=True)
        sys.exit(NOTHING_MATCHED)
    if raw:
        click.get_binary_stream("stdout").write(found.record.value or b"")
    elif as_json:
        click.echo(escaped(msgspec.json.encode(_object(found, decision, with_value=with_value))))
    else:
        for line in _all_lines(found, decision, with_value=with_value):
            click.echo(line)


def print_letters(shown: Sequence[Listed], n_matched: int) -> None:
    """Prints two lines a letter."""
    for letter, verdict in shown:
        click.echo("\n    ".join(printable(line) for line in _lines(letter, verdict)))
    click.echo(f"{len(shown)} of {n_matched} dead letters", err=True)


def _topics(parked: bool) -> tuple[str, ...]:
    return (PARKED,) if parked else DEAD_LETTER_TOPICS


async def _listed(
    settings: Settings, wanted: Wanted, topics: Sequence[str], limit: int, decided: bool
) -> tuple[list[Listed], int]:
    shown: list[Listed] = []
    n_matched = 0
    async for found in dead_letters(settings, wanted, topics=topics, decided=decided):
        n_matched += 1
        if len(shown) < limit:
            shown.append((found.letter, found.verdict))
    return shown, n_matched


async def _counted(settings: Settings, wanted: Wanted, unit: Unit, *, parked: bool) -> Summary:
    stats = LetterStats(unit)
    async for found in dead_letters(settings, wanted, topics=_topics(parked), decided=True):
        verb: Verb = "unpark" if parked else "replay"
        step = step_of(verb, found.letter, found.record, replay_max=settings.replay_max)
        stats.add(found.letter, found.verdict, step)
    return stats.summary()


async def _shown(settings: Settings, place: RecordId) -> tuple[Found | None, Disposition | None]:
    found = await letter_at(settings, place)
    return found, None if found is None else await disposition_at(settings, place)


def _lines(letter: DeadLetter, verdict: Verdict | None) -> list[str]:
    facts = [letter.key, letter.stage, letter.error, f"{letter.attempts} tries"]
    if letter.replays:
        facts.append(f"replayed {letter.replays} times")
    if letter.last_failed_at:
        facts.append(letter.last_failed_at[:19].replace("T", " "))
    if verdict:
        facts.append(verdict)
    return ["  ".join(facts), f"origin {letter.origin}: {letter.message[:_MESSAGE_CHARS]}"]


def _print_summary(summary: Summary, unit: Unit) -> None:
    parts = {
        "": summary.by_verdict, "stage": summary.by_stage, "error": summary.by_error,
        "to": summary.by_destination, unit: summary.by_time,
    }  # fmt: skip
    rows = [
        (kind, printable(name), str(n))
        for kind, counts in parts.items()
        for name, n in list(counts.items())[-_ROWS if kind == unit else 0 :][:_ROWS]
    ]
    if rows:
        print_table(("", "", "n"), rows)
    if summary.oldest is not None and summary.newest is not None:
        times = f"from {summary.oldest:%Y-%m-%d %H:%M}Z to {summary.newest:%Y-%m-%d %H:%M}Z"
        click.echo(f"{summary.total} dead letters {times}")
    if any(len(counts) > _ROWS for counts in parts.values()):
        click.echo(f"Of each kind {_ROWS} rows are shown; --json has all", err=True)


def _all_lines(found: Found, decision: Disposition | None, *, with_value: bool) -> list[str]:
    record = found.record
    lines = [*_lines(found.letter, found.verdict), ""]
    lines += [f"{name}: {said}" for name, said in _headers(found)]
    if decision is not None:
        to = "" if decision.destination is None else f" to {decision.destination}"
        why = "" if decision.reason is None else f": {decision.reason}"
        lines += ["", f"{decision.verdict}{to} at {decision.at:%Y-%m-%d %H:%M}Z by command {decision.command_id}{why}"]
    lines += ["", "no value" if record.value is None else f"value: {len(record.value)} bytes"]
    shown = [printable(line) for line in lines]
    if with_value:
        shown += [f"key: {printable(_said(record.key))}", *(printable(line) for line in _value_lines(record.value))]
    return shown


def _headers(found: Found) -> list[tuple[str, str]]:
    """All headers in their order, whoever wrote them; bytes that are no UTF-8 in hexadecimal."""
    return [(name, _said(value)) for name, value in found.record.headers]


def _said(value: bytes | None) -> str:
    if value is None:
        return "-"
    try:
        return value.decode()
    except UnicodeDecodeError:
        return f"0x{value.hex()}"


def _value_lines(value: bytes | None) -> list[str]:
    if value is None:
        return []
    try:
        msgspec.json.decode(value)
        return msgspec.json.format(value, indent=2).decode().splitlines()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return value.decode("utf-8", "backslashreplace").splitlines()


def _object(found: Found, decision: Disposition | None, *, with_value: bool) -> dict[str, Any]:
    record = found.record
    shown = asdict(found.letter) | {
        "verdict": found.verdict,
        "decision": decision,
        "headers": [{"name": name, "value": said} for name, said in _headers(found)],
        "bytes": None if record.value is None else len(record.value),
    }
    if with_value:
        shown |= {"key": None if record.key is None else _said(record.key)}
        shown |= {"value": None if record.value is None else _said(record.value)}
    return shown
