"""`dallosh dlq plan|replay|unpark|park|discard`: what is decided of dead letters, each by its place or by filters."""

import asyncio
import math
import sys
import uuid
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import click

from agents.cli.dlq_filters import Place, check_selection, filters
from agents.cli.dlq_report import deployment, exit_code, print_report, progress
from agents.cli.operator import who
from schemas.topics import ALSO_TO, DEAD_LETTER_TOPICS, INPUT_OF, LETTER_TOPICS, PARKED
from streams.core.canary import CanaryOrder
from streams.core.letters import Wanted
from streams.core.record_id import RecordId
from streams.core.replay_order import Order, ReplayReport
from streams.core.replay_plan import Verb
from streams.errors import DalloshError
from streams.kafka.planning import dry_run
from streams.kafka.replay import replay

C = TypeVar("C", bound=Callable[..., Any])

DESTINATIONS: Final = sorted({topic for topics in ALSO_TO.values() for topic in topics} | set(INPUT_OF.values()))
_CANARY_TIMEOUT_S: Final = 120.0


class _Number(click.FloatRange):
    """A number within bounds; `nan` is none, though no bound refuses it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Takes it when it is a number."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is no number", param, ctx)
        return number


def _places(topics: Collection[str]) -> Callable[[C], C]:
    """Gives a command the places of letters in these topics."""
    return click.argument("places", nargs=-1, type=Place(topics), metavar="[TOPIC:PARTITION:OFFSET]...")


_json = click.option("--json", "as_json", is_flag=True, help="One JSON object.")
_max = click.option("--max", "--limit", "limit", type=click.IntRange(1), help="Letters at most.")
_to = click.option(
    "--to", type=click.Choice(DESTINATIONS), help="Another topic than the input of the stage that failed."
)
_why = click.option("--why", default="", help="Reason, kept with the command in ops.commands; never a name.")
_yes = click.option("--yes/--dry-run", default=False, help="Do it, or (the default) print the plan and write nothing.")
_rate = click.option("--rate", type=_Number(0.1, 100_000), help="Letters a second at most.")


def _sending(command: C) -> C:
    """Gives a command that sends letters to a stage what it needs to do so with care."""
    for option in (
        click.option("--canary-failures", type=_Number(0, 1), show_default="0",
                     help="Share of the canary that may fail again."),
        click.option("--canary-timeout", type=_Number(1, 3_600), show_default=f"{_CANARY_TIMEOUT_S:.0f}",
                     help="Seconds to wait for what becomes of the canary."),
        click.option("--canary", type=click.IntRange(1, 10_000), metavar="N",
                     help="Send N letters first, and the rest only when these have ended well."),
        _rate,
    ):  # fmt: skip
        command = option(command)
    return command


@click.command("plan")
@_places(DEAD_LETTER_TOPICS)
@_json
@_to
@_max
@filters
def plan_command(
    places: tuple[RecordId, ...], wanted: Wanted, to: str | None, limit: int | None, as_json: bool
) -> None:
    """Show what a replay would do, by reason and destination; writes nothing."""
    check_selection(wanted, places, needed=False)
    _carry_out(_order("replay", "", wanted, places, to=to, max_letters=limit), yes=False, as_json=as_json)


@click.command("replay")
@_places(DEAD_LETTER_TOPICS)
@_json
@_yes
@_why
@_sending
@_to
@_max
@filters
def replay_command(
    places: tuple[RecordId, ...], wanted: Wanted, to: str | None, limit: int | None, rate: float | None,
    canary: int | None, canary_timeout: float | None, canary_failures: float | None, why: str, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Send dead letters back to the input of the stage that failed; a dry run unless --yes, which needs --why."""
    check_selection(wanted, places, needed=False)
    _check_why(why, yes=yes)
    order = _order(
        "replay", why, wanted, places, to=to, max_letters=limit, letters_per_s=rate,
        canary=_canary(canary, canary_timeout, canary_failures),
    )  # fmt: skip
    _carry_out(order, yes=yes, as_json=as_json)


