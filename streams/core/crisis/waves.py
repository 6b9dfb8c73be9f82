"""The life of one alert: suspected, open, escalated, easing, closed, and open again if it is back within the hour."""

from dataclasses import dataclass, field
from typing import Final

from schemas.alert import AlertState, AlertVerdict, AreaKind, PlaceEvidence, Scope
from streams.core.crisis.calendar import instant_of
from streams.core.crisis.scope import WIDTH, Finding
from streams.core.crisis.tuning import Life

CONFIRMED: Final[frozenset[AlertState]] = frozenset({"open", "escalated", "easing"})
COUNTRY: Final = "FR"


@dataclass(slots=True, kw_only=True)
class Wave:
    """An alert while it lives; times are minutes since 1970, `first_seen_s` is seconds.

    `observed`, `expected`, `n_located` and `places` are those of the hour in which the wave was strongest. A wave that
    somebody closed is muted until it is over: it does not open again.
    """

    id: str
    topic: str
    area_kind: AreaKind
    area_code: str
    state: AlertState
    onset: int
    first_seen_s: float
    scope: Scope = "unknown"
    parent: str | None = None
    seq: int = 0
    suspected_at: int | None = None
    confirmed_at: int | None = None
    escalated_at: list[int] = field(default_factory=list)
    national_at: int | None = None
    closed_at: int | None = None
    history: list[tuple[int, AlertState, Scope]] = field(default_factory=list)
    e_value: float | None = None
    p_value: float | None = None
    observed: int = 0
    expected: float = 0.0
    peak: int = 0
    peak_of_half_hour: int = 0
    peak_told: int = 0
    eased_for: int = 0
    quiet_for: int = 0
    window_end: int = 0
    window_minutes: int = 1
    examined: int = -1
    n_located: int = 0
    n_capped: int = 0
    n_degraded: int = 0
    n_examined: int = 0
    places: tuple[PlaceEvidence, ...] = ()
    example_ids: list[str] = field(default_factory=list)
    by: str | None = None
    acknowledged_s: float | None = None
    verdict: AlertVerdict | None = None
    is_muted: bool = False

    @property
    def is_alive(self) -> bool:
        """Whether it goes on."""
        return self.state != "closed"

    @property
    def is_confirmed(self) -> bool:
        """Whether it is an alert in earnest, and goes on."""
        return self.state in CONFIRMED

    def enter(self, state: AlertState, minute: int) -> None:
        """Passes into a state, and notes when."""
        self.state = state
        match state:
            case "suspected":
                self.suspected_at = minute if self.suspected_at is None else self.suspected_at
            case "open":
                self.confirmed_at = minute if self.confirmed_at is None else self.confirmed_at
                self.closed_at = None
                self.peak_told, self.peak_of_half_hour = self.peak, 0
            case "escalated":
                self.escalated_at.append(minute)
                self.peak_told = self.peak
            case "closed":
                self.closed_at = minute
        self.eased_for = self.quiet_for = 0
        self.note(minute)

    def note(self, minute: int) -> None:
        """Makes what it is now a record of its history."""
        self.seq += 1
        self.history.append((minute, self.state, self.scope))

    def acknowledge(self, by: str, at_s: float, minute: int) -> None:
        """Notes who has seen it, at which second since 1970."""
        self.by, self.acknowledged_s = by, at_s
        self.note(minute)

    def dismiss(self, by: str, at_s: float, verdict: AlertVerdict, minute: int) -> None:
        """Closes it for good by a human's judgement; one that is over gets the verdict alone."""
        self.by, self.acknowledged_s, self.verdict = by, at_s, verdict
        if self.is_alive:
            self.is_muted = True
            self.enter("closed", minute)
        else:
            self.note(minute)

    def widen(self, finding: Finding, minute: int) -> bool:
        """Takes a scope in that is wider than its own; returns whether it was.

        Among departments or regions the one found last stands.
        """
        if finding.n_located >= self.n_located:
            self.n_located, self.places = finding.n_located, finding.places
        if WIDTH[finding.scope] < WIDTH[self.scope] or finding.scope == "unknown":
            return False
        is_new = finding.scope != self.scope
        self.scope = finding.scope
        self.area_kind = KIND_OF[finding.scope]
        self.area_code = finding.area or COUNTRY
        if is_new and finding.scope == "national":
            self.national_at = minute
        return is_new

    def measure(self, minute: int, n_minutes: int, observed: int, expected: float) -> None:
        """Takes the counts since the wave began, of an hour at most; those at its strongest stand."""
        if observed >= self.observed:
            self.window_end, self.window_minutes = minute, n_minutes
            self.observed, self.expected = observed, expected

    def follow(self, minute: int, n_10: int, n_30: int, expected_30: float, life: Life) -> bool:
        """Takes a minute's counts in; returns whether the state changed.

        Args:
            minute: the present one.
            n_10: complaints of the last 10 minutes.
            n_30: of the last 30.
            expected_30: what was expected of the last 30.
            life: the limits.
        """
        self.peak = max(self.peak, n_10)
        self.peak_of_half_hour = max(self.peak_of_half_hour, n_30)
        self._listen(n_30, expected_30, life)
        self.eased_for = self.eased_for + 1 if n_30 < life.easing_share * self.peak_of_half_hour else 0
        before = self.state
        if self.quiet_for >= life.closed_minutes:
            self.enter("closed", minute)
        elif not self.is_confirmed:
            return False
        elif n_10 >= max(life.escalated_ratio * self.peak_told, self.peak_told + life.escalated_more):
            self.enter("escalated", minute)
            return True
        elif self.state != "easing" and self.eased_for >= life.easing_minutes:
            self.enter("easing", minute)
        return self.state != before

    def listen(self, n_30: int, expected_30: float, life: Life) -> None:
        """Takes a minute's counts into a wave that is muted; it is no longer so when the wave is over."""
        self._listen(n_30, expected_30, life)
        self.is_muted = self.quiet_for < life.closed_minutes

    def _listen(self, n_30: int, expected_30: float, life: Life) -> None:
        is_quiet = n_30 < max(life.closed_least, life.closed_ratio * expected_30)
        self.quiet_for = self.quiet_for + 1 if is_quiet else 0


KIND_OF: Final[dict[Scope, AreaKind]] = {
    "local": "department", "regional": "region", "national": "country", "unknown": "country",
}  # fmt: skip


def begin(topic: str, area_kind: AreaKind, area_code: str, onset: int, first_seen_s: float) -> Wave:
    """Returns a new alert; its id tells topic, place and the minute in which it began, the same in every replay."""
    return Wave(
        id=f"{topic}-{area_code}-{instant_of(onset):%Y%m%dT%H%MZ}", topic=topic, area_kind=area_kind,
        area_code=area_code, state="suspected", onset=onset, first_seen_s=first_seen_s,
    )  # fmt: skip


def goes_on(wave: Wave, minute: int, life: Life) -> bool:
    """Tells whether what stands out now belongs to an alert: it lives, or ended within the hour."""
    return wave.is_alive or wave.closed_at is None or minute - wave.closed_at <= life.reopened_minutes
