"""The desk over tables of which a part is loaded: the same replies and the same tables, however records are cut."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest

from schemas.audit import ReplyAudit
from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Level, Priority, Sentiment, Topic
from schemas.tweet import Tweet
from streams.core.audit.desk import Desk, Key, hour_at, hour_key, worked
from streams.core.audit.openings import REPEATS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = int(NOON.timestamp() // 3600)
Record = Tweet | ClassifiedTweet


def customer(
    id_: str, minutes: float = 0, *, to: str | None = None, author: str = "max", priority: Priority = 2,
    said: Sentiment = Sentiment.NEGATIVE,
) -> ClassifiedTweet:  # fmt: skip
    text = "Toujours rien"
    return ClassifiedTweet(
        id=id_, created_at=NOON + timedelta(minutes=minutes), text=text, scrubbed=text, author=author, in_reply_to=to,
        sentiment=said, priority=priority, main_topic=Topic.NETWORK, confidence_sentiment=1, confidence_priority=1,
        confidence_main_topic=1, level=Level.BERT, model="bert-v1", classified_at=NOON,
    )  # fmt: skip


def official(id_: str, minutes: float, to: str | None, text: str = "@max Nous sommes désolés, c'est réparé") -> Tweet:
    at = NOON + timedelta(minutes=minutes)
    return Tweet(id=id_, created_at=at, text=text, author="Marque", official=True, in_reply_to=to)


class Store:
    """Redis, as far as the desk knows it."""

    def __init__(self) -> None:
        self.kept: dict[Key, bytes] = {}
        self.n_rounds = 0

    def work(self, records: Sequence[Record]) -> list[ReplyAudit]:
        def at(desk: Desk) -> list[ReplyAudit]:
            return [
                found
                for one in records
                for found in (desk.customer(one) if isinstance(one, ClassifiedTweet) else desk.official(one))
            ]

        loaded: dict[Key, bytes | None] = {}
        found, desk = worked(at, loaded)
        while missed := desk.missed():
            loaded |= {key: self.kept.get(key) for key in missed}
            self.n_rounds += 1
            found, desk = worked(at, loaded)
        for key, value in desk.changes().items():
            if value is None:
                del self.kept[key]
            else:
                self.kept[key] = value
        return found

    def n_open(self, hour: int = HOUR, priority: Priority = 2) -> int:
        return int(self.kept.get(("open", hour_key(hour, priority, Topic.NETWORK)), b"0"))


RECORDS: tuple[Record, ...] = (
    customer("q1"),
    official("r1", 30, "q1"),
    customer("q2", 60, to="r1", said=Sentiment.POSITIVE),
    official("r2", 90, "q2"),
    customer("q3", 5, author="eva", priority=0),
)


def last(found: Sequence[ReplyAudit]) -> dict[str, ReplyAudit]:
    return {one.reply_id: one for one in found}


@pytest.mark.parametrize("records", list(permutations(RECORDS)))
def test_blocks_of_one_and_one_block_give_the_same_in_any_order(records: Sequence[Record]) -> None:
    one_by_one, at_once = Store(), Store()
    alone = last([found for one in records for found in one_by_one.work([one])])
    together = last(at_once.work(records))
    assert alone == together
    assert {id_: one.delay_s for id_, one in alone.items()} == {"r1": 1800, "r2": 1800}
    assert alone["r1"].sentiment_after is Sentiment.POSITIVE
    assert one_by_one.kept == at_once.kept
    assert at_once.n_open() == 0
    assert at_once.n_open(HOUR, 0) == 1
    assert not [key for key in at_once.kept if key[0] == "waiting"]
    assert at_once.n_rounds <= 5


def test_a_long_mixture_gives_the_same_however_it_is_cut() -> None:
    rng = Random(7)
    records: list[Record] = []
    for n in range(60):
        records.append(customer(f"q{n}", n, author=f"a{n % 9}", to=rng.choice([None, f"q{n - 1}", f"r{n - 2}"])))
        if rng.random() < 0.8:
            records.append(official(f"r{n}", n + rng.randint(1, 90), f"q{n}"))
    rng.shuffle(records)
    whole, parts = Store(), Store()
    expected = last(whole.work(records))
    found: list[ReplyAudit] = []
    while records:
        n = rng.randint(1, 9)
        found += parts.work(records[:n])
        del records[:n]
    assert last(found) == expected
    assert parts.kept == whole.kept


def test_a_block_that_comes_again_counts_once() -> None:
    store = Store()
    first = last(store.work(RECORDS))
    kept = dict(store.kept)
    assert last(store.work(RECORDS)) == first
    assert store.kept == kept


def test_what_waits_follows_new_labels_and_the_first_reply() -> None:
    store = Store()
    store.work([customer("q", priority=0)])
    store.work([customer("q", priority=2)])  # a repair
    assert (store.n_open(HOUR, 0), store.n_open(HOUR, 2)) == (0, 1)
    store.work([official("r1", 5, "q"), official("r2", 6, "q")])
    assert (store.n_open(HOUR, 0), store.n_open(HOUR, 2)) == (0, 0)
    assert hour_at(HOUR) == NOON


def test_an_opening_becomes_a_template() -> None:
    store = Store()
    found = [one for n in range(REPEATS + 1) for one in store.work([customer(f"q{n}"), official(f"r{n}", 5, f"q{n}")])]
    assert [one.template for one in found] == [False] * (REPEATS - 1) + [True, True]


def test_no_text_and_no_author_of_a_customer_is_kept() -> None:
    store = Store()
    store.work(
        [customer("q1", author="max_lune"), official("r1", 3, "q1"), customer("q2", 9, author="max_lune", to="r1")]
    )
    kept = " ".join(f"{key} {value.decode()}" for (_, key), value in store.kept.items())
    assert "max_lune" not in kept
    assert "Toujours rien" not in kept
    assert "désolés" not in kept


def test_what_answers_nobody_is_no_reply() -> None:
    store = Store()
    assert store.work([official("news", 0, None)]) == []
    assert store.kept == {}
