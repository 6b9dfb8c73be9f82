"""Level 2 keeps the answers of both its tries, each under its own tweet."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from agents.gpu_worker import GpuModels
from schemas.tweet import ScrubbedTweet
from streams.core.cascade import Answer, Keep, LevelResult
from streams.settings import Settings
from tests.unit.core.test_rescue import ANSWER
from tests.unit.providers.test_batch_run import tweets

GONE = "all_failed: connection"


class Server:
    """A server that is always well."""

    generation = 0

    async def ready(self, **_: Any) -> str:
        return ""

    def suspect(self, generation: int) -> None: ...

    async def close(self) -> None: ...


class Chain:
    """Answers the first tweet of a call and finds the server gone for the others; the next call it answers the last."""

    def __init__(self) -> None:
        self.n_calls = 0

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep) -> LevelResult:
        self.n_calls += 1
        answered = 0 if self.n_calls == 1 else len(tweets) - 1
        await keep({answered: ANSWER})
        return LevelResult({answered: ANSWER}, dict.fromkeys(set(range(len(tweets))) - {answered}, GONE))

    async def close(self) -> None: ...


async def test_what_is_asked_once_more_is_kept_under_its_own_tweet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = GpuModels(Settings(_env_file=None, data_dir=tmp_path))
    await models.chain.close()
    monkeypatch.setattr(models, "_server", Server())
    monkeypatch.setattr(models, "chain", Chain())
    kept: list[int] = []

    async def keep(answers: Mapping[int, Answer]) -> None:
        kept.extend(answers)

    result = await models.classify(tweets(4), keep)
    await models.close()
    assert (sorted(result.answers), sorted(result.given_up)) == ([0, 3], [1, 2])
    assert kept == [0, 3]
