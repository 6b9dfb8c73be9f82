"""`dallosh dev`: the embedded Kafka and Redis of this machine."""

import contextlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click
import msgspec

from agents import embedded
from agents.printable import printable
from streams.disk import tail
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.settings import load_settings
from streams.state.embedded import EmbeddedRedis, RedisConfig, redis_server

FOLLOW_POLL_S = 0.2


@click.group()
def dev() -> None:
    """Start, stop and look at the embedded Kafka and Redis.

    They run on free ports of 127.0.0.1 and keep their data in DALLOSH_DATA_DIR (default .dallosh).
    """


@dev.command()
@click.option("--brokers", type=click.Choice(["1", "3"]), help="How many brokers (default: as last time, else 1).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def start(brokers: str | None, as_json: bool) -> None:
    """Start Kafka and Redis, or find them running, and print where they are."""
    settings = load_settings()
    n_nodes = None if brokers is None else int(brokers)
    redis_server()  # both tools are looked for before either is started
    kafka = EmbeddedKafka(KafkaConfig(data_dir=settings.data_dir, n_nodes=n_nodes), say=_say).start()
    redis = EmbeddedRedis(RedisConfig(data_dir=settings.data_dir)).start()
    for name, value in (
        ("DALLOSH_KAFKA_BOOTSTRAP", settings.kafka_bootstrap),
        ("DALLOSH_REDIS_URL", settings.redis_url),
    ):
        if value:
            _say(f"note: {name} is set, so the workers use that one")
    click.echo(json.dumps({"kafka": kafka, "redis": redis}) if as_json else f"kafka {kafka}\nredis {redis}")


@dev.command()
@click.option("--wipe", is_flag=True, help="Remove their data, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def stop(wipe: bool, as_json: bool) -> None:
    """Stop Kafka and Redis cleanly; their data stay unless --wipe."""
    data_dir = load_settings().data_dir
    stopped: tuple[str, ...] = ()
    if wipe:
        EmbeddedKafka(KafkaConfig(data_dir=data_dir)).wipe()
        EmbeddedRedis(RedisConfig(data_dir=data_dir)).wipe()
    else:
        stopped = embedded.stop(data_dir)
    if as_json:
        click.echo(json.dumps({"stopped": stopped, "wiped": wipe}))
    else:
        _say("wiped" if wipe else f"stopped {' and '.join(stopped)}" if stopped else "nothing was running")


@dev.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def status(ctx: click.Context, as_json: bool) -> None:
    """Say what runs; exit 0 when both do, else 1."""
    data_dir = load_settings().data_dir
    kafka = EmbeddedKafka(KafkaConfig(data_dir=data_dir)).status()
    redis = EmbeddedRedis(RedisConfig(data_dir=data_dir)).status()
    if as_json:
        click.echo(json.dumps({"kafka": msgspec.to_builtins(kafka), "redis": msgspec.to_builtins(redis)}))
    else:
        n_alive = f" ({len(kafka.alive)} of {len(kafka.nodes)} brokers)" if kafka.nodes else ""
        click.echo(f"kafka {kafka.condition}{n_alive} {kafka.bootstrap or ''}".rstrip())
        click.echo(f"redis {redis.condition} {redis.url or ''}".rstrip())
        if "stale" in (kafka.condition, redis.condition):
            _say("stale: it died without a stop; `dallosh dev start` brings it back")
        if kafka.condition == "stale":
            _say("Kafka's data are kept")
        if redis.condition == "stale":
            _say("Redis has what it last saved: at a clean stop, or every 15 minutes; what came later is lost")
    ctx.exit(0 if kafka.condition == redis.condition == "running" else 1)


@dev.command()
@click.argument("part", type=click.Choice(["kafka", "redis"]), required=False)
@click.option("--lines", "-n", "n_lines", default=50, show_default=True, type=click.IntRange(min=0))
@click.option("--follow", "-f", is_flag=True, help="Go on until interrupted.")
@click.pass_context
def logs(ctx: click.Context, part: str | None, n_lines: int, follow: bool) -> None:
    """Print the end of their logs, each line with its source."""
    data_dir = load_settings().data_dir
    paths = _log_paths(data_dir, part)
    if not paths:
        _say(f"no logs in {data_dir}: nothing was started there")
        ctx.exit(1)
    with contextlib.ExitStack() as stack:
        files = [(name, _open_at_end(stack, path)) for name, path in paths if follow]
        for name, path in paths:
            for line in tail(path, n_lines) if n_lines else ():
                click.echo(f"{name} | {printable(line)}")
        with contextlib.suppress(KeyboardInterrupt):
            while follow:
                _print_new(files)
                time.sleep(FOLLOW_POLL_S)


def _log_paths(data_dir: Path, part: str | None) -> list[tuple[str, Path]]:
    kafka = EmbeddedKafka(KafkaConfig(data_dir=data_dir))
    redis = EmbeddedRedis(RedisConfig(data_dir=data_dir))
    paths = [(f"kafka-{number}", path) for number, path in enumerate(kafka.log_paths(), start=1)]
    paths.append(("redis", redis.log_path))
    return [(name, path) for name, path in paths if path.exists() and (part is None or name.startswith(part))]


def _open_at_end(stack: contextlib.ExitStack, path: Path) -> IO[str]:
    file = stack.enter_context(path.open(encoding="utf-8", errors="replace"))
    file.seek(0, 2)
    return file


def _print_new(files: Sequence[tuple[str, IO[str]]]) -> None:
    for name, file in files:
        while line := file.readline():
            click.echo(f"{name} | {printable(line.rstrip())}")


def _say(text: str) -> None:
    click.echo(text, err=True)
