"""A value that a human corrects: what changes, what is refused, and that no message quotes it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import decode, encode
from schemas.topics import CLASSIFIED, RAW, SCRUBBED
from schemas.tweet import ScrubbedTweet, Tweet
from streams.core.letter_edit import changed_fields, difference, key_for, parse_change, with_changes
from streams.core.record_id import RecordId
from streams.errors import RejectedError
from tests.unit.core.letter_records import NOW

PLACE = RecordId("tweets.dead-letter", 2, 7)
TWEET = ScrubbedTweet(id="15", created_at=NOW, text="sesame", author="a9", scrubbed="sesame")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ('text="allô"', ("text", "allô")),
        ("likes=3", ("likes", 3)),
        ('context.text = "a=b"', ("context.text", "a=b")),
        ("context=null", ("context", None)),
    ],
)
def test_a_change_is_a_field_and_json(text: str, change: tuple[str, Any]) -> None:
    assert parse_change(text) == change


@pytest.mark.parametrize(
    "text", ["text", "=1", "a..b=1", ".a=1", "text=sesame", "text=", "text=\udcff", "a=" + "[" * 100_000]
)
def test_what_is_no_change_is_refused_without_a_quote(text: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_change(text)
    assert "sesame" not in str(raised.value)


def test_fields_are_set_and_the_others_stay_in_their_order() -> None:
    value = b'{"id":"15","unknown":[1,2],"context":{"text":"x","scrubbed":"y"},"text":"sesame"}'
    made = with_changes(value, [("text", "allô"), ("context.text", "z"), ("likes", 3)])
    assert made == (
        '{"id":"15","unknown":[1,2],"context":{"text":"z","scrubbed":"y"},"text":"allô","likes":3}'.encode()
    )
    assert changed_fields(value, made) == ["context", "text", "likes"]


@pytest.mark.parametrize("value", [None, b"", b"{sesame", b"[1]", b"3", b"\xff"])
def test_no_field_is_set_where_there_is_no_object(value: bytes | None) -> None:
    with pytest.raises(RejectedError, match="give a whole value") as raised:
        with_changes(value, [("text", "x")])
    assert "sesame" not in str(raised.value)


@pytest.mark.parametrize("path", ["text.inner", "nobody.text"])
def test_a_path_leads_through_objects_only(path: str) -> None:
    with pytest.raises(RejectedError, match="is no JSON object"):
        with_changes(b'{"text":"sesame"}', [(path, 1)])


def test_the_key_is_what_the_readers_expect() -> None:
    assert key_for(SCRUBBED, encode(TWEET)) == b"15"
    assert key_for(RAW, encode(Tweet(id="15", created_at=NOW, text="sesame", author="a9"))) == b"a9"


@pytest.mark.parametrize(
    ("topic", "value", "message"),
    [
        (CLASSIFIED, encode(TWEET), "main_topic is missing|sentiment is missing"),
        (SCRUBBED, encode(TWEET).replace(b'"15"', b"15"), "id"),
        (SCRUBBED, b"{sesame", "not a ScrubbedTweet"),
        (SCRUBBED, b"", "not a ScrubbedTweet"),
        (RAW, b'{"id":"15","created_at":"sesame","text":"x","author":"a9"}', "created_at"),
        (SCRUBBED, b"\xff", "not a ScrubbedTweet"),
    ],
)
def test_a_value_that_its_readers_would_refuse_is_refused_without_a_quote(
    topic: str, value: bytes, message: str
) -> None:
    with pytest.raises(RejectedError, match=message) as raised:
        key_for(topic, value)
    assert "sesame" not in str(raised.value)


def test_the_difference_shows_the_lines_that_change() -> None:
    before = encode(TWEET)
    after = with_changes(before, [("text", "allô")])
    lines = difference(before, after, PLACE)
    assert lines[:2] == ["--- tweets.dead-letter:2:7", "+++ corrected"]
    assert [line for line in lines[2:] if line[0] in "+-"] == ['-  "text": "sesame",', '+  "text": "allô",']


@pytest.mark.parametrize("before", [None, b"{broken \xff\x1b[2J"])
def test_a_value_that_is_no_json_is_shown_escaped(before: bytes | None) -> None:
    lines = difference(before, b'{"id":1}', PLACE)
    assert '+  "id": 1' in lines
    assert "\x1b" not in "".join(lines)
    assert changed_fields(before, b'{"id":1}') == ["value"]


@given(st.none() | st.binary(max_size=30), st.binary(max_size=30))
def test_any_two_values_have_a_difference(before: bytes | None, after: bytes) -> None:
    assert isinstance(difference(before, after, PLACE), list)
    assert isinstance(changed_fields(before, after), list)


def test_the_same_value_has_no_changed_field() -> None:
    assert changed_fields(b'{"a": 1}', b'{"a":1}') == []
    assert decode(encode(TWEET), ScrubbedTweet) == TWEET