@click.command("unpark")
@_places((PARKED,))
@_json
@_yes
@_why
@_sending
@_to
@_max
@filters
def unpark_command(
    places: tuple[RecordId, ...], wanted: Wanted, to: str | None, limit: int | None, rate: float | None,
    canary: int | None, canary_timeout: float | None, canary_failures: float | None, why: str, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Send letters out of the parking lot to the stage that failed; a dry run unless --yes, which needs --why.

    What fails once more is parked by the next replay.
    """
    check_selection(wanted, places, needed=True)
    _check_why(why, yes=yes)
    order = _order(
        "unpark", why, wanted, places, to=to, max_letters=limit, letters_per_s=rate, parked=True,
        canary=_canary(canary, canary_timeout, canary_failures),
    )  # fmt: skip
    _carry_out(order, yes=yes, as_json=as_json)


@click.command("park")
@_places(DEAD_LETTER_TOPICS)
@_json
@_yes
@_why
@_rate
@_max
@filters
def park_command(
    places: tuple[RecordId, ...], wanted: Wanted, limit: int | None, rate: float | None, why: str, yes: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Move dead letters to the parking lot, out of every replay; a dry run unless --yes, which needs --why."""
    check_selection(wanted, places, needed=True)
    _check_why(why, yes=yes)
    _carry_out(_order("park", why, wanted, places, max_letters=limit, letters_per_s=rate), yes=yes, as_json=as_json)


@click.command("discard")
@_places(LETTER_TOPICS)
@_json
@_yes
@_why
@_max
@click.option("--parked", is_flag=True, help="With filters: the parking lot in place of the dead letters.")
@filters
def discard_command(
    places: tuple[RecordId, ...], wanted: Wanted, parked: bool, limit: int | None, why: str, yes: bool, as_json: bool
) -> None:
    """Keep letters from every replay; a dry run unless --yes, which needs --why. Their topic drops them by age."""
    if parked and places:
        raise click.UsageError("--parked goes with filters; places name their topic")
    check_selection(wanted, places, needed=True)
    _check_why(why, yes=yes)
    _carry_out(_order("discard", why, wanted, places, max_letters=limit, parked=parked), yes=yes, as_json=as_json)


def _order(verb: Verb, why: str, wanted: Wanted, places: tuple[RecordId, ...], **others: Any) -> Order:
    return Order(
        command_id=uuid.uuid4().hex, who=who(), verb=verb, why=why, wanted=wanted, places=frozenset(places), **others
    )  # fmt: skip


def _canary(n_letters: int | None, timeout_s: float | None, max_failed_share: float | None) -> CanaryOrder | None:
    if n_letters is None:
        if timeout_s is not None or max_failed_share is not None:
            raise click.UsageError("--canary-timeout and --canary-failures need --canary")
        return None
    return CanaryOrder(
        n_letters=n_letters, timeout_s=_CANARY_TIMEOUT_S if timeout_s is None else timeout_s,
        max_failed_share=max_failed_share or 0.0,
    )  # fmt: skip


def _check_why(why: str, *, yes: bool) -> None:
    if yes and not why.strip():
        raise click.UsageError("--yes needs a reason: --why")


def _carry_out(order: Order, *, yes: bool, as_json: bool) -> None:
    """Does it, or counts what it would do; ends the process."""
    settings = deployment()
    report = ReplayReport()
    if yes:
        try:
            with progress(order.verb) as say:
                asyncio.run(replay(settings, order, now=datetime.now(UTC), report=report, say=say))
        except KeyboardInterrupt:  # the transaction under way is aborted
            report.stopped = "interrupted"
        except DalloshError as error:
            if not report.n_sent:
                raise
            report.stopped = str(error)
    else:
        report = asyncio.run(dry_run(settings, order))
    print_report(report, order, executed=yes, as_json=as_json)
    sys.exit(exit_code(report, executed=yes))
