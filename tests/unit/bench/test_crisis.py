"""The crisis benchmark: what its streams hold, and what it counts."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from schemas.alert import Alert, Transition
from schemas.classification import ClassifiedTweet
from streams.core.crisis.intake import FAMILY_OF, Counted, Intake, is_complaint, key_of
from streams.core.crisis.wording import is_chronic
from streams.gazetteer import gazetteer
from tests.bench.crisis import figures, peers
from tests.bench.crisis.benign import Event, Mark, events, tweets_of
from tests.bench.crisis.geography import CODES, LOCATED_SHARE, Geography, shares
from tests.bench.crisis.incidents import Incident, author_flood, campaign, conversation_flood, local_outage, outage
from tests.bench.crisis.jobs import Played, incident_minutes
from tests.bench.crisis.play import confirmed_after, first_confirmed
from tests.bench.crisis.probes import Outcome, echoes, judged_scope, probes_of, scope_minutes
from tests.bench.crisis.records import long_wording, wording
from tests.bench.crisis.rows import Row, alarm_rows, detection_rows
from tests.bench.crisis.stream import START, Stream
from tests.bench.crisis.traffic import BASE, HARD, KINDS, NETWORK_SHARE, Setting, Traffic, week_curve

DAY = 1440
FIRST = int(START.timestamp()) // 60


# --- traffic ----------------------------------------------------------------------------------------------------------


def test_the_week_has_its_peak_in_the_evening_its_floor_before_dawn_and_half_a_tuesday_on_sunday() -> None:
    by_hour = week_curve().reshape(7, 24, 60).mean(axis=2)
    tuesday = by_hour[1]
    assert set(np.argsort(tuesday)[-4:].tolist()) <= {17, 18, 19, 20, 21}
    assert int(tuesday.argmin()) == 4
    assert by_hour[6].sum() / tuesday.sum() == pytest.approx(0.5, abs=0.05)
    assert week_curve().mean() == pytest.approx(1)


def test_the_sorts_of_tweets_are_all_of_them() -> None:
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)
    assert sum(kind.share for kind in KINDS if kind.is_network) == pytest.approx(NETWORK_SHARE)


@pytest.mark.parametrize("setting", [BASE, HARD])
def test_days_differ_as_the_setting_says(setting: Setting) -> None:
    traffic = Traffic(1_000, setting, START, 400, seed=1)
    factors = traffic._day_factors
    assert factors.mean() == pytest.approx(1, abs=0.06)
    assert factors.std() == pytest.approx(setting.day_cv, rel=0.15)
    assert np.log(traffic._hour_factors).std() == pytest.approx(setting.hour_noise, rel=0.1)


def test_a_clock_that_changes_moves_the_tweets_with_it() -> None:
    """The evening stays the evening: of French time, in UTC an hour earlier in summer."""
    traffic = Traffic(1_000, BASE, START, 200, seed=1)
    flat = traffic.all_tweets / traffic._day_factors[np.repeat(traffic._of_day, 60)]
    flat = (flat / np.repeat(traffic._hour_factors, 60)).reshape(-1, 60)[:, 0]
    hours = [datetime.fromtimestamp(FIRST * 60, UTC) + timedelta(hours=k) for k in range(len(flat))]
    at_four = {at.month: value for at, value in zip(hours, flat, strict=True) if at.hour == 4 and at.weekday() == 1}
    assert at_four[6] > 1.2 * at_four[1]  # 6 h in June, 5 h in January


def test_a_tv_evening_raises_network_complaints_alone() -> None:
    traffic = Traffic(1_000, BASE, START, 90, seed=3)
    evening = traffic.evenings[0]
    at = evening.start - FIRST + 1
    assert 1.5 <= evening.factor <= 2
    assert traffic.network[at] >= 1.49 * NETWORK_SHARE * traffic.all_tweets[at]
    calm = np.ones(len(traffic.network), dtype=bool)
    for one in traffic.evenings:
        calm[one.start - FIRST : one.end - FIRST] = False
    assert np.allclose(traffic.network[calm], NETWORK_SHARE * traffic.all_tweets[calm])


# --- streams ----------------------------------------------------------------------------------------------------------


def test_a_stream_is_the_same_whatever_is_asked_for_first() -> None:
    one, two = Stream(500, BASE, 3, seed=7), Stream(500, BASE, 3, seed=7)
    later = [tweet.id for tweet in one.tweets(FIRST + 1200, FIRST + 1260)]
    two.tweets(FIRST, FIRST + 60)
    assert later
    assert [tweet.id for tweet in two.tweets(FIRST + 1200, FIRST + 1260)] == later
    halves = [*two.tweets(FIRST + 1200, FIRST + 1230), *two.tweets(FIRST + 1230, FIRST + 1260)]
    assert [tweet.id for tweet in halves] == later


def test_a_stream_has_the_tweets_that_it_should_have() -> None:
    stream = Stream(2_000, BASE, 2, seed=1)
    tweets = [tweet for hour in range(24) for tweet in stream.tweets(FIRST + hour * 60, FIRST + hour * 60 + 60)]
    usual = [tweet for tweet in tweets if not tweet.id.startswith("e")]
    expected = stream.traffic.all_tweets[:DAY].sum()
    assert len(usual) == pytest.approx(expected, rel=0.1)
    n_network = sum(is_complaint(tweet) and FAMILY_OF[tweet.main_topic] == "network" for tweet in usual)
    assert n_network == pytest.approx(stream.traffic.network[:DAY].sum(), rel=0.15)
    assert sum(bool(tweet.places) for tweet in usual) == pytest.approx(LOCATED_SHARE * len(usual), rel=0.3)
    assert all(FIRST * 60 <= tweet.created_at.timestamp() < (FIRST + DAY) * 60 for tweet in tweets)
    assert [tweet.created_at for tweet in tweets] == sorted(tweet.created_at for tweet in tweets)


def test_every_usual_complaint_counts() -> None:
    stream, intake = Stream(1_000, BASE, 1, seed=1), Intake()
    for hour in range(24):
        for tweet in stream.tweets(FIRST + hour * 60, FIRST + hour * 60 + 60):
            if not tweet.id.startswith("e") and is_complaint(tweet):
                assert isinstance(
                    intake.judge(tweet, key_of(tweet.author), int(tweet.created_at.timestamp()) // 60), Counted
                )


@pytest.mark.parametrize("words", [wording, long_wording])
def test_wordings_differ_and_are_not_chronic(words: Callable[[int], str]) -> None:
    texts = [words(number) for number in range(100)]
    assert len(set(texts)) == 100
    assert not any(is_chronic(text.lower()) for text in texts)


def test_departments_are_those_of_the_gazetteer_and_named_by_population() -> None:
    assert set(CODES) <= set(gazetteer().departments)
    usual = dict(zip(CODES, shares().tolist(), strict=True))
    assert sum(usual[code] for code in ("75", "77", "78", "91", "92", "93", "94", "95")) == pytest.approx(0.3, abs=0.03)
    geography, rng = Geography(1), np.random.default_rng(1)
    drawn = Counter(geography.draw(0, 40_000, rng))
    assert drawn[None] / 40_000 == pytest.approx(1 - LOCATED_SHARE, abs=0.01)
    mean = np.mean([geography.at(720 * k) / shares() for k in range(200)], axis=0)
    spread = np.std([geography.at(720 * k) / shares() for k in range(200)], axis=0)
    assert mean.mean() == pytest.approx(1, abs=0.03)
    assert spread.mean() == pytest.approx(0.4, abs=0.05)


# --- benign events ----------------------------------------------------------------------------------------------------


def test_a_year_has_its_pile_ons_and_brigades() -> None:
    found = [one for seed in range(20) for one in events(FIRST, 365, np.random.default_rng(seed))]
    by_mark = Counter(one.mark for one in found)
    assert by_mark["conversation"] / 20 == pytest.approx(52, rel=0.1)
    assert sum(by_mark[mark] for mark in ("account", "reply", "copy")) / 20 == pytest.approx(12, rel=0.25)
    assert by_mark["copy"] == pytest.approx(by_mark["account"] + by_mark["reply"], rel=0.25)
    assert {one.n_minutes for one in found} == {30, 60}


@pytest.mark.parametrize("mark", ["conversation", "account", "reply", "copy"])
def test_what_has_a_common_mark_counts_little(mark: Mark) -> None:
    event = Event(FIRST, 30, 60, mark, KINDS[0].topic)
    tweets = list(tweets_of(event, 4, np.random.default_rng(1)))
    assert len({tweet.author for tweet in tweets}) == 60
    assert counted(tweets) <= (8 * 5 if mark == "conversation" else 8)  # of five families


def test_incidents_hold_what_they_should() -> None:
    stream, rng = Stream(5_000, BASE, 2, seed=1), np.random.default_rng(1)
    start = FIRST + 1080
    more = outage(stream, start, 10, rng)
    rates = np.array([stream.network_rate(start + k) for k in range(60)])
    assert counted(flat(more)) == pytest.approx(9 * rates.sum(), rel=0.1)
    assert len(more.tweets[start]) == pytest.approx(9 * rates[0] / 6, abs=15)
    there = local_outage(start, 60, 0.5, rng)
    assert counted(flat(there)) == 60
    assert {tweet.places[0].department for tweet in flat(there) if tweet.places} == {there.department}
    assert len(there.located_at_s) == pytest.approx(30, abs=12)
    assert max(there.tweets) < start + 20
    assert counted(flat(campaign(start, rng))) >= 20
    assert counted(flat(author_flood(start, rng))) <= 6
    assert counted(flat(conversation_flood(start, rng))) <= 8 * 5  # of five families


def flat(incident: Incident) -> list[ClassifiedTweet]:
    return [tweet for minute in sorted(incident.tweets) for tweet in incident.tweets[minute]]


def counted(tweets: Sequence[ClassifiedTweet]) -> int:
    intake = Intake()
    return sum(
        isinstance(intake.judge(one, key_of(one.author), int(one.created_at.timestamp()) // 60), Counted)
        for one in tweets
    )


# --- counting ---------------------------------------------------------------------------------------------------------


def test_intervals_are_those_of_the_books() -> None:
    wilson = figures.share(980, 1000)
    assert (wilson.value, round(wilson.low, 3), round(wilson.high, 3)) == (0.98, 0.969, 0.987)
    assert figures.share(0, 0).high == 1
    poisson = figures.rate(5, 5)
    assert (poisson.value, round(poisson.low, 2), round(poisson.high, 2)) == (1.0, 0.32, 2.33)
    assert figures.rate(0, 5).low == 0
    assert figures.rate(0, 5).high == pytest.approx(3.69 / 5, rel=0.01)
    assert figures.weighted_share([(3, True), (1, False)]) == 0.75


def alert(*history: tuple[int, str, str], area: str = "FR", parent: str | None = None, scope: str = "unknown") -> Alert:
    at = START
    return Alert(
        id="network-FR-1", seq=1, state="open", topic="network", scope=scope, window_start_at=at, window_end_at=at,  # type: ignore[arg-type]
        observed=9, expected=1.0, n_authors=9, first_seen_at=at, detected_at=at, area_code=area, parent=parent,
        history=tuple(
            Transition(at=at + timedelta(minutes=k), state=state, scope=one)  # type: ignore[arg-type]
            for k, state, one in history
        ),
    )  # fmt: skip


def test_an_alert_counts_from_when_it_opened_since_the_incident() -> None:
    again = alert((-50, "open", "unknown"), (-10, "closed", "unknown"), (7, "open", "unknown"))
    assert confirmed_after(again, FIRST) == 7
    assert confirmed_after(alert((3, "suspected", "unknown")), FIRST) is None
    assert first_confirmed({"a": again, "b": alert((4, "open", "unknown"))}, FIRST) == 4
    assert first_confirmed({}, FIRST) is None


def test_a_local_outage_is_found_when_an_alert_says_where_it_is() -> None:
    told = alert((3, "open", "unknown"), (9, "open", "local"), area="67", scope="local")
    assert confirmed_after(told, FIRST, department="67") == 9
    assert confirmed_after(told, FIRST, department="68") is None


@pytest.mark.parametrize(
    ("department", "scope", "area", "verdict"),
    [
        ("67", "local", "67", "right"),
        ("67", "local", "68", "confused"),
        ("67", "regional", "44", "unknown"),
        ("67", "national", "FR", "confused"),
        ("67", "unknown", "FR", "unknown"),
        (None, "national", "FR", "right"),
        (None, "local", "67", "confused"),
        (None, "regional", "44", "confused"),
        (None, "unknown", "FR", "unknown"),
    ],
)
def test_scopes_are_right_unknown_or_confused(department: str | None, scope: str, area: str, verdict: str) -> None:
    incident = Incident(FIRST, department=department, located_at_s=[FIRST * 60.0 + k for k in range(8)])
    assert judged_scope({"a": alert((5, "open", scope), area=area, scope=scope)}, incident) == verdict
    assert judged_scope({}, incident) == "untold"
    assert judged_scope({}, Incident(FIRST, department=department)) is None


def test_scopes_are_judged_when_the_eighth_place_is_known() -> None:
    late = Incident(FIRST, located_at_s=[(FIRST + 6 * k) * 60.0 for k in range(9)])
    assert scope_minutes(late) == 44
    assert scope_minutes(Incident(FIRST, located_at_s=[FIRST * 60.0] * 8)) == 30
    assert scope_minutes(Incident(FIRST)) == 0


@pytest.mark.parametrize(("opened", "n"), [((5,), 0), ((90,), 0), ((5, 90), 1), ((90, 200), 1), ((5, 90, 200), 2)])
def test_an_echo_is_an_alert_after_the_outage_beyond_its_own(opened: tuple[int, ...], n: int) -> None:
    told = alert(*((at, "open", "unknown") for at in opened))
    assert echoes({"a": told}, FIRST + 60) == n


def test_rows_tell_what_is_missed() -> None:
    outcomes = [Outcome("x10", 3.0, 4.0, 4.0)] * 7 + [Outcome("x10", 1.0, None, None), Outcome("x10", 1.0, 11.0, 11.0)]
    played = [Played(1_000, "base", 2.5, [], outcomes), Played(1_000, "base", 2.5)]
    (wide, local), (found,) = list(alarm_rows(played)), list(detection_rows(played, {}))
    assert (wide.figure.value, wide.figure.n, wide.verdict, local.verdict) == (0.0, 5.0, "ok", "ok")
    assert found.figure.value == pytest.approx(7 / 9)
    assert found.verdict == "below the aim"
    assert found.weighted == pytest.approx(21 / 23)
    missed = Row(part="", measure="", figure=figures.rate(11, 5), unit="a year", goal=(2, 1), is_floor=False)
    assert missed.verdict == "missed"
    assert Row(part="", measure="", figure=figures.rate(11, 5), unit="a year").verdict == "shown"


def test_incidents_end_before_their_stream() -> None:
    minutes = incident_minutes(FIRST, FIRST + 3 * DAY, 500, np.random.default_rng(1))
    assert minutes == sorted(minutes)
    assert minutes[0] >= FIRST
    assert minutes[-1] + 60 + DAY <= FIRST + 3 * DAY


def test_every_volume_meets_every_sort_of_incident() -> None:
    for per_day in (1_000, 20_000):
        assert {probe.sort for probe in probes_of(per_day)} == {
            "national", "local", "scope", "flood", "campaign", "echo",
        }  # fmt: skip


# --- peers ------------------------------------------------------------------------------------------------------------


def test_windows_are_sums_of_ten_minutes_and_alarms_within_the_hour_one() -> None:
    assert peers.windowed(np.arange(12)).tolist() == [0, 1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 65]
    is_alarm = np.zeros(300, dtype=bool)
    is_alarm[[5, 6, 60, 200]] = True
    assert peers.episodes(is_alarm) == 2
    assert peers.episodes(np.zeros(9, dtype=bool)) == 0


def test_a_threshold_is_the_lowest_that_alarms_seldom_enough() -> None:
    scores = np.zeros(100_000)
    scores[[1_000, 20_000, 50_000]] = [5, 9, 7]
    threshold, false = peers.threshold_for([scores], 1, 2)
    assert threshold == pytest.approx(5, abs=1e-6)
    assert false == 2
