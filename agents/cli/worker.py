"""`dallosh worker STAGE`: one stage in this process."""

import asyncio
import importlib
import signal
import sys
import time
from typing import Final

import click
import structlog
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from agents.embedded import connected, with_redis_if_any
from schemas.taxonomy import WORKERS, Stage, Watcher
from schemas.topics import INPUT_OF, READ_BY, TOPICS, name_in
from streams.errors import DalloshError, FatalError, exit_code_of
from streams.kafka.admin import open_admin
from streams.kafka.topics import missing_topics
from streams.logging import configure
from streams.settings import Settings, load_settings

log = structlog.get_logger()

LAZY: Final[dict[Stage | Watcher, str]] = {
    Stage.SCRUBBER: "agents.scrubber",
    Stage.CLASSIFIER: "agents.classifier",
    Stage.GPU: "agents.gpu_worker",
    Stage.BERT: "agents.bert_worker",
    Stage.ROUTER: "agents.router",
    Watcher.DETECTOR: "agents.detector",
    Watcher.AUDITOR: "agents.auditor",
    Watcher.NOTIFIER: "agents.notifier",
}
"""Stage -> the module whose `run(settings)` is the stage; imported when asked for: each has libraries of its own."""

LIMITED: Final = frozenset({Stage.CLASSIFIER, Stage.GPU})
"""Stages whose workers keep limits of calls together."""

BROKER_WAIT_S: Final = 60.0
BROKER_POLL_S: Final = 1.0
COORDINATOR_POLL_S: Final = 0.1


@click.command()
@click.argument("stage", type=click.Choice([stage.value for stage in WORKERS]))
@click.option("--health-port", type=click.IntRange(0, 65535), help="Port of /live, /ready and /metrics; 0: a free one.")
def worker(stage: str, health_port: int | None) -> None:
    """Run one stage in this process until SIGTERM, which drains it (exit 0).

    Its log names the port of /live, /ready and /metrics (stage_started). Exit 0: drained; 1: failed; 2: wrong usage or
    settings, or a missing file: no supervisor starts it again that has not seen it run.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))  # until the stage runs, which has handlers of its own
    try:
        settings = load_settings() if health_port is None else load_settings(health_port=health_port)
        configure(settings)
        one = next(one for one in WORKERS if one.value == stage)
        code = run_stage(one, services_of(one, settings))
    except DalloshError as error:
        click.echo(f"dallosh: {error}", err=True)
        code = exit_code_of(error)
    sys.exit(code)


def run_stage(stage: Stage | Watcher, settings: Settings) -> int:
    """Waits for the broker, checks the stage's topics, runs the stage; returns the exit code.

    Raises:
        FatalError: the broker did not answer in time, or a topic is missing.
    """
    module = importlib.import_module(LAZY[stage])  # before any loop exists: it sets uvloop's policy
    asyncio.run(_prepare(stage, settings))
    code: int = module.run(settings)
    return code


def services_of(stage: Stage | Watcher, settings: Settings) -> Settings:
    """Returns the settings with the services that a stage connects to.

    The scrubber and the auditor need Redis. The levels with limits share them through it where there is one, and go on
    without.

    Raises:
        FatalError: one that it needs is neither configured nor running.
    """
    if stage in (Stage.SCRUBBER, Watcher.AUDITOR):
        return connected(settings)
    found = connected(settings, ("kafka",))
    return with_redis_if_any(found) if stage in LIMITED else found


def topics_of(stage: Stage | Watcher) -> frozenset[str]:
    """Returns the registry's names of the topics that a stage reads and writes."""
    written = {name for name, spec in TOPICS.items() if stage.value in spec.writers}
    read = {INPUT_OF[stage]} if isinstance(stage, Stage) else READ_BY[stage]
    return frozenset({*read, *written})


def require_topics(stage: Stage | Watcher, settings: Settings, missing: tuple[str, ...]) -> None:
    """Does nothing when every topic of the stage exists.

    Raises:
        FatalError: one is missing; the remedy is the command that makes it.
    """
    lacking = sorted(topics_of(stage).intersection(missing))
    if lacking:
        where = f" (namespace {settings.namespace})" if settings.namespace else ""
        raise FatalError(f"missing topics{where}: {', '.join(lacking)}", remedy="Run: dallosh topics create")


async def _prepare(stage: Stage | Watcher, settings: Settings) -> None:
    deadline_s = time.monotonic() + BROKER_WAIT_S
    require_topics(stage, settings, await _missing_topics(settings, deadline_s))
    await _coordinator(settings, name_in(settings.namespace, f"dallosh-{stage.value}"), deadline_s)


async def _missing_topics(settings: Settings, deadline_s: float) -> tuple[str, ...]:
    """Asks the broker; one that does not answer is asked again until the deadline."""
    while True:
        try:
            return await missing_topics(settings)
        except FatalError as error:
            if not isinstance(error.__cause__, (KafkaError, TimeoutError)) or time.monotonic() > deadline_s:
                raise
            log.warning("waiting_for_broker", broker=settings.kafka_bootstrap, reason=str(error))
            await asyncio.sleep(BROKER_POLL_S)


async def _coordinator(settings: Settings, group: str, deadline_s: float) -> None:
    """Waits for the group's coordinator: a new broker takes seconds, and aiokafka would log ten errors in each."""
    async with open_admin(settings) as admin:
        while time.monotonic() < deadline_s:
            try:
                await admin.find_coordinator(group)
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(COORDINATOR_POLL_S)
            else:
                return
