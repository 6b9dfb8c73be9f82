"""Dead letters counted: by stage, error class, destination and time; how many wait, how many were decided."""

from collections import Counter
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from schemas.operations import Verdict
from streams.core.letters import DeadLetter, is_waiting
from streams.core.replay_plan import Action, Step

Unit = Literal["day", "hour"]

MAX_NAMES: Final = 1_000
"""Distinct names of one kind that are counted apart: headers may come from anywhere."""
OTHERS: Final = "(others)"
WAITING: Final = "waiting"
_FORM: Final[dict[Unit, str]] = {"day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H"}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """The counts, most frequent first, times in their order; `oldest` and `newest` are of the letters counted."""

    total: int
    by_verdict: dict[str, int]
    by_stage: dict[str, int]
    by_error: dict[str, int]
    by_destination: dict[str, int]
    by_time: dict[str, int]
    oldest: datetime | None
    newest: datetime | None


class LetterStats:
    """Counts letters one by one; memory is bounded whatever their headers say."""

    def __init__(self, unit: Unit = "day") -> None:
        self._form = _FORM[unit]
        self._verdicts: Counter[str] = Counter()
        self._stages: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._destinations: Counter[str] = Counter()
        self._times: Counter[str] = Counter()
        self._oldest_ms: int | None = None
        self._newest_ms: int | None = None

    def add(self, letter: DeadLetter, verdict: Verdict | None, step: Step) -> None:
        """Counts a letter.

        Args:
            letter: what its headers tell.
            verdict: what was decided of it before.
            step: what a replay would do with it; counts where it still waits.
        """
        waits = is_waiting(verdict)
        self._verdicts[WAITING if waits or verdict is None else verdict] += 1
        _count(self._stages, letter.stage)
        _count(self._errors, letter.error)
        if waits:
            self._destinations[step.destination or f"{Action.LEAVE.value}: {step.why}"] += 1
        if (at := _instant(letter.timestamp_ms)) is None:
            return
        _count(self._times, at.strftime(self._form))
        first, last = self._oldest_ms, self._newest_ms
        self._oldest_ms = letter.timestamp_ms if first is None else min(first, letter.timestamp_ms)
        self._newest_ms = letter.timestamp_ms if last is None else max(last, letter.timestamp_ms)

    def summary(self) -> Summary:
        """Returns the counts so far."""
        return Summary(
            total=self._verdicts.total(),
            by_verdict=dict(self._verdicts.most_common()),
            by_stage=dict(self._stages.most_common()),
            by_error=dict(self._errors.most_common()),
            by_destination=dict(self._destinations.most_common()),
            by_time=dict(sorted(self._times.items())),
            oldest=None if self._oldest_ms is None else _instant(self._oldest_ms),
            newest=None if self._newest_ms is None else _instant(self._newest_ms),
        )


def _count(counter: Counter[str], name: str) -> None:
    counter[name if name in counter or len(counter) < MAX_NAMES else OTHERS] += 1


def _instant(timestamp_ms: int) -> datetime | None:
    """Returns the instant; None where the clock of whoever wrote it was beyond reason."""
    try:
        return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
