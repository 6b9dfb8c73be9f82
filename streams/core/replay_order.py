"""What an operator asks for of dead letters, how far it is done, and the record that is kept of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from schemas.operations import Command, CommandOutcome
from streams.core.canary import CanaryOrder, Outcome
from streams.core.letters import Wanted
from streams.core.record_id import RecordId
from streams.core.replay_plan import Action, Histogram, Step, Verb

_PLACES_KEPT: Final = 100
_ALL: Final = Wanted()


@dataclass(frozen=True, slots=True)
class Correction:
    """Another key and value for the one letter of an edit; `fields` names what changed, for the command's record."""

    key: bytes
    value: bytes
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an operator asks for: who, why, what, which letters, how many at most, how many a second.

    `places` names letters one by one and takes the place of `wanted`. `max_letters` counts those that are not left.
    """

    command_id: str
    who: str
    why: str
    wanted: Wanted = _ALL
    verb: Verb = "replay"
    places: frozenset[RecordId] = frozenset()
    parked: bool = False
    to: str | None = None
    max_letters: int | None = None
    letters_per_s: float | None = None
    canary: CanaryOrder | None = None
    correction: Correction | None = None


@dataclass(slots=True)
class ReplayReport:
    """What a command did, or would do; `n_sent` counts letters that were sent, parked or discarded, and committed.

    `done` are those of the places that were named, or would be; `decided` were decided before, `missing` are not
    there. `outcomes` tells what became of the canary, `stopped` why it ended early, `is_complete` whether no letter was
    left to look at.
    """

    histogram: Histogram = field(default_factory=Histogram)
    n_sent: int = 0
    done: list[str] = field(default_factory=list)
    decided: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    stopped: str | None = None
    is_complete: bool = False

    def note(self, step: Step, *, is_named: bool) -> None:
        """Counts a step; of a letter that was named by its place the place is kept, too."""
        self.histogram.add(step)
        if is_named and step.action is not Action.LEAVE:
            self.done.append(step.letter.key)

    @property
    def n_failed(self) -> int:
        """Letters of the canary that failed again, or came nowhere."""
        return sum(not outcome.is_good for outcome in self.outcomes)


def command_of(
    order: Order, report: ReplayReport, *, n_records: int, now: datetime, outcome: CommandOutcome = "done"
) -> Command:
    """Returns the record of a command: who, why, and every filter and bound that was given.

    Args:
        order: what was asked for.
        report: how far it is done.
        n_records: letters decided, with those that are written together with this record.
        now: aware instant of the command.
        outcome: `started` until the last record of the command says how it ended.
    """
    places = sorted(place.key for place in order.places)
    left_out = f" and {len(places) - _PLACES_KEPT} more" if len(places) > _PLACES_KEPT else ""
    canary = order.canary
    arguments = {
        **order.wanted.arguments(),
        "places": " ".join(places[:_PLACES_KEPT]) + left_out or None,
        "parked": order.parked or None,
        "to": order.to,
        "max": order.max_letters,
        "rate": order.letters_per_s,
        "canary": canary and canary.n_letters,
        "canary_timeout_s": canary and canary.timeout_s,
        "canary_failures": canary and canary.max_failed_share,
        "canary_failed": f"{report.n_failed} of {len(report.outcomes)}" if report.outcomes else None,
        "edited": order.correction and ",".join(order.correction.fields),
        "left": report.histogram.count(Action.LEAVE) or None,
        "stopped": report.stopped,
    }
    return Command(
        id=order.command_id, at=now, who=order.who, verb=f"dlq {order.verb}", why=order.why, n_records=n_records,
        arguments={name: str(value) for name, value in arguments.items() if value is not None},
        outcome=outcome,
    )  # fmt: skip
