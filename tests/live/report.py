"""The report of a live run, for people."""

from collections.abc import Iterator

from tests.live.result import LiveResult


def lines(result: LiveResult) -> Iterator[str]:
    """Yields the report's lines, in Markdown."""
    yield "| incident | alert | scope | first tweet | confirmed | after, event time | ingest to record, real |"
    yield "|---" * 7 + "|"
    for one in result.found:
        yield (
            f"| {one.incident} | {one.id} | {one.scope} {one.area} | {one.first_tweet_at:%H:%M:%S} | "
            f"{one.confirmed_at:%H:%M} | {one.event_delay_s / 60:.1f} min | {one.real_delay_s:.1f} s |"
        )
    yield ""
    yield from (f"- {told}" for told in result.told)
    yield ""
    levels = ", ".join(f"{level} {n:,}" for level, n in sorted(result.levels.items()))
    yield (
        f"{result.n_acknowledged:,} tweets at {result.speed:g}x, {result.seconds / 60:.1f} min; labelled by {levels}; "
        f"at a service after {result.p50_s:.1f} s (median), {result.p99_s:.1f} s (p99)."
    )
    wrong = ", ".join(f"{what} {len(which)}" for what, which in result.wrong.items())
    yield f"Tweets: {wrong}."
    yield (
        f"Detector killed at {result.killed_at:%H:%M}, away for {result.away_s:.1f} s, resumed from "
        f"{result.resumed_at:%H:%M}; {result.n_late:,} tweets came too late for their minute."
    )
    yield f"Against one detector with all tweets in one go: {'; '.join(result.differences) or 'no difference'}."
    yield f"The receiver was told: {', '.join(result.notices) or 'nothing'}."
    yield f"Load of the machine at the end: {', '.join(f'{one:.1f}' for one in result.load)}."
    yield from (f"MISSED: {problem}" for problem in result.problems())
    if not result.problems():
        yield "All as it must be."
