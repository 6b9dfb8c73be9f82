"""The report of a run: Markdown for people, one JSON object for programs."""

from collections.abc import Sequence
from typing import Any, Final

from tests.chaos.result import MAX_CALLS_PER_TWEET, CellResult

COLUMNS: Final = ("cell", "load", "fault", "tweets", "lost", "repeated", "past a commit", "otherwise wrong", "lag",
                  "available", "p50 / p99 s", "calls/tweet", "levels", "peak MiB", "peak ratio", "hits / restarts",
                  "s", "verdict")  # fmt: skip
LEGEND: Final = (
    "Lost: acknowledged to the source and in no terminal topic. Repeated: one tweet id twice at the services. Past a "
    "commit: committed before its outputs were in the log (looked at once a second). Otherwise wrong: in two places or "
    "in the wrong one, a customer whom no service got, another tweet's labels, an altered dead letter. Available: the "
    "share of customers' tweets that a service could read within 60 s of their acknowledgement. Calls/tweet: tweets in "
    "answered calls of level 1, by distinct tweets that it answered. Peak: the largest worker; its ratio: the peak of "
    "the last third by the one before it."
)
APART: Final = ("lost", "repeated", "past_unfinished")


def markdown(results: Sequence[CellResult]) -> str:
    """Returns the report as a table, what went wrong below it, and what the columns mean."""
    minutes = sum(result.took_s for result in results) / 60
    lines = [
        "# Chaos", "",
        f"{sum(result.n_sent for result in results):,} tweets in {len(results)} cells, {minutes:.0f} min.", "",
        "| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS),
        *(_row(result) for result in results), "",
        *(f"- {result.cell}: {text}" for result in results for text in _notes(result)), "", LEGEND,
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def summary(results: Sequence[CellResult]) -> dict[str, Any]:
    """Returns the run as one object: a row per cell, and the totals over those that were counted.

    Figures of a cell that was not counted are None.
    """
    counted = [result for result in results if _is_counted(result)]
    n_answered = sum(result.n_answered_by_api for result in counted)
    return {
        "cells": [_object(result) for result in results],
        "lost": sum(result.n_wrong("lost") for result in counted),
        "repeated": sum(result.n_wrong("repeated") for result in counted),
        "calls_per_tweet": round(sum(one.n_in_api_calls for one in counted) / n_answered, 4) if n_answered else None,
        "availability": min((result.availability for result in counted), default=None),
    }


def is_good(results: Sequence[CellResult]) -> bool:
    """Whether every goal was met, that of the calls by all cells together, too, and something was played at all."""
    calls = summary(results)["calls_per_tweet"]
    return calls is not None and calls <= MAX_CALLS_PER_TWEET and not any(result.problems() for result in results)


def line(result: CellResult) -> str:
    """Returns a cell in one line, for the terminal."""
    if not _is_counted(result):
        return f"{result.cell}: {'; '.join(_notes(result))}"
    return (
        f"{result.cell}: {result.n_sent} tweets, {result.n_wrong('lost')} lost, {result.n_wrong('repeated')} repeated, "
        f"available {result.availability:.2%}, p99 {result.p99_s:.1f} s, {result.calls_per_tweet:.3f} calls a tweet, "
        f"{result.took_s:.0f} s: {'; '.join(result.problems()) or 'ok'}"
    )


def _is_counted(result: CellResult) -> bool:
    return not (result.skipped or result.failed)


def _notes(result: CellResult) -> list[str]:
    return [f"skipped, {result.skipped}"] if result.skipped else result.problems()


def _otherwise(result: CellResult) -> int:
    return sum(len(which) for what, which in result.wrong.items() if what not in APART)


def _object(result: CellResult) -> dict[str, Any]:
    figures: dict[str, float | None] = {
        "tweets": result.n_sent, "lost": result.n_wrong("lost"), "repeated": result.n_wrong("repeated"),
        "past_unfinished": result.n_wrong("past_unfinished"), "otherwise_wrong": _otherwise(result),
        "lag": result.lag_records, "availability": result.availability, "p50_s": result.p50_s, "p99_s": result.p99_s,
        "calls_per_tweet": result.calls_per_tweet, "peak_mib": max(result.peak_mib.values(), default=0.0),
    }  # fmt: skip
    if not _is_counted(result):
        figures = dict.fromkeys(figures)  # unknown is never 0
    names = {"cell": result.cell, "load": result.load, "fault": result.fault}
    return {**names, **figures, "skipped": result.skipped, "problems": result.problems()}


def _row(result: CellResult) -> str:
    names = [result.cell, result.load, result.fault]
    if not _is_counted(result):
        cells = [*names, *["-"] * (len(COLUMNS) - 4), "skipped" if result.skipped else "failed"]
    else:
        levels = ", ".join(f"{level} {n}" for level, n in sorted(result.levels.items()))
        peak = max(result.peak_mib.items(), key=lambda item: item[1], default=("-", 0.0))
        cells = [
            *names, f"{result.n_sent:,}", str(result.n_wrong("lost")), str(result.n_wrong("repeated")),
            f"{result.n_wrong('past_unfinished')} ({sum(result.n_samples.values())} looks)", str(_otherwise(result)),
            str(result.lag_records), f"{result.availability:.2%}", f"{result.p50_s:.1f} / {result.p99_s:.1f}",
            f"{result.calls_per_tweet:.3f}", levels, f"{peak[0]} {peak[1]:.0f}", f"{result.peak_ratio:.2f}",
            f"{result.n_hits} / {result.n_restarts}", f"{result.took_s:.0f}",
            "missed" if result.problems() else "ok",
        ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"
