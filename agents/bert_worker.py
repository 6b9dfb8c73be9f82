"""The BERT worker: level 3, the ONNX model on the processor; the last level, so what it cannot do is a dead letter."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final

from agents.level import LevelProcessor, LevelSpec
from schemas.classification import Labels, least_confidence
from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.tweet import ScrubbedTweet
from streams import metrics
from streams.core.batching import BatchLimits
from streams.core.cascade import Answer, Keep, LevelResult, keep_nothing
from streams.core.policy import visible
from streams.kafka.batch_stage import run_batch_stage
from streams.providers.onnx_bert import WINDOW_SIZE, OnnxBert
from streams.settings import Settings

SPEC = LevelSpec(stage=Stage.BERT, level=Level.BERT, fallback=None)

LINGER_S: Final = 0.2
"""Longest wait for a fuller window: there is no price per call to save."""


class BertModels:
    """One model, asked by `bert_sessions` threads at once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(settings.bert_sessions, thread_name_prefix="bert")
        self._model: OnnxBert | None = None

    async def start(self) -> None:
        """Loads the model.

        Raises:
            FatalError: the model's folder is missing or damaged.
        """
        self._model = await asyncio.get_running_loop().run_in_executor(self._threads, self._load)

    def limits(self) -> BatchLimits:
        """Returns one window of the model; the budget counts tweets, for nothing here is paid by the token."""
        linger_s = min(LINGER_S, self._settings.linger_s)
        return BatchLimits(max_tokens=WINDOW_SIZE, max_items=WINDOW_SIZE, linger_s=linger_s)

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Returns 1."""
        return 1

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        """Classifies a batch in a thread; `keep` gets nothing, for no call is paid here."""
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(self._threads, self._classify, tweets)
        metrics.UNSURE.inc(sum(answer.unsure for answer in result.answers.values()))
        return result

    async def close(self) -> None:
        """Lets go of the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _load(self) -> OnnxBert:
        return OnnxBert.load(self._settings.bert_dir, threads=self._settings.bert_threads)

    def _classify(self, tweets: Sequence[ScrubbedTweet]) -> LevelResult:
        assert self._model is not None, "started"
        result = LevelResult({}, {})
        self._fill(result, self._model, tweets, range(len(tweets)))
        return result

    def _fill(self, result: LevelResult, model: OnnxBert, tweets: Sequence[ScrubbedTweet], span: range) -> None:
        """Answers a span of the batch; when the model raises, halves it until the tweet at fault is alone."""
        try:
            answers = self._labels(model, [tweets[i] for i in span])
        except Exception as error:  # noqa: BLE001 - onnxruntime's exceptions have no common base of their own
            if len(span) > 1:
                middle = len(span) // 2
                self._fill(result, model, tweets, span[:middle])
                self._fill(result, model, tweets, span[middle:])
            else:
                result.given_up.update(dict.fromkeys(span, f"model_raised {type(error).__name__}"))
            return
        now = datetime.now(UTC)
        result.answers.update(
            (i, Answer(labels, model.model_id, now, unsure=self._is_unsure(labels)))
            for i, labels in zip(span, answers, strict=True)
        )

    def _is_unsure(self, labels: Labels) -> bool:
        return least_confidence(labels) < self._settings.bert_min_confidence

    def _labels(self, model: OnnxBert, tweets: Sequence[ScrubbedTweet]) -> list[Labels]:
        seen = [visible(tweet, DataPolicy.LOCAL) for tweet in tweets]
        return model.classify([one.text for one in seen], [one.context for one in seen])


def processor(settings: Settings) -> LevelProcessor:
    """Builds the stage's processor."""
    return LevelProcessor(SPEC, BertModels(settings))


def run(settings: Settings) -> int:
    """Runs the stage until SIGTERM; returns the exit code."""
    return run_batch_stage(settings, SPEC.stage, processor(settings))
