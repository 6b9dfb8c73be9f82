"""The one configuration of the crisis detector, for every volume of tweets; docs/adr/0013 tells how it was measured."""

from dataclasses import dataclass
from typing import Final

SECONDS_PER_MINUTE: Final = 60
MINUTES_PER_HOUR: Final = 60
HOURS_PER_WEEK: Final = 168
MINUTES_PER_DAY: Final = 1440

DAY_CURVE: Final = (
    0.62, 0.42, 0.28, 0.21, 0.17, 0.18, 0.28, 0.48, 0.74, 0.95, 1.08, 1.12,
    1.08, 1.05, 1.08, 1.14, 1.27, 1.52, 1.72, 1.84, 1.84, 1.66, 1.32, 0.95,
)  # fmt: skip
"""Complaints by local hour before a stream has told its own: a floor at 4-5 h, a peak at 17-21 h."""
WEEK_CURVE: Final = (1.06, 1.22, 1.18, 1.15, 1.11, 0.67, 0.61)
"""The same by day of the week, Monday first: a weekend day has half of a Tuesday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How what is normal is learnt.

    Level and hours of the week fade by their half-lives; the generic week counts for `profile_visits` weeks. The level
    begins at `prior_complaints` in `prior_minutes`, next to nothing against the stream's own first hours; at least
    `floor_per_day` are expected. An hour counts for `believable` times what was usual at most, and for nothing while an
    alert is open, for `frozen_hours` at most. `dispersion` is the negative binomial's r before the stream has told its
    own, worth `dispersion_weight` squared complaints.

    The day's own factor is read over minutes [t - `intraday_from`, t - `intraday_to`): a gamma mean of shape
    `intraday_shape`, within `intraday_least` and `intraday_most`.

    Nothing is judged in the first `least_hours`; the null hypothesis is wider by `cold_excess` at the start, which
    fades with `cold_days`.
    """

    level_half_life_days: float = 21
    profile_half_life_days: float = 84
    profile_visits: float = 3
    prior_complaints: float = 0.02
    prior_minutes: float = 0.6
    floor_per_day: float = 0.5
    believable: float = 3
    frozen_hours: float = 12
    dispersion: float = 12
    dispersion_weight: float = 200
    intraday_from: int = 90
    intraday_to: int = 15
    intraday_shape: float = 12
    intraday_least: float = 0.6
    intraday_most: float = 4
    least_hours: float = 6
    cold_excess: float = 1.5
    cold_days: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """When a family is suspected in the whole country, and when it is confirmed.

    Confirmed: a mixture of Shiryaev-Roberts e-detectors over `ratios` against "at most so many times what is expected"
    reaches `e_value`, with `least_authors` in 30 minutes; for other families than `network`, whose waves are rarer,
    `other_e_value`: where few come, a complaint or two more. So many times: `null_low` where hardly a complaint comes,
    `null_high` where many do, half-way at `null_half` a minute. Suspected: a negative-binomial tail over one of
    `windows` minutes is `suspected_p` at most, and the count `suspected_ratio` times what is expected.
    """

    null_low: float = 1.6
    null_high: float = 3
    null_half: float = 15
    ratios: tuple[float, ...] = (1.5, 2, 3, 5, 10, 30)
    e_value: float = 2e4
    other_e_value: float = 5e5
    least_authors: int = 5
    windows: tuple[int, ...] = (5, 10, 30)
    suspected_p: float = 1e-5
    suspected_ratio: float = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """When complaints of one department are a local burst.

    A negative-binomial tail over one of `windows` minutes at or below `p`, of `least_authors`. What is expected comes
    from the country's rate, the share that names a place (`located_prior`, worth `located_worth` complaints) and the
    department's share of those (worth `share_worth`).
    """

    windows: tuple[int, ...] = (10, 30, 60)
    p: float = 1e-8
    least_authors: int = 3
    dispersion: float = 6
    half_life_days: float = 84
    located_prior: float = 0.12
    located_worth: float = 200
    share_worth: float = 300
    least_share: float = 0.0005
    floor_per_day: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How located complaints tell local, regional and national apart.

    A department or region stands out when it has `local_excess` or `regional_excess` of the located excess, and when
    its usual share would give so many with odds of at most `chance`. National: `national_located` complaints from
    `national_regions` regions, and no region with so much of the excess has odds below `even_chance`.
    """

    local_authors: int = 3
    local_excess: float = 0.5
    regional_authors: int = 4
    regional_excess: float = 0.6
    chance: float = 0.01
    national_located: int = 5
    national_regions: int = 3
    even_chance: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """How an alert goes on and ends; minutes, and counts of 10 or 30 minutes."""

    escalated_ratio: float = 2
    escalated_more: int = 5
    easing_share: float = 0.5
    easing_minutes: int = 15
    closed_ratio: float = 1.5
    closed_least: int = 3
    closed_minutes: int = 30
    reopened_minutes: int = 60
    all_waits_minutes: int = 15
    most_examples: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """When a topic's share of a day is unusual (unusual.py).

    Usual is what the `usual_days` days before had; nothing is told before `least_days` of them were seen, each with at
    most `missing_minutes` in which no source was read. A day that was unusual is not usual for the next `doubt_days`.
    Beside single days, the last `burn_days` together are judged: shares of neighbouring days are correlated by
    `persistence`. Days differ beyond chance by a coefficient of variation of `day_cv` before a topic has told its own,
    which is worth `day_cv_days` days.

    Unusual: a p-value of at most `p`, odds `odds_ratio` times the usual ones, `least_n` tweets, and more than usual on
    the last day alone. A conversation counts `most_answers` times for each topic.
    """

    usual_days: int = 28
    least_days: int = 14
    missing_minutes: int = 360
    doubt_days: int = 7
    burn_days: int = 3
    persistence: float = 0.3
    day_cv: float = 0.25
    day_cv_days: float = 5
    p: float = 5e-4
    odds_ratio: float = 1.5
    least_n: int = 5
    most_answers: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """All of it; `version` stands on every alert.

    A minute is judged when tweets `watermark_minutes` younger have come. One without a tweet is missing when the last
    tweet is `gap_minutes` older and no source says that it was read; this is waited for until tweets `patience_minutes`
    younger have come. Until a minute is judged, a tweet up to `first_minutes` older than the first one moves
    the beginning.
    """

    version: str = "2"
    watermark_minutes: int = 2
    gap_minutes: int = 30
    patience_minutes: int = 120
    first_minutes: int = 1440
    baseline: Baseline = Baseline()
    burst: Burst = Burst()
    local: Local = Local()
    reach: Reach = Reach()
    life: Life = Life()
    screen: Screen = Screen()
