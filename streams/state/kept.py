"""Answers of paid models in Redis, by level and tweet id; a tweet has one at each level, the newest.

An answer takes about 270 bytes of Redis's memory, its key included, for `answer_ttl_s`: 27 MB for 100,000 tweets.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from redis.asyncio import Redis

from schemas.taxonomy import Level
from streams import metrics
from streams.core.cascade import Answer
from streams.core.kept import Question, UnreadableError, read, written
from streams.settings import Settings
from streams.state.guard import PROBE_INTERVAL_S, Guard, Words
from streams.state.redis import connect, key_prefix

KEPT_LEVELS: Final = (Level.API, Level.GPU)
"""Levels whose answers are worth a round trip: the first costs money, the second the time of a scarce machine."""

WORDS: Final = Words(
    lost="kept_answers_lost",
    found="kept_answers_found",
    effect="the last answers of a worker that dies are asked for again",
)

_WRITE: Final = "for i = 1, #KEYS do redis.call('SET', KEYS[i], ARGV[i + 1], 'EX', ARGV[1]) end"


def kept_prefix(level: Level) -> bytes:
    """Returns what follows the namespace's prefix in the key of an answer, before the tweet id: `kept:api:`."""
    return f"kept:{level.value}:".encode()


class KeptStore:
    """Keeps a level's answers and finds them again; with Redis down it knows nothing and keeps nothing."""

    def __init__(self, settings: Settings, level: Level, *, probe_interval_s: float = PROBE_INTERVAL_S) -> None:
        self._redis: Redis = connect(settings)
        self._guard = Guard(
            self._redis, timeout_s=settings.redis_timeout_s, probe_interval_s=probe_interval_s, words=WORDS
        )
        self._prefix = key_prefix(settings.namespace) + kept_prefix(level)
        self._ttl_s = settings.answer_ttl_s
        self._write = self._redis.register_script(_WRITE)

    @property
    def is_up(self) -> bool:
        """Whether Redis answered lately."""
        return self._guard.is_up

    async def look_up(self, questions: Sequence[Question]) -> dict[int, Answer]:
        """Returns the answers that are there, by position; one round trip."""
        if not questions:
            return {}
        keys = [self._key(question) for question in questions]
        values: list[Any] | None = await self._guard.call(self._redis.mget(keys), None)
        if values is None:
            return {}
        found = {i: answer for i, value in enumerate(values) if (answer := _answer(value, questions[i])) is not None}
        metrics.KEPT_ANSWERS.labels("reused").inc(len(found))
        return found

    async def write(self, answers: Mapping[Question, Answer]) -> None:
        """Keeps answers for `answer_ttl_s` from now; one round trip."""
        if not answers:
            return
        arguments: list[Any] = [self._ttl_s, *(written(asked.stamp, answer) for asked, answer in answers.items())]
        keys = [self._key(question) for question in answers]
        if await self._guard.call(self._written(keys, arguments), False):
            metrics.KEPT_ANSWERS.labels("kept").inc(len(keys))

    async def close(self) -> None:
        """Closes the connection."""
        await self._guard.close()
        await self._redis.aclose()

    async def _written(self, keys: list[bytes], arguments: list[Any]) -> bool:
        await self._write(keys=keys, args=arguments)
        return True

    def _key(self, question: Question) -> bytes:
        return self._prefix + question.tweet_id.encode("utf-8", "replace")


def _answer(value: bytes | None, question: Question) -> Answer | None:
    """Reads what a key holds; what does not answer the question counts by why."""
    if value is None:
        return None
    try:
        answer = read(value, question.stamp)
    except UnreadableError:
        metrics.KEPT_ANSWERS.labels("unreadable").inc()
        return None
    if answer is None:
        metrics.KEPT_ANSWERS.labels("changed").inc()
    return answer
