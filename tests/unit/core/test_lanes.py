"""Lanes: a VIP never shares a batch with the bulk, and each lane keeps what a batcher promises."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from streams.core.batching import Admitted, Batch, BatchLimits, CloseReason, Lane
from streams.core.lanes import LanedBatcher, lane_limits
from tests.unit.core.test_batching import Record

BULK = BatchLimits(max_tokens=100, max_items=10, linger_s=1.0)


def vip(offset: int, n_tokens: int = 10) -> Admitted[int]:
    return Admitted(Record(0, offset), offset, n_tokens, Lane.VIP)


def bulk(offset: int, n_tokens: int = 10) -> Admitted[int]:
    return Admitted(Record(0, offset), offset, n_tokens)


def test_a_lane_of_vips_is_never_wider_than_the_bulk() -> None:
    narrow = lane_limits(BULK, vip_max_tokens=600, vip_linger_s=2.0)
    assert narrow[Lane.VIP] == narrow[Lane.BULK] == BULK
    small = lane_limits(BULK, vip_max_tokens=60, vip_linger_s=0.2)
    assert small[Lane.VIP] == BatchLimits(max_tokens=60, max_items=10, linger_s=0.2)
    assert small[Lane.BULK] == BULK


def test_each_lane_has_its_own_deadline() -> None:
    batcher = LanedBatcher[int](lane_limits(BULK, vip_max_tokens=60, vip_linger_s=0.2))
    batcher.add(bulk(1), 10.0)
    batcher.add(vip(2), 10.5)
    assert (batcher.deadline(Lane.BULK), batcher.deadline(Lane.VIP)) == (11.0, 10.7)
    assert batcher.due(Lane.BULK, 10.8) is None
    closed = batcher.due(Lane.VIP, 10.8)
    assert closed is not None
    assert (closed.lane, closed.reason, closed.items[0].value) == (Lane.VIP, CloseReason.LINGER, 2)
    assert len(batcher) == 1


def test_discard_reaches_every_lane() -> None:
    batcher = LanedBatcher[int](lane_limits(BULK, vip_max_tokens=60, vip_linger_s=0.2))
    batcher.add(bulk(1), 0.0)
    batcher.add(vip(2), 0.0)
    assert (batcher.discard(lambda _: True), len(batcher)) == (2, 0)


SIZES = st.lists(st.tuples(st.booleans(), st.integers(0, 150)), max_size=80)
LIMITS = st.builds(BatchLimits, max_tokens=st.integers(1, 120), max_items=st.integers(1, 12), linger_s=st.just(1.0))


@given(items=SIZES, first=LIMITS, then=LIMITS, change_at=st.integers(0, 80), vip_tokens=st.integers(1, 120))
def test_nothing_is_lost_mixed_or_reordered(
    items: list[tuple[bool, int]], first: BatchLimits, then: BatchLimits, change_at: int, vip_tokens: int
) -> None:
    batcher = LanedBatcher[int](lane_limits(first, vip_max_tokens=vip_tokens, vip_linger_s=0.2))
    batches: list[Batch[int]] = []
    for offset, (is_vip, size) in enumerate(items):
        if offset == change_at:
            batches += batcher.relimit(lane_limits(then, vip_max_tokens=vip_tokens, vip_linger_s=0.2))
        batches += batcher.add((vip if is_vip else bulk)(offset, size), float(offset))
    batches += [batch for lane in Lane if (batch := batcher.due(lane, 1e9)) is not None]
    assert len(batcher) == 0
    values: dict[Lane, list[int]] = defaultdict(list)
    for batch in batches:
        assert {one.lane for one in batch.items} == {batch.lane}
        assert batch.n_tokens <= batch.max_tokens or (len(batch.items), batch.reason) == (1, CloseReason.OVERSIZE)
        values[batch.lane] += [one.value for one in batch.items]
    for lane in Lane:
        assert values[lane] == [i for i, (is_vip, _) in enumerate(items) if is_vip is (lane is Lane.VIP)]
