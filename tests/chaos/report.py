"""The report of a run: Markdown for people, one JSON object for programs."""

from collections.abc import Sequence
from typing import Any

from tests.chaos.result import CellResult

COLUMNS = ("cell", "load", "fault", "tweets", "lost", "repeated", "past commit", "lag", "available", "p50 / p99 s",
           "calls/tweet", "levels", "peak MiB", "growth", "restarts", "s", "verdict")  # fmt: skip


def markdown(results: Sequence[CellResult]) -> str:
    """Returns the report as a table, what went wrong below it, and what the columns mean."""
    lines = [
        "# Chaos", "",
        f"{sum(result.sent for result in results):,} tweets in {len(results)} cells, "
        f"{sum(result.seconds for result in results) / 60:.0f} min; commits: "
        f"{', '.join(sorted({result.commit for result in results}))}.", "",
        "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS),
        *(_row(result) for result in results), "",
    ]  # fmt: skip
    lines += [f"- {text}" for result in results for text in _notes(result)]
    lines += [
        "", "Lost: acknowledged to the source and in no terminal topic. Repeated: tweet id and revision twice at the "
        "services. Past commit: committed before its outputs were in the log (sampled once a second). Available: "
        "share of the sound tweets that a service could read within 60 s of their acknowledgement. Calls/tweet: tweets "
        "in answered calls of level 1, by distinct tweets that it answered. Peak: the largest worker. Growth: peak "
        "of the last third by the peak before it.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def summary(results: Sequence[CellResult]) -> dict[str, Any]:
    """Returns the run as one object: a row per cell, and the totals over those that were played."""
    played = [result for result in results if not result.skipped]
    n_answered = sum(result.api_tweets for result in played)
    paid = sum(result.calls_per_tweet * result.api_tweets for result in played)
    return {
        "cells": [
            {
                "cell": result.cell, "load": result.load, "fault": result.fault, "tweets": result.sent,
                "lost": result.lost, "repeated": result.repeated, "availability": result.availability,
                "calls_per_tweet": result.calls_per_tweet, "past_unfinished": result.past_unfinished,
                "lag": result.lag, "p50_s": result.p50_s, "p99_s": result.p99_s,
                "peak_mib": max(result.peak_mib.values(), default=0.0), "skipped": result.skipped,
                "problems": result.problems(),
            }
            for result in results
        ],
        "lost": sum(result.lost for result in played),
        "repeated": sum(result.repeated for result in played),
        "calls_per_tweet": round(paid / n_answered, 4) if n_answered else 1.0,
        "availability": min((result.availability for result in played), default=0.0),
    }  # fmt: skip


def line(result: CellResult) -> str:
    """Returns a cell in one line, for the terminal."""
    if result.skipped:
        return f"{result.cell}: skipped, {result.skipped}"
    verdict = "; ".join(result.problems()) or "ok"
    return (
        f"{result.cell}: {result.sent} tweets, {result.lost} lost, {result.repeated} repeated, "
        f"available {result.availability:.2%}, p99 {result.p99_s:.1f} s, {result.calls_per_tweet:.3f} calls a tweet, "
        f"{result.seconds:.0f} s: {verdict}"
    )


def _notes(result: CellResult) -> list[str]:
    examples = f" ({', '.join(result.examples)})" if result.examples else ""
    skipped = [f"skipped: {result.skipped}"] if result.skipped else []
    return [f"{result.cell}: {text}{examples}" for text in (*result.problems(), *skipped)]


def _row(result: CellResult) -> str:
    if result.skipped:
        verdict, cells = "skipped", [result.cell, result.load, result.fault, *["-"] * (len(COLUMNS) - 4)]
    else:
        levels = ", ".join(f"{level} {n}" for level, n in result.levels.items())
        peak = max(result.peak_mib.items(), key=lambda item: item[1], default=("-", 0.0))
        verdict = "missed" if result.problems() else "ok"
        cells = [
            result.cell, result.load, result.fault, f"{result.sent:,}", str(result.lost), str(result.repeated),
            f"{result.past_unfinished} of {result.commit_samples} samples", str(result.lag),
            f"{result.availability:.2%}", f"{result.p50_s:.1f} / {result.p99_s:.1f}", f"{result.calls_per_tweet:.3f}",
            levels, f"{peak[0]} {peak[1]:.0f}", f"{result.growth:.2f}", str(result.restarts), f"{result.seconds:.0f}",
        ]  # fmt: skip
    return "| " + " | ".join([*cells, verdict]) + " |"
