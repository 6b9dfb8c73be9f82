"""Batches: never over the budget but for one oversize item, nothing lost, nothing reordered."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.headers import Header
from streams.core.batching import MAX_BATCH_BYTES, Admitted, Batch, BatchLimits, CloseReason, TokenBatcher


class Record(NamedTuple):
    partition: int
    offset: int
    topic: str = "tweets.scrubbed"
    timestamp: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[Header, ...] = ()


def item(n_tokens: int, offset: int = 0, partition: int = 0) -> Admitted[int]:
    return Admitted(Record(partition, offset), offset, n_tokens)


def batcher(max_tokens: int = 100, max_items: int = 10, linger_s: float = 1.0) -> TokenBatcher[int]:
    return TokenBatcher(BatchLimits(max_tokens=max_tokens, max_items=max_items, linger_s=linger_s))


def test_an_item_that_does_not_fit_closes_the_batch_before_it() -> None:
    filling = batcher()
    assert filling.add(item(60), 0.0) == []
    (closed,) = filling.add(item(60), 0.0)
    assert (closed.n_tokens, closed.reason) == (60, CloseReason.TOKENS)
    assert filling.n_tokens == 60


def test_a_batch_filled_to_the_last_token_does_not_wait() -> None:
    filling = batcher()
    filling.add(item(60), 0.0)
    (closed,) = filling.add(item(40), 0.0)
    assert (closed.n_tokens, closed.reason) == (100, CloseReason.TOKENS)


def test_one_item_can_close_two_batches() -> None:
    filling = batcher()
    filling.add(item(60), 0.0)
    closed = filling.add(item(100), 0.0)
    assert [batch.n_tokens for batch in closed] == [60, 100]


def test_an_oversize_item_travels_alone_after_what_waited() -> None:
    filling = batcher()
    filling.add(item(10, offset=1), 0.0)
    closed = filling.add(item(101, offset=2), 0.0)
    assert [(batch.reason, batch.items[0].value) for batch in closed] == [
        (CloseReason.TOKENS, 1),
        (CloseReason.OVERSIZE, 2),
    ]
    assert len(filling) == 0


def test_the_item_cap_closes() -> None:
    filling = batcher(max_items=2)
    filling.add(item(1), 0.0)
    (closed,) = filling.add(item(1), 0.0)
    assert closed.reason is CloseReason.ITEMS


def test_linger_counts_from_the_oldest_item() -> None:
    filling = batcher(linger_s=1.0)
    assert filling.deadline() is None
    assert filling.due(99.0) is None
    filling.add(item(1), 10.0)
    filling.add(item(1), 10.9)
    assert filling.deadline() == 11.0
    assert filling.due(10.99) is None
    closed = filling.due(11.0)
    assert closed is not None
    assert (len(closed.items), closed.reason) == (2, CloseReason.LINGER)
    assert filling.deadline() is None


def test_flush_gives_what_waits_once() -> None:
    filling = batcher()
    filling.add(item(1), 0.0)
    closed = filling.flush()
    assert closed is not None
    assert closed.reason is CloseReason.DRAIN
    assert filling.flush() is None


def test_discard_drops_revoked_partitions_and_keeps_the_age_of_the_rest() -> None:
    filling = batcher()
    filling.add(item(5, partition=0), 1.0)
    filling.add(item(7, partition=1), 2.0)
    assert filling.discard(lambda one: one.record.partition == 0) == 1
    assert (filling.n_tokens, filling.deadline()) == (7, 3.0)


def limits(max_tokens: int = 100, max_items: int = 10, linger_s: float = 1.0) -> BatchLimits:
    return BatchLimits(max_tokens=max_tokens, max_items=max_items, linger_s=linger_s)


def test_smaller_limits_split_what_waits_and_keep_its_age() -> None:
    filling = batcher()
    for offset in range(5):
        filling.add(item(15, offset), float(offset))
    closed = filling.relimit(limits(max_tokens=30))
    assert [[one.value for one in batch.items] for batch in closed] == [[0, 1], [2, 3]]
    assert {(batch.reason, batch.max_tokens) for batch in closed} == {(CloseReason.TOKENS, 30)}
    assert (filling.n_tokens, filling.deadline()) == (15, 5.0)


def test_other_limits_make_nothing_wait_anew() -> None:
    filling = batcher()
    for offset in range(2):
        filling.add(item(15, offset), float(offset))
    assert filling.relimit(limits(max_tokens=90)) == []
    assert filling.deadline() == 1.0  # the oldest came at 0


def test_an_item_over_the_new_limit_travels_alone() -> None:
    filling = batcher()
    filling.add(item(60), 0.0)
    (closed,) = filling.relimit(limits(max_tokens=50))
    assert (closed.reason, len(filling)) == (CloseReason.OVERSIZE, 0)


def test_the_same_limits_change_nothing() -> None:
    filling = batcher()
    filling.add(item(60), 0.0)
    assert filling.relimit(limits()) == []
    assert (filling.n_tokens, filling.deadline()) == (60, 1.0)


def test_fill_is_the_share_of_the_limit_that_held() -> None:
    filling = batcher()
    filling.add(item(60), 0.0)
    (closed,) = filling.add(item(60), 0.0)
    assert closed.fill == 0.6
    assert Batch((item(5),), CloseReason.DRAIN).fill == 0.0


@pytest.mark.parametrize("limits", [(0, 1, 1.0), (1, 0, 1.0), (1, 1, -1.0)])
def test_limits_that_hold_nothing_are_refused(limits: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        batcher(*limits)


@given(
    sizes=st.lists(st.integers(0, 150), max_size=80),
    max_tokens=st.integers(1, 120),
    max_items=st.integers(1, 12),
)
def test_no_batch_is_over_the_budget_and_none_is_lost(sizes: list[int], max_tokens: int, max_items: int) -> None:
    filling = batcher(max_tokens, max_items)
    batches: list[Batch[int]] = []
    for offset, size in enumerate(sizes):
        closed = filling.add(item(size, offset), float(offset))
        assert len(closed) <= 2
        batches += closed
    if (last := filling.flush()) is not None:
        batches.append(last)
    assert [one.value for batch in batches for one in batch.items] == list(range(len(sizes)))
    for batch in batches:
        assert batch.items
        assert len(batch.items) <= max_items
        alone = batch.reason is CloseReason.OVERSIZE
        assert (len(batch.items) == 1 and batch.n_tokens > max_tokens) if alone else batch.n_tokens <= max_tokens


CHANGES = st.one_of(st.integers(0, 150), st.builds(limits, st.integers(1, 120), st.integers(1, 12), st.floats(0, 5)))


@given(steps=st.lists(CHANGES, max_size=80))
def test_limits_that_change_on_the_way_lose_nothing(steps: list[int | BatchLimits]) -> None:
    filling = batcher()
    batches: list[Batch[int]] = []
    n_items = 0
    for now, step in enumerate(steps):
        if isinstance(step, BatchLimits):
            batches += filling.relimit(step)
        else:
            batches += filling.add(item(step, n_items), float(now))
            n_items += 1
        assert filling.n_tokens < filling.limits.max_tokens or not len(filling)
    if (last := filling.flush()) is not None:
        batches.append(last)
    assert [one.value for batch in batches for one in batch.items] == list(range(n_items))
    assert all(batch.n_tokens <= batch.max_tokens or len(batch.items) == 1 for batch in batches)


def test_large_records_of_few_tokens_close_a_batch_by_their_bytes() -> None:
    filling = batcher()
    large = b"x" * (MAX_BATCH_BYTES // 2)
    items = [Admitted(Record(0, offset, value=large), offset, 1) for offset in range(5)]
    closed = [one for item in items for one in filling.add(item, 0.0)]
    assert [([item.value for item in one.items], one.reason) for one in closed] == [
        ([0, 1], CloseReason.BYTES),
        ([2, 3], CloseReason.BYTES),
    ]
    assert filling.discard(lambda _: True) == 1
    assert filling.add(items[0], 0.0) == filling.add(items[1], 0.0) == []


def test_a_record_larger_than_a_batch_travels_alone() -> None:
    filling = batcher()
    huge = Admitted(Record(0, 1, value=b"x" * (MAX_BATCH_BYTES + 1)), 1, 1)
    assert filling.add(item(1), 0.0) == []
    (before,) = filling.add(huge, 0.0)
    (alone,) = filling.add(item(1, 2), 0.0)
    assert ([one.value for one in before.items], [one.value for one in alone.items]) == ([0], [1])
