"""The fate of raw tweets: official, noise by reason, or scrubbed; repeats are decided as the first time."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.codec import UndecodableError, decode, encode
from schemas.headers import ORIGIN, REPAIR, REPAIRED_FROM, REPLAY_ID, REPLAYS, REVISION, Header, value_of
from schemas.taxonomy import NoiseReason
from schemas.topics import NOISE, OFFICIAL, SCRUBBED
from schemas.tweet import Context, NoiseRecord, ScrubbedTweet, Tweet
from streams.core.pii.spans import PiiType
from streams.core.recent import Marks, NearMark, Recent
from streams.core.scrubbing import Fate, ScrubRules, candidate, fate_of, parsed_vips, read_tweet, scrub_value
from streams.tables import tables

AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
RULES = ScrubRules(tables=tables(), official_handles=frozenset({"free"}), vips=frozenset({"u_vip"}))
LONG = "toujours pas de réseau à Vierzon depuis hier"


class Record(NamedTuple):
    value: bytes | None
    offset: int
    headers: tuple[Header, ...] = ()
    partition: int = 3
    topic: str = "tweets.raw"
    timestamp: int = 0
    key: bytes | None = b"u1"


def tweet(tweet_id: str = "1", text: str = "plus de réseau", **changes: Any) -> Tweet:
    return replace(Tweet(id=tweet_id, created_at=AT, text=text, author="u1"), **changes)


def record(one: Tweet, offset: int = 0, *, headers: tuple[Header, ...] = ()) -> Record:
    return Record(encode(one), offset, headers)


def decided(records: Sequence[Record], recent: Recent | None = None, found: Marks | None = None) -> list[Fate]:
    """Decides one block."""
    recent = recent or Recent()
    recent.begin()
    recent.load(found or Marks())
    fates = [fate_of(candidate(one, RULES), RULES, recent) for one in records]
    recent.end()
    return fates


def reasons(tweets: Sequence[Tweet]) -> list[NoiseReason | None]:
    return [fate.reason for fate in decided([record(one, offset) for offset, one in enumerate(tweets)])]


def kept(fate: Fate) -> ScrubbedTweet:
    assert fate.output.topic == SCRUBBED
    return decode(fate.output.value, ScrubbedTweet)


def test_a_customers_tweet_is_scrubbed_and_keyed_by_its_id() -> None:
    raw = tweet("42", "appelez @moi_x au 06 12 34 56 78", author="u_VIP")
    (fate,) = decided([record(raw, 7)])
    result = kept(fate)
    assert (fate.output.key, value_of(fate.output.headers, ORIGIN)) == (b"42", b"3:7")
    assert (result.scrubbed, result.text) == ("appelez @u1 au [PHONE_1]", raw.text)
    assert result.vip
    assert [span.type for span in fate.spans] == [PiiType.HANDLE, PiiType.PHONE]


def test_a_disguise_does_not_reach_the_scrubbed_text() -> None:
    raw = tweet("42", "＠moi_x au ０６ 12\u200934\u200b56\u201378, https://x.com/Moi_X/status/1")
    (fate,) = decided([record(raw)])
    assert kept(fate).scrubbed == "@u1 au [PHONE_1], https://x.com/@u1/status/1"
    assert [raw.text[span.start : span.end] for span in fate.spans][::2] == ["＠moi_x", "Moi_X"]
    assert decode(scrub_value(encode(raw), tables()), ScrubbedTweet).scrubbed == kept(fate).scrubbed


def test_a_deployment_s_own_handles_stay() -> None:
    value = scrub_value(encode(tweet("42", "@acme_box et @moi_x")), tables(), frozenset({"acme_box"}))
    assert decode(value, ScrubbedTweet).scrubbed == "@acme_box et @u1"


def test_every_field_of_the_tweet_survives() -> None:
    raw = Tweet(
        id="1", created_at=AT, text="réseau", author="a", in_reply_to="0", quote=True, likes=1, retweets=2, replies=3,
        views=4, source="x",
    )  # fmt: skip
    (fate,) = decided([record(raw)])
    for result in (kept(fate), decode(scrub_value(encode(raw), tables()), ScrubbedTweet)):
        assert {name: getattr(result, name) for name in Tweet.__struct_fields__} == msgspec.structs.asdict(raw)


@pytest.mark.parametrize(
    "raw",
    [
        tweet(author="Free"),
        tweet(author="u9", official=True),
        tweet(author="free", retweet=True),
        tweet(author="free", text=" "),
    ],
)
def test_official_wins_over_noise(raw: Tweet) -> None:
    for fate in decided([record(raw, 1), record(raw, 2)]):
        assert (fate.output.topic, fate.output.key, fate.reason) == (OFFICIAL, b"1", None)
        assert decode(fate.output.value, Tweet) == replace(raw, official=True)


def test_an_official_record_is_passed_on_byte_for_byte() -> None:
    value = encode(tweet(official=True))[:-1] + b',"unknown":1}'
    (fate,) = decided([Record(value, 1)])
    assert fate.output.value == value


@pytest.mark.parametrize(
    ("tweets", "expected"),
    [
        ([tweet(retweet=True)], [NoiseReason.RETWEET]),
        ([tweet(retweet=True), tweet(retweet=True), tweet()], [NoiseReason.RETWEET, NoiseReason.RETWEET, None]),
        ([tweet("1"), tweet("1", LONG), tweet("2")], [None, NoiseReason.DUPLICATE, None]),
        ([tweet("1", " \n\t\u00a0"), tweet("2", "")], [NoiseReason.EMPTY, NoiseReason.EMPTY]),
        ([tweet("1", " "), tweet("1", " ")], [NoiseReason.EMPTY, NoiseReason.DUPLICATE]),
        ([tweet("1", LONG), tweet("2", f"@Free {LONG.upper()}")], [None, NoiseReason.NEAR_DUPLICATE]),
        ([tweet("1", LONG), tweet("2", LONG, author="u2")], [None, None]),
        ([tweet("1", "pareil ici"), tweet("2", "pareil ici")], [None, None]),
    ],
)
def test_the_reasons_of_noise(tweets: list[Tweet], expected: list[NoiseReason | None]) -> None:
    assert reasons(tweets) == expected


def test_noise_carries_no_text() -> None:
    (fate,) = decided([record(tweet("9", LONG, retweet=True), 4)])
    assert (fate.output.topic, fate.output.key) == (NOISE, b"9")
    assert decode(fate.output.value, NoiseRecord) == NoiseRecord(id="9", origin="3:4", reason="retweet")


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([0, 24, 24.01], [None, NoiseReason.NEAR_DUPLICATE, None]),
        ([0, 20, 40], [None, NoiseReason.NEAR_DUPLICATE, None]),  # the last one KEPT counts
        ([10, 0, -15], [None, NoiseReason.NEAR_DUPLICATE, None]),  # event time may run backward
    ],
)
def test_the_window_is_counted_in_event_time(hours: list[float], expected: list[NoiseReason | None]) -> None:
    tweets = [tweet(str(i), LONG, created_at=AT + timedelta(hours=hour)) for i, hour in enumerate(hours)]
    assert reasons(tweets) == expected


def test_a_repeat_of_the_same_origin_is_decided_as_the_first_time() -> None:
    block = [record(one, offset) for offset, one in enumerate([tweet("1", LONG), tweet("1", LONG), tweet("2", LONG)])]
    recent = Recent()
    recent.begin()
    recent.load(Marks())
    first = [fate_of(candidate(one, RULES), RULES, recent) for one in block]
    marks = recent.end()
    assert decided(block, recent) == first  # still in delivery
    recent.stored(marks)
    assert decided(block, Recent(), marks) == first  # after a crash, from the store


def test_a_replayed_record_keeps_the_origin_that_it_carries() -> None:
    again = record(tweet("1", LONG), 99, headers=((ORIGIN, b"0:5"), (REPLAY_ID, b"r"), ("traceparent", b"t")))
    (fate,) = decided([again], found=Marks(ids={"1": "0:5"}))  # type: ignore[dict-item]
    assert fate.reason is None
    assert sorted(fate.output.headers) == sorted(again.headers)


def test_a_producer_cannot_make_its_record_a_repeat_of_another() -> None:
    forged = record(tweet("1", LONG), 99, headers=((ORIGIN, b"0:5"), (ORIGIN, b"\x01" * 900_000)))
    (fate,) = decided([forged], found=Marks(ids={"1": "0:5"}))  # type: ignore[dict-item]
    assert fate.reason is NoiseReason.DUPLICATE
    assert fate.output.headers == ((ORIGIN, b"3:99"),)


def test_no_producer_makes_its_record_a_repair() -> None:
    """A repair that level 1 gives up ends there; a first classification must not."""
    forged = record(
        tweet("1", LONG), headers=((REPAIR, b"c"), (REVISION, b"2"), (REPAIRED_FROM, b"other"), ("x", b"y"))
    )
    (fate,) = decided([forged])
    assert sorted(fate.output.headers) == [(ORIGIN, b"3:0"), ("x", b"y")]


def test_no_producer_makes_its_record_a_replayed_one() -> None:
    """It would not count when it dies, and be parked by its first replay; a real replay keeps its count."""
    (forged,) = decided([record(tweet("1", LONG), headers=((REPLAYS, b"3"),))])
    assert value_of(forged.output.headers, REPLAYS) is None
    (replayed,) = decided([record(tweet("1", LONG), headers=((REPLAYS, b"3"), (REPLAY_ID, b"c")))])
    assert value_of(replayed.output.headers, REPLAYS) == b"3"


def test_what_the_store_knows_counts() -> None:
    key = candidate(record(tweet("2", LONG)), RULES).near
    assert key is not None
    at_ms = int(AT.timestamp() * 1000)
    found = Marks(ids={"1": "0:1"}, near={key: NearMark("0:2", at_ms)})  # type: ignore[dict-item,arg-type]
    fates = decided([record(tweet("1")), record(tweet("2", LONG), 1)], found=found)
    assert [fate.reason for fate in fates] == [NoiseReason.DUPLICATE, NoiseReason.NEAR_DUPLICATE]


def test_a_block_in_delivery_is_remembered_until_a_later_look_up_can_see_its_marks() -> None:
    recent = Recent()
    decided([record(tweet("1"), 1)], recent)
    (second,) = decided([record(tweet("1"), 2)], recent)
    assert second.reason is NoiseReason.DUPLICATE

    recent = Recent()
    recent.begin()
    recent.load(Marks())
    fate_of(candidate(record(tweet("1"), 1), RULES), RULES, recent)
    marks = recent.end()
    recent.begin()  # the look-up of the next block starts ...
    recent.stored(marks)  # ... and only then are the marks stored: the look-up has not seen them
    recent.load(Marks())
    assert fate_of(candidate(record(tweet("1"), 2), RULES), RULES, recent).reason is NoiseReason.DUPLICATE
    recent.end()
    recent.begin()
    assert recent.n_pending == 0


def test_a_reply_carries_its_context_and_they_share_placeholders() -> None:
    asked = tweet("1", "@toi_x mon numéro est le 06 12 34 56 78")
    reply = tweet("2", "@moi_x non, 0612345678 ou 07 12 34 56 78 ?", in_reply_to="1")
    for fates in (
        decided([record(asked, 1), record(reply, 2)])[1:],
        decided([record(reply, 2)], found=Marks(contexts={"1": Context(scrubbed="x", text=asked.text, author="u1")})),
        decided(
            [record(reply, 2)], found=Marks(contexts={"1": Context(scrubbed=asked.text, text=asked.text, author="u1")})
        ),
    ):
        result = kept(fates[0])
        assert (result.context_id, result.in_reply_to) == ("1", "1")
        assert result.context == Context(scrubbed="@u1 mon numéro est le [PHONE_1]", text=asked.text, author="u1")
        assert result.scrubbed == "@u2 non, [PHONE_1] ou [PHONE_2] ?"


def test_a_reply_to_an_unknown_tweet_has_no_context() -> None:
    result = kept(decided([record(tweet("2", in_reply_to="1"))])[0])
    assert (result.context_id, result.context, result.in_reply_to) == (None, None, "1")


def test_a_reply_to_an_official_tweet_has_its_context() -> None:
    said = tweet("1", "Bonjour @moi_x, un incident est en cours", author="Free")
    result = kept(decided([record(said, 1), record(tweet("2", "merci", in_reply_to="1"), 2)])[1])
    assert result.context == Context(scrubbed="Bonjour @u1, un incident est en cours", text=said.text, author="Free")


def test_a_context_that_an_earlier_release_stored_names_nobody() -> None:
    reply = tweet("2", "pareil", in_reply_to="1")
    stored = Marks(contexts={"1": Context(scrubbed="la box clignote", text="la box clignote")})
    result = kept(decided([record(reply, 2)], found=stored)[0])
    assert result.context == stored.contexts["1"]
    assert b'"context":{"scrubbed":"la box clignote","text":"la box clignote"}' in encode(result)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"{",
        b"{}",
        b"\xff",
        b'{"id":"1","created_at":"2026-01-05T09:30:00Z","text":"\\ud800","author":"u1"}',
        b'{"id":"1","created_at":"2026-01-05T09:30:00","text":"a","author":"u1"}',
    ],
    ids=["tombstone", "nothing", "cut off", "fields missing", "not UTF-8", "lone surrogate", "no UTC offset"],
)
def test_what_is_no_tweet_is_undecodable(value: bytes | None) -> None:
    with pytest.raises(UndecodableError):
        read_tweet(value)


def test_the_file_of_vips_holds_names_a_line() -> None:
    assert parsed_vips("# VIPs\n@Maire_X\n u_12ab # une ministre\n\n") == {"maire_x", "u_12ab"}


ids = st.sampled_from("12345")
texts = st.sampled_from([LONG, f"{LONG} !", "pareil ici", " ", "06 12 34 56 78"])
tweets = st.builds(
    Tweet, id=ids, created_at=st.integers(0, 60).map(lambda hour: AT + timedelta(hours=hour)), text=texts,
    author=st.sampled_from(["u1", "u2", "Free"]), retweet=st.booleans(), in_reply_to=st.none() | ids,
)  # fmt: skip


@given(st.lists(tweets, max_size=12), st.data())
def test_every_record_has_one_fate_and_blocks_do_not_matter(many: list[Tweet], data: st.DataObject) -> None:
    """However the records are cut into blocks and whenever marks are stored, the fates are those of one block."""
    records = [record(one, offset) for offset, one in enumerate(many)]
    whole = decided(records)
    assert [value_of(fate.output.headers, ORIGIN) for fate in whole] == [f"3:{i}".encode() for i in range(len(many))]

    recent, store, waiting = Recent(), Marks(), list[Marks]()
    fates: list[Fate] = []
    while records:
        recent.begin()
        seen = Marks(ids=dict(store.ids), near=dict(store.near), contexts=dict(store.contexts))
        for marks in waiting[: data.draw(st.integers(0, len(waiting)))]:
            waiting.remove(marks)
            store.ids |= marks.ids
            store.near |= marks.near
            store.contexts |= marks.contexts
            recent.stored(marks)
        recent.load(seen)
        n_records = data.draw(st.integers(1, len(records)))
        fates += [fate_of(candidate(one, RULES), RULES, recent) for one in records[:n_records]]
        records = records[n_records:]
        waiting.append(recent.end())
    assert fates == whole
