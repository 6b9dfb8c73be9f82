"""What an erasure takes for the subject's, and what it leaves to others."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import headers as names
from schemas.codec import encode
from schemas.headers import Header
from schemas.taxonomy import Stage
from schemas.topics import CLASSIFIED, DEAD_LETTER, NOISE, PARKED, RAW, RAW_DEAD_LETTER, SCRUBBED, TOPICS
from schemas.tweet import Context, NoiseRecord, ScrubbedTweet, Tweet
from streams.core.authors import handle_digest
from streams.core.dead_letters import dead_letter, refused_row
from streams.core.forgetting import PROOF_DIGITS, Relation, Search, Subject, holds, is_searched
from streams.core.noise import near_key

NOW = datetime(2026, 1, 2, tzinfo=UTC)
TEXT = "plus de réseau depuis ce matin ici"
MAX = Subject.of_author("@Max_Lune")


class Record(NamedTuple):
    value: bytes | None
    key: bytes | None = None
    topic: str = RAW
    headers: tuple[Header, ...] = ()
    partition: int = 1
    offset: int = 5
    timestamp: int = 1


def raw(author: str = "max_lune", tweet_id: str = "17", text: str = TEXT, **changes: Any) -> Tweet:
    return Tweet(id=tweet_id, created_at=NOW, text=text, author=author, **changes)


def reply(
    context_id: str | None, said: str = TEXT, author: str = "zoe", of: str | None = None, **changes: Any
) -> ScrubbedTweet:
    context = Context(scrubbed="[…]", text=said, author=of)
    return ScrubbedTweet(
        id="99", created_at=NOW, text="pareil", author=author, scrubbed="pareil", context_id=context_id,
        context=context, **changes,
    )  # fmt: skip


def look(
    search: Search, value: Tweet | NoiseRecord | bytes | None, topic: str = RAW, **changes: Any
) -> Relation | None:
    data = value if value is None or isinstance(value, bytes) else encode(value)
    return search.look(Record(data, topic=topic, **changes), TOPICS[topic])


@pytest.mark.parametrize(
    "written", ["Max_Lune", "@max_lune", "  @MAX_LUNE ", "max_lune", "@@Max_Lune", "@ max_lune", "\uff20Max_Lune"]
)
@pytest.mark.parametrize("kept", ["max_lune", "Max_Lune", "@MAX_LUNE", handle_digest("max_lune")])
def test_an_author_is_found_however_it_is_written(written: str, kept: str) -> None:
    assert look(Search(Subject.of_author(written)), raw(kept)) is Relation.OWN


def test_an_author_is_found_by_the_id_of_the_source_and_by_no_part_of_it() -> None:
    search = Search(Subject.of_author("u_0a1b2c"))
    assert look(search, raw("u_0a1b2c")) is Relation.OWN
    assert look(search, raw("u_0a1b2c3")) is None
    assert look(search, raw("u_0a1b2"), key=b"u_0a1b2") is None


@pytest.mark.parametrize("empty", ["", "@", "  ", " @ "])
def test_nobody_is_no_subject(empty: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        Subject.of_author(empty)
    if "@" not in empty:
        with pytest.raises(ValueError, match="empty"):
            Subject.of_tweet(empty)


def test_what_it_learns_of_the_subject_is_what_the_state_is_keyed_by() -> None:
    search = Search(MAX)
    assert look(search, raw("Max_Lune")) is Relation.OWN
    assert look(search, raw("zoe", "18")) is None
    assert search.ids == {"17"}
    assert search.near == {near_key("Max_Lune", TEXT)}


def test_a_tweet_is_found_by_its_id_alone() -> None:
    search = Search(Subject.of_tweet(" 17 "))
    assert look(search, raw("zoe")) is Relation.OWN
    assert look(search, raw("zoe", "170")) is None
    assert look(search, b'{"id": 17}') is Relation.OWN
    assert search.near == {near_key("zoe", TEXT)}
    assert search.ids == {"17"}


@pytest.mark.parametrize(
    ("topic", "key", "expected"),
    [
        (SCRUBBED, b"17", Relation.OWN),
        (RAW, b"17", None),  # an author's id, which may be the same number
        (SCRUBBED, b"170", None),
        (SCRUBBED, b"\xff", None),
    ],
)
def test_a_broken_value_is_known_by_its_key(topic: str, key: bytes, expected: Relation | None) -> None:
    assert look(Search(Subject.of_tweet("17")), b"{\xff", topic, key=key) is expected
    assert look(Search(Subject.of_tweet("17")), None, topic, key=key) is expected


def test_a_key_of_tweets_raw_is_the_author() -> None:
    assert look(Search(MAX), b"{\xff", key=b"Max_Lune") is Relation.OWN
    assert look(Search(MAX), b"{\xff", SCRUBBED, key=b"elsewhere") is None


def test_the_author_of_a_record_goes_before_its_id() -> None:
    search = Search(MAX)
    look(search, raw())
    assert look(search, raw("441", "18"), key=b"Max_Lune") is Relation.OWN  # its source keys by handle
    assert look(search, raw("zoe"), SCRUBBED, key=b"17") is None  # the id comes from two authors: not his record
    assert look(search, NoiseRecord(id="17", origin="1:5", reason="duplicate"), NOISE) is Relation.OWN


def test_a_reply_that_carries_the_tweet_quotes_it() -> None:
    search = Search(MAX)
    assert look(search, reply("17"), SCRUBBED) is None  # not known yet
    look(search, raw())
    assert look(search, reply("17"), SCRUBBED) is Relation.QUOTES
    assert look(search, reply("18"), CLASSIFIED) is None
    assert look(search, raw("zoe", "20", in_reply_to="17")) is None  # a number, no text
    assert look(search, reply("17", author="max_lune"), SCRUBBED) is Relation.OWN
    assert look(Search(Subject.of_tweet("17")), reply("17"), SCRUBBED) is Relation.QUOTES


@pytest.mark.parametrize("of", ["Max_Lune", "max_lune", handle_digest("max_lune")])
def test_a_quote_is_found_by_its_author_when_the_tweet_itself_is_gone(of: str) -> None:
    search = Search(MAX)
    assert look(search, reply("17", of=of), SCRUBBED) is Relation.QUOTES
    assert search.ids == {"17"}  # what Redis may hold
    assert look(search, reply("17"), CLASSIFIED) is Relation.QUOTES  # an older record of the same tweet
    assert look(search, reply("18", of="zoe"), CLASSIFIED) is None
    assert look(search, reply(None, of=of), CLASSIFIED) is Relation.QUOTES
    assert look(Search(Subject.of_tweet("max_lune")), reply("17", of=of), SCRUBBED) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("merci @MAX_Lune !", Relation.MENTIONS),
        ("merci@max_lune", Relation.MENTIONS),
        ("@max_lunettes", None),
        ("max_lune", None),
    ],
)
def test_a_mention_of_the_handle(text: str, expected: Relation | None) -> None:
    assert look(Search(MAX), raw("zoe", "18", text)) is expected
    assert look(Search(MAX), reply("18", text), SCRUBBED) is expected
    assert look(Search(Subject.of_tweet("max_lune")), raw("zoe", "18", text)) is None


def letter(value: bytes, key: bytes | None, stage: Stage = Stage.CLASSIFIER, origin: bytes = b"1:5") -> dict[str, Any]:
    source = Record(value, key, TOPICS[SCRUBBED].name, ((names.ORIGIN, origin),), offset=17)
    made = dead_letter(source, stage=stage, error=ValueError("field id"), now=NOW)
    return {"value": made.value, "key": made.key, "headers": made.headers}


@pytest.mark.parametrize(
    ("topic", "found", "expected"),
    [
        (DEAD_LETTER, letter(encode(raw()), b"17"), Relation.OWN),
        (PARKED, letter(encode(reply("17")), b"99"), Relation.QUOTES),
        (DEAD_LETTER, letter(encode(raw("zoe", "18")), b"18"), None),
        (DEAD_LETTER, letter(b'{"id":"17"', b"17"), Relation.OWN),
        (RAW_DEAD_LETTER, letter(b"{", b"17", Stage.SCRUBBER, b"3:1"), None),  # keyed by author
        (RAW_DEAD_LETTER, letter(b"{", b"max_lune", Stage.SCRUBBER, b"3:1"), Relation.OWN),
        (DEAD_LETTER, letter(b"{broken", b"k", origin=b"1:5"), Relation.MAY_HOLD),  # the origin of his tweet
        (DEAD_LETTER, letter(b"{broken", b"k", origin=b"1:55"), None),
        (DEAD_LETTER, letter(b'{"id":"x","author":"max_lune', b"k", origin=b"3:1"), Relation.MAY_HOLD),
        (DEAD_LETTER, letter(b"{broken, of 17", b"k", origin=b"3:1"), Relation.MAY_HOLD),
        (DEAD_LETTER, letter(b'{"who":"Max_Lune"}', b"k", origin=b"3:1"), Relation.MAY_HOLD),
        (DEAD_LETTER, {"value": b"{", "headers": (("user", b"max_lune"),)}, Relation.MAY_HOLD),
        (DEAD_LETTER, {"value": b"{", "key": b"max_lune"}, Relation.OWN),  # no header says by what it is keyed
    ],
)
def test_dead_letters(topic: str, found: dict[str, Any], expected: Relation | None) -> None:
    search = Search(MAX)
    look(search, raw())
    assert look(search, topic=topic, **found) is expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (b"17,Max_Lune,bonjour", Relation.MAY_HOLD),
        ("1;max_lune;déçu".encode("latin-1"), Relation.MAY_HOLD),
        ("1;max_lune;déçu".encode("utf-16"), Relation.MAY_HOLD),
        (handle_digest("max_lune").encode(), Relation.MAY_HOLD),
        (b'{"id":"1","author":"441","screen_name":"max_lune"}', Relation.MAY_HOLD),
        (b"1,max_lunette,bonjour", None),
        (b"1,zoe,bonjour", None),
    ],
)
def test_refused_rows_are_searched_as_bytes(row: bytes, expected: Relation | None) -> None:
    made = refused_row(row, line=2, source="f.csv", error=ValueError("columns"), now=NOW)
    assert look(Search(MAX), made.value, RAW_DEAD_LETTER, headers=made.headers) is expected


def test_the_number_of_a_line_is_no_evidence() -> None:
    search = Search(MAX)
    look(search, raw(), DEAD_LETTER, headers=((names.ORIGIN, b"line:2"),))
    assert look(search, b"{broken", DEAD_LETTER, headers=((names.ORIGIN, b"line:2"),)) is None


@settings(max_examples=50)
@given(st.text(alphabet="ab_1-éÉ", min_size=1, max_size=4), st.binary(max_size=20), st.binary(max_size=20))
def test_a_word_is_found_wherever_it_stands_alone(word: str, before: bytes, after: bytes) -> None:
    assert holds(before + b" " + word.upper().encode() + b"," + after, [word])


@settings(max_examples=50)
@given(st.binary(max_size=60), st.text(min_size=1, max_size=3))
def test_it_looks_at_any_bytes_without_raising(value: bytes, name: str) -> None:
    for topic in (RAW, DEAD_LETTER, PARKED, CLASSIFIED):
        for kind in (Subject("author", name), Subject("tweet", name)):
            headers = ((names.ERROR_STAGE, value), (names.ORIGIN, value))
            Search(kind).look(Record(value, value, topic, headers), TOPICS[topic])


def test_a_proof_is_of_one_name_and_one_salt() -> None:
    proof = MAX.proof("c1")
    assert len(proof) == PROOF_DIGITS
    assert "max" not in proof
    assert proof == Subject.of_author("MAX_lune").proof("c1")
    others = {MAX.proof("c2"), Subject.of_author("zoe").proof("c1"), Subject.of_tweet("max_lune").proof("c1")}
    assert len(others | {proof}) == 4


@pytest.mark.parametrize(
    ("topic", "is_compacted", "expected"),
    [
        (RAW, False, True),
        (RAW_DEAD_LETTER, True, True),
        (NOISE, False, False),
        (NOISE, True, True),  # it would keep ids for ever
        ("ops.dispositions", True, False),
        ("ops.alerts", True, False),
    ],
)
def test_which_topics_are_looked_through(topic: str, is_compacted: bool, expected: bool) -> None:
    assert is_searched(TOPICS[topic], is_compacted=is_compacted) is expected
