"""What our own code takes of a tweet at level 1, in microseconds, with a model that answers at once.

The real path: a record's bytes are decoded, counted and batched; the batch is ranked, reserved, rendered, "called",
parsed, settled and billed; every tweet is encoded with its labels, ready for Kafka. CPU time of the process counts,
since the machine is shared; wall time stands beside it. What an SDK takes of a call is measured in sdk_time.py.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Final
from unittest.mock import patch

import structlog

from agents.classifier import SPEC, ApiModels
from agents.level import LevelProcessor
from schemas.codec import encode
from schemas.taxonomy import DataPolicy
from schemas.topics import CLASSIFIED, SCRUBBED, SPEND
from schemas.tweet import ScrubbedTweet
from streams.core.batching import Admitted, Batch, TokenBatcher
from streams.core.output import Output
from streams.core.prompt import Prompt
from streams.providers.profiles import load_models
from streams.providers.protocol import Completion, Provider
from streams.settings import load_settings
from tests.bench.chains import deployed
from tests.bench.corpus import Raw
from tests.simulator.rule import code_for

ROUNDS: Final = 7
MIN_BATCH: Final = 50
MIN_TWEETS: Final = 1_000
MODELS: Final = ("gpt-4o-mini", "gpt-4o")
"""One for every tweet and one to escalate to, since looking for reasons to escalate is our own code, too."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """Medians over rounds, microseconds per tweet."""

    cpu_us: float
    wall_us: float
    n_tweets: int
    n_batches: int

    def __str__(self) -> str:
        return (
            f"our own code: {self.cpu_us:.1f} microseconds of CPU time a tweet ({self.wall_us:.1f} of wall time), "
            f"{self.n_tweets:,} tweets in {self.n_batches} batches, medians of {ROUNDS} rounds; no SDK, no network"
        )


class Canned:
    """A model that answers at once: what the simulator's rule says of each prompt, made when it is first seen."""

    name = "openai"
    policy = DataPolicy.PUBLIC

    def __init__(self, model: str) -> None:
        self.model = model
        self._answers: dict[str, str] = {}

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        """Answers."""
        text = self._answers.get(prompt.user)
        if text is None:
            text = self._answers[prompt.user] = _said(prompt.user)
        return Completion(text=text, finish="stop", input_tokens=5_000, output_tokens=600, cached_tokens=0)

    async def close(self) -> None: ...


def _said(user: str) -> str:
    lines = (line.partition("|") for line in user.split("\n"))
    return json.dumps({"r": [code_for(int(index), text) for index, _, text in lines]})


def measure_overhead(tweets: Sequence[ScrubbedTweet]) -> Overhead:
    """Sends at least `MIN_TWEETS` tweets, the same ones over where there are fewer, through level 1 again and again."""
    return asyncio.run(_measure([*tweets] * ceil(MIN_TWEETS / len(tweets))))


def level_1(*providers: Provider) -> ApiModels:
    """Makes the classifier's models with these clients in the place of the SDKs' own, and no Redis."""
    with tempfile.TemporaryDirectory(prefix="dallosh-bench-") as folder:
        settings = load_settings(data_dir=Path(folder), redis_url="")
        known = load_models(settings.models_file).profiles
        unbounded = (replace(known[one.name, one.model], rpm=None, tpm=None) for one in providers)  # no waiting
        targets = [deployed(*pair) for pair in zip(providers, unbounded, strict=True)]
        with patch("agents.classifier.api_targets", return_value=targets):
            return ApiModels(settings)


async def _measure(tweets: Sequence[ScrubbedTweet]) -> Overhead:
    processor = LevelProcessor(SPEC, level_1(*(Canned(model) for model in MODELS)))
    records = [Raw(i, encode(tweet), topic=SCRUBBED, key=tweet.id.encode()) for i, tweet in enumerate(tweets)]
    with _logs_to_nowhere():
        await _round(processor, records)  # fills caches
        rounds = [await _round(processor, records) for _ in range(ROUNDS)]
    await processor.close()
    cpu_us, wall_us = (statistics.median(one[i] for one in rounds) for i in (0, 1))
    return Overhead(cpu_us, wall_us, n_tweets=rounds[0][2], n_batches=rounds[0][3])


async def _round(processor: LevelProcessor, records: Sequence[Raw]) -> tuple[float, float, int, int]:
    """Returns microseconds of CPU and of wall time a tweet, and the tweets and batches that went through."""
    n_tweets = n_batches = 0
    batcher = TokenBatcher[ScrubbedTweet](processor.limits())
    cpu, wall = time.process_time(), time.perf_counter()
    for record in records:
        admitted = processor.admit(record)
        assert isinstance(admitted, Admitted)
        for batch in batcher.add(admitted, time.monotonic()):
            n_tweets, n_batches = n_tweets + len(batch.items), n_batches + 1
            _check(batch, await processor.process(batch))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu / n_tweets * 1e6, wall / n_tweets * 1e6, n_tweets, n_batches


def _check(batch: Batch[ScrubbedTweet], outputs: Sequence[Output]) -> None:
    """Every tweet was classified, in a batch of a size that counts, and every call was billed."""
    n = len(batch.items)
    assert n >= MIN_BATCH, f"a batch of {n}"
    topics = Counter(output.topic for output in outputs)
    assert topics == {CLASSIFIED: n, SPEND: len(outputs) - n}, f"{topics} of {n} tweets"


@contextmanager
def _logs_to_nowhere() -> Iterator[None]:
    """Lets the log lines be made as JSON and thrown away: making them is our own code."""
    before = structlog.get_config()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device
        structlog.configure(
            processors=[structlog.stdlib.add_log_level, structlog.processors.JSONRenderer()],
            logger_factory=structlog.WriteLoggerFactory(nowhere),
        )
        try:
            yield
        finally:
            structlog.configure(**before)
