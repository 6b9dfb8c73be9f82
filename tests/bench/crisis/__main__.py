"""`make bench-crisis`: false alarms a year and outages found in time, on synthetic streams with public seeds.

1k and 20k tweets a day are played tweet by tweet through the detector, 500k as minute counts through its core. Eight
weeks of each stream only teach; then false alarms are counted for a year, and incidents begin at random minutes on
copies of the detector. A fixed threshold and a z-score on exponential means stand beside it, tuned to the same rate of
false alarms. Ends with exit code 1 where a `must` is missed.
"""

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any, Final

import click

from streams.settings import PROJECT_DIR
from tests.bench.crisis import peers, report, rows
from tests.bench.crisis.jobs import BY_MINUTE, BY_TWEET, SPARSE, Cold, ColdJob, Job, Played, StreamJob, run
from tests.bench.crisis.rows import Row
from tests.bench.crisis.store import Store

PARTS: Final = ("alarms", "detection", "minutes", "cold", "peers", "cost")
_HARD_SEED: Final = 101
_PEER_SEED: Final = 201
_COLD_SEED: Final = 301
_DETECTION_STREAMS: Final = 4
_DETECTION_DAYS: Final = 84
_SPARE: Final = 1.05
"""Minutes drawn for one that counts: an incident begins where no alert is open."""
_COLD_STARTS: Final = {SPARSE: 100, 1_000: 100, 20_000: 20, BY_MINUTE: 20}
_LEAST_FALSE_PER_YEAR: Final = 0.2
TIMEOUT_S: Final = 3_600.0


def jobs(parts: Sequence[str], volumes: Sequence[int], years: float, n_outages: int) -> list[Job]:
    """Returns what is to be played, the longest first."""
    found: list[Job] = []
    n_streams = math.ceil(years)
    n_days = round(365 * years / n_streams)
    if "alarms" in parts:
        n_incidents = math.ceil(_SPARE * n_outages / n_streams) if "detection" in parts else 0
        for per_day in volumes:
            for year in range(n_streams):
                found.append(StreamJob(per_day, "base", 1 + year, n_days, n_incidents))
                found.append(StreamJob(per_day, "hard", _HARD_SEED + year, n_days))
    elif "detection" in parts:
        n_incidents = math.ceil(_SPARE * n_outages / _DETECTION_STREAMS)
        for per_day in volumes:
            found += [
                StreamJob(per_day, "base", 1 + number, _DETECTION_DAYS, n_incidents, counts_alarms=False)
                for number in range(_DETECTION_STREAMS)
            ]
    if "minutes" in parts:
        days = min(365, n_days)
        found.append(StreamJob(BY_MINUTE, "base", 1, days, math.ceil(_SPARE * n_outages)))
        found.append(StreamJob(BY_MINUTE, "hard", _HARD_SEED, days))
    if "cold" in parts:
        found += [ColdJob(per_day, _COLD_SEED, n_starts) for per_day, n_starts in _COLD_STARTS.items()]
    return sorted(found, key=lambda job: -job.cost)


def played(found: Sequence[Job], n_processes: int, store: Store) -> tuple[list[Played], list[Cold]]:
    """Runs jobs in processes, but for those whose results are kept; says on standard error which are done."""
    results: list[Played | Cold] = []
    missing: list[Job] = []
    for job in found:
        result = store.find(job)
        if result is None:
            missing.append(job)
        else:
            results.append(result)
    click.echo(f"{len(results)} of {len(found)} jobs were run before", err=True)
    with ProcessPoolExecutor(n_processes, max_tasks_per_child=1) as pool:
        running: dict[Future[Played | Cold], Job] = {pool.submit(run, job): job for job in missing}
        for done in as_completed(running):
            result = done.result()
            store.put(running[done], result)
            results.append(result)
            for line in (f"{running[done]}", *_told(result)):
                click.echo(line, err=True)
    return [one for one in results if isinstance(one, Played)], [one for one in results if isinstance(one, Cold)]


