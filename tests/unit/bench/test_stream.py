"""The stream benchmark's arithmetic: ratios, quantiles, what is sustained, which goals are met, and the tables."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import decode, encode
from schemas.tweet import ScrubbedTweet, Tweet
from tests.bench.load import tweets
from tests.bench.stream.functions import FUNCTIONS, WHOLE
from tests.bench.stream.report import CONTENDERS, GOALS, SHOWN, Rates, latency, lines, quantile, ratios, summary
from tests.bench.stream.throughput import load_of

FAST: Rates = {"bare": 50_000.0, "ours": 40_000.0, "stock": 10_000.0, "quix": 25_000.0, "quix_500": 16_000.0}


def told(
    rates: Rates = FAST, *, p99_s: float = 2.0, per_s: int = 1_000, scale: dict[int, float] | None = None
) -> dict[str, Any]:
    one = latency(per_s, [p99_s] * 100, 0)
    return summary("2 of 2 cores", {"passthrough": rates}, 50_123.4, scale or {1: 3_000.0, 2: 4_500.0}, [one])


def test_ratios_say_how_much_faster_ours_is() -> None:
    assert ratios(FAST) == {"bare": 0.8, "stock": 4.0, "quix": 1.6, "quix_500": 2.5}


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1.0), (0.5, 50.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0)])
def test_a_quantile_is_one_of_the_values(share: float, expected: float) -> None:
    assert quantile([float(i) for i in range(100, 0, -1)], share) == expected


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0, 1))
def test_a_quantile_is_the_least_that_enough_do_not_exceed(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < max(1.0, share * len(values))


def test_the_slowest_hundredth_is_beyond_p99() -> None:
    one = latency(1_000, [1.0] * 990 + [9.0] * 10, 0)
    assert (one["p50_s"], one["p99_s"], one["max_s"]) == (1.0, 1.0, 9.0)
    assert latency(1_000, [1.0] * 989 + [9.0] * 11, 0)["p99_s"] == 9.0


@pytest.mark.parametrize(
    ("latencies_s", "n_missing", "sustained"),
    [
        ([1.0] * 100, 0, True),
        ([1.0] * 100, 1, False),
        ([0.1 * i for i in range(1, 101)], 0, False),  # a backlog that grows
        ([10.0] * 20 + [1.0] * 80, 0, True),  # one that is worked off
        ([10.0] * 100, 0, False),  # one that stands
        ([1.0, 1.4] * 50, 0, True),
    ],
)
def test_a_rate_is_sustained_while_latency_does_not_grow(
    latencies_s: list[float], n_missing: int, sustained: bool
) -> None:
    assert latency(500, latencies_s, n_missing)["sustained"] is sustained


def test_of_a_rate_that_nothing_survived_the_rest_is_told() -> None:
    one = latency(1_000, [1.0] * 3, 997)
    assert (one["tweets"], one["p99_s"], one["sustained"]) == (3, None, False)
    said = summary("m", {"passthrough": FAST}, None, {}, [one])
    assert "| 1,000 | - | - | - | 997 " in "\n".join(lines(said))
    assert not said["goals_met"].get("latency")


def test_goals_are_met_at_their_bound_and_missed_below() -> None:
    assert told()["goals_met"] == {"passthrough/bare": True, "passthrough/stock": True, "latency": True}
    slower = {**FAST, "ours": 39_000.0}
    assert told(slower, p99_s=2.5)["goals_met"] == {
        "passthrough/bare": False, "passthrough/stock": False, "latency": False,
    }  # fmt: skip


def test_another_rate_than_the_goal_s_decides_nothing() -> None:
    assert "latency" not in told(per_s=500)["goals_met"]


def test_what_was_not_measured_is_empty_and_has_no_goal() -> None:
    nothing = summary("2 of 2 cores", {}, None, {}, [])
    assert (nothing["goals_met"], nothing["ingest"], nothing["scale"]) == ({}, None, {})
    assert lines(nothing) == ["2 of 2 cores", "", "goals: none measured"]


def test_the_tables_say_ratio_goal_and_verdict() -> None:
    text = lines(told())
    rows = {line.split("|")[1].strip(): line for line in text if line.startswith("|")}
    assert "| 50,000 (ours is 0.80 of it, goal 0.8) |" in rows["bare aiokafka"]
    assert rows["ours"].split("|")[2].strip() == "40,000"
    assert "| 16,000 (ours is 2.50 of it) |" in rows[SHOWN["quix_500"]]
    assert rows["2"] == "| 2 | 4,500 | 1.50 |"
    assert rows["1,000"] == "| 1,000 | 2.00 | 2.00 | 2.00 | 0 | yes |"
    assert "50,123 rows/s" in "".join(text)
    assert text[-1] == "goals: passthrough/bare met, passthrough/stock met, latency met"


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    two = summary("m", {"passthrough": FAST, "patterns": FAST}, None, {1: 1.0, 2: 2.0}, [latency(9, [1.0] * 4, 0)])
    tables = "\n".join(lines(two)).split("\n\n")[1:4]
    assert [{row.count("|") for row in table.splitlines()} for table in tables] == [{4}, {4}, {7}]


def test_every_contender_and_function_is_told() -> None:
    assert set(SHOWN) == set(CONTENDERS)
    assert set(GOALS) == {*FUNCTIONS, WHOLE}


def test_the_patterns_take_out_what_has_a_shape_and_nothing_else() -> None:
    [tweet] = tweets(1)
    written = Tweet(id="t1", created_at=tweet.created_at, author="u_1", text="06 12 34 56 78, Luc Martin à Lyon")
    got = decode(FUNCTIONS["patterns"](encode(written)), ScrubbedTweet)
    assert "06 12" not in got.scrubbed
    assert "Luc Martin à Lyon" in got.scrubbed
    assert (got.id, got.text, got.places) == ("t1", written.text, ())


def test_passing_through_changes_nothing() -> None:
    assert FUNCTIONS["passthrough"](b"{}") == b"{}"


def test_only_the_whole_scrubber_is_given_noise_and_replies() -> None:
    clean, mixed = list(load_of("patterns", 200)), list(load_of(WHOLE, 200))
    assert len(clean) == len(mixed) == 200
    assert not any(tweet.official or tweet.retweet or tweet.in_reply_to for tweet in clean)
    assert all(any(getattr(tweet, kind) for tweet in mixed) for kind in ("official", "retweet", "in_reply_to"))
    assert [encode(tweet) for tweet in mixed] == [encode(tweet) for tweet in load_of(WHOLE, 200)]
