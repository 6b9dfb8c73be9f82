"""What operators did, what they decided of dead letters, and how far the sources are covered."""

from typing import Literal

import msgspec

from schemas.instant import Instant

Verdict = Literal["replayed", "parked", "discarded", "skipped"]
CommandOutcome = Literal["started", "done", "failed", "stopped", "dry_run"]


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One action of an operator; the value of `ops.commands`.

    The last record of an id stands. Where it says `started` the command runs, or was killed; `n_records` tells how far.
    """

    id: str
    at: Instant
    who: str
    verb: str
    why: str
    arguments: dict[str, str]
    n_records: int = 0
    outcome: CommandOutcome = "done"


class Disposition(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided of one dead letter; the value of `ops.dispositions`, keyed `topic:partition:offset`.

    One that is `skipped` still waits: a replay had to leave it. `reason` tells, where the command alone does not, why
    this one; it names nobody.
    """

    topic: str
    partition: int
    offset: int
    verdict: Verdict
    at: Instant
    command_id: str
    destination: str | None = None
    reason: str | None = None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """How far a source has been read; the value of `ops.coverage`, keyed by source.

    It moves event time where no tweet comes: without it a gap is missing data, never zero tweets.
    """

    source: str
    covered_until: Instant
    at: Instant
    n_tweets: int = 0
