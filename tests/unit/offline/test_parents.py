"""The tweet that a reply answers is found wherever it stands in the file."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from agents.offline.parents import Parents
from schemas.tweet import Context
from streams.connectors.source import Row
from tests.unit.offline.fakes import row, source_of

QUESTION = row("1", "la fibre est coupée")
REPLY = row("2", "pareil ici", in_reply_to="1")


async def contexts(path: Path, *rows: dict[str, Any]) -> dict[str, Context | None]:
    source = source_of(path, *rows)
    with Parents() as parents:
        await parents.read(source, stop=asyncio.Event())
        return {
            one.tweet.id: parents.context(one.tweet)
            async for batch in source.batches()
            for one in batch
            if isinstance(one, Row)
        }


@pytest.mark.parametrize("rows", [(QUESTION, REPLY), (REPLY, QUESTION)])
async def test_the_answered_tweet_may_stand_before_or_behind(rows: tuple[dict[str, Any], ...], tmp_path: Path) -> None:
    found = await contexts(tmp_path / "t.jsonl", *rows)
    assert found == {"1": None, "2": Context(scrubbed="", text="la fibre est coupée", author="u_1")}


async def test_the_operators_tweet_is_one_too_and_an_empty_one(tmp_path: Path) -> None:
    official = row("1", "", author="Free", official=True)
    found = await contexts(tmp_path / "t.jsonl", REPLY, official)
    assert found["2"] == Context(scrubbed="", text="", author="Free")


async def test_of_two_tweets_with_one_id_the_first_counts(tmp_path: Path) -> None:
    found = await contexts(tmp_path / "t.jsonl", QUESTION, row("1", "autre"), REPLY)
    assert found["2"] is not None
    assert found["2"].text == "la fibre est coupée"


async def test_nothing_is_found_for_an_absent_tweet_or_itself(tmp_path: Path) -> None:
    found = await contexts(tmp_path / "t.jsonl", row("1", in_reply_to="7"), row("2", in_reply_to="2"))
    assert found == {"1": None, "2": None}


async def test_a_chain_gives_each_its_own(tmp_path: Path) -> None:
    third = row("3", "merci", in_reply_to="2")
    found = await contexts(tmp_path / "t.jsonl", third, REPLY, QUESTION)
    assert [one and one.text for one in found.values()] == ["pareil ici", "la fibre est coupée", None]
