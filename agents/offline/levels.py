"""The levels that a file goes through: the one that was asked for, and those below it for what it gives up."""

import asyncio
import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from agents.bert_worker import BertModels
from agents.classifier import ApiModels
from agents.gpu_worker import GpuModels
from agents.level import LevelModels
from schemas.classification import Labels
from schemas.spend import Spend
from schemas.taxonomy import Level
from schemas.tweet import ScrubbedTweet
from streams.core.batching import BatchLimits
from streams.core.cascade import LevelResult
from streams.core.limits import Refusal
from streams.core.rescue import merged
from streams.errors import SettingsError
from streams.providers.bert_config import CONFIG, TOKENIZER
from streams.settings import Settings

RATE_WAIT_S: Final = 90.0
"""Nobody waits for a file as for a tweet: where a level has no rate left, its window waits so long before the next."""
RATE_POLL_S: Final = 1.0

_RATE: Final = frozenset({Refusal.RPM.value, Refusal.TPM.value, Refusal.SLOTS.value})
_WORD: Final = re.compile("[a-z_]+")


class Step(NamedTuple):
    """A level, its models, and what tells them from others."""

    level: Level
    models: LevelModels
    name: str


class Given(NamedTuple):
    """The labels of a tweet and the level that gave them."""

    labels: Labels
    level: Level


@dataclass(slots=True)
class Decided:
    """What became of a window, by position: each tweet is answered, or given up by the last level with its reason.

    A window that was `cut` by the stop waits for rate: its tweets are to be asked again, none of them to be written.
    """

    given: dict[int, Given] = field(default_factory=dict)
    given_up: dict[int, str] = field(default_factory=dict)
    cut: bool = False


Paid = Callable[[Sequence[Spend]], None]
"""Hears of calls as soon as they came back: they are paid, whatever becomes of their window."""


class Levels:
    """Classifies windows; several may be under way at once.

    Args:
        steps: the first fills the windows, each next one gets what those before it gave up.
        n_in_flight: windows at once.
        rate_wait_s: longest wait for a level without rate.
    """

    def __init__(self, steps: Sequence[Step], *, n_in_flight: int, rate_wait_s: float = RATE_WAIT_S) -> None:
        self._steps = tuple(steps)
        self._rate_wait_s = rate_wait_s
        self.n_in_flight = n_in_flight

    @property
    def names(self) -> str:
        """Tells these models from others, whose labels must not stand in one file with theirs."""
        return "; ".join(f"{step.level} {step.name}" for step in self._steps)

    async def start(self) -> None:
        """Opens the models of every level.

        Raises:
            FatalError: one is missing what it needs.
        """
        for step in self._steps:
            await step.models.start()

    async def close(self) -> None:
        """Closes them."""
        for step in self._steps:
            await step.models.close()

    def limits(self) -> BatchLimits:
        """Returns how a window is filled now."""
        return self._steps[0].models.limits()

    def n_tokens(self, tweet: ScrubbedTweet) -> int:
        """Returns what a tweet takes of a window."""
        return self._steps[0].models.n_tokens(tweet)

    async def classify(self, tweets: Sequence[ScrubbedTweet], *, paid: Paid, stop: asyncio.Event) -> Decided:
        """Asks one level after the other.

        Args:
            tweets: of one window.
            paid: hears of the calls.
            stop: ends the wait for rate, and with it the window.
        """
        decided = Decided()
        left: Sequence[int] = range(len(tweets))
        for level, models, _ in self._steps:
            if not left:
                break
            result = await self._asked(level, _Asking(models, self._rate_wait_s, paid, stop), [tweets[i] for i in left])
            decided.given.update((left[i], Given(answer.labels, level)) for i, answer in result.answers.items())
            decided.given_up = {left[i]: reason for i, reason in result.given_up.items()}
            if stop.is_set() and any(map(_names_rate, decided.given_up.values())):
                decided.cut = True
                break
            left = sorted(decided.given_up)
        return decided

    async def _asked(self, level: Level, asking: "_Asking", tweets: Sequence[ScrubbedTweet]) -> LevelResult:
        """Asks one level; the VIPs of level 1 apart, for a call of theirs alone begins at the top of its ladder."""
        vips = [i for i, tweet in enumerate(tweets) if tweet.vip] if level is Level.API else []
        if not 0 < len(vips) < len(tweets):
            return await asking.patiently(tweets)
        others = [i for i, tweet in enumerate(tweets) if not tweet.vip]
        found = await asyncio.gather(*(asking.patiently([tweets[i] for i in places]) for places in (others, vips)))
        both = LevelResult({}, {})
        for places, result in zip((others, vips), found, strict=True):
            both = merged(both, places, result)
        return both


class _Asking(NamedTuple):
    """The models of a level, and how they are asked."""

    models: LevelModels
    rate_wait_s: float
    paid: Paid
    stop: asyncio.Event

    async def patiently(self, tweets: Sequence[ScrubbedTweet]) -> LevelResult:
        """Asks again while there is no rate, until the wait is over or the stop is set."""
        until = time.monotonic() + self.rate_wait_s
        while True:
            result = await self.models.classify(tweets)
            self.paid(result.spend)
            if not is_out_of_rate(result) or time.monotonic() > until or self.stop.is_set():
                return result
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stop.wait(), RATE_POLL_S)


def is_out_of_rate(result: LevelResult) -> bool:
    """Whether no call went out and rates are why: each tweet's reason names a target that has none left."""
    reasons = result.given_up.values()
    return not result.spend and bool(reasons) and all(map(_names_rate, reasons))


def _names_rate(reason: str) -> bool:
    return not _RATE.isdisjoint(_WORD.findall(reason))


def open_levels(settings: Settings, level: Level) -> Levels:
    """Returns a level with those below it; level 2 takes part where its server is configured.

    Raises:
        SettingsError: nothing is configured for the level that was asked for.
    """
    steps = [Step(Level.BERT, BertModels(settings), _bert_name(settings.bert_dir))]
    if settings.vllm_base_url and level is not Level.BERT:
        name = f"{settings.vllm_base_url} {settings.vllm_model}".strip()
        steps.insert(0, Step(Level.GPU, GpuModels(settings), name))
    elif level is Level.GPU:
        raise SettingsError("level gpu has no server", remedy="Set DALLOSH_VLLM_BASE_URL, or take --level bert")
    if level is Level.API:
        models = ApiModels(settings)
        if not models.chain.deployed:
            raise SettingsError(
                "level api has no model", remedy="Set a key (dallosh doctor tells which), or take --level bert"
            )
        steps.insert(0, Step(Level.API, models, ", ".join(one.target.name for one in models.chain.deployed)))
    is_local = level is Level.BERT
    return Levels(steps, n_in_flight=settings.bert_sessions + 1 if is_local else settings.batches_in_flight)


def _bert_name(folder: Path) -> str:
    """Names what decides over labels, to the byte: not every configuration has digests of the graph and the tokenizer.

    Empty where the folder cannot be read, which the start of the model says.
    """
    digest = hashlib.sha256()
    with contextlib.suppress(OSError):
        for path in (folder / CONFIG, folder / TOKENIZER, *sorted(folder.glob("*.onnx*"))):
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()[:16]
    return ""