def _told(result: Played | Cold) -> list[str]:
    """Returns the rows of one job, and the causes of its false alarms."""
    if isinstance(result, Cold):
        return [*map(report.line, rows.cold_rows([result])), *result.alarms]
    told = chain(rows.alarm_rows([result]), rows.detection_rows([result], {}))
    return [*map(report.line, told), *report.causes([result])]


def peers_beside(streams: Sequence[Played], years: float, n_outages: int) -> dict[int, list[peers.Found]]:
    """Tunes the peers of each volume to our rate of national false alarms on the base setting."""
    found = {}
    for per_day in (*BY_TWEET, BY_MINUTE):
        those = [one for one in streams if one.per_day == per_day and one.setting == "base" and one.years]
        n_years = sum(one.years for one in those)
        ours = sum(alarm.is_wide for one in those for alarm in one.alarms) / n_years if n_years else 1.0
        target = max(ours, _LEAST_FALSE_PER_YEAR)
        found[per_day] = peers.measured(per_day, (30, 10, 4, 2), math.ceil(years), n_outages, target, _PEER_SEED)
        click.echo(f"done: peers at {per_day:,} tweets a day", err=True)
    return found


def cost(what: str) -> dict[str, Any]:
    """Measures speed or memory in a process of its own, when all else is done."""
    command = [sys.executable, "-m", "tests.bench.crisis.cost", what]
    done = subprocess.run(
        command, cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False
    )  # fmt: skip
    if done.returncode:
        raise click.ClickException(f"the measure of {what} ended with {done.returncode}; its error stands above")
    return dict(json.loads(done.stdout.splitlines()[-1]))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--only", "parts", type=click.Choice(PARTS), multiple=True, help="These parts; all without it.")
@click.option("--years", type=click.FloatRange(0.05), default=5, show_default=True, help="Of each setting.")
@click.option("--outages", "n_outages", type=click.IntRange(1), default=1_000, show_default=True, help="Of each cell.")
@click.option("--volume", "volumes", type=click.Choice(BY_TWEET), multiple=True, help="Of those played by tweet.")
@click.option("--processes", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=PROJECT_DIR / ".dallosh" / "bench-crisis",
              show_default=True, help="Folder of the results of each job.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Run again what this very code has run before.")
def main(
    as_json: bool, parts: tuple[str, ...], years: float, n_outages: int, volumes: tuple[int, ...], processes: int,
    out: Path, fresh: bool,
) -> None:  # fmt: skip
    """Plays all of it and prints the table.

    Killed and started again, it goes on with the streams that are missing.
    """
    begin, wanted = time.monotonic(), parts or PARTS
    streams, colds = played(jobs(wanted, volumes or BY_TWEET, years, n_outages), processes, Store(out, is_fresh=fresh))
    beside: dict[int, list[peers.Found]] = {}
    if "peers" in wanted:
        beside = peers_beside(streams, years, n_outages)
    told = list(chain(rows.alarm_rows(streams), rows.detection_rows(streams, beside), rows.cold_rows(colds)))
    if "cost" in wanted:
        told += rows.cost_rows(cost("speed"), cost("memory"))
    for line in report.lines(told, streams, beside, seconds=time.monotonic() - begin):
        click.echo(line, err=as_json)
    if as_json:
        click.echo(json.dumps(summary(told, streams, colds, beside)))
    if any(row.verdict == "missed" for row in told):
        sys.exit(1)


def summary(
    told: Sequence[Row], streams: Sequence[Played], colds: Sequence[Cold], beside: dict[int, list[peers.Found]]
) -> dict[str, Any]:
    """Returns all that was measured, each false alarm with it."""
    return {
        "rows": [row.summary() for row in told],
        "alarms": [
            {"per_day": one.per_day, "setting": one.setting, **asdict(alarm), "confirmed_at": str(alarm.confirmed_at)}
            for one in streams
            for alarm in one.alarms
        ],
        "cold": [asdict(one) for one in colds],
        "peers": {per_day: [asdict(one) for one in found] for per_day, found in beside.items()},
        "missed": [row.measure for row in told if row.verdict == "missed"],
    }


if __name__ == "__main__":
    main()
