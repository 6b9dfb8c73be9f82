"""A value that a human corrects: what changes, what is refused, and that no message quotes it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import decode, encode
from schemas.taxonomy import KEPT_HANDLES, PlaceKind
from schemas.topics import CLASSIFIED, FALLBACK_BERT, FALLBACK_GPU, RAW, SCRUBBED
from schemas.tweet import Context, Place, ScrubbedTweet, Tweet
from streams.core.letter_edit import (
    changed_fields,
    check_fields,
    difference,
    key_for,
    parse_change,
    scrubbed_anew,
    with_changes,
)
from streams.core.record_id import RecordId
from streams.core.scrubbing import ScrubRules, scrubbed
from streams.errors import RejectedError
from streams.tables import tables
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
    assert changed_fields(value, made, SCRUBBED) == ["context", "text", "likes"]


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
        (SCRUBBED, b"{sesame", "no ScrubbedTweet"),
        (SCRUBBED, b"", "no ScrubbedTweet"),
        (RAW, b'{"id":"15","created_at":"sesame","text":"x","author":"a9"}', "created_at"),
        (SCRUBBED, b"\xff", "no ScrubbedTweet"),
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
    assert changed_fields(before, b'{"id":1}', SCRUBBED) == ["value"]


@given(st.none() | st.binary(max_size=30), st.binary(max_size=30))
def test_any_two_values_have_a_difference(before: bytes | None, after: bytes) -> None:
    assert isinstance(difference(before, after, PLACE), list)
    assert isinstance(changed_fields(before, after, SCRUBBED), list)


def test_a_name_that_the_topic_does_not_know_is_not_kept() -> None:
    before = b'{"id":"15","sesame":1,"scrubbed":"x"}'
    after = b'{"id":"16","zoe_soleil":2,"scrubbed":"y"}'
    assert changed_fields(before, after, SCRUBBED) == ["id", "scrubbed", "other"]
    assert changed_fields(before, after, RAW) == ["id", "other"]


@pytest.mark.parametrize("field", ["scrubbed", "places", "context", "context.scrubbed", "context.text"])
@pytest.mark.parametrize("topic", [SCRUBBED, CLASSIFIED, FALLBACK_GPU, FALLBACK_BERT])
def test_what_the_scrubber_makes_is_not_set_by_hand(topic: str, field: str) -> None:
    with pytest.raises(RejectedError, match=rf"{field} cannot be set.* set text"):
        check_fields(topic, [("text", "x"), (field, "sesame")])
    check_fields(RAW, [(field, "sesame")])
    check_fields(topic, [("text", "x"), ("likes", 3), ("context_id", None)])


CONTEXT = Context(scrubbed="sesame", text="écris à luc.petit@example.org", author="a1")


def anew(value: bytes, topic: str = SCRUBBED) -> bytes:
    return scrubbed_anew(topic, value, tables(), KEPT_HANDLES)


def test_a_corrected_text_is_scrubbed_anew_and_nothing_of_the_old_one_is_left() -> None:
    old = ScrubbedTweet(
        id="15", created_at=NOW, text="sesame à Nantes", author="a9", scrubbed="sesame à Nantes", vip=True,
        places=(Place(text="Nantes", start=9, end=15, kind=PlaceKind.COMMUNE),), context_id="3", context=CONTEXT,
    )  # fmt: skip
    made = anew(with_changes(encode(old), [("text", "appelez le 06 12 34 56 78 à Lyon"), ("unknown", [1])]))
    assert b"sesame" not in made
    assert b"Nantes" not in made
    assert b'"unknown":[1]' in made
    tweet = decode(made, ScrubbedTweet)
    assert "06 12" not in tweet.scrubbed
    assert [place.text for place in tweet.places] == ["Lyon"]
    assert (tweet.vip, tweet.context_id) == (True, "3")
    assert tweet.context is not None
    assert "luc.petit" not in tweet.context.scrubbed
    assert (tweet.context.text, tweet.context.author) == (CONTEXT.text, CONTEXT.author)
    fresh = Tweet(id="15", created_at=NOW, text=tweet.text, author="a9")
    rules = ScrubRules(tables=tables(), official_handles=frozenset())
    assert (tweet.scrubbed, tweet.places) == (
        (one := scrubbed(fresh, CONTEXT, rules)[0]).scrubbed, one.places,
    )  # fmt: skip
    assert anew(made) == made


def test_a_whole_value_brings_no_scrubbed_text_of_its_own() -> None:
    whole = encode(ScrubbedTweet(id="15", created_at=NOW, text="oui", author="a9", scrubbed="luc.petit@example.org"))
    tweet = decode(anew(whole), ScrubbedTweet)
    assert (tweet.scrubbed, tweet.places) == ("oui", ())
    without = msgspec.json.encode({**msgspec.json.decode(whole), "scrubbed": None})
    assert decode(anew(without), ScrubbedTweet).scrubbed == "oui"
    assert anew(b"{broken", RAW) == b"{broken"  # no scrubber has been there


@pytest.mark.parametrize("value", [b"", b"{sesame", b"[1]", b"3", b"\xff", b'{"id":"15"}', b'{"text":{"sesame":1}}'])
def test_what_cannot_be_scrubbed_anew_is_refused_without_a_quote(value: bytes) -> None:
    with pytest.raises(RejectedError, match="no ScrubbedTweet") as raised:
        anew(value)
    assert "sesame" not in str(raised.value)


def test_the_same_value_has_no_changed_field() -> None:
    assert changed_fields(b'{"a": 1}', b'{"a":1}', SCRUBBED) == []
    assert decode(encode(TWEET), ScrubbedTweet) == TWEET
