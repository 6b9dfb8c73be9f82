"""Rows in windows: none lost, bounds kept, replies with what they answer, and the same cuts from any of them on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agents.offline import windows as module
from agents.offline.parents import Parents
from agents.offline.windows import Reading, Window
from streams.connectors.source import Cursor
from streams.core.scrubbing import ScrubRules
from streams.tables import tables
from tests.unit.offline.fakes import FakeModels, row, source_of

RULES = ScrubRules(tables=tables(), official_handles=frozenset({"free"}))
BAD = b"{no json"
MIXED = [row(str(i), "x" * (i % 7 + 1)) if i % 5 else BAD for i in range(1, 60)]


@asynccontextmanager
async def reading(
    path: Path, *rows: dict[str, Any] | bytes, budget: FakeModels, **changes: Any
) -> AsyncIterator[Reading]:
    source = source_of(path, *rows)
    with Parents() as parents:
        await parents.read(source, stop=asyncio.Event())
        yield Reading(source=source, parents=parents, rules=RULES, budget=budget, **changes)


async def cut(one: Reading, after: Cursor | None = None) -> list[Window]:
    return [window async for window in one.windows(after)]


def lines(windows: list[Window]) -> list[list[int]]:
    return [[row.line for row in window.rows] for window in windows]


@pytest.mark.parametrize("budget", [FakeModels(max_items=3), FakeModels(max_tokens=12), FakeModels(max_items=50)])
async def test_every_row_once_in_order_within_bounds(tmp_path: Path, budget: FakeModels) -> None:
    async with reading(tmp_path / "t.jsonl", *MIXED, budget=budget) as one:
        windows = await cut(one)
    assert [line for window in lines(windows) for line in window] == list(range(1, 60))
    for window in windows:
        assert len(window.tweets) <= budget.limits().max_items
        assert sum(len(tweet.text) for tweet in window.tweets) <= budget.limits().max_tokens


async def test_a_tweet_above_the_bound_is_alone(tmp_path: Path) -> None:
    rows = [row("1", "ab"), row("2", "x" * 50), row("3", "ab")]
    async with reading(tmp_path / "t.jsonl", *rows, budget=FakeModels(max_tokens=10)) as one:
        assert lines(await cut(one)) == [[1], [2], [3]]


@pytest.mark.parametrize("budget", [FakeModels(max_items=4), FakeModels(max_tokens=9)])
async def test_from_any_window_on_the_rest_is_cut_as_before(tmp_path: Path, budget: FakeModels) -> None:
    async with reading(tmp_path / "t.jsonl", *MIXED, budget=budget) as one:
        windows = await cut(one)
        for n, (before, _) in enumerate(pairwise(windows), start=1):
            cursor = one.source.cursor_after(before.rows[-1])
            assert lines(await cut(one, cursor)) == lines(windows[n:])


async def test_rows_that_are_no_tweets_do_not_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ROWS", 4)
    async with reading(tmp_path / "t.jsonl", *[BAD] * 9, row("1"), budget=FakeModels()) as one:
        assert lines(await cut(one)) == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
        monkeypatch.setattr(module, "MAX_ROWS", 100)
        monkeypatch.setattr(module, "MAX_BYTES", 2 * len(BAD))
        assert [len(window) for window in lines(await cut(one))] == [2, 2, 2, 2, 2]


async def test_a_reply_carries_what_it_answers_in_both_forms_from_a_later_row(tmp_path: Path) -> None:
    rows = [
        row("2", "@lea_m pareil ici", in_reply_to="1"),
        row("1", "plus de fibre, appelez @lea_m au 06 12 34 56 78"),
    ]
    async with reading(tmp_path / "t.jsonl", *rows, budget=FakeModels()) as one:
        (window,) = await cut(one)
    reply, question = window.tweets
    assert (reply.context_id, question.context_id, question.context) == ("1", None, None)
    assert reply.context is not None
    assert reply.context.text == rows[1]["text"]
    assert reply.context.scrubbed == "plus de fibre, appelez @u1 au [PHONE_1]"
    assert reply.scrubbed == "@u1 pareil ici"


async def test_only_wanted_tweets_are_taken_and_bad_rows_still_seen(tmp_path: Path) -> None:
    rows: list[dict[str, Any] | bytes] = [row("1"), BAD, row("2"), row("3")]
    async with reading(tmp_path / "t.jsonl", *rows, budget=FakeModels(), wants=lambda tweet: tweet.id != "2") as one:
        assert lines(await cut(one)) == [[1, 2, 4]]
