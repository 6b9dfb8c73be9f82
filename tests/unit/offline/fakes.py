"""Files of invented tweets, and models whose answers say what they were asked."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agents.offline.levels import Levels, Step
from schemas.classification import Labels
from schemas.spend import Spend
from schemas.taxonomy import DataPolicy, Level, Sentiment, Topic
from schemas.tweet import ScrubbedTweet
from streams.connectors.file import FileSource
from streams.core.batching import BatchLimits
from streams.core.cascade import Answer, Keep, LevelResult, keep_nothing

AT = datetime(2026, 1, 5, tzinfo=UTC)


def row(id_: str, text: str = "plus de réseau à Dax", **changes: Any) -> dict[str, Any]:
    return {"id": id_, "created_at": "2026-01-05 10:00:00 +01:00", "text": text, "author": f"u_{id_}", **changes}


def jsonl(*rows: dict[str, Any] | bytes) -> bytes:
    return b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in rows)


def source_of(path: Path, *rows: dict[str, Any] | bytes) -> FileSource:
    path.write_bytes(jsonl(*rows))
    return FileSource(path, official_handles=frozenset({"free"}))


def scrubbed(text: str, *, vip: bool = False) -> ScrubbedTweet:
    return ScrubbedTweet(id=text, created_at=AT, text=text, author="u", scrubbed=text, vip=vip)


def labels(confidence: float = 0.5) -> Labels:
    return Labels(
        sentiment=Sentiment.NEUTRAL, priority=1, main_topic=Topic.NETWORK, confidence_sentiment=confidence,
        confidence_priority=confidence, confidence_main_topic=confidence,
    )  # fmt: skip


def call(id_: str) -> Spend:
    return Spend(
        id=id_, at="2026-01-05T10:00:00Z", stage="classifier", level=Level.API, provider="p", model="m",  # type: ignore[arg-type]
        policy=DataPolicy.PUBLIC, policy_reason="r", n_tweets=1, n_answered=1, attempt=1, outcome="ok", latency_s=0.1,
    )  # fmt: skip


class FakeModels:
    """Answers every tweet but those whose text is in `refused`; remembers each batch that it was asked."""

    def __init__(
        self,
        *refused: str,
        max_items: int = 3,
        max_tokens: int = 1_000,
        reason: str = "all_failed: unavailable 503",
        confidence: Callable[[ScrubbedTweet, int], float] = lambda tweet, n_tweets: 0.5,
    ) -> None:
        self.batches: list[list[ScrubbedTweet]] = []
        self.refused, self.reason = set(refused), reason
        self._limits = BatchLimits(max_tokens=max_tokens, max_items=max_items, linger_s=1.0)
        self._confidence = confidence

    async def start(self) -> None: ...

    def limits(self) -> BatchLimits:
        return self._limits

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        return len(tweet.text)

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        self.batches.append(list(tweets))
        await asyncio.sleep(0)
        refused = [i for i, tweet in enumerate(tweets) if tweet.text in self.refused]
        answers = {
            i: Answer(labels(self._confidence(tweet, len(tweets))), "m", AT)
            for i, tweet in enumerate(tweets)
            if i not in refused
        }
        return LevelResult(answers, dict.fromkeys(refused, self.reason))

    async def close(self) -> None: ...


def levels_of(*models: FakeModels, names: Sequence[Level] = (Level.BERT,), n_in_flight: int = 2) -> Levels:
    steps = [Step(level, one, f"{level}-1") for level, one in zip(names, models, strict=True)]
    return Levels(steps, n_in_flight=n_in_flight, rate_wait_s=0.0)


async def waited_for(reached: Callable[[], bool], *, deadline_s: float = 60.0) -> None:
    """Lets other tasks run until a state is reached."""
    async with asyncio.timeout(deadline_s):
        while not reached():  # noqa: ASYNC110 - a state of files and lists, which tell nobody
            await asyncio.sleep(0)
