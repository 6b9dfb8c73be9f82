"""What is written is what is read: CSV and JSON lines, and broken rows."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.tweet import Tweet
from streams.connectors.columns import CSV_COLUMNS, JSONL_COLUMNS, TweetMaker, mapped
from streams.connectors.csv_export import COLUMNS, HEADER, export_row
from streams.connectors.csv_file import BOM, CsvParser
from streams.connectors.jsonl_export import export_line
from streams.connectors.jsonl_file import JsonlParser
from streams.connectors.source import RefusedRow, Row
from streams.core.sample.damage import Damage, damaged

MAKER = TweetMaker(frozenset({"freebox"}))

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0\\"), max_size=80).filter(
    lambda text: text != "null"
)
ID = st.text("0123456789abcdef", min_size=1, max_size=20)
COUNT = st.none() | st.integers(0, 10**9)
WHO = st.sampled_from([("Freebox", True), ("u_1d6d", False), ("1047327531", False)])
TWEETS = st.builds(
    lambda who, days, seconds, **rest: Tweet(
        author=who[0], official=who[1], created_at=datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days, seconds), **rest
    ),
    who=WHO, days=st.integers(0, 2000), seconds=st.integers(0, 86_399), id=ID, text=TEXT, in_reply_to=st.none() | ID,
    retweet=st.booleans(), quote=st.booleans(), likes=COUNT, retweets=COUNT, replies=COUNT, views=COUNT,
)  # fmt: skip


@given(st.lists(TWEETS, max_size=5))
def test_csv_is_read_as_it_was_written(tweets: list[Tweet]) -> None:
    reader = CsvParser("t.csv", mapped(CSV_COLUMNS, {}), MAKER)
    rows = reader.feed(HEADER + b"".join(map(export_row, tweets)))
    assert [row.tweet for row in rows if isinstance(row, Row)] == tweets
    assert [row.line for row in rows] == list(range(2, 2 + len(tweets)))
    assert reader.finish() == []


@given(st.lists(TWEETS, max_size=5))
def test_json_lines_are_read_as_they_were_written(tweets: list[Tweet]) -> None:
    rows = JsonlParser("t.jsonl", mapped(JSONL_COLUMNS, {}), MAKER).feed(b"".join(map(export_line, tweets)))
    assert [row.tweet for row in rows if isinstance(row, Row)] == tweets


TWEET = Tweet(
    id="77", created_at=datetime(2021, 5, 14, 11, 56, 22, tzinfo=UTC), text='a "b", c\nd', author="99", likes=3
)


def test_the_export_has_the_business_s_form() -> None:
    assert HEADER.startswith(BOM + b"id,created_at,full_text,media,screen_name,")
    line = export_row(TWEET).decode()
    assert line.startswith('"77",2021-05-14 12:56:22 +01:00,"a ""b"", c\\nd",null,')
    (fields,) = csv.reader(io.StringIO(line, newline=""))
    values = dict(zip(COLUMNS, fields, strict=True))
    assert (values["user_id"], values["in_reply_to"], values["retweeted_status"], values["favorite_count"]) == (
        "99", "null", "null", "3",
    )  # fmt: skip
    retweet = dict(zip(COLUMNS, next(csv.reader([export_row(replace(TWEET, retweet=True)).decode()])), strict=True))
    assert retweet["retweeted_status"].isdigit()
    assert retweet["retweeted"] == "false"


@pytest.mark.parametrize("damage", Damage)
def test_a_damaged_row_is_one_line_that_is_refused_alone(damage: Damage) -> None:
    good = export_row(TWEET)
    rows = CsvParser("t.csv", mapped(CSV_COLUMNS, {}), MAKER).feed(HEADER + good + damaged(good, "77", damage) + good)
    assert [type(row) for row in rows] == [Row, RefusedRow, Row]
    good = export_line(TWEET)
    rows = JsonlParser("t.jsonl", mapped(JSONL_COLUMNS, {}), MAKER).feed(good + damaged(good, "77", damage) + good)
    assert [type(row) for row in rows] == [Row, RefusedRow, Row]
