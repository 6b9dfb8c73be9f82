"""The scrubber: `tweets.raw` to `tweets.scrubbed`, `tweets.official`, `tweets.noise` or the raw dead letters."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import structlog
from aiokafka import ConsumerRecord

from schemas.codec import UndecodableError
from schemas.taxonomy import Stage
from streams import metrics
from streams.core.dead_letters import dead_letter, fitting
from streams.core.output import Output
from streams.core.recent import Marks, Recent
from streams.core.scrubbing import Candidate, Fate, ScrubRules, candidate, fate_of, parsed_vips
from streams.errors import SettingsError
from streams.kafka.block_stage import run_block_stage
from streams.settings import Settings
from streams.state.recent import RecentStore
from streams.tables import tables

log = structlog.get_logger()

Span = tuple[int, int, int]
"""Partition, first and last offset of a block."""


class Scrubber:
    """Decides the fate of each raw tweet; what it remembers of them is written once they are delivered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = RecentStore(settings)
        self._recent = Recent()
        self._rules: ScrubRules  # from `start`
        self._in_delivery: dict[Span, Marks] = {}

    async def start(self) -> None:
        """Reads names, places and the file of VIPs. Redis is not waited for: without it tweets flow on.

        Raises:
            FatalError: a file cannot be read, or is damaged.
        """
        self._rules = rules_of(self._settings)
        log.info("scrubber_ready", n_vips=len(self._rules.vips), n_official=len(self._rules.official_handles))

    async def process(self, records: Sequence[ConsumerRecord]) -> list[Output]:
        """Turns a block into outputs: one for each record."""
        read = [self._read(record) for record in records]
        candidates = [one for one in read if isinstance(one, Candidate)]
        self._recent.begin()
        self._recent.load(await self._look_up(candidates))
        decided = [fate_of(one, self._rules, self._recent) if isinstance(one, Candidate) else one for one in read]
        self._in_delivery[_span(records)] = self._recent.end()
        _count(fate for fate in decided if isinstance(fate, Fate))
        now = datetime.now(UTC)
        return [
            fitting(one.output, record, stage=Stage.SCRUBBER, now=now) if isinstance(one, Fate) else one
            for one, record in zip(decided, records, strict=True)
        ]

    async def delivered(self, records: Sequence[ConsumerRecord]) -> None:
        """Stores the block's marks."""
        marks = self._in_delivery.pop(_span(records), None)
        if marks is not None:
            await self._store.write(marks)
            self._recent.stored(marks)

    async def close(self) -> None:
        """Closes the connections to Redis."""
        await self._store.close()

    def _read(self, record: ConsumerRecord) -> Candidate | Output:
        try:
            return candidate(record, self._rules)
        except UndecodableError as error:
            return dead_letter(record, stage=Stage.SCRUBBER, error=error, now=datetime.now(UTC))

    async def _look_up(self, candidates: Iterable[Candidate]) -> Marks:
        asked = [one for one in candidates if one.is_looked_up]
        return await self._store.look_up(
            [one.tweet.id for one in asked],
            [one.near for one in asked if one.near is not None],
            [one.tweet.in_reply_to for one in asked if one.tweet.in_reply_to is not None],
        )


def rules_of(settings: Settings) -> ScrubRules:
    """Reads names and places, and who is who from the settings and the file of VIPs.

    Raises:
        SettingsError: the file of VIPs cannot be read.
        MissingToolError: a table that the project carries is missing or damaged.
    """
    try:
        vips = "" if settings.vip_file is None else settings.vip_file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"vip_file cannot be read: {type(error).__name__}", remedy="Mend DALLOSH_VIP_FILE or unset it"
        ) from None
    return ScrubRules(
        tables=tables(), official_handles=settings.official_handles, kept_handles=settings.kept_handles,
        vips=parsed_vips(vips),
    )  # fmt: skip


def run(settings: Settings) -> int:
    """Runs the scrubber until SIGTERM; returns the exit code."""
    return run_block_stage(settings, Stage.SCRUBBER, Scrubber(settings))


def _span(records: Sequence[ConsumerRecord]) -> Span:
    first, last = records[0], records[-1]
    return first.partition, first.offset, last.offset


def _count(fates: Iterable[Fate]) -> None:
    reasons: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for fate in fates:
        if fate.reason is not None:
            reasons[fate.reason] += 1
        for span in fate.spans:
            types[span.type] += 1
    for reason, n_tweets in reasons.items():
        metrics.NOISE.labels(reason).inc(n_tweets)
    for kind, n_spans in types.items():
        metrics.SCRUBBED_SPANS.labels(kind).inc(n_spans)
