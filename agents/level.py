"""One level of the cascade as a stage: what is the same for the classifier, the GPU worker and the BERT worker."""

import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
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
from streams.core.cascade import Answer, Keep, LevelResult, keep_nothing
from streams.core.dead_letters import dead_letter, fitting
from streams.core.kept import Question, question_of
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

    async def classify(self, tweets: Sequence[ScrubbedTweet], keep: Keep = keep_nothing) -> LevelResult:
        """Answers or gives up every tweet; raises nothing.

        Answers that cost something go to `keep`, too, each as soon as nothing will change it.
        """

    async def close(self) -> None:
        """Releases what `start` opened."""


class KeptAnswers(Protocol):
    """Answers that outlive their worker; where they cannot be reached there are none, and nothing is raised."""

    async def look_up(self, questions: Sequence[Question]) -> Mapping[int, Answer]:
        """Returns the answers that are there, by position."""

    async def write(self, answers: Mapping[Question, Answer]) -> None:
        """Keeps answers."""

    async def close(self) -> None:
        """Lets go of the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSpec:
    """Where a level stands; `fallback` is the topic of what it gives up, None for the dead letters."""

    stage: Stage
    level: Level
    fallback: str | None


class LevelProcessor:
    """Puts each tweet of a batch in its next place: classified, the next level's topic, or the dead letters.

    With `kept` an answer that a worker had and could not deliver is published as it would have been.
    """

    def __init__(self, spec: LevelSpec, models: LevelModels, kept: KeptAnswers | None = None) -> None:
        self.spec = spec
        self.models = models
        self._kept = kept

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

    async def recall(self, items: Sequence[Admitted[ScrubbedTweet]]) -> dict[int, list[Output]]:
        """Returns the outputs of the tweets whose answer is kept, by position."""
        if self._kept is None:
            return {}
        answers = await self._kept.look_up([_question(item) for item in items])
        if answers:
            log.info("answers_reused", stage=self.spec.stage, level=self.spec.level, n_tweets=len(answers))
        result, now = LevelResult(dict(answers), {}), datetime.now(UTC)
        return {i: self._outputs(items[i], i, result, now) for i in answers}

    async def process(self, batch: Batch[ScrubbedTweet]) -> list[Output]:
        """Classifies a batch; the outputs hold every item once, and one spend event per call.

        A repair that is not answered has no output: its first classification stands at its service.
        """
        started, items = time.monotonic(), batch.items

        async def keep(answers: Mapping[int, Answer]) -> None:
            if self._kept is not None:
                await self._kept.write({_question(items[i]): answer for i, answer in answers.items()})

        result = await self.models.classify([item.value for item in items], keep)
        now = datetime.now(UTC)
        outputs = [output for i, item in enumerate(items) for output in self._outputs(item, i, result, now)]
        outputs += [spend_output(event) for event in result.spend]
        self._log(result, batch, time.monotonic() - started)
        return outputs

    async def close(self) -> None:
        """Closes the models, and lets go of what is kept."""
        await self.models.close()
        if self._kept is not None:
            await self._kept.close()

    def _outputs(self, item: Admitted[ScrubbedTweet], i: int, result: LevelResult, now: datetime) -> list[Output]:
        """Returns the next place of a tweet; none for a repair that is not answered."""
        output = fitting(self._output(item, i, result, now), item.record, stage=self.spec.stage, now=now)
        if revision_of(item.record.headers) == 1:
            return [output]
        is_better = output.topic == CLASSIFIED and self.spec.level is Level.API
        metrics.REPAIRS.labels("answered" if is_better else "given_up").inc()
        return [output] if is_better else []

    def _output(self, item: Admitted[ScrubbedTweet], i: int, result: LevelResult, now: datetime) -> Output:
        answer = result.answers.get(i)
        if answer is not None:
            return classified_output(item.record, item.value, answer, level=self.spec.level)
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


def _question(item: Admitted[ScrubbedTweet]) -> Question:
    return question_of(item.value, revision_of(item.record.headers))


def classified_output(record: SourceRecord, tweet: ScrubbedTweet, answer: Answer, *, level: Level) -> Output:
    """Writes the labels beside the tweet; headers ride along."""
    made = classified(
        tweet, answer.labels, level=level, model=answer.model, now=answer.at, revision=revision_of(record.headers),
        unsure=answer.unsure,
    )  # fmt: skip
    value = encode(made)
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
