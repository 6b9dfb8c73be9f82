"""`make bench-router`: our chain and LiteLLM's router through the same outages, one after the other.

The same simulator program in a process of its own plays three models that speak OpenAI's protocol; the same batches
come at the same pace, whatever becomes of them. LiteLLM runs in its own environment, twice: once with a model group for
each model and fallbacks, once with one group and `order`; everything else is its default but the timeout of a call.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from agents.simulated import simulated_models
from schemas.codec import decode, encode
from schemas.tweet import ScrubbedTweet
from streams.core.scrubbing import scrub_value
from streams.settings import PROJECT_DIR, Settings, load_settings
from streams.tables import tables
from tests.bench.load import tweets as invented
from tests.bench.router.score import Score, scores
from tests.bench.router.script import DEPLOYMENTS, PHASES, Done, Plan, works_of

N_BATCHES: Final = 20
BATCH_SIZE: Final = 20
DRAIN_S: Final = 180.0
START_S: Final = 120.0
DEFAULT_ENVIRONMENT: Final = PROJECT_DIR / ".dallosh" / "bench-router-env"


NOTE: Final = """\
A batch is due every so often, whatever became of those before it; its time counts from then. Failed means no answer of
these models: ours hands the batch to the next level at once, LiteLLM raises. Dead are the models of which no call of
the phase can succeed. Ours waits for its probe interval before it asks a dead model again."""


def contenders(litellm_python: Path) -> dict[str, list[str]]:
    """Returns the command of each, less the plan's file."""
    own, other = "tests.bench.router.ours", "tests.bench.router.litellm_router"
    return {
        "ours": [sys.executable, "-m", own, "PLAN"],
        "litellm-fallbacks": [str(litellm_python), "-m", other, "PLAN", "fallbacks"],
        "litellm-order": [str(litellm_python), "-m", other, "PLAN", "order"],
    }


def play(command: list[str], phase_s: float, interval_s: float, folder: Path) -> list[Score]:
    """Runs one router through the script against a fresh simulator."""
    with simulated_models(load_settings()) as settings:
        urls = base_urls(settings)
        plan = Plan(
            base_urls=urls,
            works=tuple(works_of(scrubbed(N_BATCHES * BATCH_SIZE), BATCH_SIZE)),
            n_works=int(len(PHASES) * phase_s / interval_s),
            interval_s=interval_s,
        )
        file = folder / "plan.json"
        file.write_bytes(msgspec.json.encode(plan))
        control = settings.openai_base_url.split("/openai/")[0]
        return run_script([str(file) if part == "PLAN" else part for part in command], control, phase_s)


def base_urls(settings: Settings) -> dict[str, str]:
    """Returns where each model is; Mistral's SDK adds `/v1` itself, OpenAI's does not."""
    places = {
        "openai": settings.openai_base_url,
        "mistral": f"{settings.mistral_base_url}/v1",
        "vllm": settings.vllm_base_url,
    }
    return {model: places[path] for model, path in DEPLOYMENTS.items()}


def scrubbed(n: int) -> list[ScrubbedTweet]:
    """Returns invented tweets as the scrubber leaves them."""
    return [decode(scrub_value(encode(tweet), tables()), ScrubbedTweet) for tweet in invented(n)]


def run_script(command: list[str], control: str, phase_s: float) -> list[Score]:
    """Starts a router's program, turns the simulator from phase to phase, and scores what the program printed."""
    process = subprocess.Popen(
        command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    watchdog = threading.Timer(START_S + len(PHASES) * phase_s + DRAIN_S, process.kill)
    watchdog.start()
    try:
        if process.stdout.readline() != "ready\n":
            raise click.ClickException(f"{command[2]} did not start; its error stands above")
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()))
        reader.start()
        calls = through_phases(process, control, phase_s)
        process.wait()
        reader.join()
        calls.append(received(control))
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
    done = [msgspec.json.decode(line, type=Done) for line in lines]
    if process.returncode:
        raise click.ClickException(f"{command[2]} ended with {process.returncode}")
    return scores(PHASES, phase_s, done, differences(calls))


def through_phases(process: subprocess.Popen[str], control: str, phase_s: float) -> list[dict[str, int]]:
    """Starts the clock and plays the phases; returns the calls that each model had received at each one's begin."""
    assert process.stdin is not None
    calls: list[dict[str, int]] = []
    begin = time.monotonic()
    for i, phase in enumerate(PHASES):
        time.sleep(max(0.0, begin + i * phase_s - time.monotonic()))
        calls.append(received(control))
        for model, path in DEPLOYMENTS.items():
            ask(f"{control}/_simulator/mode", {"provider": path, "mode": phase.modes.get(model, "ok")})
        if i == 0:
            process.stdin.write("go\n")
            process.stdin.flush()
            begin = time.monotonic()
    return calls


def received(control: str) -> dict[str, int]:
    """Returns the calls that each model has received so far."""
    stats = ask(f"{control}/_simulator/stats")
    return {model: int(stats[path]["calls"]) for model, path in DEPLOYMENTS.items()}


def differences(calls: list[dict[str, int]]) -> list[dict[str, int]]:
    """Turns counts at the borders of phases into counts of each phase."""
    return [{model: after[model] - before[model] for model in DEPLOYMENTS} for before, after in pairwise(calls)]


def ask(url: str, body: Mapping[str, Any] | None = None) -> Any:
    """Asks the simulator's control path, without any proxy."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.load(answer)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--phase-s", default=20.0, show_default=True, help="Length of each phase in seconds.")
@click.option("--interval-s", default=0.2, show_default=True, help="A batch comes every so many seconds.")
@click.option(
    "--environment", type=click.Path(path_type=Path), default=DEFAULT_ENVIRONMENT, help="LiteLLM's environment."
)
def main(as_json: bool, phase_s: float, interval_s: float, environment: Path) -> None:
    """Plays the script to both routers and prints what each made of it."""
    python = environment / "bin" / "python"
    if not python.is_file():
        raise click.ClickException(f"{environment} is no environment with LiteLLM; `make bench-router` makes it")
    results: dict[str, list[Score]] = {}
    with tempfile.TemporaryDirectory(prefix="dallosh-bench-") as folder:
        for name, command in contenders(python).items():
            results[name] = play(command, phase_s, interval_s, Path(folder))
            click.echo(f"{name}: done", err=True)
    report(results)
    if as_json:
        told = {name: {row.name: row.summary() for row in rows} for name, rows in results.items()}
        click.echo(json.dumps({"phase_s": phase_s, "interval_s": interval_s, "routers": told}))


def report(results: Mapping[str, list[Score]]) -> None:
    """Prints the routers side by side, phase by phase."""
    click.echo(NOTE, err=True)
    for rows in zip(*results.values(), strict=True):
        click.echo(f"{rows[0].name}: {rows[0].n_works} batches", err=True)
        for name, row in zip(results, rows, strict=True):
            first = "never" if row.first_success_s is None else f"{row.first_success_s:.2f} s"
            click.echo(
                f"  {name:<18} failed {row.n_failed:>4}  calls {row.n_calls:>5}, to dead ones {row.n_calls_to_dead:>5}"
                f"  first success {first:>8}  p50 {row.p50_s:>6.2f} s  p99 {row.p99_s:>6.2f} s",
                err=True,
            )


if __name__ == "__main__":
    main()
