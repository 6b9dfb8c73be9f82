"""Values to tweets, and column maps."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.connectors.columns import CSV_COLUMNS, FIELDS, TweetMaker, count, mapped, read_changes, truth
from streams.core.authors import author_name, handle_digest
from streams.errors import FatalError, RejectedError

MAKER = TweetMaker(frozenset({"free", "freebox"}))


def made(**values: Any) -> Any:
    values = {"id": "1", "created_at": "2021-05-14 12:56:22 +02:00", "text": "panne"} | values
    return MAKER.make([values.get(field) for field in FIELDS])


@pytest.mark.parametrize(
    ("values", "author", "official"),
    [
        ({"handle": "Free", "author": "77"}, "Free", True),
        ({"handle": "@FREEBOX"}, "FREEBOX", True),
        ({"handle": "somebody", "author": "77"}, "77", False),
        ({"author": "Freebox"}, "Freebox", True),
        ({"author": "u_1", "official": True}, "u_1", True),
        ({"author": "77", "handle": "Free_Pro", "official": "true"}, "Free_Pro", True),
        ({"author": "77", "official": "false"}, "77", False),
        ({"author": 77}, "77", False),
        ({"author": "null", "handle": "null"}, "t_1", False),
        ({}, "t_1", False),
    ],
)
def test_the_author_is_a_handle_only_for_official_accounts(values: dict[str, Any], author: str, official: bool) -> None:
    tweet = made(**values)
    assert (tweet.author, tweet.official) == (author, official)


def test_a_handle_without_an_id_is_digested_the_same_way_every_time() -> None:
    for written in ("@somebody", "@@SomeBody", "\uff20somebody"):
        assert made(handle="Somebody").author == made(handle=written).author != made(handle="else").author
        assert made(handle=written).author == handle_digest(author_name(written))
    assert "omebody" not in made(handle="Somebody").author


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"id": None}, "the id is missing"),
        ({"id": "null"}, "the id is missing"),
        ({"id": "  "}, "the id is missing"),
        ({"id": 1.5e18}, "the field id is neither a text nor a whole number"),
        ({"id": True}, "the field id is neither a text nor a whole number"),
        ({"text": 5}, "the text is not a text"),
        ({"text": ["a"]}, "the text is not a text"),
        ({"created_at": None}, "the date is missing"),
        ({"created_at": 1620989782}, "the date is missing"),
        ({"created_at": "demain"}, "the date cannot be read"),
        ({"created_at": "0001-01-02T00:00:00Z"}, "the date is before 2006-03-21, the day of the first tweet"),
        ({"created_at": "1969-12-31T23:59:59Z"}, "the date is before 2006-03-21, the day of the first tweet"),
        ({"created_at": "2006-03-20T23:59:59Z"}, "the date is before 2006-03-21, the day of the first tweet"),
        ({"created_at": "2100-01-01T00:00:00Z"}, "the date is more than a day in the future"),
        ({"created_at": "9999-12-31T23:59:59Z"}, "the date is more than a day in the future"),
        ({"in_reply_to": {}}, "the field in_reply_to is neither a text nor a whole number"),
    ],
)
def test_a_value_of_a_wrong_form_is_rejected(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(RejectedError, match=f"^{reason}$"):
        made(**values)


@pytest.mark.parametrize(
    "at", [datetime(2006, 3, 21, tzinfo=UTC), datetime.now(UTC), datetime.now(UTC) + timedelta(hours=23)]
)
def test_any_date_since_the_first_tweet_is_taken_some_hours_ahead_too(at: datetime) -> None:
    assert made(created_at=at.isoformat()).created_at == at


def test_a_missing_text_is_an_empty_one() -> None:
    assert made(text=None).text == ""


def test_a_retweet_is_a_row_with_the_id_of_another() -> None:
    assert made(retweet="1393").retweet
    assert not made(retweet="null").retweet
    assert made(quote="1393").quote
    assert CSV_COLUMNS["retweet"] == "retweeted_status"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 3),
        (3, 3),
        ("null", None),
        ("", None),
        ("-3", None),
        (True, None),
        ("12K", None),
        ("9" * 30, None),
        ("²", None),
    ],
)
def test_a_bad_count_is_no_count(value: Any, expected: int | None) -> None:
    assert count(value) == expected


@pytest.mark.parametrize(("value", "expected"), [("0", False), ("False", False), (None, False), ("1", True), (1, True)])
def test_yes_and_no(value: Any, expected: bool) -> None:
    assert truth(value) is expected


def test_a_map_of_an_unknown_field_names_the_fields() -> None:
    with pytest.raises(FatalError, match=r"no field body\. --map FIELD=COLUMN takes: id, created_at, text"):
        mapped(CSV_COLUMNS, {"body": "text"})


@pytest.mark.parametrize(
    ("name", "content"), [("m.yaml", "id: tweet_id\ntext: body\n"), ("m.json", '{"id":"tweet_id","text":"body"}')]
)
def test_a_map_is_read_from_a_file(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert read_changes(tmp_path / name) == {"id": "tweet_id", "text": "body"}


@pytest.mark.parametrize("content", ["- a\n", "id: [1\n", "\xff"])
def test_a_file_that_is_no_map_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(FatalError, match=r"column map .*m\.yaml cannot be read"):
        read_changes(path)
