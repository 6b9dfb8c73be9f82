"""The arithmetic and the tables of `make bench-stream`."""

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

Rates = dict[str, float]
"""Contender -> records/s."""

CONTENDERS: Final = ("bare", "ours", "stock", "quix", "quix_500")
SHOWN: Final = {
    "bare": "bare aiokafka",
    "ours": "ours",
    "stock": "stock Faust `take(500)`",
    "quix": "Quix Streams, commits every 5 s",
    "quix_500": "Quix Streams, commits every 500",
}
GOALS: Final[Mapping[str, Mapping[str, float]]] = {
    "passthrough": {"bare": 0.8, "stock": 4.0},
    "patterns": {"bare": 0.85, "stock": 2.0},
    "whole": {"bare": 0.85},
}
"""Function -> contender -> what our rate is at least, as a multiple of its."""

GOAL_PER_S: Final = 1_000
GOAL_P99_S: Final = 2.5
GROWTH: Final = 1.5
"""A rate is sustained while the last quarter's median latency is at most so many times the first quarter's, and within
the goal: a queue that stands is no better than one that grows."""


def ratios(rates: Rates) -> Rates:
    """Returns our rate as a multiple of each other one's.

    >>> ratios({"bare": 100.0, "ours": 90.0})
    {'bare': 0.9}
    """
    return {name: round(rates["ours"] / rate, 2) for name, rate in rates.items() if name != "ours"}


def quantile(values: Sequence[float], share: float) -> float:
    """Returns the least value that at least this share of them does not exceed.

    >>> quantile([4.0, 1.0, 3.0, 2.0], 0.5)
    2.0
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def latency(per_s: int, latencies_s: Sequence[float], n_missing: int) -> dict[str, Any]:
    """Returns the figures of one rate.

    Args:
        per_s: tweets/s that were offered.
        latencies_s: of each tweet that arrived, in the order in which they were due; of fewer than 4 nothing is told.
        n_missing: those that did not arrive in time.
    """
    told = {"per_s": per_s, "tweets": len(latencies_s), "missing": n_missing}
    quarter = len(latencies_s) // 4
    if not quarter:
        return {**told, "p50_s": None, "p99_s": None, "max_s": None, "sustained": False}
    first, last = statistics.median(latencies_s[:quarter]), statistics.median(latencies_s[-quarter:])
    return {
        **told,
        "p50_s": round(quantile(latencies_s, 0.5), 3),
        "p99_s": round(quantile(latencies_s, 0.99), 3),
        "max_s": round(max(latencies_s), 3),
        "sustained": not n_missing and last <= min(GROWTH * first, GOAL_P99_S),
    }


def told_s(seconds: float | None) -> str:
    """Returns seconds as people read them; "-" where nothing arrived."""
    return "-" if seconds is None else f"{seconds:.2f}"


def summary(
    machine: str,
    throughput: Mapping[str, Rates],
    ingest: float | None,
    scale: Mapping[int, float],
    latencies: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Returns all that is told; a part that was not measured is empty, and has no goal."""
    compared = {function: ratios(rates) for function, rates in throughput.items()}
    met: dict[str, bool] = {
        f"{function}/{other}": compared[function][other] >= least
        for function, goals in GOALS.items()
        if function in compared
        for other, least in goals.items()
    }
    for one in latencies:
        if one["per_s"] == GOAL_PER_S:
            met["latency"] = one["sustained"] and one["p99_s"] < GOAL_P99_S
    return {
        "machine": machine,
        "throughput": {name: dict(rates) for name, rates in throughput.items()},
        "ratios": compared,
        "ingest": ingest and round(ingest),
        "scale": {str(n): round(rate) for n, rate in scale.items()},
        "latency": [dict(one) for one in latencies],
        "goals_met": met,
    }


def report(told: Mapping[str, Any], as_json: bool) -> None:
    """Prints the tables on standard error, and with JSON one object on standard output."""
    click.echo("\n".join(lines(told)), err=True)
    if as_json:
        click.echo(json.dumps(told))


def lines(told: Mapping[str, Any]) -> list[str]:
    """Returns the tables in Markdown; of each rate, what ours is of it."""
    found = [told["machine"]]
    if told["throughput"]:
        found += _throughput(told)
    if told["ingest"]:
        found += ["", f"`dallosh ingest` of CSV: {told['ingest']:,} rows/s, acknowledged"]
    if told["scale"]:
        found += _scale(told["scale"])
    if told["latency"]:
        found += _latency(told["latency"])
    verdicts = ", ".join(f"{goal} {'met' if met else 'missed'}" for goal, met in told["goals_met"].items())
    return [*found, "", f"goals: {verdicts or 'none measured'}"]


def _throughput(told: Mapping[str, Any]) -> list[str]:
    functions = list(told["throughput"])
    rows = ["", f"| records/s, one core | {' | '.join(functions)} |", f"| --- |{' ---: |' * len(functions)}"]
    for contender in CONTENDERS:
        cells = []
        for function in functions:
            rate, ours_is = told["throughput"][function][contender], told["ratios"][function].get(contender)
            goal = GOALS[function].get(contender)
            wanted = f", goal {goal}" if goal else ""
            cells.append(f"{rate:,.0f}" if ours_is is None else f"{rate:,.0f} (ours is {ours_is:.2f} of it{wanted})")
        rows.append(f"| {SHOWN[contender]} | {' | '.join(cells)} |")
    return rows


def _scale(rates: Mapping[str, float]) -> list[str]:
    one = rates["1"]
    rows = ["", "| scrubbers, one core each | records/s | of one |", "| --- | ---: | ---: |"]
    return rows + [f"| {n} | {rate:,} | {rate / one:.2f} |" for n, rate in rates.items()]


def _latency(found: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = ["", "| tweets/s offered | p50 s | p99 s | worst s | missing | sustained |", f"| ---: |{' ---: |' * 5}"]
    return rows + [
        f"| {one['per_s']:,} | {' | '.join(told_s(one[name]) for name in ('p50_s', 'p99_s', 'max_s'))} "
        f"| {one['missing']} | {'yes' if one['sustained'] else 'no'} |"
        for one in found
    ]
