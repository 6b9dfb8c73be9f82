"""The ledger: the committed offset never passes an unfinished record, and reaches the end when all have finished."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.acks import Ledger, PartitionLedger


def test_worked_example_of_the_docstring() -> None:
    ledger = PartitionLedger()
    ledger.register([10, 11, 13])
    ledger.finish([13])
    assert ledger.committable() is None
    ledger.finish([10])
    assert ledger.committable() == 11
    ledger.finish([11])
    assert ledger.committable() == 14


@pytest.mark.parametrize(
    ("registered", "finished", "expected"),
    [
        ([0, 1, 2], [], None),
        ([0, 1, 2], [1, 2], None),  # a one-record gap at the head, which passes stock Faust's guard
        (list(range(20)), list(range(10, 20)), None),  # fresh group: stock Faust commits 20 here
        ([5, 9, 12], [5], 6),  # gaps of compaction are not gaps of work
        ([5, 9, 12], [9, 12], None),
        ([5, 9, 12], [5, 9, 12], 13),
    ],
)
def test_only_the_contiguous_prefix_is_committable(
    registered: list[int], finished: list[int], expected: int | None
) -> None:
    ledger = PartitionLedger()
    ledger.register(registered)
    ledger.finish(finished)
    assert ledger.committable() == expected


def test_a_commit_is_not_offered_twice() -> None:
    ledger = PartitionLedger()
    ledger.register([3])
    ledger.finish([3])
    ledger.committed(4)
    assert ledger.committable() is None


def test_a_record_is_never_handed_on_twice() -> None:
    ledger = PartitionLedger()
    ledger.register([3, 4])
    with pytest.raises(ValueError, match="offset 4 was handed on before"):
        ledger.register([4, 5])


@st.composite
def _runs(draw: st.DrawFn) -> tuple[list[list[int]], list[int]]:
    offsets = sorted(draw(st.sets(st.integers(0, 10_000), min_size=1, max_size=80)))
    cuts = sorted(draw(st.sets(st.integers(1, len(offsets)), max_size=6)) | {0, len(offsets)})
    blocks = [offsets[a:b] for a, b in itertools.pairwise(cuts)]
    return [block for block in blocks if block], draw(st.permutations(offsets))


@given(_runs())
def test_any_order_commits_no_unfinished_record_and_ends_at_the_end(run: tuple[list[list[int]], list[int]]) -> None:
    blocks, order = run
    ledger, registered, finished = PartitionLedger(), [], set()
    waiting = list(order)
    for block in blocks:
        ledger.register(block)
        registered += block
        for offset in [offset for offset in waiting if offset in block][::2]:
            waiting.remove(offset)
            ledger.finish([offset])
            finished.add(offset)
            _check(ledger, registered, finished)
    for offset in waiting:
        ledger.finish([offset])
        finished.add(offset)
        _check(ledger, registered, finished)
    assert ledger.committable() == registered[-1] + 1
    assert ledger.n_pending == 0


def _check(ledger: PartitionLedger, registered: list[int], finished: set[int]) -> None:
    offset = ledger.committable()
    unfinished = [record for record in registered if record not in finished]
    assert offset is None or all(record >= offset for record in unfinished)
    if not unfinished or unfinished[0] > registered[0]:  # and it is as far as it may be
        expected = registered[-1] + 1 if not unfinished else max(r for r in registered if r < unfinished[0]) + 1
        assert offset == expected


def test_marks_of_an_earlier_epoch_are_ignored() -> None:
    ledger: Ledger[str] = Ledger()
    ledger.partition("p").register([1])
    old = ledger.epoch
    ledger.reset()
    ledger.partition("p").register([1, 2])
    assert not ledger.finish("p", [1], epoch=old)
    assert ledger.committable() == {}
    ledger.committed({"p": 3}, epoch=old)
    assert ledger.finish("p", [1, 2], epoch=ledger.epoch)
    assert ledger.committable() == {"p": 3}
    assert ledger.n_pending == 0
