"""Labels of chosen tweets of a file, in memory."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agents.offline.display import Display
from agents.offline.job import name_rejected, opened_levels, read_parents
from agents.offline.lines import LabelledLine
from agents.offline.output import RejectedRow
from agents.offline.parents import Parents
from agents.offline.run import FileRun, Hooks
from agents.offline.windows import Reading
from agents.scrubber import rules_of
from schemas.spend import Spend
from schemas.taxonomy import Level
from schemas.tweet import Tweet
from streams.connectors.file import FileSource
from streams.settings import Settings


@dataclass(slots=True)
class Gathered:
    """An output that keeps the labelled lines in memory."""

    lines: list[LabelledLine] = field(default_factory=list)

    def label(self, line: LabelledLine) -> None:
        """Keeps the line."""
        self.lines.append(line)

    def reject(self, row: RejectedRow) -> None:
        """Keeps nothing of it."""

    def spend(self, calls: Iterable[Spend]) -> None:
        """Keeps nothing of them."""

    def flush(self) -> None:
        """Has nothing to do."""


async def gather(
    settings: Settings,
    source: FileSource,
    level: Level,
    display: Display,
    *,
    wants: Callable[[Tweet], bool],
    rejected: Callable[[RejectedRow], None],
) -> list[LabelledLine]:
    """Classifies the tweets of a file that are wanted, replies with what they answer.

    Args:
        settings: the deployment; no broker is asked.
        source: the file.
        level: where it begins.
        display: shows how far it is.
        wants: asked once for every tweet, in the order of the file.
        rejected: hears of each row that cannot be read, and of each tweet that no level could classify.

    Raises:
        FatalError: models are missing, or the file cannot be read.
    """
    output = Gathered()
    async with opened_levels(settings, level) as levels:
        with Parents() as parents:
            await read_parents(source, parents, display, asyncio.Event())
            display.phase("classify")
            reading = Reading(source=source, parents=parents, rules=rules_of(settings), budget=levels, wants=wants)
            hooks = Hooks(progress=display.show, rejected=rejected)
            await FileRun(reading, levels, output, hooks=hooks).through()
    return output.lines


class Classified(NamedTuple):
    """The labels of the wanted tweets, and how many tweets the file holds."""

    lines: Sequence[LabelledLine]
    n_tweets: int


async def classify_wanted(
    settings: Settings, source: FileSource, level: Level, wants: Callable[[Tweet], bool], display: Display
) -> Classified:
    """Classifies the tweets of a file that are wanted, naming on the display each row that cannot be.

    Raises:
        FatalError: models are missing, or the file cannot be read.
    """
    n_tweets = 0

    def counted(tweet: Tweet) -> bool:
        nonlocal n_tweets
        n_tweets += 1
        return wants(tweet)

    lines = await gather(
        settings, source, level, display, wants=counted, rejected=lambda row: name_rejected(row, display)
    )
    return Classified(lines, n_tweets)
