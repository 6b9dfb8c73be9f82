"""CSV: the business's export, broken rows, and other files by a column map."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.connectors.columns import CSV_COLUMNS, TweetMaker, mapped
from streams.connectors.csv_export import COLUMNS, HEADER
from streams.connectors.csv_file import BOM, CsvParser
from streams.connectors.source import AnyRow, RefusedRow, Row
from streams.errors import FatalError

AT = b"2021-05-14 12:56:22 +02:00"
SHORT = b"id,created_at,full_text\n"


def parser(**changes: str) -> CsvParser:
    return CsvParser("t.csv", mapped(CSV_COLUMNS, changes), TweetMaker(frozenset({"free"})))


def rows_of(data: bytes, *, size: int = 1 << 20, **changes: str) -> list[AnyRow]:
    found, reader = [], parser(**changes)
    for at in range(0, len(data), size):
        found += reader.feed(data[at : at + size])
    return [*found, *reader.finish()]


def row(number: int, text: bytes = b"panne") -> bytes:
    return b'"%d",%s,"%s"' % (number, AT, text)


def outline(rows: list[AnyRow]) -> list[tuple[int, str]]:
    """Line and id of each row, or line and reason where it was refused."""
    return [(r.line, r.tweet.id if isinstance(r, Row) else str(r.error)) for r in rows]


def test_a_row_of_the_export_becomes_a_tweet() -> None:
    line = (
        b'"1393","2021-05-14 12:56:22 +02:00","RT @free: a\\nb ""c"", d",null,"Free","Free",null,"99","12","13",'
        b'"14",null,'
        b"3,4,5,6,7,8,false,true,false,https://x.example/1393"
    )
    (found,) = rows_of(HEADER + line + b"\r\n")
    assert isinstance(found, Row)
    tweet = found.tweet
    assert (tweet.id, tweet.text, tweet.author, tweet.official) == ("1393", 'RT @free: a\nb "c", d', "Free", True)
    assert (tweet.in_reply_to, tweet.retweet, tweet.quote) == ("12", True, True)
    assert (tweet.likes, tweet.retweets, tweet.replies, tweet.views) == (3, 4, 7, 8)
    assert tweet.created_at.isoformat() == "2021-05-14T10:56:22+00:00"
    assert (found.line, found.raw, found.end) == (2, line, len(HEADER) + len(line) + 2)


def test_retweeted_by_me_is_no_retweet() -> None:
    values = dict.fromkeys(COLUMNS, "null") | {"id": "1", "created_at": AT.decode(), "retweeted": "true"}
    (found,) = rows_of(HEADER + ",".join(values[name] for name in COLUMNS).encode())
    assert isinstance(found, Row)
    assert not found.tweet.retweet


@pytest.mark.parametrize(
    "data", [b"", BOM, b"\n\r\n", SHORT, BOM + SHORT, b"id,created_at,full_text", SHORT + b"\n\r\n\n"]
)
def test_a_file_without_rows_has_none(data: bytes) -> None:
    assert rows_of(data) == []


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'"1",%s' % AT, "the row has 2 columns, the header 3"),
        (b'"1",%s,"a","b"' % AT, "the row has 4 columns, the header 3"),
        (b'"1",hier,"a"', "the date cannot be read"),
        (b'"null",%s,"a"' % AT, "the id is missing"),
        (b',%s,"a"' % AT, "the id is missing"),
        (b'"1",%s,"\xc3\x28"' % AT, "the row is not UTF-8 at byte 32"),
        (b'"1",%s,"\0"' % AT, "the row holds a NUL byte"),
        (b'"1",%s,"a"b"' % AT, "a quote is never closed"),
        (b'"1",%s,"a" "b"' % AT, "the row is not CSV: ',' expected after '\"'"),
        (b"   ", "the row has 1 columns, the header 3"),
        (b'"1",%s,"never closed' % AT, "a quote is never closed"),
        (b"\xff\xfe", "the row is not UTF-8 at byte 0"),
    ],
)
def test_a_bad_row_is_handed_over_byte_for_byte_with_its_line(raw: bytes, reason: str) -> None:
    rows = rows_of(SHORT + row(1) + b"\n" + raw + b"\n" + row(2) + b"\n")
    assert outline(rows) == [(2, "1"), (3, reason), (4, "2")]
    assert isinstance(rows[1], RefusedRow)
    assert rows[1].raw == raw


def test_an_empty_text_is_no_bad_row() -> None:
    texts = [
        r.tweet.text
        for r in rows_of(SHORT + b"\n".join([row(1, b""), row(2, b" "), row(3, b"null")]))
        if isinstance(r, Row)
    ]
    assert texts == ["", " ", ""]


def test_a_text_may_span_lines() -> None:
    rows = rows_of(SHORT + row(1, b"a\nb, c\n\nd") + b"\n" + row(2) + b"\n")
    assert outline(rows) == [(2, "1"), (6, "2")]
    assert isinstance(rows[0], Row)
    assert rows[0].tweet.text == "a\nb, c\n\nd"
    assert (rows[0].line, rows[0].end_line) == (2, 5)


def test_a_quote_that_never_closes_costs_its_row_only() -> None:
    data = b"\n".join([row(1), b'"2",x,"open', b"more of it", row(3), row(4, b"a\nb"), row(5)])
    rows = rows_of(SHORT + data)
    assert outline(rows) == [(2, "1"), (3, "a quote is never closed"), (5, "3"), (6, "4"), (8, "5")]
    assert isinstance(rows[1], RefusedRow)
    assert rows[1].raw == b'"2",x,"open\nmore of it'


def test_an_open_quote_before_a_text_that_spans_lines_does_not_cost_that_one() -> None:
    rows = rows_of(SHORT + b"\n".join([b'2,x,"open', row(3, b"a\nb"), row(4)]))
    assert outline(rows) == [(2, "a quote is never closed"), (3, "3"), (5, "4")]


def test_an_open_quote_takes_no_more_than_its_share_of_the_file() -> None:
    filler = b"no row at all\n" * 5_000
    rows = rows_of(SHORT + b'"2",x,"open\n' + filler + row(3))
    assert outline(rows)[0] == (2, "a quote is never closed")
    assert len(rows) == 1 + 5_000 + 1
    assert outline(rows)[-1] == (5_003, "3")


def test_an_open_quote_at_the_end_gives_back_what_follows() -> None:
    rows = rows_of(SHORT + row(1) + b'\n"2",x,"open\nnot a row\n')
    assert outline(rows) == [(2, "1"), (3, "a quote is never closed"), (4, "the row has 1 columns, the header 3")]


PIECES = st.sampled_from(
    [row(1), row(2, b"a\nb"), row(3, b'c""d'), b'"', b'"x', b"a,b", b"", b"\r", b"\xff", b'"4",x,"o']
)


@given(st.lists(PIECES, max_size=12), st.integers(1, 90), st.booleans())
def test_no_byte_is_lost_and_chunks_do_not_matter(pieces: list[bytes], size: int, ends: bool) -> None:
    data = SHORT + b"\n".join(pieces) + (b"\n" if ends else b"")
    rows = rows_of(data)
    assert [r[:4] for r in rows_of(data, size=size)] == [r[:4] for r in rows]
    lines = data.split(b"\n")
    covered = {number for r in rows for number in range(r.line, r.end_line + 1)}
    assert [raw for number, raw in enumerate(lines, 1) if number not in covered and raw not in (b"", b"\r")] == lines[
        :1
    ]
    assert [r.line for r in rows] == sorted({r.line for r in rows})
    for found in rows:
        assert b"\n".join(lines[found.line - 1 : found.end_line]).removesuffix(b"\r") == found.raw


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (b"id,text", "no column created_at, full_text. Name its own by --map FIELD=COLUMN"),
        (b"id;created_at;full_text", "It seems to use semicolons"),
        (b"id\tcreated_at\tfull_text", "It seems to use tabs"),
        (b"\xff\xfei\0d\0", "no header that can be read"),
        (b'"id,created_at', "no header that can be read"),
    ],
)
def test_a_wrong_header_names_the_file_and_the_remedy(header: bytes, complaint: str) -> None:
    with pytest.raises(FatalError, match=r"^t\.csv has no") as caught:
        rows_of(header + b"\nx\n")
    assert complaint in str(caught.value)


def test_other_names_by_a_map() -> None:
    data = b"tweet_id,when,body,who\n7,2021-05-14T10:56:22Z,bonjour,somebody\n"
    (found,) = rows_of(data, id="tweet_id", created_at="when", text="body", author="who")
    assert isinstance(found, Row)
    assert (found.tweet.id, found.tweet.text, found.tweet.author) == ("7", "bonjour", "somebody")


def test_a_mapped_column_must_exist() -> None:
    with pytest.raises(FatalError, match="no column who"):
        rows_of(SHORT, author="who")


def test_it_goes_on_after_any_row() -> None:
    data = SHORT + b"\n".join([row(1), row(2, b"a\nb"), b"bad", row(3)]) + b"\n"
    whole = rows_of(data)
    for place, found in enumerate(whole):
        again = parser()
        again.jump(data[:200], found.end, found.end_line)
        rest = [*again.feed(data[found.end :]), *again.finish()]
        assert [r[:4] for r in rest] == [r[:4] for r in whole[place + 1 :]]


def test_no_message_quotes_the_row(tmp_path: Path) -> None:
    secret = b"secret-text"
    data = SHORT + b"\n".join([b'"1",' + secret + b',"a"', secret, b'"1",%s,"%s"x' % (AT, secret)])
    for found in rows_of(data):
        assert isinstance(found, RefusedRow)
        assert "secret" not in str(found.error)
