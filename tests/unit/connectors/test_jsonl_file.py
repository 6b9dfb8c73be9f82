"""JSON lines."""

import pytest

from streams.connectors.columns import JSONL_COLUMNS, TweetMaker, mapped
from streams.connectors.csv_file import BOM
from streams.connectors.jsonl_file import JsonlParser
from streams.connectors.source import AnyRow, RefusedRow, Row

GOOD = b'{"id":"1","created_at":"2020-12-28 08:26:23 +01:00","text":"a\\nb","author":"u_1","official":false,"likes":2}'


def rows_of(data: bytes, **changes: str) -> list[AnyRow]:
    reader = JsonlParser("t.jsonl", mapped(JSONL_COLUMNS, changes), TweetMaker(frozenset({"free"})))
    return [*reader.feed(data), *reader.finish()]


def test_a_line_becomes_a_tweet() -> None:
    (found,) = rows_of(BOM + GOOD + b"\r\n")
    assert isinstance(found, Row)
    assert (found.tweet.id, found.tweet.text, found.tweet.author, found.tweet.likes) == ("1", "a\nb", "u_1", 2)
    assert found.raw == GOOD


def test_numbers_serve_as_ids_and_unknown_keys_are_skipped() -> None:
    (found,) = rows_of(b'{"id":1393,"created_at":"2020-12-28","text":null,"in_reply_to":7,"else":{"a":[1]}}')
    assert isinstance(found, Row)
    assert (found.tweet.id, found.tweet.in_reply_to, found.tweet.text) == ("1393", "7", "")


def test_half_an_emoji_is_replaced() -> None:
    (found,) = rows_of(b'{"id":"1","created_at":"2020-12-28","text":"a \\ud83d b"}')
    assert isinstance(found, Row)
    assert found.tweet.text.encode()
    assert found.tweet.text.startswith("a ")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "the line is not JSON"),
        (b"[1]", "the line is not a JSON object"),
        (b'"a"', "the line is not a JSON object"),
        (b"{}", "the object lacks id, created_at, text"),
        (b'{"id":"1","created_at":"2020-12-28"}', "the object lacks text"),
        (b'{"id":"1","created_at":"x","text":""}', "the date cannot be read"),
        (b'{"id":"\xff"}', "the line is not UTF-8 at byte 7"),
        (b'{"id":"\0"}', "the line holds a NUL byte"),
        (b"[" * 100_000, "the line is not a JSON object"),
        (b'{"a":' * 100_000, "the line is nested too deeply"),
    ],
)
def test_a_bad_line_is_handed_over_byte_for_byte(raw: bytes, reason: str) -> None:
    rows = rows_of(GOOD + b"\n" + raw + b"\n\n" + GOOD)
    assert [type(r) for r in rows] == [Row, RefusedRow, Row]
    assert isinstance(rows[1], RefusedRow)
    assert (rows[1].line, rows[1].raw, str(rows[1].error)) == (2, raw, reason)
    assert rows[2].line == 4


def test_other_names_by_a_map() -> None:
    (found,) = rows_of(b'{"tid":"9","created_at":"2020-12-28","body":"x"}', id="tid", text="body")
    assert isinstance(found, Row)
    assert (found.tweet.id, found.tweet.text) == ("9", "x")
