"""One level of the cascade as a stage: what is the same for the classifier, the GPU worker and the BERT worker."""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import structlog
from aiokafka import ConsumerRecord

from schemas import headers as names
from schemas.classification import classified
from schemas.codec import UndecodableError, decode, encode
from schemas.headers import replaced, revision_of, text_of
from schemas.spend import Spend
from schemas.taxonomy import Level, Stage
from schemas.topics import CLASSIFIED, SPEND
from schemas.tweet import ScrubbedTweet
from streams import metrics
from streams.core.batching import Admitted, Batch, BatchLimits, Lane
from streams.core.cascade import Answer, LevelResult
from streams.core.dead_letters import dead_letter, fitting
from streams.core.output import Output, SourceRecord
from streams.errors import RejectedError

log = structlog.get_logger()

MAX_REASON_CHARS: Final = 400

MAX_REASONS: Final = 3
"""Different reasons of one batch that its line of the log has in full."""

_CODE: Final = re.compile("[a-z_]+")


class LevelModels(Protocol):
    """The models of one level behind one call."""

    async def start(self) -> None:
        """Opens what they need; raises FatalError with a remedy when that is missing."""

    def limits(self) -> BatchLimits:
        """Returns how a batch is filled now; asked before each block."""

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Returns what a tweet takes of a batch's budget."""

    async def classify(self, tweets: Sequence[ScrubbedTweet]) -> LevelResult:
        """Answers or gives up every tweet; raises nothing."""

    async def close(self) -> None:
        """Releases what `start` opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSpec:
    """Where a level stands; `fallback` is the topic of what it gives up, None for the dead letters."""

    stage: Stage
    level: Level
    fallback: str | None


class LevelProcessor:
    """Puts each tweet of a batch in its next place: classified, the next level's topic, or the dead letters."""

    def __init__(self, spec: LevelSpec, models: LevelModels) -> None:
        self.spec = spec
        self.models = models

    async def start(self) -> None:
        """Opens the models."""
        await self.models.start()

    def admit(self, record: ConsumerRecord) -> Admitted[ScrubbedTweet] | Output:
        """Decodes a record; what is no scrubbed tweet becomes a dead letter."""
        try:
            tweet = decode(record.value, ScrubbedTweet)
        except UndecodableError as error:
            return dead_letter(record, stage=self.spec.stage, error=error, now=datetime.now(UTC))
        return Admitted(record, tweet, self.models.n_tokens(tweet), Lane.VIP if tweet.vip else Lane.BULK)

    def limits(self) -> BatchLimits:
        """Returns the models' limits."""
        return self.models.limits()

    async def process(self, batch: Batch[ScrubbedTweet]) -> list[Output]:
        """Classifies a batch; the outputs hold every item once, and one spend event per call.

        A repair that is not answered has no output: its first classification stands at its service.
        """
        started, items = time.monotonic(), batch.items
        result = await self.models.classify([item.value for item in items])
        now = datetime.now(UTC)
        placed = (self._placed(item, i, result, now) for i, item in enumerate(items))
        outputs = [output for output in placed if output is not None]
        outputs += [spend_output(event) for event in result.spend]
        self._log(result, batch, time.monotonic() - started)
        return outputs

    async def close(self) -> None:
        """Closes the models."""
        await self.models.close()

    def _placed(self, item: Admitted[ScrubbedTweet], i: int, result: LevelResult, now: datetime) -> Output | None:
        output = fitting(self._output(item, i, result, now), item.record, stage=self.spec.stage, now=now)
        if revision_of(item.record.headers) == 1:
            return output
        is_better = output.topic == CLASSIFIED and self.spec.level is Level.API
        metrics.REPAIRS.labels("answered" if is_better else "given_up").inc()
        return output if is_better else None

    def _output(self, item: Admitted[ScrubbedTweet], i: int, result: LevelResult, now: datetime) -> Output:
        answer = result.answers.get(i)
        if answer is not None:
            return classified_output(item.record, item.value, answer, level=self.spec.level, now=now)
        reason = result.given_up[i]
        if self.spec.fallback is not None:
            return fallback_output(
                item.record, item.value, topic=self.spec.fallback, level=self.spec.level, reason=reason
            )
        levels = [Level(name) for name in levels_tried(item.record, self.spec.level)]
        error = RejectedError(f"no level could classify it: {reason}")
        return dead_letter(item.record, stage=self.spec.stage, error=error, now=now, levels=levels)

    def _log(self, result: LevelResult, batch: Batch[ScrubbedTweet], seconds: float) -> None:
        log.info(
            "batch_classified",
            stage=self.spec.stage,
            level=self.spec.level,
            lane=batch.lane,
            closed_by=batch.reason,
            n_tweets=len(batch.items),
            n_answered=len(result.answers),
            n_unsure=sum(answer.unsure for answer in result.answers.values()),
            n_repairs=sum(revision_of(item.record.headers) > 1 for item in batch.items),
            n_calls=len(result.spend),
            models=dict(Counter(answer.model for answer in result.answers.values())),
            given_up=dict(Counter(map(_code, result.given_up.values()))),
            reasons=sorted(set(result.given_up.values()))[:MAX_REASONS],
            seconds=round(seconds, 3),
        )


def classified_output(
    record: SourceRecord, tweet: ScrubbedTweet, answer: Answer, *, level: Level, now: datetime
) -> Output:
    """Writes the labels beside the tweet; headers ride along."""
    revision = revision_of(record.headers)
    value = encode(
        classified(
            tweet, answer.labels, level=level, model=answer.model, now=now, revision=revision, unsure=answer.unsure
        )
    )
    return Output(CLASSIFIED, tweet.id.encode(), value, record.headers)


def fallback_output(record: SourceRecord, tweet: ScrubbedTweet, *, topic: str, level: Level, reason: str) -> Output:
    """Hands the record on byte for byte, with the level that gave it up and each level's reason in its headers.

    A level that a replayed record comes to again says its reason anew, so the header does not grow.
    """
    before = (text_of(record.headers, names.FALLBACK_REASON) or "").split(", ")
    said = f"{level}: {reason.replace(', ', '; ')}"[:MAX_REASON_CHARS]
    others = [reason for reason in before if reason and not reason.startswith(f"{level}: ")]
    changes = {
        names.FALLBACK_REASON: ", ".join((*others, said)).encode(),
        names.LEVELS_TRIED: ",".join(levels_tried(record, level)).encode(),
    }
    return Output(topic, tweet.id.encode(), record.value, replaced(record.headers, changes))


def _code(reason: str) -> str:
    """Returns a reason without its words, which name targets: keys of a log are few."""
    found = _CODE.match(reason)
    return found.group() if found else "other"


def spend_output(event: Spend) -> Output:
    """Writes one call's event, keyed by the call."""
    return Output(SPEND, event.id.encode(), encode(event))


def levels_tried(record: SourceRecord, level: Level) -> list[str]:
    """Returns the levels that a record has seen, this one last; a replayed record names none twice."""
    known = set(Level)
    before = (text_of(record.headers, names.LEVELS_TRIED) or "").split(",")
    return [*(name for name in before if name in known and name != level), level.value]
