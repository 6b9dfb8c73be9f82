"""`dallosh up`: every worker under one supervisor, with the embedded services that they need."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import click
import structlog
from rich.console import Console
from rich.table import Table

from agents import embedded
from agents.relay import relay_to
from agents.simulated import simulated_models
from agents.supervisor import Supervisor, WorkerSpec, WorkerStatus
from schemas.taxonomy import WORKERS, Stage, Watcher
from streams.channels.procedures_file import load_procedures
from streams.disk import locked
from streams.errors import FatalError
from streams.kafka.topics import create_topics
from streams.logging import configure
from streams.settings import Settings, load_settings, masked

log = structlog.get_logger()

READY_TIMEOUT_S: Final = 120.0
MAX_PROCESSES: Final = 64
CLEAN: Final = (0, -signal.SIGTERM)
"""Exit codes of a worker that drained, or that had not begun when it was told to end."""


@click.command()
@click.option("--simulate", is_flag=True, help="Let a local server play the models (a checkout only); keys are unused.")
@click.option("--scale", multiple=True, metavar="STAGE=N", help="N processes of a stage (default 1); repeatable.")
@click.option("--only", multiple=True, type=click.Choice([*map(str, WORKERS)]), help="Only this stage; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object when all are ready and one at the end.")
@click.pass_context
def up(ctx: click.Context, simulate: bool, scale: Sequence[str], only: Sequence[str], as_json: bool) -> None:
    """Start every worker under one supervisor, and drain them all on Ctrl-C or SIGTERM.

    What is not configured (Kafka, Redis) is started here and stopped at the end; missing topics are made. A
    worker that ends is started again. Exit 0: every worker drained; 1: one had to be killed, or can never run (wrong
    settings, a missing file), which drains the others; 2: usage.
    """
    stages = [stage for stage in WORKERS if not only or stage.value in only]
    specs = [WorkerSpec(stage=stage, n_processes=n) for stage, n in _processes(stages, scale).items()]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    settings = load_settings()
    configure(settings)
    if Watcher.NOTIFIER in stages:
        load_procedures(settings.procedures_file)  # a wrong one is told before anything starts, and stops no pipe later
    try:
        with (
            _alone(settings),
            simulated_models(settings, wanted=simulate, say=_say) as simulated,
            _services(simulated) as connected,
        ):
            code = _supervise(connected, specs, as_json)
    except KeyboardInterrupt:
        code = 0  # told to end before the workers began
    ctx.exit(code)


def _processes(stages: Sequence[Stage | Watcher], scale: Sequence[str]) -> dict[Stage | Watcher, int]:
    """Returns how many processes each stage gets, from `--scale` arguments such as "classifier=2"."""
    wanted = dict.fromkeys(stages, 1)
    by_name = {stage.value: stage for stage in stages}
    for argument in scale:
        name, _, number = argument.partition("=")
        if name not in by_name or not number.isdecimal() or not 1 <= int(number) <= MAX_PROCESSES:
            names = ", ".join(stages)
            raise click.BadParameter(f"{argument!r}: expected STAGE=N, STAGE one of {names}, N 1 to {MAX_PROCESSES}")
        wanted[by_name[name]] = int(number)
    return wanted


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Refuses a second `up` of the same data folder and namespace: their workers would be taken for one another."""
    name = f"up-{settings.namespace}.lock" if settings.namespace else "up.lock"
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(settings.data_dir / name, timeout_s=0.0))
        except FatalError as error:
            raise FatalError(f"dallosh up seems to run already: {error}") from error
        yield


@contextmanager
def _services(settings: Settings) -> Iterator[Settings]:
    """Gives the settings with broker and Redis filled in; stops at the end those that it started."""
    services = embedded.ensure(settings, say=_say)
    try:
        yield settings.model_copy(update={"kafka_bootstrap": services.kafka, "redis_url": services.redis})
    finally:
        if services.started:
            _say(f"stopping {' and '.join(services.started)}")
            embedded.stop(settings.data_dir, services.started)


def _supervise(settings: Settings, specs: Sequence[WorkerSpec], as_json: bool) -> int:
    began_s = time.monotonic()
    report = asyncio.run(create_topics(settings))
    if report.created:
        _say(f"{len(report.created)} topics made")
    as_text = settings.log_format == "console" or (settings.log_format == "auto" and sys.stderr.isatty())
    of_workers = settings.model_copy(update={"log_format": "console" if as_text else "json"})
    failure: FatalError | None = None
    with Supervisor(of_workers, specs, relay=relay_to(sys.stderr, as_json=not as_text)) as supervisor:
        try:
            _announce(settings, _until_ready(supervisor), time.monotonic() - began_s, as_json)
            supervisor.wait()
        except KeyboardInterrupt:
            _say("draining the workers (again to kill them)")
        except FatalError as error:  # a worker was given up; the others drain and are told of all the same
            failure = error
            _say("draining the workers: one of them cannot run (Ctrl-C to kill them)")
        restarts = {one.name: one.n_restarts for one in supervisor.status()}
        codes = _drained(supervisor)
    _say(f"stopped: {', '.join(f'{name} {code}' for name, code in codes.items())} (exit codes)")
    if as_json:
        reason = None if failure is None else str(failure).partition("\n")[0]
        workers = {name: {"exit_code": code, "restarts": restarts[name]} for name, code in codes.items()}
        seconds = round(time.monotonic() - began_s, 1)
        click.echo(json.dumps({"workers": workers, "error": reason, "seconds": seconds}))
        sys.stdout.flush()
    if failure is not None:
        raise failure
    return 0 if all(code in CLEAN for code in codes.values()) else 1


def _drained(supervisor: Supervisor) -> dict[str, int]:
    """Drains the workers; a further Ctrl-C kills them."""
    try:
        return supervisor.stop()
    except KeyboardInterrupt:
        _say("killing the workers")
        return supervisor.stop(0.0)


def _until_ready(supervisor: Supervisor) -> list[WorkerStatus]:
    """Waits for all workers; those that are slow are named and waited for no longer, for they are supervised anyway."""
    supervisor.wait_ready(READY_TIMEOUT_S)
    status = supervisor.status()
    if slow := [one.name for one in status if not one.ready]:
        log.warning("workers_not_ready", workers=slow, after_s=READY_TIMEOUT_S)
    return status


def _announce(settings: Settings, status: Sequence[WorkerStatus], seconds: float, as_json: bool) -> None:
    table = Table("worker", "pid", "health, readiness, metrics", "state", box=None)
    for one in status:
        table.add_row(one.name, str(one.pid or "-"), f"http://{settings.health_host}:{one.health_port}", one.note)
    Console(stderr=True, highlight=False).print(table)
    _say(f"kafka {settings.kafka_bootstrap}, redis {masked(settings.redis_url)}; up in {seconds:.1f} s; Ctrl-C drains")
    if as_json:
        workers = [{"name": one.name, "pid": one.pid, "health_port": one.health_port, "ready": one.ready}
                   for one in status]  # fmt: skip
        ready = all(one.ready for one in status)
        click.echo(json.dumps({"ready": ready, "kafka": settings.kafka_bootstrap, "workers": workers}))
        sys.stdout.flush()


def _say(text: str) -> None:
    click.echo(text, err=True)
